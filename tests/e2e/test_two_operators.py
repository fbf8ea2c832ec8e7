"""Two who change one fleet at the same time: one waits or is told of the other, and no work is lost."""

from __future__ import annotations

import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import requests

from papaya.sandbox import Fault, Sandbox
from tests.e2e import fleets
from tests.e2e.operator import Operator, until
from tests.e2e.tenant import Person, held, person

YES = ("--yes", "--concurrency", "4")
MILLISECONDS = 1000


@pytest.fixture
def slow(sandbox: Sandbox) -> Iterator[Callable[[float], None]]:
    """Return what makes every write take so many seconds."""

    def slow_down(seconds: float) -> None:
        def hook(method: str, path: str) -> Fault | None:
            return Fault(delay=seconds) if method != "GET" and "entitiesQuery" not in path else None

        sandbox.before_reply = hook if seconds else None

    yield slow_down
    sandbox.before_reply = None


@pytest.fixture
def let_on(sandbox: Sandbox) -> Iterator[Callable[[], None]]:
    """Hold everything that is written to devices until the function that is returned is called."""
    opened = threading.Event()
    held_up = Fault(held=lambda: not opened.is_set())
    sandbox.before_reply = lambda method, path: (
        held_up if method != "GET" and path.startswith("/api/device") else None
    )
    yield opened.set
    opened.set()
    sandbox.before_reply = None


@pytest.fixture
def fleet(operator: Operator) -> fleets.Fleet:
    """Return a fleet that stands on the server, and a change of it in the operator's folder."""
    fleet = fleets.small(devices=6)
    operator.secrets = fleet.secrets
    operator.write(fleet.manifest)
    operator.does("apply", *YES)
    relabel(fleet, "first")
    operator.write(fleet.manifest)
    return fleet


@pytest.fixture
def colleague(sandbox: Sandbox, fleet: fleets.Fleet, tmp_path: Path) -> Iterator[Operator]:
    """Return a second operator, at another machine as far as files go, with the same manifest."""
    other = make_colleague(sandbox, fleet, tmp_path)
    try:
        yield other
    finally:
        other.close()
    other.check_secrecy()


def make_colleague(sandbox: Sandbox, fleet: fleets.Fleet, folder: Path) -> Operator:
    """Return an operator with a folder and a home of their own."""
    (folder / "colleague").mkdir()
    other = Operator(folder / "colleague", sandbox.url, fleet.secrets, home=folder / "colleague-home")
    other.write(fleet.manifest)
    return other


def relabel(fleet: fleets.Fleet, word: str) -> None:
    """Give every device another label."""
    for _, device in fleet.devices():
        device["label"] = f"{word} {device['name']}"


def until_leased(sandbox: Sandbox) -> dict[str, Any]:
    """Wait until a run holds the lease and return it."""
    until(lambda: held(sandbox).leases, "somebody who takes the lease")
    return held(sandbox).leases[0]


def put_lease(somebody: Person, seconds: float, holder: str = "ann@elsewhere (process 7)") -> None:
    """Leave a lease on the fleet's country that ends in so many seconds."""
    country = somebody.asset("INDIA")
    info = country["additionalInfo"] or {}
    until = int((time.time() + seconds) * MILLISECONDS)
    mark = {**info.get("papaya", {}), "lease": {"holder": holder, "run": "ann-1", "until": until}}
    somebody.ask("POST", "/asset", {**country, "additionalInfo": {**info, "papaya": mark}})


def test_a_second_apply_is_refused_and_told_who_holds_the_lease(
    sandbox: Sandbox,
    operator: Operator,
    colleague: Operator,
    fleet: fleets.Fleet,
    let_on: Callable[[], None],
) -> None:
    first = operator.start("apply", *YES)
    lease = until_leased(sandbox)
    refused = colleague.run("apply", *YES)
    let_on()
    assert refused.code == 1, refused.said
    assert lease["holder"] in refused.stderr and "is changing this fleet, until" in refused.stderr
    assert f"@{socket.gethostname()} (process {first.pid})" in lease["holder"]
    assert "--wait-for-lock" in refused.stderr
    ended = operator.hear(first)
    assert ended.code == 0, ended.said
    assert held(sandbox).leases == []
    fleets.check(fleet, held(sandbox))


def test_a_second_apply_waits_as_long_as_it_is_asked_to_and_plans_anew(
    sandbox: Sandbox, operator: Operator, colleague: Operator, let_on: Callable[[], None]
) -> None:
    first = operator.start("apply", *YES)
    lease = until_leased(sandbox)
    waiting = colleague.start("apply", *YES, "--wait-for-lock", "60s")
    until(lambda: f"Waiting for {lease['holder']}" in waiting.stderr_so_far(), "the one who waits")
    let_on()
    second = colleague.hear(waiting)
    assert second.code == 0, second.said
    # The first one has done everything by then.
    assert "No changes." in second.stdout, second.said
    assert operator.hear(first).code == 0
    impatient = colleague.run("apply", *YES, "--wait-for-lock", "soon")
    assert impatient.code == 64, impatient.said


def test_waiting_ends_when_the_time_is_up(sandbox: Sandbox, operator: Operator, fleet: fleets.Fleet) -> None:
    with person(sandbox.url) as somebody:
        put_lease(somebody, 120)
    ended = operator.run("apply", *YES, "--wait-for-lock", "1s")
    assert ended.code == 1, ended.said
    assert "ann@elsewhere (process 7) is changing this fleet" in ended.stderr
    # Long before the lease ends.
    assert ended.seconds < 60


def test_an_expired_lease_is_taken_over_and_a_broken_one_too(
    sandbox: Sandbox, operator: Operator, fleet: fleets.Fleet
) -> None:
    with person(sandbox.url) as somebody:
        put_lease(somebody, -1)
        operator.does("apply", *YES)
        relabel(fleet, "second")
        operator.write(fleet.manifest)
        put_lease(somebody, 120)
        assert operator.run("apply", *YES).code == 1
        operator.does("apply", *YES, "--break-lock")
        put_lease(somebody, 2)
    relabel(fleet, "third")
    operator.write(fleet.manifest)
    operator.does("apply", *YES, "--wait-for-lock", "30s")
    assert held(sandbox).leases == []
    fleets.check(fleet, held(sandbox))


def test_a_killed_run_leaves_its_lease_to_others_and_not_to_its_own_machine(
    sandbox: Sandbox,
    operator: Operator,
    colleague: Operator,
    fleet: fleets.Fleet,
    let_on: Callable[[], None],
) -> None:
    first = operator.start("apply", *YES)
    until_leased(sandbox)
    first.signal(signal.SIGKILL)
    operator.hear(first)
    let_on()
    assert len(held(sandbox).leases) == 1
    refused = colleague.run("apply", *YES)
    assert refused.code == 1 and "is changing this fleet" in refused.stderr, refused.said
    operator.does("apply", *YES)
    assert held(sandbox).leases == []
    fleets.check(fleet, held(sandbox))


@pytest.mark.parametrize("ahead", [180.0, -180.0, 3600.0])
def test_a_wrong_clock_lets_nobody_into_a_run_that_is_under_way(
    sandbox: Sandbox,
    operator: Operator,
    colleague: Operator,
    let_on: Callable[[], None],
    ahead: float,
) -> None:
    first = operator.start("apply", *YES)
    lease = until_leased(sandbox)
    colleague.clock_ahead = ahead
    refused = colleague.run("apply", *YES)
    let_on()
    assert refused.code == 1, refused.said
    assert f"{lease['holder']} is changing this fleet" in refused.stderr
    assert operator.hear(first).code == 0


@pytest.mark.parametrize("ahead", [180.0, -180.0, 3600.0])
def test_a_lease_ends_by_the_servers_clock_however_wrong_its_holders_is(
    sandbox: Sandbox, operator: Operator, fleet: fleets.Fleet, let_on: Callable[[], None], ahead: float
) -> None:
    operator.clock_ahead = ahead
    first = operator.start("apply", *YES)
    lease = until_leased(sandbox)
    left = lease["until"] / MILLISECONDS - time.time()
    let_on()
    assert operator.hear(first).code == 0
    # It lasts two minutes; the rest is for a busy machine.
    assert 0 < left < 125


def test_the_lease_goes_after_a_run_with_failures(
    sandbox: Sandbox, operator: Operator, fleet: fleets.Fleet
) -> None:
    with person(sandbox.url) as somebody:
        somebody.plant_foreigners()
    devices = [device for _, device in fleet.devices()]
    fleets.give_token(fleet, devices[0], "their-token-1")
    operator.write(fleet.manifest)
    ended = operator.run("apply", *YES, "--json", "--allow-token-change", "1")
    assert ended.code == 1, ended.said
    outcomes = {outcome["address"]: outcome for outcome in ended.document["outcomes"]}
    refused = outcomes.pop("device/PM-0001")
    assert refused["status"] == "failed" and "already" in refused["reason"]
    assert {outcome["status"] for outcome in outcomes.values()} == {"done"}
    assert held(sandbox).leases == []
    del devices[0]["credentials"]
    operator.write(fleet.manifest)
    operator.does("apply", *YES)
    operator.secrets = {key: value for key, value in operator.secrets.items() if value != "their-token-1"}


def test_with_the_lease_broken_and_a_person_at_work_no_edit_is_lost(
    sandbox: Sandbox,
    operator: Operator,
    colleague: Operator,
    fleet: fleets.Fleet,
    slow: Callable[[float], None],
) -> None:
    theirs = fleets.small(devices=6)
    relabel(theirs, "second")
    colleague.write(theirs.manifest)
    names = [device["name"] for _, device in fleet.devices()]
    slow(0.05)
    first = operator.start("apply", *YES, "--json")
    until_leased(sandbox)
    second = colleague.start("apply", *YES, "--json", "--break-lock")
    with person(sandbox.url) as somebody:
        while not (first.has_ended and second.has_ended):
            for name in names:
                edit(somebody, name)
        for name in names:
            edit(somebody, name)
    conflicts = 0
    for run in (operator.hear(first), colleague.hear(second)):
        assert run.code in (0, 1), run.said
        for outcome in run.document["outcomes"]:
            if outcome["status"] == "failed":
                conflicts += 1
                assert "somebody else" in outcome["reason"] or "lease" in outcome["reason"], outcome
    slow(0)
    now = held(sandbox)
    for name in names:
        assert now.bodies["DEVICE", name]["additionalInfo"]["edits"] == EDITS[name], name
        assert now.attributes["DEVICE", name]["server", "note"] == EDITS[name]
    operator.does("apply", *YES)
    now = held(sandbox)
    assert now.bodies["DEVICE", names[0]]["additionalInfo"]["edits"] == EDITS[names[0]]
    assert now.leases == []
    fleets.check(fleet, now)
    assert conflicts, "the test is about conflicts, and there was none"


EDITS: dict[str, int] = {}


def edit(somebody: Person, name: str) -> None:
    """Edit a device as the server's own interface does: the whole object, at the version that was read."""
    while True:
        device = somebody.device(name)
        info = {**(device["additionalInfo"] or {}), "edits": EDITS.get(name, 0) + 1}
        try:
            somebody.ask("POST", "/device", {**device, "additionalInfo": info})
        except requests.HTTPError as error:
            assert error.response.status_code == 409, error.response.text
            continue
        EDITS[name] = EDITS.get(name, 0) + 1
        somebody.set_attributes("DEVICE", name, "SERVER_SCOPE", note=EDITS[name])
        return


def test_a_run_whose_lease_was_broken_stops_at_its_next_look(
    sandbox: Sandbox, operator: Operator, fleet: fleets.Fleet
) -> None:
    for _, state in fleet.states():
        state["attributes"]["region"] = "north"
    operator.write(fleet.manifest)
    broken = threading.Event()
    held_up = Fault(held=lambda: not broken.is_set())
    with person(sandbox.url) as somebody:
        # The States come before the devices, and a look before either.
        writes: set[str] = set()

        def hook(method: str, path: str) -> Fault | None:
            if "/attributes/SERVER" not in path:
                return None
            writes.add(path)
            return held_up

        sandbox.before_reply = hook
        running = operator.start("apply", *YES, "--json")
        until(lambda: len(writes) == 2, "both States, under way")
        put_lease(somebody, 120)
        broken.set()
    ended = operator.hear(running)
    assert ended.code == 1, ended.said
    assert ended.document["stopped"] == "another run has broken the lock"
    assert ended.document["totals"]["notAttempted"] == 12, ended.said
    assert [lease["run"] for lease in held(sandbox).leases] == ["ann-1"]


def test_first_applies_that_race_make_one_fleet(sandbox: Sandbox, operator: Operator, tmp_path: Path) -> None:
    fleet = fleets.make(["INDIA", "GERMANY"], ["Karnataka", "Hessen"], 6)
    operator.secrets = fleet.secrets
    operator.write(fleet.manifest)
    colleague = make_colleague(sandbox, fleet, tmp_path)
    runs = [(one, one.start("apply", *YES, "--json")) for one in (operator, colleague)]
    for one, running in runs:
        ended = one.hear(running)
        assert ended.code in (0, 1), ended.said
    operator.does("apply", *YES)
    now = held(sandbox)
    fleets.check(fleet, now)
    assert len(now.bodies) == fleet.size
    assert now.leases == []


def test_a_first_apply_holds_the_lease_from_its_first_country_on(
    sandbox: Sandbox, operator: Operator, let_on: Callable[[], None], tmp_path: Path
) -> None:
    fleet = fleets.small(devices=6)
    operator.secrets = fleet.secrets
    operator.write(fleet.manifest)
    colleague = make_colleague(sandbox, fleet, tmp_path)
    first = operator.start("apply", *YES)
    lease = until_leased(sandbox)
    refused = colleague.run("apply", *YES)
    let_on()
    assert refused.code == 1 and lease["holder"] in refused.stderr, refused.said
    assert operator.hear(first).code == 0
    assert held(sandbox).leases == []
    fleets.check(fleet, held(sandbox))
