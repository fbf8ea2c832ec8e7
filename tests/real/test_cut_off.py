"""An apply of every kind of object that is cut off at any write is gone on with by the next one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from papaya.workspace.fleet import load_fleet
from tests.real.cutting import cutting
from tests.real.fleet import emptied, full_fleet, held
from tests.real.targets import EVERYWHERE, fresh
from tests.real.tenants import Hand, Tenant, hand_of
from tests.unit.apply.run import Reconciler, differences

# Each kind has tests of its own that break off at every write of a sandbox.
SANDBOX_STEP = 29


@pytest.mark.parametrize(
    "handled", [False, True], ids=["the request is not carried out", "its answer is lost"]
)
@pytest.mark.parametrize("target", EVERYWHERE)
def test_the_next_apply_converges_wherever_the_one_before_was_cut_off(
    target: str, handled: bool, tmp_path: Path
) -> None:
    more, after = True, 0
    while more:
        with fresh(target) as tenant, hand_of(tenant) as hand:
            empty = held(hand)
            folder = full_fleet(tmp_path / f"full{after}", tenant.version)
            more = _cut_off_and_gone_on_with(tenant, folder, after, handled=handled)
            complete = held(hand)
            _has_no_duplicates(complete, after)
            if after == 0:
                whole = complete
            assert complete == whole, after
            emptied(folder)
            more |= _cut_off_and_gone_on_with(tenant, folder, after, handled=handled)
            _is_as_before(hand, empty, after)
            print(f"{tenant.version}: cut off after {after} writes, converged")
            after += 1 if tenant.is_real else SANDBOX_STEP


def _cut_off_and_gone_on_with(tenant: Tenant, folder: Path, after: int, *, handled: bool) -> bool:
    fleet = load_fleet([folder])
    with cutting(tenant.url, after, handled=handled) as cut:
        first = Reconciler(cut.url, tenant.username, tenant.password, retry_for=0.0)
        plan = first.plan(fleet)
        assert not plan.refusals, plan.refusals
        first.execute(plan, concurrency=1)
        first.session.close()
    second = Reconciler(tenant.url, tenant.username, tenant.password)
    second.converge(fleet)
    assert not differences(second.plan(fleet)), after
    second.session.close()
    return cut.has_cut


def _has_no_duplicates(complete: dict[str, list[str]], after: int) -> None:
    for what, names in complete.items():
        assert [name for name, times in Counter(names).items() if times > 1] == [], (what, after)


def _is_as_before(hand: Hand, empty: dict[str, list[str]], after: int) -> None:
    now = held(hand)
    assert now.pop("/api/tenant/assets") == ["INDIA"], after
    assert now.pop("/api/assetProfiles") == ["Country", "State", "default"], after
    assert now.items() <= empty.items(), after
