"""papaya's live feed against the conversation recorded with a real server, and against the sandbox."""

from __future__ import annotations

import threading
from pathlib import Path

from papaya.sandbox import Sandbox
from tests.contract.feed import converse, read_feed, repeater
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.watcher import post_series

_RECORDING = Path(__file__).parent / "recordings" / "thingsboard-4.3.1.3.feed.jsonl"
_USER = {
    "id": {"id": "00000000-0000-4000-8000-000000000002"},
    "tenantId": {"id": "00000000-0000-4000-8000-000000000003"},
    "authority": "TENANT_ADMIN",
    "email": "tenant@thingsboard.org",
}


def test_the_feed_says_and_hears_what_was_recorded() -> None:
    devices, events = read_feed(_RECORDING)
    faults: list[str] = []
    listening = threading.Event()
    with repeater(events, _USER, faults, listening) as url:
        converse(url, "<jwt>", devices, lambda device, ts, values: None, listening.set)
    assert faults == []
    assert len(events) > 8


def test_the_feed_hears_the_same_from_the_sandbox() -> None:
    with Sandbox(emulate="4.3.1.3") as sandbox, Client(sandbox) as client:
        made = [client.device(name) for name in ("Feed-1", "Feed-2")]
        by_id = {device["id"]["id"]: device for device in made}
        token = client.log_in(Sandbox.username, Sandbox.password)["token"]
        first, second = by_id
        converse(
            sandbox.url,
            token,
            (first, second),
            lambda device, ts, values: post_series(client, by_id[device], ts=ts, **values),
        )


def test_the_recording_has_no_token() -> None:
    assert "eyJ" not in _RECORDING.read_text(encoding="utf-8")
