"""ThingsBoard's REST client for Python, `tb-rest-client`, works on the sandbox with every kind of objects."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.clients.robot import Robot

_Json = dict[str, Any]
_WEB = {"WEB": {"method": "WEB", "enabled": True, "subject": "Hello", "body": "to you"}}


@pytest.fixture(scope="module")
def robot(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    """The client of the tenant's administrator."""
    folder = tmp_path_factory.mktemp("rest")
    with Robot("rest", sandbox.url, sandbox.username, sandbox.password, folder=folder) as running:
        yield running


@pytest.fixture(scope="module")
def system(sandbox: Sandbox, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Robot]:
    """The client of the system administrator."""
    folder = tmp_path_factory.mktemp("system")
    with Robot("rest", sandbox.url, "sysadmin@thingsboard.org", "sysadmin", folder=folder) as running:
        yield running


def _returned(robot: Robot, call: str, *given: Any, kind: str | None = None) -> Any:
    """Return the JSON of what a call returned, which is of the named class of the client."""
    name, value = robot.call(call, *given)
    assert name != "refused", f"{call} was refused with {value}"
    assert kind is None or name == kind, f"{call} returned {name}, not {kind}"
    return value


def _id(thing: _Json) -> str:
    return str(thing["id"]["id"])


@dataclass(frozen=True, slots=True)
class Kind:
    """How the client keeps a kind of objects: its class, its methods, a body, and which member is changed.

    `needs` says which call returns what a member of the body refers to, and in which of its own members.
    """

    model: str
    save: str
    read: str
    pages: str
    delete: str
    body: Mapping[str, Any]
    name: str = "name"
    needs: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    more: tuple[Any, ...] = ()


KINDS = (
    Kind(
        "Device",
        "save_device",
        "get_device_by_id",
        "get_tenant_devices",
        "delete_device",
        {"name": "A"},
        needs={"deviceProfileId": ("get_default_device_profile_info", "id")},
    ),
    Kind(
        "Asset",
        "save_asset",
        "get_asset_by_id",
        "get_tenant_assets",
        "delete_asset",
        {"name": "A"},
        needs={"assetProfileId": ("get_default_asset_profile_info", "id")},
    ),
    Kind(
        "Customer",
        "save_customer",
        "get_customer_by_id",
        "get_customers",
        "delete_customer",
        {"title": "A"},
        name="title",
    ),
    Kind(
        "Dashboard",
        "save_dashboard",
        "get_dashboard_by_id",
        "get_tenant_dashboards",
        "delete_dashboard",
        {"title": "A"},
        name="title",
    ),
    Kind(
        "DeviceProfile",
        "save_device_profile",
        "get_device_profile_by_id",
        "get_device_profiles",
        "delete_device_profile",
        {
            "name": "A",
            "type": "DEFAULT",
            "transportType": "DEFAULT",
            "profileData": {
                "configuration": {"type": "DEFAULT"},
                "transportConfiguration": {"type": "DEFAULT"},
            },
        },
    ),
    Kind(
        "AssetProfile",
        "save_asset_profile",
        "get_asset_profile_by_id",
        "get_asset_profiles",
        "delete_asset_profile",
        {"name": "A"},
    ),
    Kind(
        "RuleChain",
        "save_rule_chain_v1",
        "get_rule_chain_by_id",
        "get_rule_chains",
        "delete_rule_chain",
        {"name": "A", "type": "CORE"},
        needs={"tenantId": ("get_user", "tenantId")},
    ),
    Kind(
        "User",
        "save_user",
        "get_user_by_id",
        "get_users",
        "delete_user",
        {"email": "a@papaya.test", "authority": "TENANT_ADMIN"},
        name="lastName",
        more=(False,),
    ),
    Kind(
        "NotificationTarget",
        "save_notification_target",
        "get_notification_target_by_id",
        "get_notification_targets",
        "delete_notification_target_by_id",
        {"name": "A", "configuration": {"type": "PLATFORM_USERS", "usersFilter": {"type": "ALL_USERS"}}},
    ),
    Kind(
        "NotificationTemplate",
        "save_notification_template",
        "get_notification_template_by_id",
        "get_notification_templates",
        "delete_notification_template_by_id",
        {
            "name": "A",
            "notificationType": "GENERAL",
            "configuration": {"deliveryMethodsTemplates": _WEB},
        },
    ),
    Kind(
        "WidgetsBundle",
        "save_widgets_bundle",
        "get_widgets_bundle_by_id",
        "get_widgets_bundles_v1",
        "delete_widgets_bundle",
        {"title": "A"},
        name="title",
    ),
)
SYSTEM_KINDS = (
    Kind(
        "Tenant",
        "save_tenant",
        "get_tenant_by_id",
        "get_tenants",
        "delete_tenant",
        {"title": "A"},
        name="title",
    ),
    Kind(
        "TenantProfile",
        "save_tenant_profile",
        "get_tenant_profile_by_id",
        "get_tenant_profiles",
        "delete_tenant_profile",
        {"name": "A"},
    ),
)


def _live(robot: Robot, kind: Kind) -> None:
    """Create an object, read, list, change and delete it."""
    needed = {member: _returned(robot, call)[key] for member, (call, key) in kind.needs.items()}
    body = {"model": kind.model, **kind.body, **needed}
    made = _returned(robot, kind.save, body, *kind.more, kind=kind.model)
    changed = {**made, "model": kind.model, kind.name: "Changed"}
    saved = _returned(robot, kind.save, changed, *kind.more, kind=kind.model)
    assert (saved["id"], saved[kind.name]) == (made["id"], "Changed")
    assert _returned(robot, kind.read, _id(made))[kind.name] == "Changed"
    page = _returned(robot, kind.pages, 100, 0)
    assert _id(made) in [_id(each) for each in page["data"]]
    _returned(robot, kind.delete, _id(made))
    assert robot.call(kind.read, _id(made)) == ["refused", 404]


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.model)
def test_the_tenant_keeps_objects(robot: Robot, kind: Kind) -> None:
    _live(robot, kind)


@pytest.mark.parametrize("kind", SYSTEM_KINDS, ids=lambda kind: kind.model)
def test_the_system_administrator_keeps_objects(system: Robot, kind: Kind) -> None:
    _live(system, kind)


@pytest.fixture(scope="module")
def meter(robot: Robot) -> _Json:
    """A device that the client made."""
    profile = _returned(robot, "get_default_device_profile_info")["id"]
    body = {"model": "Device", "name": "Meter", "deviceProfileId": profile}
    return dict(_returned(robot, "save_device", body))


def _reference(thing: _Json) -> _Json:
    return {"model": "EntityId", "id": thing["id"]["id"], "entityType": thing["id"]["entityType"]}


def _query(name: str) -> _Json:
    """Return an entity query that finds a device by its name."""
    field = {"type": "ENTITY_FIELD", "key": "name"}
    return {
        "model": "EntityDataQuery",
        "entityFilter": {"type": "entityName", "entityType": "DEVICE", "entityNameFilter": name},
        "pageLink": {"pageSize": 10, "page": 0, "sortOrder": {"key": field, "direction": "ASC"}},
        "entityFields": [field],
        "latestValues": [{"type": "TIME_SERIES", "key": "temperature"}],
        "keyFilters": [],
    }


def test_what_is_written_is_read_and_found(robot: Robot, meter: _Json) -> None:
    one = _reference(meter)
    values = [{"ts": 1763900000000 + 1000 * number, "values": {"temperature": number}} for number in range(5)]
    _returned(robot, "save_entity_telemetry", one, "ANY", values)
    _returned(robot, "save_entity_attributes_v2", one, "SERVER_SCOPE", {"bays": 2})
    assert _returned(robot, "get_latest_timeseries", one, "temperature")["temperature"][0]["value"] == "4"
    rows = _returned(robot, "get_attributes_by_scope", one, "SERVER_SCOPE")
    assert {"bays": 2}.items() <= {row["key"]: row["value"] for row in rows}.items()
    span = (1763900000000, 1763900005000)
    series = _returned(robot, "get_timeseries", one, "temperature", *span)["temperature"]
    assert [each["value"] for each in series] == ["4", "3", "2", "1", "0"]
    hourly = _returned(
        robot, "get_timeseries", one, "temperature", *span, "MILLISECONDS", 3600000, None, 100, "AVG"
    )["temperature"]
    assert [float(each["value"]) for each in hourly] == [2.0]
    found = _returned(robot, "find_entity_data_by_query", _query("Meter"), kind="PageDataEntityData")["data"][
        0
    ]
    assert found["latest"]["TIME_SERIES"]["temperature"]["value"] == "4"
    assert "temperature" in str(
        _returned(robot, "find_entity_timeseries_and_attributes_keys_by_query", True, True, _query("Meter"))
    )


def test_a_device_belongs_to_a_customer_and_stands_below_an_asset(robot: Robot, meter: _Json) -> None:
    customer = _returned(robot, "save_customer", {"model": "Customer", "title": "City"})
    owned = _returned(robot, "assign_device_to_customer", _id(customer), _id(meter), kind="Device")
    assert owned["customerId"] == customer["id"]
    devices = _returned(robot, "get_customer_devices", _id(customer), 10, 0)
    assert [each["name"] for each in devices["data"]] == ["Meter"]
    assert _returned(robot, "get_customers_by_ids", [_id(customer)])[0]["title"] == "City"
    _returned(robot, "unassign_device_from_customer", _id(meter))
    profile = _returned(robot, "get_default_asset_profile_info")["id"]
    place = _returned(robot, "save_asset", {"model": "Asset", "name": "Place", "assetProfileId": profile})
    relation = {"model": "EntityRelation", "from": place["id"], "to": meter["id"], "type": "Contains"}
    _returned(robot, "save_relation", {**relation, "typeGroup": "COMMON"})
    below = _returned(robot, "find_by_from", _reference(place), "Contains")
    assert [each["to"]["id"] for each in below] == [_id(meter)]


def test_an_alarm_is_assigned_commented_on_and_cleared(robot: Robot, meter: _Json) -> None:
    body = {"model": "Alarm", "type": "Heat", "originator": meter["id"], "severity": "MAJOR"}
    state = {"status": "ACTIVE_UNACK", "acknowledged": False, "cleared": False, "name": "Heat"}
    alarm = _returned(robot, "save_alarm", {**body, **state}, kind="Alarm")
    me = _returned(robot, "get_user")
    assert _returned(robot, "assign_alarm", _id(alarm), _id(me))["assigneeId"]["id"] == _id(me)
    comment = {"model": "AlarmComment", "comment": {"text": "on my way"}, "name": "note"}
    _returned(robot, "save_alarm_comment", _id(alarm), comment, kind="AlarmComment")
    _returned(robot, "ack_alarm", _id(alarm))
    _returned(robot, "clear_alarm", _id(alarm))
    texts = [
        each["comment"]["text"] for each in _returned(robot, "get_alarm_comments", _id(alarm), 10, 0)["data"]
    ]
    assert texts[1] == "on my way"
    assert len(texts) == 4
    page = _returned(robot, "get_all_alarms", 10, 0, kind="PageDataAlarmInfo")
    assert page["data"][0]["status"] == "CLEARED_ACK"
    assert _returned(robot, "delete_alarm", _id(alarm)) is True


def test_a_view_shows_what_its_device_has(robot: Robot, meter: _Json) -> None:
    attributes = {"cs": [], "ss": ["bays"], "sh": []}
    keys = {"timeseries": ["temperature"], "attributes": attributes}
    body = {"model": "EntityView", "name": "View", "type": "view", "entityId": meter["id"], "keys": keys}
    view = _returned(robot, "save_entity_view", body, kind="EntityView")
    assert _returned(robot, "get_entity_views_by_ids", [_id(view)])[0]["name"] == "View"
    rows = _returned(robot, "get_attributes_by_scope", _reference(view), "SERVER_SCOPE")
    assert [row["key"] for row in rows] == ["bays"]
    _returned(robot, "delete_entity_view", _id(view))


def test_a_package_goes_up_and_comes_down(robot: Robot, tmp_path: Path) -> None:
    profile = _returned(robot, "get_default_device_profile_info")["id"]
    body = {"model": "SaveOtaPackageInfoRequest", "title": "meter-fw", "version": "1", "type": "FIRMWARE"}
    package = _returned(
        robot, "save_ota_package_info", {**body, "deviceProfileId": profile, "usesUrl": False}
    )
    file = tmp_path / "meter.bin"
    file.write_bytes(b"firmware")
    up = _returned(robot, "save_ota_package_data", _id(package), None, "SHA256", str(file))
    assert (up["dataSize"], up["checksumAlgorithm"]) == (8, "SHA256")
    assert _id(package) in [_id(each) for each in _returned(robot, "get_ota_packages", 10, 0)["data"]]
    _returned(robot, "delete_ota_package", _id(package))


def test_a_notification_reaches_its_reader(robot: Robot) -> None:
    configuration = {"deliveryMethodsTemplates": _WEB}
    template = {"model": "NotificationTemplate", "name": "Greeting", "notificationType": "GENERAL"}
    template = _returned(robot, "save_notification_template", {**template, "configuration": configuration})
    target = next(
        each
        for each in _returned(robot, "get_notification_targets", 10, 0)["data"]
        if each["name"] == "All users"
    )
    body = {"model": "NotificationRequest", "targets": [_id(target)], "templateId": template["id"]}
    request = _returned(robot, "create_notification_request", body)
    assert _returned(robot, "get_notification_request_by_id", _id(request))["status"] == "SENT"
    assert _returned(robot, "get_unread_notifications_count", "WEB") == 1
    _returned(robot, "mark_all_notifications_as_read")
    assert _returned(robot, "get_unread_notifications_count", "WEB") == 0


def test_the_first_page_of_the_tenant_is_read(robot: Robot, meter: _Json) -> None:
    board = _returned(robot, "save_dashboard", {"model": "Dashboard", "title": "Home"})
    info = {"model": "HomeDashboardInfo", "dashboardId": board["id"], "hideDashboardToolbar": False}
    _returned(robot, "set_tenant_home_dashboard_info", info)
    assert _returned(robot, "get_home_dashboard", kind="HomeDashboard")["title"] == "Home"
    assert _returned(robot, "get_tenant_usage_info", kind="UsageInfo")["devices"] >= 1
    commands = _returned(robot, "get_device_publish_telemetry_commands", _id(meter))
    assert "curl" in commands["http"]["http"]
