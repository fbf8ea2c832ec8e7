"""Requests that no server takes are answered, and log no traceback."""

from __future__ import annotations

import json
import logging
from typing import Any

import pytest
import requests

from papaya.sandbox import Sandbox

PATIENCE = 60
LONG_NUMBERS = ["9" * 19, "9" * 40, "-" + "9" * 40, "9" * 5000, "²", "1_0", "1e3"]
NUMBERED = ("pageSize", "page", "startTs", "endTs", "limit", "startTime", "endTime")
USUAL = {"pageSize": "10", "page": "0", "keys": "a", "limit": "5", "startTs": "0", "endTs": "1"}
LISTS = ["/api/tenant/devices", "/api/alarms", "/api/v2/alarms", "/api/ruleChains/export", "/api/customers"]


class Client:
    """A signed-in user with one device."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.url = sandbox.url
        login = {"username": sandbox.username, "password": sandbox.password}
        token = requests.post(f"{self.url}/api/auth/login", json=login, timeout=PATIENCE).json()["token"]
        self.headers = {"X-Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        made = self.send("POST", "/api/device", data=b'{"name":"PM-1"}').json()
        self.telemetry = f"/api/plugins/telemetry/DEVICE/{made['id']['id']}"

    def send(
        self,
        method: str,
        path: str,
        *,
        data: bytes | None = None,
        params: dict[str, str] | None = None,
        encoding: str = "",
    ) -> requests.Response:
        headers = {**self.headers, **({"Content-Encoding": encoding} if encoding else {})}
        return requests.request(
            method, self.url + path, data=data, params=params, headers=headers, timeout=PATIENCE
        )


def tracebacks(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [record.getMessage() for record in caplog.records if record.exc_info]


@pytest.mark.parametrize("path", [*LISTS, "series"])
def test_numbers_that_no_server_keeps_are_answered(path: str, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO), Sandbox() as sandbox:
        client = Client(sandbox)
        asked = f"{client.telemetry}/values/timeseries" if path == "series" else path
        for name in NUMBERED:
            for number in LONG_NUMBERS:
                # A 500 with the text of a fault of Python is what a traceback was logged for.
                answer = client.send("GET", asked, params={**USUAL, name: number})
                assert "Python" not in answer.text
    assert tracebacks(caplog) == []


def test_a_body_that_is_not_compressed_as_it_says_is_refused(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO), Sandbox() as sandbox:
        client = Client(sandbox)
        assert client.send("POST", "/api/device", data=b"{}{}", encoding="gzip").status_code == 400
    assert tracebacks(caplog) == []


def test_half_a_surrogate_pair_is_stored_as_a_question_mark(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO), Sandbox() as sandbox:
        client = Client(sandbox)
        for path in ("attributes/SERVER_SCOPE", "timeseries/ANY"):
            sent = client.send(
                "POST", f"{client.telemetry}/{path}", data=rb'{"a\ud800":"\udfff","b":"\ud83d\ude80"}'
            )
            assert sent.status_code == 200
        kept = client.send("GET", f"{client.telemetry}/values/attributes/SERVER_SCOPE").json()
        assert {one["key"]: one["value"] for one in kept if one["key"] != "active"} == {
            "a?": "?",
            "b": "\U0001f680",
        }
    assert tracebacks(caplog) == []


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/api/device", {"name": "PM-9", "label": "a\0b"}),
        ("/api/asset", {"name": "PM-9", "label": "a\0b"}),
        ("/api/customer", {"title": "PM-9", "address": "\0"}),
    ],
)
def test_the_database_refuses_the_character_0_in_a_text(path: str, body: dict[str, Any]) -> None:
    with Sandbox() as sandbox:
        refused = Client(sandbox).send("POST", path, data=json.dumps(body).encode())
        assert (refused.status_code, refused.json()["message"]) == (500, "Database error")
