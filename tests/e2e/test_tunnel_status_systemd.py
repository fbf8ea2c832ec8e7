"""`papaya tunnel status` and `check` on a booted device, whose tunnel systemd keeps: needs root."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from typing import Any, Protocol

import pytest

from tests.lab import faults
from tests.lab.field import UNIT, Device, Field, wait_for
from tests.lab.machine import ROOT_HOME

pytestmark = pytest.mark.soak

PAPAYA = (sys.executable, "-m", "papaya")
BUNDLE = f"{ROOT_HOME}/field.yaml"


class Fault(Protocol):
    """What goes wrong between a device and its bastion."""

    def __call__(self, field: Field, device: Device) -> AbstractContextManager[None]:
        """Let it go wrong for as long as the block lasts."""


@pytest.fixture(scope="module")
def field() -> Iterator[Field]:
    """Boot a bastion and a device that knows its manifest."""
    with Field() as made:
        (device,) = made.devices
        device.machine.write(BUNDLE, made.rendering.text)
        yield made


@pytest.fixture
def device(field: Field) -> Iterator[Device]:
    """Return the device with its tunnel up, and stopped at the end."""
    (device,) = field.devices
    device.machine.systemctl("start", UNIT)
    device.wait_until_works(60)
    yield device
    device.machine.systemctl("stop", UNIT)


def papaya(device: Device, *arguments: str, expected: int) -> dict[str, Any]:
    """Run papaya as root on the device and return the document that it prints."""
    command = [*PAPAYA, "tunnel", *arguments, "M-0", "-f", BUNDLE, "--json"]
    done = device.machine.run(*command, check=False, timeout=120)
    assert done.returncode == expected, done.stdout + done.stderr
    document: dict[str, Any] = json.loads(done.stdout)
    return document


def status(device: Device, *, expected: int) -> dict[str, Any]:
    """Return what status says of the device's one line."""
    (tunnel,) = papaya(device, "status", expected=expected)["tunnels"]
    assert tunnel["keptBy"] == "systemd"
    return dict(tunnel)


def test_status_says_since_when_it_is_up_and_that_it_is_stopped(field: Field, device: Device) -> None:
    up = status(device, expected=0)
    assert (up["condition"], up["retries"], up["remotePort"]) == ("up", 0, device.port)
    assert up["since"] is not None
    device.machine.systemctl("stop", UNIT)
    assert status(device, expected=1)["condition"] == "stopped"


@pytest.mark.parametrize(
    ("fault", "kind", "words"),
    [
        (faults.key_refused, "keyRefused", "does not let the device's key in"),
        (faults.host_key_changed, "hostKeyChanged", "/etc/papaya/known_hosts, line"),
        (faults.port_taken, "portTaken", "does not give port"),
    ],
)
def test_status_says_in_plain_words_what_went_wrong_last(
    field: Field, device: Device, fault: Fault, kind: str, words: str
) -> None:
    with fault(field, device):
        wait_for(lambda: device.status().restarts >= 2, 60, device.explain)
        down = status(device, expected=1)
        assert down["condition"] in {"waiting", "connecting"}
        assert down["retries"] >= 1
        assert (down["lastError"]["kind"], words in down["lastError"]["summary"]) == (kind, True), down
    device.wait_until_works(90)
    # What went wrong last is still told, and how often it was tried is forgotten.
    wait_for(lambda: device.status().is_active, 30, device.explain)
    up = status(device, expected=0)
    assert (up["lastError"]["kind"], up["retries"]) == (kind, 0)


def test_check_knows_a_port_that_the_service_keeps(field: Field, device: Device) -> None:
    found = {line["check"]: line for line in papaya(device, "check", expected=0)["checks"]}
    assert {line["status"] for line in found.values()} == {"ok"}
    assert "its tunnel is up" in found["remote-port"]["text"]


def test_nobody_keeps_the_line_in_the_foreground_beside_the_service(field: Field, device: Device) -> None:
    done = device.machine.run(*PAPAYA, "tunnel", "run", "M-0", "-f", BUNDLE, check=False, timeout=60)
    assert done.returncode == 1
    assert f"the service {UNIT} keeps this tunnel already" in done.stderr
    assert device.works()
