"""Through a proxy that breaks exchanges by a seeded schedule, papaya still does all that it should."""

from __future__ import annotations

from pathlib import Path

import pytest

from papaya.sandbox import Sandbox
from tests.e2e import fleets
from tests.e2e.operator import Ended, Operator, proxy
from tests.e2e.tenant import held, person

COUNTRIES, STATES = ["INDIA", "GERMANY"], ["Karnataka", "Kerala", "Hessen", "Bayern"]
# The first ten have each share of faults twice, and each number of connections three times.
IN_SUITE = 10
IN_SOAK = 200
# Each run gets as far as it can; a handful of them must do.
MOST_RUNS = 6
CONSENT = ("--yes", "--allow-destroy", "99", "--allow-token-change", "99", "--max-change-percent", "100")


@pytest.mark.parametrize("seed", range(IN_SUITE))
def test_a_fleet_comes_to_be_and_changes_through_a_broken_network(
    seed: int, sandbox: Sandbox, operator: Operator, tmp_path: Path
) -> None:
    converge(seed, sandbox, operator, tmp_path)


@pytest.mark.soak
@pytest.mark.parametrize("seed", range(IN_SUITE, IN_SOAK))
def test_it_does_so_at_length(seed: int, sandbox: Sandbox, operator: Operator, tmp_path: Path) -> None:
    converge(seed, sandbox, operator, tmp_path)


def converge(seed: int, sandbox: Sandbox, operator: Operator, folder: Path) -> None:
    """Apply a fleet and then a change of everything through the proxy; look at the server behind it."""
    fleet = fleets.make(COUNTRIES, STATES, 10)
    with person(sandbox.url) as somebody:
        foreigners = somebody.plant_foreigners()
        theirs = held(sandbox).of(*foreigners)
        log = folder / "proxy.jsonl"
        with proxy(sandbox.url, "--seed", str(seed), "--share", str(0.02 + seed % 5 * 0.02), log=log) as url:
            operator.url = url
            apply(operator, fleet, seed)
            before = held(sandbox)
            fleets.check(fleet, before)
            somebody.set_attributes("DEVICE", "PM-0001", "SERVER_SCOPE", note="by hand")
            fleet = fleets.changed(fleet, seed)
            apply(operator, fleet, seed)
    operator.url = sandbox.url
    plan = operator.run("plan", "--detailed-exitcode")
    assert plan.code == 0, f"the second plan is not empty\n{plan.said}"
    after = held(sandbox)
    fleets.check(fleet, after, before)
    assert after.of(*foreigners) == theirs
    assert after.names("ASSET") == {*COUNTRIES, *STATES, "Their Yard"}
    if "PM-0001" in fleet.origin.values():
        now = next(new for new, old in fleet.origin.items() if old == "PM-0001")
        assert after.attributes["DEVICE", now]["server", "note"] == "by hand"
    assert after.leases == []


def apply(operator: Operator, fleet: fleets.Fleet, seed: int) -> None:
    """Apply until it says that everything is done."""
    operator.secrets = fleet.secrets
    operator.write(fleet.manifest)
    concurrency = str((1, 4, 10)[seed % 3])
    options = ("--json", "--timeout", "2s", "--retry-for", "10s", "--concurrency", concurrency)
    for _ in range(MOST_RUNS):
        ended = operator.run("apply", *CONSENT, *options)
        if ended.code == 0:
            return
        assert ended.code == 1, ended.said
        if ended.stdout:
            check_report(operator, ended)
        else:
            assert "\nError: " in f"\n{ended.stderr}" and "Traceback" not in ended.stderr, ended.said
    raise AssertionError(f"still not done after {MOST_RUNS} runs:\n{ended.said}")


def check_report(operator: Operator, ended: Ended) -> None:
    """Insist that nothing of the plan is missing from the report of a run that failed."""
    totals, events = ended.document["totals"], operator.journal()
    done = sum(outcome["status"] == "done" for outcome in ended.document["outcomes"])
    told = done + totals["failed"] + totals["skipped"] + totals["notAttempted"]
    assert told == len(ended.document["outcomes"]) == events[0]["changes"], ended.said
    assert events[-1]["event"] == "end", events[-1]
    assert all(outcome["reason"] for outcome in ended.document["outcomes"] if outcome["status"] != "done"), (
        ended.said
    )
