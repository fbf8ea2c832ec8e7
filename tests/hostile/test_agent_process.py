"""The agent as a process, with a server that sends what ends programs."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.e2e.meter import PATIENCE, Meter, Tenant, wait_for, witnesses

NINES = 10**401 - 1


def deep(levels: int) -> Any:
    """Return lists in lists."""
    made: Any = []
    for _ in range(levels):
        made = [made]
    return made


@pytest.fixture
def tenant() -> Iterator[tuple[Tenant, str, Sandbox]]:
    """Run a server with one device."""
    with Sandbox() as sandbox:
        made = Tenant(sandbox.url)
        try:
            yield made, made.create(), sandbox
        finally:
            made.close()


def test_hostile_shared_attributes_cost_no_reading_and_no_restart(
    tenant: tuple[Tenant, str, Sandbox], tmp_path: Path
) -> None:
    server, device, sandbox = tenant
    meter = Meter(tmp_path, sandbox.mqtt_url or "", witnesses(1))

    def goes_on() -> None:
        before = len(server.telemetry(device, "w0"))
        wait_for(
            lambda: len(server.telemetry(device, "w0")) > before + 3, PATIENCE, lambda: meter.text[-4000:]
        )
        assert meter.process is not None
        assert meter.process.poll() is None, meter.text

    try:
        meter.start()
        goes_on()
        hostile: list[dict[str, Any]] = [
            {"papaya.sensors": [{"key": "w0", "warnAbove": NINES}]},
            {"papaya.sensors": [{"key": "w0", "every": NINES}]},
            {"reportEverySeconds": NINES},
            {"reportEverySeconds": deep(900)},
            {"papaya.sensors": [{"key": "w0", "name": deep(900)}]},
        ]
        for values in hostile:
            server.share(device, values)
            goes_on()
        meter.hears("papaya.sensors from the server is not taken over")
        meter.hears("reportEverySeconds from the server is not taken over")
        # All of it is still there when the agent starts anew.
        assert meter.stop() == 0
        meter.start()
        goes_on()
        assert meter.stop() == 0
        assert "Traceback" not in meter.text
    finally:
        meter.kill()


def test_an_agent_starts_with_a_spool_that_an_earlier_version_poisoned(
    tenant: tuple[Tenant, str, Sandbox], tmp_path: Path
) -> None:
    server, device, sandbox = tenant
    meter = Meter(tmp_path, sandbox.mqtt_url or "", witnesses(1))
    meter.start()
    meter.hears("connected to")
    assert meter.stop() == 0
    with sqlite3.connect(meter.spool) as connection:
        connection.execute(
            "INSERT OR REPLACE INTO kept VALUES (?, ?)",
            ("papaya.sensors", f'[{{"key": "w0", "alarmAbove": {NINES}}}]'),
        )
    connection.close()
    try:
        meter.start()
        meter.hears("papaya.sensors is damaged and is dropped")
        wait_for(lambda: len(server.telemetry(device, "w0")) > 5, PATIENCE, lambda: meter.text)
        assert meter.stop() == 0
        assert "Traceback" not in meter.text
    finally:
        meter.kill()
