"""What devices send and get over HTTP: telemetry, attributes, RPC, provisioning, activity."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client

START = 1763900000000


def _send(client: Client, token: str, what: str, body: Any) -> requests.Response:
    return client.session.post(f"{client.url}/api/v1/{token}/{what}", json=body, timeout=60)


def _history(client: Client, device: dict[str, Any], key: str, **query: Any) -> list[tuple[int, Any]]:
    path = f"/api/plugins/telemetry/DEVICE/{device['id']['id']}/values/timeseries"
    found = client.get(path, keys=key, startTs=START, endTs=START + 10_000, **query)
    return [(point["ts"] - START, point["value"]) for point in found.get(key, [])]


@pytest.fixture
def device(client: Client) -> dict[str, Any]:
    """A device with a second of values: whole numbers, then fractions, then text."""
    made = client.device("PM-1")
    values = [1, 2, 3.5, 4, "5.5", "word", True]
    rows = [{"ts": START + index * 1000, "values": {"t": value}} for index, value in enumerate(values)]
    assert _send(client, client.token_of(made), "telemetry", rows).status_code == 200
    return made


@pytest.mark.parametrize(
    ("aggregation", "expected"),
    [
        ("MIN", [(1000, "1"), (3000, "3.5"), (5000, "5.5")]),
        ("MAX", [(1000, "2"), (3000, "4.0"), (5000, "5.5")]),
        ("SUM", [(1000, "3"), (3000, "7.5"), (5000, "5.5"), (7000, "0")]),
        ("AVG", [(1000, "1.5"), (3000, "3.75"), (5000, "5.5"), (7000, "0.0")]),
        ("COUNT", [(1000, "2"), (3000, "2"), (5000, "1"), (7000, "1")]),
    ],
)
def test_aggregation(
    client: Client, device: dict[str, Any], aggregation: str, expected: list[tuple[int, str]]
) -> None:
    assert expected == _history(client, device, "t", agg=aggregation, interval=2000)


def test_history_is_newest_first_limited_and_half_open(client: Client, device: dict[str, Any]) -> None:
    assert _history(client, device, "t", limit=2) == [(6000, "true"), (5000, "word")]
    path = f"/api/plugins/telemetry/DEVICE/{device['id']['id']}/values/timeseries"
    found = client.get(path, keys="t", startTs=START, endTs=START + 1000)
    assert [point["ts"] for point in found["t"]] == [START]


def test_too_many_intervals_are_refused(client: Client, device: dict[str, Any]) -> None:
    path = f"/api/plugins/telemetry/DEVICE/{device['id']['id']}/values/timeseries"
    query = {"keys": "t", "startTs": START, "endTs": START + 10**9, "agg": "AVG", "interval": 1000}
    assert client.ask("GET", path, **query).status_code == 400


def test_older_value_is_no_latest_one(client: Client, device: dict[str, Any]) -> None:
    _send(client, client.token_of(device), "telemetry", {"ts": START - 1, "values": {"t": 9}})
    path = f"/api/plugins/telemetry/DEVICE/{device['id']['id']}/values/timeseries"
    assert client.get(path, keys="t")["t"][0]["ts"] == START + 6000


def test_deleting_a_range_can_rewrite_the_latest_value(client: Client, device: dict[str, Any]) -> None:
    base = f"/api/plugins/telemetry/DEVICE/{device['id']['id']}"
    query = {"keys": "t", "startTs": START + 4000, "endTs": START + 9000, "rewriteLatestIfDeleted": "true"}
    assert client.ask("DELETE", f"{base}/timeseries/delete", **query).status_code == 200
    assert client.get(f"{base}/values/timeseries", useStrictDataTypes="true") == {
        "t": [{"ts": START + 3000, "value": 4}]
    }
    client.ask("DELETE", f"{base}/timeseries/delete", keys="t", deleteAllDataForKeys="true")
    assert client.get(f"{base}/values/timeseries") == {}


@pytest.mark.parametrize(
    ("version", "expected"),
    [
        ("4.0.1", {"a": "01234", "b": "1.50", "c": 1, "d": 2.0, "e": "x", "f": True, "g": {"h": None}}),
        ("4.3.1.3", {"a": 1234, "b": 1.5, "c": 1, "d": 2.0, "e": "x", "f": True, "g": {"h": None}}),
    ],
)
def test_numeric_text_is_cast_from_42_on(version: str, expected: dict[str, Any]) -> None:
    sent = {"a": "01234", "b": "1.50", "c": 1, "d": 2.0, "e": "x", "f": True, "g": {"h": None}}
    with Sandbox(emulate=version) as sandbox, Client(sandbox) as client:
        device = client.device("PM-1")
        client.set_attributes(device, sent)
        read = client.attributes(device)
        del read["active"]
        assert expected == read
        # What a device sends is cast in every version.
        _send(client, client.token_of(device), "attributes", {"a": "01234"})
        assert client.attributes(device, "CLIENT") == {"a": 1234}


def test_first_message_makes_a_device_active(client: Client, device: dict[str, Any]) -> None:
    seen = client.attributes(device)
    assert (seen["active"], seen["lastActivityTime"] > START) == (True, True)
    assert client.get("/api/tenant/deviceInfos", pageSize=9, page=0, active="true")["totalElements"] == 1


def test_silent_device_becomes_inactive_after_its_own_timeout() -> None:
    with Sandbox(activity_check_seconds=0.05) as sandbox, Client(sandbox) as client:
        device = client.device("PM-1")
        client.set_attributes(device, {"inactivityTimeout": 100})
        _send(client, client.token_of(device), "telemetry", {"a": 1})
        deadline = time.monotonic() + 60
        while client.attributes(device)["active"] and time.monotonic() < deadline:
            time.sleep(0.05)
        assert not client.attributes(device)["active"]
        assert "inactivityAlarmTime" in client.attributes(device)


def test_two_way_rpc_reaches_a_polling_device_and_returns_its_answer(client: Client) -> None:
    device = client.device("PM-1")
    base = f"{client.url}/api/v1/{client.token_of(device)}"

    def serve() -> dict[str, Any]:
        request = requests.get(f"{base}/rpc", params={"timeout": 5000}, timeout=60).json()
        requests.post(f"{base}/rpc/{request['id']}", json={"ok": request["params"]}, timeout=60)
        return dict(request)

    with ThreadPoolExecutor(1) as pool:
        served = pool.submit(serve)
        answer = client.post(f"/api/rpc/twoway/{device['id']['id']}", {"method": "blink", "params": {"n": 3}})
        assert answer == {"ok": {"n": 3}}
        assert served.result()["method"] == "blink"


def test_rpc_waits_for_a_device_that_comes_late(client: Client) -> None:
    device = client.device("PM-1")
    base = f"{client.url}/api/v1/{client.token_of(device)}"
    with ThreadPoolExecutor(1) as pool:
        body = {"method": "blink", "params": {}}
        sent = pool.submit(client.ask, "POST", f"/api/rpc/oneway/{device['id']['id']}", body)
        time.sleep(0.4)
        assert requests.get(f"{base}/rpc", timeout=60).json()["method"] == "blink"
        assert sent.result().status_code == 200


def test_rpc_statuses_of_both_versions() -> None:
    with Sandbox(rpc_timeout_floor=0.05) as sandbox, Client(sandbox) as client:
        identifier = client.device("PM-1")["id"]["id"]
        body = {"method": "m", "params": {}, "timeout": 1}
        statuses = [
            client.ask("POST", f"{prefix}/twoway/{identifier}", body).status_code
            for prefix in ("/api/rpc", "/api/plugins/rpc")
        ]
        assert statuses == [504, 409]
        persistent = client.post(f"/api/rpc/oneway/{identifier}", {**body, "persistent": True})
        assert client.get(f"/api/rpc/persistent/{persistent['rpcId']}")["status"] == "QUEUED"


def test_rpc_floor_is_five_seconds_by_default(sandbox: Sandbox) -> None:
    assert sandbox.rpc_timeout_floor == 5.0


def test_long_poll_gets_shared_attributes_and_deletions(client: Client) -> None:
    device = client.device("PM-1")
    base = f"{client.url}/api/v1/{client.token_of(device)}/attributes/updates"
    with ThreadPoolExecutor(1) as pool:

        def told_of(change: Callable[[], object]) -> Any:
            polled = pool.submit(requests.get, base, timeout=60)
            # Nothing tells when the server has begun to hold the question.
            while not polled.done():
                change()
                time.sleep(0.05)
            return polled.result().json()

        assert told_of(lambda: client.set_attributes(device, {"interval": 7}, "SHARED")) == {"interval": 7}
        path = f"/api/plugins/telemetry/DEVICE/{device['id']['id']}/SHARED_SCOPE"
        assert told_of(lambda: client.ask("DELETE", path, keys="interval")) == {"deleted": ["interval"]}
    assert requests.get(base, params={"timeout": 50}, timeout=60).status_code == 408


def test_what_nothing_answers_ends_when_the_server_gives_up() -> None:
    """Measured on 4.0.1 and 4.3.1.3, where it is after 30 seconds, whatever timeout is asked for."""
    with Sandbox(unanswered_seconds=0.05) as sandbox, Client(sandbox) as client:
        device = client.device("PM-1")
        base = f"{sandbox.url}/api/v1/{client.token_of(device)}"
        for path in ("rpc", "attributes/updates"):
            polled = requests.get(f"{base}/{path}", params={"timeout": 40_000}, timeout=60)
            assert (polled.status_code, polled.json()["message"]) == (503, None)
        asked = requests.post(f"{base}/rpc", json={"method": "time", "params": {}}, timeout=60)
        assert asked.status_code == 503
        path = f"/api/rpc/twoway/{device['id']['id']}"
        commanded = client.ask("POST", path, {"method": "reset", "params": {}, "timeout": 40_000})
        assert (commanded.status_code, commanded.json()["message"]) == (500, "Request timeout")


def _profile(client: Client, name: str, strategy: str) -> dict[str, Any]:
    data = {
        "configuration": {"type": "DEFAULT"},
        "transportConfiguration": {"type": "DEFAULT"},
        "provisionConfiguration": {"type": strategy, "provisionDeviceSecret": f"{name}-secret"},
    }
    body = {
        "name": name,
        "type": "DEFAULT",
        "transportType": "DEFAULT",
        "provisionType": strategy,
        "provisionDeviceKey": f"{name}-key",
        "profileData": data,
    }
    return dict(client.post("/api/deviceProfile", body))


def _provision(client: Client, profile: str, device: str, **more: Any) -> dict[str, Any]:
    body = {
        "deviceName": device,
        "provisionDeviceKey": f"{profile}-key",
        "provisionDeviceSecret": f"{profile}-secret",
        **more,
    }
    return dict(requests.post(f"{client.url}/api/v1/provision", json=body, timeout=60).json())


def test_new_device_introduces_itself_once(client: Client) -> None:
    _profile(client, "mk2", "ALLOW_CREATE_NEW_DEVICES")
    made = _provision(client, "mk2", "PM-1")
    assert (made["status"], made["credentialsType"]) == ("SUCCESS", "ACCESS_TOKEN")
    assert _send(client, made["credentialsValue"], "telemetry", {"a": 1}).status_code == 200
    device = client.get("/api/tenant/devices", deviceName="PM-1")
    assert (device["type"], client.attributes(device)["provisionState"]) == ("mk2", "provisioned")
    assert _provision(client, "mk2", "PM-1")["status"] == "FAILURE"
    own = _provision(client, "mk2", "PM-2", token="OWN", credentialsType="ACCESS_TOKEN")
    assert own["credentialsValue"] == "OWN"
    assert _provision(client, "mk2", "PM-3", token="OWN")["status"] == "FAILURE"
    assert client.ask("GET", "/api/tenant/devices", deviceName="PM-3").status_code == 404


@pytest.mark.parametrize(("version", "again"), [("4.0.1", "SUCCESS"), ("4.3.1.3", "FAILURE")])
def test_a_pre_provisioned_device_registers_again_only_on_4_0(version: str, again: str) -> None:
    with Sandbox(emulate=version) as sandbox, Client(sandbox) as client:
        profile = _profile(client, "mk2", "CHECK_PRE_PROVISIONED_DEVICES")
        device = client.device("PM-1", deviceProfileId=profile["id"])
        client.device("PM-2")
        assert _provision(client, "mk2", "PM-1")["credentialsValue"] == client.token_of(device)
        assert _provision(client, "mk2", "PM-1")["status"] == again
        path = f"/api/plugins/telemetry/DEVICE/{device['id']['id']}/SERVER_SCOPE"
        assert client.ask("DELETE", path, keys="provisionState").status_code == 200
        assert _provision(client, "mk2", "PM-1")["status"] == "SUCCESS"
        others = [_provision(client, "mk2", name)["status"] for name in ("PM-2", "PM-9")]
        assert others == ["FAILURE", "FAILURE"]


def test_wrong_key_or_secret_is_not_found(client: Client) -> None:
    _profile(client, "mk2", "ALLOW_CREATE_NEW_DEVICES")
    refused = {"errorMsg": "Provision data was not found!", "status": "NOT_FOUND"}
    assert refused == _provision(client, "mk2", "PM-1", provisionDeviceSecret="wrong")
    assert refused == _provision(client, "other", "PM-1")


def test_credentials_have_no_control_characters_from_the_last_4_2_on() -> None:
    """Measured on 4.2.2.3 and 4.3.1.3; 4.2.2 does not look."""
    for version, status in (("4.2.2", 200), ("4.2.2.3", 400)):
        with Sandbox(emulate=version) as sandbox, Client(sandbox) as client:
            device = client.device("PM-1")
            before = client.get(f"/api/device/{device['id']['id']}/credentials")
            answer = client.ask("POST", "/api/device/credentials", {**before, "credentialsId": "a\tb"})
            assert answer.status_code == status
            basic = {
                "credentialsType": "MQTT_BASIC",
                "credentialsValue": '{"userName":"u","password":"p\\n"}',
            }
            answer = client.ask("POST", "/api/device/credentials", {**before, **basic, "version": None})
            assert answer.status_code == status


def test_credentials_of_every_kind(client: Client) -> None:
    device = client.device("PM-1")
    path = f"/api/device/{device['id']['id']}/credentials"
    before = client.get(path)
    basic = '{"clientId": "", "userName": "u", "password": "p"}'
    changed = {**before, "credentialsType": "MQTT_BASIC", "credentialsValue": basic}
    saved = client.post("/api/device/credentials", changed)
    assert (saved["credentialsId"], saved["version"]) == ("u", 2)
    pem = "-----BEGIN CERTIFICATE-----\nAB\nCD\n-----END CERTIFICATE-----\n"
    certificate = {**saved, "credentialsType": "X509_CERTIFICATE", "credentialsValue": pem}
    stored = client.post("/api/device/credentials", certificate)
    assert (stored["credentialsValue"], len(stored["credentialsId"])) == ("ABCD", 64)
    stale = client.ask("POST", "/api/device/credentials", {**certificate, "version": 1})
    assert (stale.status_code, stale.json()["errorCode"]) == (409, 35)


def test_bulk_import_updates_by_name_and_skips_empty_cells(client: Client) -> None:
    device = client.device("PM-1", label="keep", type="IoT-Gateway")
    token = client.token_of(device)
    columns = [{"type": "NAME"}, {"type": "LABEL"}, {"type": "SERVER_ATTRIBUTE", "key": "bays"}]
    mapping = {"columns": columns, "delimiter": ";", "header": True, "update": False}
    result = client.post(
        "/api/device/bulk_import", {"file": "n;l;b\nPM-1;;2\nPM-2;new;3\n", "mapping": mapping}
    )
    assert (result["created"], result["updated"]) == (1, 1)
    now = client.get(f"/api/device/{device['id']['id']}")
    assert (now["label"], now["version"], now["type"]) == ("keep", 2, "IoT-Gateway")
    # `update` says whether attributes of existing rows are written; the row itself is saved anyway.
    assert "bays" not in client.attributes(device)
    assert token == client.token_of(device)


def test_alarm_from_raising_to_clearing(client: Client) -> None:
    device = client.device("PM-1")
    body = {"type": "High temperature", "severity": "MAJOR", "originator": device["id"]}
    first = client.post("/api/alarm", body)
    again = client.post("/api/alarm", {**body, "severity": "CRITICAL"})
    assert (first["id"], "ACTIVE_UNACK") == (again["id"], again["status"])
    base = f"/api/alarm/DEVICE/{device['id']['id']}"
    page = client.get(base, pageSize=10, page=0, searchStatus="ACTIVE")
    assert [(row["severity"], row["originatorName"]) for row in page["data"]] == [("CRITICAL", "PM-1")]
    path = f"/api/alarm/highestSeverity/DEVICE/{device['id']['id']}"
    assert client.get(path) == "CRITICAL"
    alarm = f"/api/alarm/{first['id']['id']}"
    assert client.post(f"{alarm}/ack")["status"] == "ACTIVE_ACK"
    assert client.ask("POST", f"{alarm}/ack").status_code == 400
    assert client.post(f"{alarm}/clear")["status"] == "CLEARED_ACK"
    assert client.get(base, pageSize=10, page=0, searchStatus="ACTIVE")["totalElements"] == 0
    assert first["id"] != client.post("/api/alarm", body)["id"]
    listed = client.get("/api/v2/alarms", pageSize=10, page=0, statusList="CLEARED", severityList="CRITICAL")
    assert [first["id"]] == [row["id"] for row in listed["data"]]
    query = {"entityFilter": {"type": "entityType", "entityType": "DEVICE"}, "statusList": ["ACTIVE"]}
    assert client.post("/api/alarmsQuery/count", query) == 1
    assert client.ask("DELETE", alarm).json() is True
