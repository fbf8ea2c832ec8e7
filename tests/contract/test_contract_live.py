"""The sandbox's WebSocket and MQTT behave as those of real servers were recorded to behave."""

from __future__ import annotations

import asyncio
from collections import Counter
from pathlib import Path

import aiohttp
import pytest

from papaya.sandbox import Sandbox
from tests.contract.live import LiveReplay, read_events
from tests.unit.sandbox.client import Client

_RECORDINGS = Path(__file__).parent / "recordings"

# What comes here beside the recorded events, how often, and why.
#   ws <: the first query's subscription is told of the last value too; the recorder closed after one frame.
#   mqtt <: the one-way call's message, which the recorder did not write down.
EXTRAS = {"ws <": 1, "mqtt <": 1}


async def _replay(sandbox: Sandbox, values: dict[str, str], path: Path) -> LiveReplay:
    async with aiohttp.ClientSession() as http:
        replay = LiveReplay(sandbox.url, sandbox.mqtt_port, values, http)
        await replay.run(read_events(path))
        return replay


@pytest.mark.parametrize(
    ("version", "emulated"), [("4.0.1", "4.0.1"), ("4.3.1.3", "4.2.2.3"), ("4.3.1.3", "4.3.1.3")]
)
def test_recorded_events_happen_as_recorded(version: str, emulated: str) -> None:
    """Every event that a client saw is seen again; a real 4.2.2.3 agreed with every event of 4.3.1.3."""
    with Sandbox(emulate=emulated, bare=True) as sandbox, Client(sandbox) as client:
        first, second = client.device("WS-1"), client.device("WS-2")
        values = {
            "device_id": first["id"]["id"],
            "device2_id": second["id"]["id"],
            "token": client.token_of(first),
            "jwt": str(client.session.headers["X-Authorization"]).removeprefix("Bearer "),
        }
        replay = asyncio.run(_replay(sandbox, values, _RECORDINGS / f"thingsboard-{version}.live.jsonl"))
    print(f"{version}: {len(replay.agreeing)} of {len(replay.agreeing) + len(replay.differing)} events agree")
    assert replay.differing == []
    assert len(replay.agreeing) > 40
    assert Counter(event["event"] for event in replay.extras) == EXTRAS
