"""Device profiles in full: their normal form, what they refer to, and what the server refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.unit.sandbox.client import Client

_NOWHERE = "00000000-0000-4000-8000-000000000001"


def _profile(name: str = "meter", data: dict[str, Any] | None = None, **fields: Any) -> dict[str, Any]:
    whole = {"transportConfiguration": {"type": "DEFAULT"}, **(data or {})}
    return {"name": name, "type": "DEFAULT", "transportType": "DEFAULT", "profileData": whole, **fields}


def _alarm(rule: Any = None, **fields: Any) -> dict[str, Any]:
    condition = {
        "key": {"type": "TIME_SERIES", "key": "t"},
        "valueType": "NUMERIC",
        "predicate": {"type": "NUMERIC", "operation": "GREATER", "value": {"defaultValue": 60}},
    }
    whole = {"condition": {"condition": [condition]}} if rule is None else rule
    return {"id": "a", "alarmType": "Hot", "createRules": {"WARNING": whole}, **fields}


def _saved_alarm(client: Client, alarm: dict[str, Any]) -> dict[str, Any]:
    saved = client.post("/api/deviceProfile", _profile(data={"alarms": [alarm]}))
    return dict(saved["profileData"]["alarms"][0])


def test_an_mqtt_transport_is_filled_in_and_unknown_members_are_dropped(client: Client) -> None:
    """Blank topics are the server's own."""
    configuration = {"type": "MQTT", "deviceTelemetryTopic": "", "x": 1}
    body = _profile(data={"transportConfiguration": configuration}, transportType="MQTT")
    saved = client.post("/api/deviceProfile", body)["profileData"]["transportConfiguration"]
    assert saved["deviceTelemetryTopic"] == "v1/devices/me/telemetry"
    assert saved["transportPayloadTypeConfiguration"] == {"transportPayloadType": "JSON"}
    assert "x" not in saved


def test_what_a_profile_leaves_out_stays_out(client: Client) -> None:
    """Unlike in profiles that the server makes by itself."""
    saved = client.post("/api/deviceProfile", _profile())["profileData"]
    assert (saved["configuration"], saved["provisionConfiguration"], saved["alarms"]) == (None, None, None)
    by_itself = client.device("PM-1", type="unknown")["deviceProfileId"]["id"]
    made = client.get(f"/api/deviceProfile/{by_itself}")
    assert made["profileData"]["configuration"] == {"type": "DEFAULT"}


def test_a_certificate_chain_is_stored_stripped_and_makes_the_key(client: Client) -> None:
    """The key is the digest of the certificate."""
    chain = {
        "type": "X509_CERTIFICATE_CHAIN",
        "provisionDeviceSecret": "-----BEGIN CERTIFICATE-----\nab\ncd\n",
    }
    body = _profile(data={"provisionConfiguration": chain}, provisionType="X509_CERTIFICATE_CHAIN")
    saved = client.post("/api/deviceProfile", body)
    assert saved["profileData"]["provisionConfiguration"]["provisionDeviceSecret"] == "abcd"
    assert len(saved["provisionDeviceKey"]) == 64


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"defaultRuleChainId": {"entityType": "RULE_CHAIN", "id": _NOWHERE}}, "non-existent rule chain!"),
        ({"defaultDashboardId": {"entityType": "DASHBOARD", "id": _NOWHERE}}, "non-existent dashboard!"),
        ({"firmwareId": {"entityType": "OTA_PACKAGE", "id": _NOWHERE}}, "non-existent firmware!"),
        ({"defaultQueueName": "main"}, "referencing to non-existent queue!"),
        ({"default": True}, "Another default device profile is present in scope of current tenant!"),
    ],
)
def test_a_profile_refers_to_what_is_there(client: Client, fields: dict[str, Any], message: str) -> None:
    """Everything but the queue by id; the queue by its exact name."""
    refused = client.ask("POST", "/api/deviceProfile", _profile(**fields))
    assert (refused.status_code, refused.json()["message"].endswith(message)) == (400, True)


def test_short_alarms_come_back_whole(client: Client) -> None:
    """Numbers as doubles, severities from the worst on, what was left out as null."""
    saved = _saved_alarm(client, _alarm(propagate="true"))
    rule = saved["createRules"]["WARNING"]
    assert rule["condition"]["condition"][0]["predicate"]["value"] == {
        "defaultValue": 60.0,
        "userValue": None,
        "dynamicValue": None,
    }
    assert (rule["condition"]["spec"], rule["schedule"], saved["clearRule"]) == (None, None, None)
    assert saved["propagate"] is True


def test_schedules_come_back_with_all_their_members(client: Client) -> None:
    """Also the items of a custom one."""
    schedule = {"type": "CUSTOM", "timezone": "UTC", "items": [{"enabled": True, "dayOfWeek": 1}]}
    saved = _saved_alarm(client, _alarm({"condition": None, "schedule": schedule}))
    assert saved["createRules"]["WARNING"]["schedule"] == {
        **schedule,
        "items": [{"enabled": True, "dayOfWeek": 1, "startsOn": 0, "endsOn": 0}],
        "dynamicValue": None,
    }


@pytest.mark.parametrize(
    ("alarms", "status", "message"),
    [
        ([_alarm(alarmType="")], 400, "Alarm rule type should be specified!"),
        ([_alarm(), _alarm(id="b")], 400, "Can't create device profile with the same alarm rule types"),
        ([_alarm(alarmType="<b>")], 400, "Validation error: alarmType is malformed"),
        ([_alarm({"alarmDetails": "<b>"})], 400, "Validation error: alarmDetails is malformed"),
        ([_alarm(createRules={"WORST": {}})], 500, "JSON parse error: Cannot deserialize Map key"),
        (
            [_alarm({"condition": {"spec": {"type": "OFTEN"}}})],
            500,
            "JSON parse error: Could not resolve type id",
        ),
        ([_alarm({"schedule": {"type": "NEVER"}})], 500, "JSON parse error: Could not resolve type id"),
        ([_alarm(propagateRelationTypes="Contains")], 500, "JSON parse error: Cannot construct instance"),
    ],
)
def test_alarms_that_the_server_refuses(
    client: Client, alarms: list[dict[str, Any]], status: int, message: str
) -> None:
    """It stores anything else, an alarm without an id among it."""
    refused = client.ask("POST", "/api/deviceProfile", _profile(data={"alarms": alarms}))
    assert (refused.status_code, refused.json()["message"].startswith(message)) == (status, True)
    assert (
        client.ask("POST", "/api/deviceProfile", _profile(data={"alarms": [_alarm(id=None)]})).status_code
        == 200
    )


def test_an_entity_view_keeps_its_device(client: Client, meter: dict[str, Any]) -> None:
    """It shows the keys that it names, and goes before the device can."""
    client.set_attributes(meter, {"zone": "north", "secret": 1})
    view = client.post(
        "/api/entityView",
        {
            "name": "for the desk",
            "type": "desk",
            "entityId": meter["id"],
            "keys": {"timeseries": [], "attributes": {"cs": [], "ss": ["zone"], "sh": []}},
        },
    )
    assert client.attributes(view) == {"zone": "north"}
    refused = client.ask("DELETE", f"/api/device/{meter['id']['id']}")
    assert refused.json()["message"].startswith("Can't delete device that has entity views")
    assert client.ask("DELETE", f"/api/entityView/{view['id']['id']}").status_code == 200
    assert client.ask("DELETE", f"/api/device/{meter['id']['id']}").status_code == 200
