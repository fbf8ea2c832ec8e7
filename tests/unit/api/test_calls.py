"""Calls of devices: their answers, and the words for each way in which none comes."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest

from papaya.api.calls import CallFailed, CallRefused, CallTimedOut, DeviceOffline, call_device
from papaya.api.session import Credentials, Session
from papaya.errors import NotFound, Unreachable
from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.device import CALLS, Device

PERSON = Credentials(username=Sandbox.username, password=Sandbox.password)


@pytest.fixture
def session(sandbox: Sandbox) -> Iterator[Session]:
    """A session of papaya."""
    with Session(sandbox.url, PERSON, retry_for=1) as made:
        yield made


def answered(session: Session, client: Client, sandbox: Sandbox, meter: dict[str, Any], answer: str) -> Any:
    """Call the device while it answers with this text; return what was called, and what came of it."""
    with Device(sandbox, client.token_of(meter)) as device:
        device.subscribe(CALLS)
        called = []

        def serve() -> None:
            topic, message = device.next()
            called.append(message)
            device.publish(topic.replace("request", "response"), answer)

        serving = threading.Thread(target=serve)
        serving.start()
        try:
            return called, call_device(session, meter["id"]["id"], "ping", {"a": 1}, 10)
        finally:
            serving.join()


def test_a_device_answers(session: Session, client: Client, sandbox: Sandbox, meter: dict[str, Any]) -> None:
    called, answer = answered(session, client, sandbox, meter, '{"pong": true}')
    assert called == [{"method": "ping", "params": {"a": 1}}]
    assert answer == {"pong": True}


def test_a_device_refuses(session: Session, client: Client, sandbox: Sandbox, meter: dict[str, Any]) -> None:
    with pytest.raises(CallRefused, match="the device refuses ping: this device has no beacon"):
        answered(session, client, sandbox, meter, '{"error": "this device has no beacon"}')


def test_a_device_answers_nonsense(
    session: Session, client: Client, sandbox: Sandbox, meter: dict[str, Any]
) -> None:
    with pytest.raises(CallFailed, match="something that is no JSON"):
        answered(session, client, sandbox, meter, "pong")


def test_a_device_is_offline(session: Session, meter: dict[str, Any]) -> None:
    with pytest.raises(DeviceOffline, match="device is offline: it did not take the command ping") as told:
        call_device(session, meter["id"]["id"], "ping", seconds=0.2)
    assert "does its agent run" in told.value.remedy


def test_a_device_does_not_answer(
    session: Session, client: Client, sandbox: Sandbox, meter: dict[str, Any]
) -> None:
    with Device(sandbox, client.token_of(meter)) as device:
        device.subscribe(CALLS)
        with pytest.raises(CallTimedOut, match="received the command ping and did not answer") as told:
            # Long enough for the device to acknowledge that it got it.
            call_device(session, meter["id"]["id"], "ping", seconds=1.5)
    assert "may still carry it out" in told.value.remedy


def test_a_call_is_sent_once_although_no_answer_comes(
    session: Session, sandbox: Sandbox, meter: dict[str, Any]
) -> None:
    with pytest.raises(DeviceOffline):
        call_device(session, meter["id"]["id"], "identify", seconds=0.2)
    assert sum("/rpc/" in path for _, path, _ in sandbox.requests) == 1


def test_a_device_that_is_gone_and_a_server_that_is_not_there(
    session: Session, client: Client, meter: dict[str, Any]
) -> None:
    client.ask("DELETE", f"/api/device/{meter['id']['id']}")
    with pytest.raises(NotFound):
        call_device(session, meter["id"]["id"], "ping", seconds=0.2)
    with (
        Session("http://127.0.0.1:9", PERSON, retry_for=0) as nowhere,
        pytest.raises(Unreachable),
    ):
        call_device(nowhere, meter["id"]["id"], "ping")
