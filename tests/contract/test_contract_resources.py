"""The sandbox keeps the resources around devices as real servers were recorded to keep them."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from papaya.sandbox import Sandbox
from tests.contract.meters import Meters
from tests.contract.replay import Replay, read_recording

_RECORDINGS = Path(__file__).parent / "recordings"
_ENOUGH = 0.97

# Step -> why the sandbox answers otherwise.
_EVERY_VERSION = {
    "users": "sorted by e-mail, the recorder's administrator comes before the customer's user; the"
    " sandbox's is tenant@thingsboard.org and comes after it",
}
KNOWN: Mapping[str, Mapping[str, str]] = MappingProxyType(
    {version: _EVERY_VERSION for version in ("4.0.1", "4.2.2.3", "4.3.1.3")}
)


def _replay(version: str) -> tuple[list[str], dict[str, list[str]]]:
    agreeing, differing = [], {}
    with Sandbox(emulate=version, bare=True) as sandbox:
        values = {
            "tenant_id": sandbox.tenant_id,
            "tenant_email": sandbox.username,
            "tenant_password": sandbox.password,
            "base": sandbox.url,
            "tag": f"t{time.monotonic_ns()}",
        }
        replay = Replay(sandbox.url, values, quiet=0.0)
        meters = Meters(sandbox.mqtt_port, replay)
        for exchange in read_recording(_RECORDINGS / f"thingsboard-{version}.resources.jsonl"):
            is_device = exchange.request["method"] == "MQTT"
            differences = meters.run(exchange) if is_device else replay.run(exchange)
            if differences:
                differing[exchange.step] = differences
            else:
                agreeing.append(exchange.step)
        meters.stop()
    return agreeing, differing


@pytest.mark.parametrize("version", ["4.0.1", "4.2.2.3", "4.3.1.3"])
def test_recorded_resources_are_kept_as_recorded(version: str) -> None:
    """Every exchange agrees but those that KNOWN names, and those still differ."""
    agreeing, differing = _replay(version)
    total = len(agreeing) + len(differing)
    print(f"{version}: {len(agreeing)} of {total} recorded exchanges agree")
    for step, differences in differing.items():
        print(f"  {step}: {'; '.join(differences[:4])}")
    assert set(KNOWN[version]) == set(differing)
    assert len(agreeing) >= _ENOUGH * total
