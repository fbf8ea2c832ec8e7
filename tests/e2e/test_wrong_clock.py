"""A machine whose clock is wrong: what it says and sends goes by the server's."""

from __future__ import annotations

import json
import time

import pytest

from papaya.sandbox import Sandbox
from tests.e2e import fleets
from tests.e2e.operator import Operator
from tests.unit.sandbox.client import Client

AHEAD = (86_400.0, -86_400.0)


@pytest.fixture
def fleet(operator: Operator) -> fleets.Fleet:
    """Return a fleet whose manifest the operator has."""
    fleet = fleets.make(["INDIA"], ["Karnataka"], 1)
    operator.secrets = fleet.secrets
    operator.write(fleet.manifest)
    return fleet


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_token_ends_by_the_servers_clock(
    ahead: float, sandbox: Sandbox, operator: Operator, fleet: fleets.Fleet
) -> None:
    operator.clock_ahead = ahead
    left = json.loads(operator.does("whoami", "--json").stdout)["token"]["secondsLeft"]
    assert 8_000 < left <= 9_001


@pytest.mark.parametrize("ahead", AHEAD)
def test_a_device_sends_its_first_telemetry_by_the_servers_clock_and_is_told_of_its_own(
    ahead: float, sandbox: Sandbox, operator: Operator, fleet: fleets.Fleet
) -> None:
    operator.does("apply", "--yes")
    operator.clock_ahead = ahead
    name = next(device["name"] for _, device in fleet.devices())
    before = time.time()
    place = ("--latitude", "12.9", "--longitude", "77.5")
    ended = operator.does("provision", name, *place, "--credentials-file", "device.token")
    said = "ahead of" if ahead > 0 else "behind"
    assert f"s {said} the server's; set it: timedatectl set-ntp true" in ended.stdout
    with Client(sandbox) as client:
        id_ = client.get("/api/tenant/devices", deviceName=name)["id"]["id"]
        found = client.get(f"/api/plugins/telemetry/DEVICE/{id_}/values/timeseries")
    assert all(
        before - 5 < point["ts"] / 1000 < time.time() + 5 for points in found.values() for point in points
    )
