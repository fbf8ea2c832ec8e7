"""What clients ask that no recording can hold: ports, sessions of applications, homes of users."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client


@pytest.fixture(scope="module")
def sandbox() -> Any:
    with Sandbox() as running:
        yield running


def _commands(client: Client, device: dict[str, Any]) -> dict[str, Any]:
    return dict(client.get(f"/api/device-connectivity/{device['id']['id']}"))


def test_the_first_commands_of_a_device_name_this_server(sandbox: Sandbox, client: Client) -> None:
    meter = client.device("PM-copied")
    token, told = client.token_of(meter), _commands(client, meter)
    assert f" {sandbox.url}/api/v1/{token}/telemetry " in told["http"]["http"]
    assert (
        f'-h 127.0.0.1 -p {sandbox.mqtt_port} -t v1/devices/me/telemetry -u "{token}"' in told["mqtt"]["mqtt"]
    )
    assert "-h host.docker.internal " in told["mqtt"]["docker"]["mqtt"]


def test_a_shell_does_not_run_what_a_token_says(client: Client) -> None:
    meter = client.device("PM-odd")
    credentials = client.get(f"/api/device/{meter['id']['id']}/credentials")
    client.post("/api/device/credentials", {**credentials, "credentialsId": '$(reboot)`x`"'})
    assert r'-u "\$(reboot)\`x\`\""' in _commands(client, meter)["mqtt"]["mqtt"]


def test_a_profile_s_own_topic_is_in_the_commands(client: Client) -> None:
    transport = {"type": "MQTT", "deviceTelemetryTopic": "up"}
    data = {"configuration": {"type": "DEFAULT"}, "transportConfiguration": transport}
    body = {"name": "Own", "type": "DEFAULT", "transportType": "MQTT", "profileData": data}
    profile = client.post("/api/deviceProfile", body)
    told = _commands(client, client.device("PM-own", deviceProfileId=profile["id"]))
    assert "-t up -u" in told["mqtt"]["mqtt"]
    assert "http" not in told


def test_sessions_of_a_mobile_application_are_kept_by_its_token(client: Client) -> None:
    path, mine = "/api/user/mobile/session", {"X-Mobile-Token": "mine"}

    def ask(method: str, headers: dict[str, str], body: Any = None) -> str:
        return client.session.request(method, client.url + path, json=body, headers=headers, timeout=60).text

    ask("POST", mine, {"fcmTokenTimestamp": 7})
    assert ask("GET", mine) == '{"fcmTokenTimestamp":7}'
    assert ask("GET", {"X-Mobile-Token": "another"}) == ""
    ask("DELETE", mine)
    assert ask("GET", mine) == ""


def test_a_user_s_own_home_comes_before_the_tenant_s(client: Client) -> None:
    mine, other = (client.post("/api/dashboard", {"title": title}) for title in ("Mine", "Everybody's"))
    client.post("/api/tenant/dashboard/home/info", {"dashboardId": other["id"], "hideDashboardToolbar": True})
    me = client.get("/api/auth/user")
    info = {"homeDashboardId": mine["id"]["id"], "homeDashboardHideToolbar": False}
    client.post("/api/user", {**me, "additionalInfo": info}, sendActivationMail="false")
    assert client.get("/api/dashboard/home")["title"] == "Mine"
    assert client.get("/api/dashboard/home/info")["hideDashboardToolbar"] is False


def test_the_alarms_of_a_deleted_user_are_unassigned(client: Client) -> None:
    body = {"email": "gone@papaya.test", "firstName": "Asha", "authority": "TENANT_ADMIN"}
    user = client.post("/api/user", body, sendActivationMail="false")
    meter = client.device("PM-alarmed")
    alarm = client.post("/api/alarm", {"type": "Heat", "severity": "MAJOR", "originator": meter["id"]})
    path = f"/api/alarm/{alarm['id']['id']}"
    assert client.post(f"{path}/assign/{user['id']['id']}")["assignee"]["firstName"] == "Asha"
    client.ask("DELETE", f"/api/user/{user['id']['id']}")
    assert client.get(path)["assigneeId"] is None
    comments = client.get(f"{path}/comment", pageSize=10, page=0)["data"]
    assert comments[-1]["comment"]["text"] == "Alarm was unassigned because user Asha - was deleted"


def test_queues_count_under_a_name(client: Client) -> None:
    stats = client.get("/api/queueStats", pageSize=10, page=0)["data"][0]
    identifier = stats["id"]["id"]
    assert client.get(f"/api/queueStats/{identifier}") == stats
    assert client.get("/api/queueStats", queueStatsIds=identifier) == [stats]


def _template(client: Client, **web: Any) -> dict[str, Any]:
    methods = {"WEB": {"method": "WEB", "enabled": True, **web}}
    body = {"notificationType": "GENERAL", "configuration": {"deliveryMethodsTemplates": methods}}
    return dict(client.post("/api/notification/template", {"name": str(web["subject"]), **body}))


def _target(client: Client, name: str, **users: Any) -> str:
    configuration = {"type": "PLATFORM_USERS", "usersFilter": users}
    target = client.post("/api/notification/target", {"name": name, "configuration": configuration})
    return str(target["id"]["id"])


def test_a_notification_names_its_recipient(sandbox: Sandbox, client: Client) -> None:
    template = _template(client, subject="To ${recipientEmail}", body="Dear ${recipientTitle}")
    me = client.get("/api/auth/user")
    body = {"targets": [_target(client, "Me", type="USER_LIST", usersIds=[me["id"]["id"]])]}
    body["templateId"] = template["id"]
    preview = client.post("/api/notification/request/preview", body)
    assert preview["recipientsPreview"] == [me["email"]]
    assert client.get("/api/notifications", pageSize=10, page=0)["totalElements"] == 0
    sent = client.post("/api/notification/request", body)
    came = client.get("/api/notifications", pageSize=10, page=0)["data"]
    assert [(each["subject"], each["text"]) for each in came] == [
        (f"To {me['email']}", f"Dear {me['email']}")
    ]
    stored = client.get(f"/api/notification/request/{sent['id']['id']}")
    assert (stored["status"], stored["stats"]["sent"]) == ("SENT", {"WEB": 1})


def test_a_request_for_later_is_kept_and_sends_nothing_yet(client: Client) -> None:
    template, target = _template(client, subject="Later"), _target(client, "All", type="ALL_USERS")
    body = {
        "targets": [target],
        "templateId": template["id"],
        "additionalConfig": {"sendingDelayInSec": 3600},
    }
    assert client.post("/api/notification/request", body)["status"] == "SCHEDULED"
    assert client.get("/api/notifications", pageSize=10, page=0, textSearch="Later")["totalElements"] == 0
    refused = client.ask("DELETE", f"/api/notification/target/{target}")
    assert refused.json()["message"] == "Recipients group is referenced by scheduled notification request"


def test_the_objects_of_the_system_administrator_are_not_the_tenant_s(
    sandbox: Sandbox, client: Client
) -> None:
    with Client(sandbox, "sysadmin@thingsboard.org", "sysadmin") as system:
        hidden = _target(system, "Administrators", type="SYSTEM_ADMINISTRATORS")
        names = [
            each["name"] for each in system.get("/api/notification/targets", pageSize=100, page=0)["data"]
        ]
        assert names == ["Administrators"]
    assert client.ask("GET", f"/api/notification/target/{hidden}").status_code == 404


def test_another_tenant_stands_beside_and_shows_in_no_list_of_the_first(
    sandbox: Sandbox, client: Client
) -> None:
    with Client(sandbox, "sysadmin@thingsboard.org", "sysadmin") as system:
        other = system.post("/api/tenant", {"title": "Other"})
        assert other["tenantProfileId"] == system.get("/api/tenantProfileInfo/default")["id"]
        titles = [each["title"] for each in system.get("/api/tenants", pageSize=10, page=0)["data"]]
        assert sorted(titles) == ["Other", "Tenant"]
        own = system.ask("DELETE", f"/api/tenant/{sandbox.tenant_id}")
        assert (own.status_code, "sandbox" in own.json()["message"]) == (400, True)
    found = client.query({"type": "entityType", "entityType": "TENANT"})
    assert [row["entityId"]["id"] for row in found["data"]] == [sandbox.tenant_id]


@pytest.mark.parametrize(
    "wrong",
    [
        {"pageLink": 7},
        {"pageLink": "x"},
        {"entityFields": -1},
        {"entityFields": {"a": 1}},
        {"entityFilter": {"type": "entityName", "entityType": {"a": []}, "entityNameFilter": "PM"}},
        {"entityFilter": {"type": "entityName", "entityType": [1], "entityNameFilter": "PM"}},
    ],
    ids=str,
)
@pytest.mark.parametrize("path", ["/api/entitiesQuery/find", "/api/v2/entitiesQuery/find/keys"])
def test_a_query_of_odd_members_is_refused_by_name(client: Client, path: str, wrong: dict[str, Any]) -> None:
    filter_ = {"type": "entityName", "entityType": "DEVICE", "entityNameFilter": "PM"}
    query = {"entityFilter": filter_, "pageLink": {"pageSize": 10, "page": 0}, "entityFields": [], **wrong}
    answer = client.ask("POST", path, query)
    assert answer.status_code in (400, 500)
    assert "TypeError" not in answer.text
    assert "JSON parse error" in answer.text or "Page link" in answer.text


def test_types_of_rule_nodes_are_found_by_group_and_class(client: Client) -> None:
    clazz = "org.thingsboard.rule.engine.debug.TbMsgGeneratorNode"
    found = client.get(f"/api/component/{clazz}")
    assert (found["type"], found["hasQueueName"]) == ("ACTION", True)
    group = client.get("/api/components/ACTION")
    assert clazz in {each["clazz"] for each in group}
    assert {each["type"] for each in group} == {"ACTION"}


def test_the_system_administrator_reads_address_and_load_of_the_server(sandbox: Sandbox) -> None:
    with Client(sandbox, "sysadmin@thingsboard.org", "sysadmin") as system:
        assert system.get("/api/admin/settings/general")["jsonValue"]["baseUrl"] == sandbox.url
        (service,) = system.get("/api/admin/systemInfo")["systemData"]
    assert all(0 <= service[name] <= 100 for name in ("cpuUsage", "memoryUsage", "discUsage"))


def test_an_unknown_bundle_has_no_widgets_and_an_empty_list_is_no_refusal(client: Client) -> None:
    """ThingsBoard's Java client reads the widgets of bundles without asking whether the bundle is there."""
    query = {"widgetsBundleId": "784f394c-42b6-435a-983c-b7beff2784f9"}
    for path in ("/api/widgetTypes", "/api/widgetTypesDetails", "/api/widgetTypeFqns"):
        assert client.get(path, **query) == []
    assert client.get("/api/widgetTypesInfos", pageSize=10, page=0, **query)["data"] == []
    assert client.ask("GET", "/api/widgetTypeFqns", widgetsBundleId="7").status_code == 400


def test_the_system_administrator_reads_no_events_of_a_tenant_s_devices(
    sandbox: Sandbox, client: Client
) -> None:
    device = client.device("PM-quiet")["id"]["id"]
    with Client(sandbox, "sysadmin@thingsboard.org", "sysadmin") as system:
        query = {"tenantId": sandbox.tenant_id, "pageSize": 10, "page": 0}
        assert client.get(f"/api/events/DEVICE/{device}", **query)["data"] == []
        assert system.ask("GET", f"/api/events/DEVICE/{device}", **query).status_code == 403


@pytest.mark.parametrize(
    ("rest", "body", "status"),
    [
        ("DEVICE/{id}/1", "{}", 408),
        ("DEVICE/{id}/Main/1", "[]", 408),
        ("DEVICE/{id}/-1", "{}", 408),
        ("DEVICE/{id}/x", "{}", 400),
        ("DEVICE/{id}/1", "no", 400),
        ("DEVICE/{id}/1", "", 500),
        ("NOTHING/{id}/1", "{}", 400),
        ("DEVICE/7/1", "{}", 400),
        ("DEVICE/784f394c-42b6-435a-983c-b7beff2784f9/1", "{}", 404),
    ],
)
def test_a_request_to_the_rule_engine_times_out(client: Client, rest: str, body: str, status: int) -> None:
    device = client.device(f"PM-{uuid.uuid4().hex}")["id"]["id"]
    url = f"{client.url}/api/rule-engine/{rest.format(id=device)}"
    headers = {"Content-Type": "application/json"}
    answer = client.session.post(url, data=body, headers=headers, timeout=60)
    assert answer.status_code == status


def test_a_request_that_a_chain_would_answer_says_that_chains_do_not_run(client: Client) -> None:
    chain = client.post("/api/ruleChain", {"name": "Answers", "type": "CORE"})
    node = {
        "type": "org.thingsboard.rule.engine.rest.TbSendRestApiCallReplyNode",
        "name": "reply",
        "configuration": {},
    }
    metadata = {"ruleChainId": chain["id"], "firstNodeIndex": 0, "nodes": [node], "connections": []}
    client.post("/api/ruleChain/metadata", metadata)
    answer = client.ask("POST", "/api/rule-engine/", {})
    assert (answer.status_code, "answers of rule chains" in answer.json()["message"]) == (501, True)
