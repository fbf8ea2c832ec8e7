"""Everything of a tenant goes to another one, and is the same there."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.kinds.registry import KINDS
from tests.cli.by_hand import made_by_hand
from tests.real.fleet import full_fleet, held
from tests.real.targets import PAIRS, fresh
from tests.real.tenants import Tenant, hand_of


def applied(staging: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let papaya make a fleet of every kind."""
    full_fleet(Path("full"), staging.version)
    _run(staging, monkeypatch, "apply", "full", "--yes")


def by_hand(staging: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let somebody make a fleet in ThingsBoard's own interface."""
    with hand_of(staging) as hand:
        made_by_hand(hand)


@pytest.mark.parametrize("pair", PAIRS, ids=str)
@pytest.mark.parametrize("make", [applied, by_hand])
def test_a_fleet_of_every_kind_goes_from_one_tenant_to_another(
    make: Callable[[Tenant, pytest.MonkeyPatch], None],
    pair: tuple[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    # The first tenant is gone before the second one is filled: e-mail addresses are unique over a server.
    with fresh(pair[0]) as staging:
        make(staging, monkeypatch)
        with hand_of(staging) as hand:
            there = held(hand)
        _run(staging, monkeypatch, "export", "--with", "all", "-o", "out")
        capsys.readouterr()
        _run(staging, monkeypatch, "plan", "out", "--json")
        plan = json.loads(capsys.readouterr().out)
        # What a person made is adopted as it is; a part of a profile may only get its mark.
        added = [one for one in plan.get("resources", ()) if "create" in one["actions"]]
        assert all(KINDS[one["kind"]].is_part for one in added), added
        assert not plan["summary"]["change"] and not plan["summary"]["destroy"], plan["summary"]
        assert plan["summary"]["add"] == len(added)
        assert make is by_hand or not plan["summary"]["adopt"] + len(added)
    with fresh(pair[1]) as production:
        agreed = ["--yes", "--adopt", "--confirm", "dashboard/Details"]
        _run(production, monkeypatch, "apply", "out", *agreed)
        _run(production, monkeypatch, "plan", "out", "--detailed-exitcode")
        with hand_of(production) as hand:
            here = held(hand)
    for what in there.keys() - {"marks", "/api/assetProfiles", "alarms"}:
        assert here[what] == there[what], what
    assert {*here["/api/assetProfiles"]} >= {*there["/api/assetProfiles"]}


def _run(tenant: Tenant, monkeypatch: pytest.MonkeyPatch, verb: str, *arguments: str) -> None:
    monkeypatch.setenv("PAPAYA_USERNAME", tenant.username)
    monkeypatch.setenv("PAPAYA_PASSWORD", tenant.password)
    assert main([verb, *arguments, "--url", tenant.url]) == 0, verb
