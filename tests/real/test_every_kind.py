"""A fleet with every kind of object: applied, changed and renamed by hand, repaired, deleted."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.engine.plan import Plan
from papaya.kinds.alarm_engine import has_rules
from papaya.kinds.registry import KINDS
from papaya.workspace.fleet import load_fleet
from tests.real.fleet import EDITS, NOTHING_TO_RENAME, RENAMES, TREE, Edit, emptied, full_fleet, held
from tests.real.tenants import Tenant, hand_of
from tests.unit.apply.run import Reconciler, differences

WAYS = {"edited": EDITS, "renamed": RENAMES}
# What is read of a profile that somebody renamed by each kind that is a part of it.
OF_PROFILE = {"deviceProfile", "alarmSet", "firmwareOfProfile", "softwareOfProfile"}


def reconciler(tenant: Tenant) -> Reconciler:
    return Reconciler(tenant.url, tenant.username, tenant.password)


def kinds(tenant: Tenant) -> set[str]:
    """Return the kinds that a server's version has."""
    return {*KINDS, *TREE} - (set() if has_rules(tenant.version) else {"alarmRule"})


def changed(plan: Plan) -> set[str]:
    """Return the kinds of what a plan would change."""
    tree, resources = plan.changes, plan.resources
    return {one.address.kind for one in tree} | {one.address.kind for one in resources}


def test_every_kind_can_be_edited_and_renamed_here() -> None:
    assert EDITS.keys() == {*KINDS, *TREE}, "add an edit of the new kind"
    assert RENAMES.keys() | NOTHING_TO_RENAME == {*KINDS, *TREE}, "add a rename of the new kind"


def test_a_fleet_of_every_kind_is_applied_repaired_and_deleted(tenant: Tenant, tmp_path: Path) -> None:
    folder = full_fleet(tmp_path / "full", tenant.version)
    fleet = load_fleet([folder])
    operator = reconciler(tenant)
    with hand_of(tenant) as hand:
        before = held(hand)
        plan = operator.converge(fleet)
        assert changed(plan) == kinds(tenant)
        full = held(hand)
        for way, edits in WAYS.items():
            for kinds_at_once in at_once(tenant, edits):
                for kind in kinds_at_once:
                    edits[kind](hand)
                drift = operator.plan(fleet)
                expected = OF_PROFILE if kinds_at_once == ["deviceProfile"] and way == "renamed" else set()
                assert changed(drift) == {*kinds_at_once} | expected, (way, differences(drift))
                assert not drift.refusals
                operator.converge(fleet)
                assert held(hand) == full, (way, kinds_at_once)
        emptied(folder)
        operator.converge(load_fleet([folder]))
        after = held(hand)
        # The profiles of the tree stay, and the country whose marks are attributes.
        assert after.pop("/api/tenant/assets") == ["INDIA"]
        assert after.pop("/api/assetProfiles") == ["Country", "State", "default"]
        assert after.items() <= before.items()
    operator.session.close()


def at_once(tenant: Tenant, edits: Mapping[str, Edit]) -> list[list[str]]:
    """Return the kinds that are changed before one plan: one by one on a real server, else nearly all."""
    own = [kind for kind in edits if kind in kinds(tenant)]
    if tenant.is_real:
        return [[kind] for kind in own]
    return [[kind for kind in own if kind != "deviceProfile"], ["deviceProfile"]]


def test_destroy_leaves_nothing_of_a_fleet_of_every_kind(
    tenant: Tenant, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = full_fleet(tmp_path / "full", tenant.version)
    signed_in(tenant, monkeypatch)
    with hand_of(tenant) as hand:
        before = held(hand)
        assert main(["apply", str(folder), "--url", tenant.url, "--yes"]) == 0
        assert main(["destroy", str(folder), "--url", tenant.url, "--yes", "--allow-destroy", "100"]) == 0
        after = held(hand)
        # The manifest only names this profile.
        after["/api/assetProfiles"].remove("State")
        assert after == before


def signed_in(tenant: Tenant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PAPAYA_USERNAME", tenant.username)
    monkeypatch.setenv("PAPAYA_PASSWORD", tenant.password)
