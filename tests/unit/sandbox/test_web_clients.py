"""What browsers and careless clients send: other origins, other content types, polls that they abandon."""

from __future__ import annotations

import logging
import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client

ELSEWHERE = "http://page.example"
OPEN = {"Access-Control-Allow-Origin": ELSEWHERE, "Access-Control-Allow-Credentials": "true"}
COUNT = {"entityFilter": {"type": "entityType", "entityType": "DEVICE"}}


def _cross(answer: requests.Response) -> dict[str, str]:
    return {key: value for key, value in answer.headers.items() if key.startswith("Access-Control-")}


def test_a_page_from_elsewhere_may_ask_everything_below_api(sandbox: Sandbox) -> None:
    asked = {
        "Origin": ELSEWHERE,
        "Access-Control-Request-Method": "POST",
        "Access-Control-Request-Headers": "content-type,x-authorization",
    }
    for path in ("/api/device", "/api/v1/TOKEN/telemetry", "/api/nonsense"):
        answer = requests.options(sandbox.url + path, headers=asked, timeout=60)
        assert (answer.status_code, answer.content) == (200, b"")
        assert _cross(answer) == {
            **OPEN,
            "Access-Control-Allow-Methods": "POST",
            "Access-Control-Allow-Headers": "content-type,x-authorization",
            "Access-Control-Max-Age": "1800",
        }
    refused = requests.options(f"{sandbox.url}/", headers=asked, timeout=60)
    assert (refused.status_code, refused.text, _cross(refused)) == (403, "Invalid CORS request", {})


def test_answers_carry_the_origin_of_the_page(sandbox: Sandbox, client: Client) -> None:
    for token, status in ((client.session.headers["X-Authorization"], 200), ("", 401)):
        headers = {"Origin": ELSEWHERE, "X-Authorization": token}
        answer = requests.get(f"{sandbox.url}/api/auth/user", headers=headers, timeout=60)
        assert (answer.status_code, _cross(answer)) == (status, OPEN)
        assert "Origin" in answer.headers["Vary"]
    for origin in (sandbox.url, None):
        answer = requests.get(f"{sandbox.url}/api/auth/user", headers={"Origin": origin}, timeout=60)
        assert _cross(answer) == {}


def test_options_tells_what_a_path_can_do_to_who_is_signed_in(client: Client) -> None:
    assert client.ask("OPTIONS", "/api/device").headers["Allow"] == "POST,OPTIONS"
    assert requests.options(f"{client.url}/api/device", timeout=60).status_code == 401
    assert client.ask("OPTIONS", "/api/v1/TOKEN/telemetry").status_code == 403


@pytest.mark.parametrize(
    ("content_type", "device", "rest"),
    [
        ("application/json", 200, 200),
        ("application/json; charset=utf-8", 200, 200),
        ("application/vnd.api+json", 200, 200),
        ("text/plain", 200, 500),
        ("application/octet-stream", 200, 500),
        ("", 200, 500),
        ("application/x-www-form-urlencoded", 500, 500),
        ("multipart/form-data", 500, 500),
        ("nonsense", 415, 500),
        ("application/json;charset=nope", 415, 500),
        ("application/*+json", 500, 400),
    ],
)
def test_content_types_count_as_on_the_server(
    client: Client, meter: dict[str, Any], content_type: str, device: int, rest: int
) -> None:
    headers = {"Content-Type": content_type, "Accept": "application/json"}
    path = f"{client.url}/api/v1/{client.token_of(meter)}/telemetry"
    assert requests.post(path, data=b'{"a":1}', headers=headers, timeout=60).status_code == device
    path = f"{client.url}/api/entitiesQuery/count"
    body = b'{"entityFilter":{"type":"entityType","entityType":"DEVICE"}}'
    answer = client.session.post(path, data=body, headers=headers, timeout=60)
    assert answer.status_code == rest
    if content_type == "text/plain":
        assert answer.json()["message"] == "Content-Type 'text/plain;charset=UTF-8' is not supported"


@pytest.mark.parametrize(
    ("accept", "whole", "text", "device"),
    [
        ("application/json", 200, "application/json", 200),
        ("application/json, text/plain, */*", 200, "application/json", 200),
        ("text/html,*/*;q=0.8", 200, "text/html;charset=UTF-8", 200),
        ("application/*", 200, "application/json", 200),
        ("text/plain", 500, "text/plain;charset=UTF-8", 406),
        ("application/xml;q=0.5, text/*", 500, "text/plain;charset=UTF-8", 406),
        ("nonsense", 500, "application/json;charset=ISO-8859-1", 500),
    ],
)
def test_what_a_client_accepts_counts_as_on_the_server(
    client: Client, meter: dict[str, Any], accept: str, whole: int, text: str, device: int
) -> None:
    """Objects are JSON or nothing, texts take any type, and errors are always told."""

    def ask(path: str) -> requests.Response:
        return client.session.get(client.url + path, headers={"Accept": accept}, timeout=60)

    assert ask("/api/auth/user").status_code == whole
    assert ask("/api/uiSettings/helpBaseUrl").headers["Content-Type"] == text
    assert ask("/api/device/7").json()["message"] == "Invalid UUID string: 7"
    assert ask(f"/api/v1/{client.token_of(meter)}/attributes").status_code == device
    customer = client.post("/api/customer", {"title": "City"})["id"]["id"]
    is_wild = "*/*" in accept or accept == "application/*"
    assert ask(f"/api/customer/{customer}/title").status_code == (200 if is_wild else 406)


def test_a_slash_at_the_end_and_a_missing_body_are_refused(client: Client, meter: dict[str, Any]) -> None:
    """ThingsBoard does not know these paths, and its devices must send something."""
    path = f"/api/v1/{client.token_of(meter)}/telemetry"
    assert client.ask("POST", path, {"a": 1}).status_code == 200
    slashed = client.ask("POST", f"{path}/", {"a": 1})
    assert (slashed.status_code, slashed.json()["message"]) == (404, f"No static resource {path[1:]}.")
    assert client.ask("POST", path).status_code == 400


def test_repeated_parameters_all_count(client: Client, meter: dict[str, Any]) -> None:
    token, path = client.token_of(meter), f"/api/plugins/telemetry/DEVICE/{meter['id']['id']}"
    for kind in ("telemetry", "attributes"):
        client.post(f"/api/v1/{token}/{kind}", {"a": 1, "b": 2, "c": 3})
    assert client.get(f"{path}/values/timeseries", keys=["a", "b"]).keys() == {"a", "b"}
    assert client.get(f"{path}/values/timeseries", keys=["a,b", "c"]).keys() == {"a", "b", "c"}
    found = client.get(f"{path}/values/attributes/CLIENT_SCOPE", keys=["a", "b"])
    assert [row["key"] for row in found] == ["a", "b"]
    assert client.get(f"/api/v1/{token}/attributes", clientKeys=["a", "b"]) == {"client": {"a": 1, "b": 2}}
    assert len(client.get("/api/tenant/devices", pageSize=[5, "x"], page=0)["data"]) == 1
    twice = client.ask("GET", "/api/tenant/devices", pageSize=5, page=0, sortProperty=["name", "type"])
    assert (twice.status_code, twice.json()["message"]) == (400, "Invalid sort property")


def _abandon(sandbox: Sandbox, path: str) -> None:
    with socket.create_connection(("127.0.0.1", sandbox.port)) as gone:
        gone.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
        time.sleep(0.2)


def test_an_abandoned_poll_takes_no_command(
    sandbox: Sandbox, client: Client, meter: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    poll = f"/api/v1/{client.token_of(meter)}/rpc?timeout=60000"
    for _ in range(3):
        _abandon(sandbox, poll)
    with ThreadPoolExecutor(1) as pool:
        path = f"/api/rpc/twoway/{meter['id']['id']}"
        sent = pool.submit(client.ask, "POST", path, {"method": "m", "params": 1, "timeout": 60000})
        command = requests.get(sandbox.url + poll, timeout=60).json()
        requests.post(
            f"{sandbox.url}/api/v1/{client.token_of(meter)}/rpc/{command['id']}", json={"ok": 1}, timeout=60
        )
        assert sent.result(60).json() == {"ok": 1}
    assert [one for one in caplog.records if one.levelno >= logging.WARNING] == []


def test_numbers_of_polls_are_those_of_java(client: Client, meter: dict[str, Any]) -> None:
    path = f"/api/v1/{client.token_of(meter)}/rpc"
    assert client.ask("GET", path, timeout=-1).status_code == 408
    assert client.ask("GET", path, timeout="x").status_code == 400
    for number, status in (("2147483647", 200), ("-1", 200), ("2147483648", 400), ("x", 400)):
        assert client.ask("POST", f"{path}/{number}", {}).status_code == status


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/mobile/qr/deepLink"),
        ("POST", "/api/edge"),
        ("GET", "/api/resource/lwm2m"),
        ("POST", "/api/2fa/settings"),
        ("GET", "/api/resource/lwm2m/page"),
    ],
)
def test_what_is_missing_says_so_and_the_log_says_who_asked(
    sandbox: Sandbox, client: Client, caplog: pytest.LogCaptureFixture, method: str, path: str
) -> None:
    for session in (client.session, requests):
        answer = session.request(method, sandbox.url + path, timeout=60)
        assert answer.status_code == 501
        assert answer.json()["message"].startswith(
            "papaya's sandbox does not have this part of ThingsBoard: "
        )
    lines = [one.getMessage() for one in caplog.records if one.name == "papaya.sandbox.gaps"]
    assert len(lines) == 2
    assert all("asked by 127.0.0.1:" in line for line in lines)


def test_pages_are_missing_and_nonsense_is_nothing(sandbox: Sandbox, client: Client) -> None:
    page = requests.get(f"{sandbox.url}/login", timeout=60)
    assert page.status_code == 404
    assert "web pages" in page.json()["message"]
    for path in ("/api/noauth/nonsense", "/api/v1/TOKEN/nonsense"):
        assert requests.get(sandbox.url + path, timeout=60).status_code == 404
    assert client.ask("GET", "/api/nonsense").json()["message"] == "No static resource api/nonsense."
    bare = requests.get(f"{sandbox.url}/api/ws", timeout=60)
    assert (bare.status_code, bare.text) == (400, 'Can "Upgrade" only to "WebSocket".')
