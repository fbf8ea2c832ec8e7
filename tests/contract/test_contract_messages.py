"""The sandbox takes odd messages of devices as real servers were recorded to take them."""

from __future__ import annotations

import pytest

from papaya.sandbox import Sandbox
from tests.contract.messages import Stage, happen, read
from tests.real.tenants import Tenant, hand_of

# Case -> why the sandbox does otherwise.
_DEEP = "4.0.1 has no limit on the nesting of JSON"
KNOWN = {
    "4.0.1": {
        "telemetry over HTTP: too deep": _DEEP,
        "attributes over MQTT: too deep": _DEEP,
    },
    "4.3.1.3": {},
}


@pytest.mark.parametrize("version", KNOWN)
def test_messages_are_answered_and_stored_as_recorded(version: str) -> None:
    recorded = read(version)
    with Sandbox(emulate=version, bare=True, unanswered_seconds=0.1) as sandbox:
        tenant = Tenant(sandbox.url, version, sandbox.tenant_id, sandbox.username, sandbox.password)
        with hand_of(tenant) as hand:
            found = happen(Stage(hand, sandbox.mqtt_port, 0.05), recorded, at_once=6, settle=0)
    differing = {name: (recorded[name], found[name]) for name in found if found[name] != recorded[name]}
    told = "\n".join(
        f"{name}\n  recorded {old}\n  here     {new}"[:900] for name, (old, new) in differing.items()
    )
    assert set(differing) == set(KNOWN[version]), told
    assert len(recorded) == len(found) > 500
