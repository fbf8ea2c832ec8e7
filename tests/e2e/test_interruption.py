"""Asked to stop, papaya finishes what is under way and says what is left; asked twice, it stops at once."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable

import pytest

from papaya.sandbox import Fault, Sandbox
from tests.e2e import fleets
from tests.e2e.operator import Ended, Operator, until
from tests.e2e.tenant import held

YES = ("apply", "--yes", "--json", "--concurrency", "4")
INTERRUPTED = 130
# How long a stop may take where nothing has to be waited for: far less than what it does not wait for.
AT_ONCE = 20.0
LONG = 60.0
Hook = Callable[[str, str], Fault | None]


@pytest.fixture
def fleet(operator: Operator) -> fleets.Fleet:
    """Return a fleet whose manifest is in the operator's folder."""
    fleet = fleets.small(devices=6)
    operator.secrets = fleet.secrets
    operator.write(fleet.manifest)
    return fleet


def after_requests(count: int, action: Callable[[], Fault | None]) -> Hook:
    """Return a hook that acts once, at the write of this number, and slows down those after it."""
    seen = 0

    def hook(method: str, path: str) -> Fault | None:
        nonlocal seen
        if method == "GET" or "entitiesQuery" in path or "/auth/" in path:
            return None
        seen += 1
        return (action() if seen == count else None) or Fault(delay=0.03 if seen < count else 0.5)

    return hook


def check_complete(operator: Operator, ended: Ended, fleet: fleets.Fleet) -> dict[str, int]:
    """Insist that report and journal name every change of the plan; return how many ended in which way."""
    outcomes = ended.document["outcomes"]
    assert len(outcomes) == fleet.size, ended.said
    ways = [outcome["status"] for outcome in outcomes]
    counted = {way: ways.count(way) for way in ("done", "failed", "skipped", "not attempted")}
    assert sum(counted.values()) == fleet.size
    first, *middle, last = operator.journal()
    assert (first["event"], last["event"]) == ("start", "end")
    assert [last[way.replace(" ", "_")] for way in counted] == list(counted.values())
    begun = [event for event in middle if event["event"] == "intent"]
    assert len(begun) == sum(event["event"] in ("done", "failed") for event in middle)
    return counted


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_the_run_after_what_is_under_way(
    number: signal.Signals, sandbox: Sandbox, operator: Operator, fleet: fleets.Fleet
) -> None:
    sandbox.before_reply = after_requests(20, lambda: operator.started[-1].signal(number))
    running = operator.start(*YES)
    ended = operator.hear(running)
    assert ended.code == INTERRUPTED, ended.said
    counted = check_complete(operator, ended, fleet)
    assert counted["done"] and counted["not attempted"] and not counted["failed"], counted
    assert ended.document["stopped"] == f"interrupted by {number.name}"
    assert held(sandbox).leases == []
    sandbox.before_reply = None
    operator.does(*YES)
    fleets.check(fleet, held(sandbox))


def test_a_second_signal_ends_the_process_at_once(
    sandbox: Sandbox, operator: Operator, fleet: fleets.Fleet
) -> None:
    stuck = []

    def block() -> Fault:
        stuck.append(True)
        return Fault(delay=LONG)

    sandbox.before_reply = after_requests(20, block)
    running = operator.start(*YES)
    until(lambda: stuck, "the request that gets stuck")
    running.signal(signal.SIGINT)
    until(lambda: "Finishing what is under way" in running.stderr_so_far(), "the message")
    began = time.monotonic()
    running.signal(signal.SIGINT)
    ended = operator.hear(running)
    assert ended.code == INTERRUPTED, ended.said
    assert time.monotonic() - began < AT_ONCE
    sandbox.before_reply = None
    operator.does(*YES)
    fleets.check(fleet, held(sandbox))


def test_a_signal_ends_the_waiting_for_a_server_that_is_away(
    sandbox: Sandbox, operator: Operator, fleet: fleets.Fleet
) -> None:
    reached = []
    sandbox.before_reply = after_requests(20, lambda: reached.append(True))
    running = operator.start(*YES, "--retry-for", f"{LONG:.0f}s")
    until(lambda: reached, "the middle of the run")
    sandbox.stop()
    time.sleep(0.5)
    began = time.monotonic()
    running.signal(signal.SIGINT)
    ended = operator.hear(running)
    assert time.monotonic() - began < AT_ONCE, ended.said
    assert ended.code == INTERRUPTED, ended.said
    counted = check_complete(operator, ended, fleet)
    assert counted["not attempted"], counted


def test_a_signal_ends_the_reading_too(sandbox: Sandbox, operator: Operator, fleet: fleets.Fleet) -> None:
    refused = []

    def hook(method: str, path: str) -> Fault | None:
        if "entitiesQuery" not in path and "/tenant/" not in path:
            return None
        refused.append(path)
        return Fault(status=503)

    sandbox.before_reply = hook
    running = operator.start("plan", "--retry-for", f"{LONG:.0f}s")
    until(lambda: refused, "the first refusal")
    time.sleep(0.3)
    began = time.monotonic()
    running.signal(signal.SIGINT)
    ended = operator.hear(running)
    assert time.monotonic() - began < AT_ONCE, ended.said
    assert ended.code == INTERRUPTED, ended.said
    assert "Interrupted" in ended.stderr and "Traceback" not in ended.stderr


def test_a_signal_while_the_lease_is_taken_leaves_none(
    sandbox: Sandbox, operator: Operator, fleet: fleets.Fleet
) -> None:
    operator.does(*YES)
    for _, device in fleet.devices():
        device["label"] = "another"
    operator.write(fleet.manifest)
    sandbox.before_reply = after_requests(1, lambda: operator.started[-1].signal(signal.SIGINT))
    running = operator.start(*YES)
    ended = operator.hear(running)
    assert ended.code == INTERRUPTED, ended.said
    assert held(sandbox).leases == []
    assert {outcome["status"] for outcome in ended.document["outcomes"]} == {"not attempted"}
