"""The sandbox answers other people's clients as real servers were recorded to answer them."""

from __future__ import annotations

import pytest

from tests.contract.notes import RECORDINGS, name_of, starting_values
from tests.contract.replay import Replay, read_recording
from tests.real.tenants import sandbox_tenant

_VERSIONS = ("4.0.1", "4.2.2.3", "4.3.1.3")
_RECORDED = [(version, what) for version in _VERSIONS for what in ("clients", "accounts")]


@pytest.mark.parametrize(("version", "what"), [*_RECORDED, ("4.0.1", "reads"), ("4.3.1.3", "reads")])
def test_what_clients_ask_is_answered_as_recorded(version: str, what: str) -> None:
    with sandbox_tenant(version) as tenant:
        replay = Replay(tenant.url, starting_values(tenant))
        recording = read_recording(RECORDINGS / name_of(version, what))
        answers = {exchange.step: replay.run(exchange) for exchange in recording}
    differing = {step: differences for step, differences in answers.items() if differences}
    told = "\n".join(f"{step}: {'; '.join(faults[:4])}" for step, faults in differing.items())
    assert not differing, f"{len(differing)} of {len(answers)} differ:\n{told}"
