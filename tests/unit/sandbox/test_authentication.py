"""Tokens, sessions, API keys, rights and rate limits."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
import requests

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client


def test_expired_token_says_so_and_a_refresh_helps(tmp_path: Path) -> None:
    with Sandbox(tmp_path, access_token_seconds=0.1) as sandbox, Client(sandbox) as client:
        pair = client.log_in(sandbox.username, sandbox.password)
        time.sleep(0.2)
        answer = client.ask("GET", "/api/auth/user")
        assert (answer.status_code, answer.json()["errorCode"]) == (401, 11)
    # Of the same installation, with tokens that live long enough to be used on any machine.
    with Sandbox(tmp_path) as sandbox, Client(sandbox) as client:
        fresh = client.post("/api/auth/token", {"refreshToken": pair["refreshToken"]})
        client.session.headers["X-Authorization"] = f"Bearer {fresh['token']}"
        client.get("/api/auth/user")


def test_expired_refresh_token_is_refused() -> None:
    with Sandbox(refresh_token_seconds=0.1) as sandbox, Client(sandbox) as client:
        pair = client.log_in(sandbox.username, sandbox.password)
        time.sleep(0.2)
        answer = client.ask("POST", "/api/auth/token", {"refreshToken": pair["refreshToken"]})
        assert (answer.status_code, answer.json()["errorCode"]) == (401, 11)


def test_logout_ends_both_tokens_of_its_session_and_no_other(sandbox: Sandbox) -> None:
    with Client(sandbox) as one, Client(sandbox) as other:
        pair = one.log_in(sandbox.username, sandbox.password)
        one.post("/api/auth/logout")
        assert one.ask("GET", "/api/auth/user").json()["errorCode"] == 11
        refused = one.ask("POST", "/api/auth/token", {"refreshToken": pair["refreshToken"]})
        assert refused.json()["errorCode"] == 11
        other.get("/api/auth/user")


def test_token_of_another_installation_counts_as_expired(sandbox: Sandbox) -> None:
    with Sandbox() as another, Client(another) as foreign:
        token = foreign.session.headers["X-Authorization"]
    answer = requests.get(f"{sandbox.url}/api/auth/user", headers={"X-Authorization": str(token)}, timeout=60)
    assert (answer.status_code, answer.json()["errorCode"]) == (401, 11)


def test_refresh_token_is_no_access_token(sandbox: Sandbox, client: Client) -> None:
    pair = client.log_in(sandbox.username, sandbox.password)
    client.session.headers["X-Authorization"] = f"Bearer {pair['refreshToken']}"
    assert client.ask("GET", "/api/auth/user").status_code == 401


def test_unknown_scheme_is_sent_to_the_login_page_from_43_on(sandbox: Sandbox) -> None:
    headers = {"X-Authorization": "Basic abc"}
    answer = requests.get(f"{sandbox.url}/api/auth/user", headers=headers, timeout=60, allow_redirects=False)
    assert answer.status_code == 302


def _api_key(client: Client, **fields: object) -> str:
    user = client.get("/api/auth/user")["id"]
    body = {"userId": user, "description": "test", "enabled": True, "expirationTime": 0, **fields}
    return str(client.post("/api/apiKey", body)["value"])


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"enabled": False}, "User account is not active"),
        ({"expirationTime": 1}, "API key is expired"),
    ],
)
def test_api_key_that_is_not_valid(client: Client, fields: dict[str, object], message: str) -> None:
    client.session.headers["X-Authorization"] = f"ApiKey {_api_key(client, **fields)}"
    answer = client.ask("GET", "/api/auth/user")
    assert (401, message) == (answer.status_code, answer.json()["message"])


def test_api_key_works_in_both_headers_but_not_as_bearer(sandbox: Sandbox, client: Client) -> None:
    key = _api_key(client)
    statuses = [
        requests.get(f"{sandbox.url}/api/auth/user", headers={name: value}, timeout=60).status_code
        for name, value in (
            ("X-Authorization", f"ApiKey {key}"),
            ("Authorization", f"ApiKey {key}"),
            ("Authorization", f"Bearer {key}"),
        )
    ]
    assert statuses == [200, 200, 401]


def test_rate_limit_answers_429_until_tokens_come_back(sandbox: Sandbox, client: Client) -> None:
    sandbox.limit_rate(5, 600.0)
    statuses = [client.ask("GET", "/api/auth/user").status_code for _ in range(8)]
    assert statuses == 5 * [200] + 3 * [429]
    sandbox.limit_rate(1, 1.0)
    client.get("/api/auth/user")
    time.sleep(1.1)
    client.get("/api/auth/user")
    sandbox.limit_rate(None)
    assert [client.ask("GET", "/api/auth/user").status_code for _ in range(20)] == 20 * [200]


def test_rate_limit_leaves_the_system_administrator_alone(sandbox: Sandbox) -> None:
    sandbox.limit_rate(1, 60)
    with Client(sandbox, "sysadmin@thingsboard.org", "sysadmin") as administrator:
        assert [administrator.ask("GET", "/api/system/info").status_code for _ in range(5)] == 5 * [200]


def test_customer_sees_what_is_assigned_to_it_and_changes_nothing(client: Client, sandbox: Sandbox) -> None:
    mine, other = client.device("PM-1"), client.device("PM-2")
    customer = client.post("/api/customer", {"title": "Garage"})["id"]["id"]
    client.post(f"/api/customer/{customer}/device/{mine['id']['id']}")
    sandbox.add_customer_user(customer, "garage@papaya.test", "secret")
    with Client(sandbox, "garage@papaya.test", "secret") as user:
        assert user.get(f"/api/device/{mine['id']['id']}")["name"] == "PM-1"
        assert user.ask("GET", f"/api/device/{other['id']['id']}").status_code == 403
        assert user.ask("POST", "/api/device", {**mine, "label": "x"}).status_code == 403
        assert user.query({"type": "entityType", "entityType": "DEVICE"})["totalElements"] == 1
        assert user.get(f"/api/customer/{customer}/devices", pageSize=10, page=0)["totalElements"] == 1


def test_telemetry_and_calls_are_refused_in_plain_text(client: Client, sandbox: Sandbox) -> None:
    other = client.device("PM-2")["id"]["id"]
    customer = client.post("/api/customer", {"title": "Garage"})["id"]["id"]
    sandbox.add_customer_user(customer, "garage@papaya.test", "secret")
    unknown = "00000000-0000-4000-8000-000000000001"
    with Client(sandbox, "garage@papaya.test", "secret") as user:
        for device, status, words in (
            (other, 403, "You don't have permission to perform this operation!"),
            (unknown, 404, "Device with requested id wasn't found!"),
        ):
            for answer in (
                user.ask("GET", f"/api/plugins/telemetry/DEVICE/{device}/values/timeseries", keys="t"),
                user.ask("POST", f"/api/plugins/rpc/twoway/{device}", {"method": "ping"}),
                user.ask("POST", f"/api/rpc/oneway/{device}", {"method": "ping"}),
            ):
                assert (answer.status_code, answer.text) == (status, words)
                assert answer.headers["Content-Type"] == "text/plain;charset=UTF-8"
        user.session.headers["Accept"] = "application/json, text/plain, */*"
        answer = user.ask("POST", f"/api/rpc/twoway/{other}", {"method": "ping"})
        assert answer.headers["Content-Type"] == "application/json"


def test_body_above_16_mib_is_refused_with_a_string(client: Client) -> None:
    answer = client.ask("POST", "/api/asset", {"name": "x" * (16 * 1024 * 1024)})
    assert (413, str) == (answer.status_code, type(answer.json()))


def test_body_of_15_mib_is_read(client: Client) -> None:
    answer = client.ask("POST", "/api/asset", {"name": "x" * (15 * 1024 * 1024)})
    assert (answer.status_code, answer.json()["errorCode"]) == (400, 31)
