"""The sandbox answers as real servers were recorded to answer."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

import pytest

from papaya.sandbox import Sandbox
from tests.contract.replay import LIMITED, Exchange, Replay, read_recording

_RECORDINGS = Path(__file__).parent / "recordings"
_ENOUGH = 0.97

# Step -> why the sandbox answers otherwise.
KNOWN: Mapping[str, Mapping[str, str]] = MappingProxyType({"4.0.1": {}, "4.2.2.3": {}, "4.3.1.3": {}})


def _around(sandbox: Sandbox, replay: Replay, exchange: Exchange) -> None:
    limited = LIMITED.fullmatch(exchange.step)
    if limited is None:
        sandbox.limit_rate(None)
    elif limited[1] == "1":
        # Five a minute, so that a slow machine sees the same five and four.
        sandbox.limit_rate(5, 60.0)
    if exchange.step == "login as a customer user":
        values = replay.values
        sandbox.add_customer_user(values["customer_id"], values["customer_email"], values["tenant_password"])


# What a version answers otherwise than the recorded one, from its source.
_MORE = {version: {"system info as tenant", "system params"} for version in ("4.2.2", "4.4.0")}


def _replay(version: str, emulated: str) -> tuple[list[str], dict[str, list[str]]]:
    agreeing, differing = [], {}
    with Sandbox(emulate=emulated, bare=True, rpc_timeout_floor=0.05) as sandbox:
        values = {
            "tenant_id": sandbox.tenant_id,
            "tenant_email": sandbox.username,
            "tenant_password": sandbox.password,
            "customer_email": "garage@papaya.test",
            "tag": f"t{time.monotonic_ns()}",
        }
        replay = Replay(sandbox.url, values)
        replay.values["sysadmin_token"] = replay.session.post(
            f"{sandbox.url}/api/auth/login",
            json={"username": "sysadmin@thingsboard.org", "password": "sysadmin"},
            timeout=60,
        ).json()["token"]
        for exchange in read_recording(_RECORDINGS / f"thingsboard-{version}.http.jsonl"):
            _around(sandbox, replay, exchange)
            differences = replay.run(exchange)
            if differences:
                differing[exchange.step] = differences
            else:
                agreeing.append(exchange.step)
    return agreeing, differing


@pytest.mark.parametrize(
    ("version", "emulated"),
    [
        ("4.0.1", "4.0.1"),
        ("4.2.2.3", "4.2.2.3"),
        ("4.2.2.3", "4.2.2"),
        ("4.3.1.3", "4.3.1.3"),
        ("4.3.1.3", "4.4.0"),
    ],
)
def test_recorded_exchanges_are_answered_as_recorded(version: str, emulated: str) -> None:
    """Every exchange agrees but those that KNOWN names, and those still differ; 4.4 answers as 4.3 does."""
    agreeing, differing = _replay(version, emulated)
    total = len(agreeing) + len(differing)
    print(f"{version}: {len(agreeing)} of {total} recorded exchanges agree")
    for step, differences in differing.items():
        print(f"  {step}: {'; '.join(differences[:4])}")
    assert set(KNOWN[version]) | _MORE.get(emulated, set()) == set(differing)
    assert len(agreeing) >= _ENOUGH * total
