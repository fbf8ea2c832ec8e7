"""The device's own API: what is sent, what is waited out, and that no message shows the token."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from typing import Any

import pytest

from papaya.api.session import Credentials, Session
from papaya.errors import PapayaError, Rejected, Unavailable, Unreachable
from papaya.manifest.model import Json, Location
from papaya.provision.device_api import DeviceApi, TokenRefused
from papaya.provision.handshake import (
    NotArrived,
    first_values,
    handshake_as_device,
    handshake_over_rest,
)
from papaya.sandbox import Fault, Sandbox
from tests.unit.sandbox.client import Client

VALUES: dict[str, Json] = {"serial": "SN-1", "latitude": 12.9}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


@pytest.fixture
def device(sandbox: Sandbox, request: pytest.FixtureRequest) -> Iterator[tuple[dict[str, Any], str]]:
    with Client(sandbox) as client:
        made = client.device(request.node.name)
        yield made, client.token_of(made)
    sandbox.before_reply = None


def test_first_telemetry_is_read_back_over_rest(sandbox: Sandbox, device: tuple[dict[str, Any], str]) -> None:
    made, token = device
    administrator = Credentials(username=sandbox.username, password=sandbox.password)
    with Session(sandbox.url, administrator) as session, DeviceApi(sandbox.url, token) as api:
        arrived = handshake_over_rest(api, session, made["id"]["id"], VALUES)
        again = handshake_over_rest(api, session, made["id"]["id"], VALUES, now=lambda: 1_000_000_000.5)
    assert (arrived.values, arrived.proof) == (VALUES, "read back over REST")
    assert again.ts == 1_000_000_000_500


def test_a_device_proves_its_handshake_by_a_nonce(
    sandbox: Sandbox, device: tuple[dict[str, Any], str]
) -> None:
    made, token = device
    with DeviceApi(sandbox.url, token) as api:
        handshake_as_device(api, VALUES)
    with Client(sandbox) as client:
        assert client.attributes(made, "CLIENT")["papaya.nonce"].startswith("n-")


def test_what_does_not_arrive_is_an_error_after_a_while(
    sandbox: Sandbox, device: tuple[dict[str, Any], str]
) -> None:
    def swallow(method: str, path: str) -> Fault | None:
        return (
            Fault(status=200) if path.endswith(("/telemetry", "/attributes")) and method == "POST" else None
        )

    sandbox.before_reply = swallow
    slept: list[float] = []
    with DeviceApi(sandbox.url, device[1]) as api, pytest.raises(NotArrived, match="within 0.3 s"):
        handshake_as_device(api, VALUES, wait=0.3, sleep=slept.append, clock=lambda: sum(slept))
    assert slept


def test_a_rate_limit_is_waited_out(sandbox: Sandbox, device: tuple[dict[str, Any], str]) -> None:
    refusals = [Fault(status=500, body=b""), Fault(status=503), Fault(drop=True)]
    sandbox.before_reply = lambda method, path: refusals.pop() if refusals else None
    slept: list[float] = []
    with DeviceApi(sandbox.url, device[1], sleep=slept.append) as api:
        api.send_telemetry(1, VALUES)
    assert slept == [0.25, 0.5, 1.0]


@pytest.mark.parametrize("status", [500, 503, 404, 403, 413])
def test_no_failure_shows_the_token(
    sandbox: Sandbox, device: tuple[dict[str, Any], str], status: int, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    token = device[1]
    sandbox.before_reply = lambda method, path: Fault(status=status, body=f"no {token}".encode())
    with DeviceApi(sandbox.url, token, retry_for=0.0) as api, pytest.raises(PapayaError) as caught:
        api.send_telemetry(1, VALUES)
    assert token not in str(caught.value) + repr(caught.value) + repr(api) + caplog.text
    assert "/api/v1/…/telemetry" in caught.value.message


def test_a_token_with_odd_characters_is_one_segment_of_the_path(sandbox: Sandbox) -> None:
    with DeviceApi(sandbox.url, "a b?c#d..") as api:
        assert not api.is_known()
    assert ("GET", "/api/v1/a%20b%3Fc%23d../attributes?clientKeys=papaya.nonce", 401) in sandbox.requests


@pytest.mark.parametrize("token", ["a/../b", "a\\b", "a%b", "a;b"])
def test_a_token_that_thingsboard_refuses_in_a_path_is_told_as_such(sandbox: Sandbox, token: str) -> None:
    with (
        DeviceApi(sandbox.url, token) as api,
        pytest.raises(Rejected, match="no access token with") as caught,
    ):
        api.is_known()
    assert token not in caught.value.message
    assert "without these characters" in str(caught.value.remedy)


def test_an_unknown_token_is_told_at_once(sandbox: Sandbox) -> None:
    with DeviceApi(sandbox.url, "unknown") as api, pytest.raises(TokenRefused, match="does not know"):
        api.send_telemetry(1, VALUES)


def test_nobody_listens() -> None:
    with DeviceApi("http://127.0.0.1:9", "t0k3n", retry_for=0.0) as api, pytest.raises(Unreachable) as caught:
        api.send_telemetry(1, VALUES)
    assert "t0k3n" not in str(caught.value)
    assert not isinstance(caught.value, Unavailable)


def test_first_values_are_what_is_known() -> None:
    information: dict[str, Json] = {"system.os": "Debian"}
    assert first_values(information, None, None) == information
    told = first_values(information, "SN-1", Location(12.9, 77.6))
    assert list(told) == ["serial", "latitude", "longitude", "system.os"]
