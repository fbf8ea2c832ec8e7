"""What clients ask that no recording can hold: ports, sessions of applications, homes of users."""

from __future__ import annotations

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
