"""Thresholds become the same alarms on every version, in whichever engine: 50, 65, 80, 70, 59, 58, 65, 50."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import requests

from papaya.workspace.fleet import load_fleet
from tests.real.tenants import Hand, Tenant, hand_of
from tests.unit.apply.run import Reconciler

# Value -> severity and condition of each alarm of the device, oldest first.
SEQUENCE: tuple[tuple[float, list[tuple[str, str]]], ...] = (
    (50, []),
    (65, [("WARNING", "active")]),
    (80, [("CRITICAL", "active")]),
    (70, [("CRITICAL", "active")]),
    (59, [("CRITICAL", "active")]),
    (58, [("CRITICAL", "cleared")]),
    (65, [("CRITICAL", "cleared"), ("WARNING", "active")]),
    (50, [("CRITICAL", "cleared"), ("WARNING", "cleared")]),
)
FLEET = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {name: sequence}
profiles: {create: true, device: Sequence meter, devices: {Sequence meter: {alarms: fromSensors}}}
countries:
  - name: INDIA
    states:
      - name: Goa
        devices:
          - name: SM-1
            sensors:
              - {key: temperature, name: Temperature, unit: °C, warnAbove: 60, alarmAbove: 75, hysteresis: 2}
"""
_SECONDS = 60.0


def test_a_sequence_of_telemetry_gives_the_same_alarms_everywhere(tenant: Tenant, tmp_path: Path) -> None:
    path = tmp_path / "fleet.yaml"
    path.write_text(FLEET, encoding="utf-8")
    operator = Reconciler(tenant.url, tenant.username, tenant.password)
    operator.converge(load_fleet([path]))
    operator.session.close()
    with hand_of(tenant) as hand:
        device = hand.get("/api/tenant/devices", deviceName="SM-1")["id"]["id"]
        token = hand.get(f"/api/device/{device}/credentials")["credentialsId"]
        state = hand.get("/api/tenant/assets", assetName="Goa")["id"]["id"]
        for value, expected in SEQUENCE:
            _report(tenant, token, value)
            # A value that changes no alarm has been looked at when the details tell it, or a moment later.
            found = _awaited(lambda: list(_alarms(hand, "DEVICE", device)), expected)
            assert found == expected, value
            if tenant.is_real:
                time.sleep(1.0)
                assert list(_alarms(hand, "DEVICE", device)) == expected, value
        assert list(_alarms(hand, "ASSET", state)) == SEQUENCE[-1][1], "the alarms propagate to the state"


def _report(tenant: Tenant, token: str, value: float) -> None:
    url = f"{tenant.url}/api/v1/{token}/telemetry"
    requests.post(url, json={"temperature": value}, timeout=_SECONDS).raise_for_status()


def _alarms(hand: Hand, kind: str, identifier: str) -> Iterator[tuple[str, str]]:
    order = {"sortProperty": "createdTime", "sortOrder": "ASC"}
    for alarm in hand.rows(f"/api/alarm/{kind}/{identifier}", **order):
        assert alarm["type"] == "Temperature"
        yield alarm["severity"], "cleared" if alarm["cleared"] else "active"


def _awaited(look: Callable[[], Any], expected: Any) -> Any:
    deadline = time.monotonic() + _SECONDS
    while (found := look()) != expected and time.monotonic() < deadline:
        time.sleep(0.05)
    return found
