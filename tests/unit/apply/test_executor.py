"""A plan is walked level by level, and every change of it has an outcome."""

from __future__ import annotations

import json
import stat
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from papaya.apply.journal import FileJournal
from papaya.apply.lease import LeaseHeld
from papaya.apply.outcome import Outcome, Result
from papaya.engine.inventory import Inventory
from papaya.engine.lease import lease_in
from papaya.engine.plan import Change, Plan
from papaya.errors import AuthenticationFailed, PapayaError, Rejected, Unreachable
from papaya.manifest.model import Profiles, SecretReference
from papaya.runs.lock import locked_by
from tests.unit.apply.hand import Person
from tests.unit.apply.run import Operator
from tests.unit.engine.fleets import country, device, fleet, karnataka, state

TOKEN = SecretReference(env="T")
TREE = fleet(
    country("CHILE", state("Maule", device("m1"), device("m2"))),
    country("INDIA", state("Goa", device("g1")), state("Karnataka", device("k1"), device("k2"))),
)


class Refusing:
    """A writer that raises for some entities, and passes everything else on."""

    def __init__(self, writer: object, refuse: Callable[[str, tuple[Any, ...]], PapayaError | None]) -> None:
        self._writer = writer
        self._refuse = refuse

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            error = self._refuse(name, arguments)
            if error is not None:
                raise error
            return getattr(self._writer, name)(*arguments, **options)

        return call


def refusing_to_create(operator: Operator, name: str, error: PapayaError | None = None) -> None:
    """Let the creation of one entity fail."""

    def refuse(call: str, arguments: tuple[Any, ...]) -> PapayaError | None:
        if call == "create" and arguments[0].address.name == name:
            return error or Rejected("refused")
        return None

    operator.writer = Refusing(operator.writer, refuse)  # type: ignore[assignment]


def told(result: Result) -> dict[str, str]:
    """Return status and reason by name."""
    return {
        outcome.change.address.name: f"{outcome.status} {outcome.reason}".strip()
        for outcome in result.outcomes
        if isinstance(outcome.change, Change)
    }


def test_one_rejection_stops_nothing_but_what_depends_on_it(operator: Operator, person: Person) -> None:
    refusing_to_create(operator, "Maule")

    assert told(operator.execute(operator.plan(TREE))) == {
        "CHILE": "done",
        "Maule": "failed refused",
        "m1": "skipped asset/Maule was not done",
        "m2": "skipped asset/Maule was not done",
        "INDIA": "done",
        "Goa": "done",
        "g1": "done",
        "Karnataka": "done",
        "k1": "done",
        "k2": "done",
    }
    assert person.names("device") == ["g1", "k1", "k2"]


def test_dependents_are_skipped_all_the_way_down(operator: Operator) -> None:
    refusing_to_create(operator, "INDIA")
    outcomes = told(operator.execute(operator.plan(TREE)))

    assert outcomes["Goa"] == "skipped asset/INDIA was not done"
    assert outcomes["k2"] == "skipped asset/Karnataka was not done"
    assert outcomes["m1"] == "done"


def test_a_failed_change_of_a_place_does_not_hold_up_what_is_in_it(
    operator: Operator, person: Person
) -> None:
    operator.converge(fleet(country("INDIA", state("Goa"))))
    plan = operator.plan(fleet(country("INDIA", state("Goa", device("g1")), label="x")))
    person.edit("asset", "INDIA", label="theirs")
    outcomes = told(operator.execute(plan))

    assert outcomes["INDIA"].startswith("failed")
    assert outcomes["g1"] == "done"


SHARED = karnataka(device("PM-1", shared_attributes={"reportEverySeconds": 5}))
PATIENCE = 60


def test_the_relation_of_a_new_device_is_written_beside_its_record(operator: Operator) -> None:
    both = threading.Barrier(2)

    def meet(call: str, arguments: tuple[Any, ...]) -> PapayaError | None:
        if (call == "relate" and arguments[1] == "device") or (
            call == "set_attributes" and arguments[:1] == ("device",) and arguments[2] == "SERVER_SCOPE"
        ):
            both.wait(PATIENCE)
        return None

    operator.writer = Refusing(operator.writer, meet)  # type: ignore[assignment]
    assert operator.execute(operator.plan(SHARED)).is_complete
    assert operator.plan(SHARED).is_empty


def test_a_new_device_whose_relation_fails_gets_no_shared_attributes_and_is_placed_by_the_next_run(
    operator: Operator, person: Person
) -> None:
    writer = operator.writer

    def refuse(call: str, arguments: tuple[Any, ...]) -> PapayaError | None:
        if call == "set_attributes" and arguments[2] == "SHARED_SCOPE":
            raise AssertionError("shared attributes come after the relation")
        return Rejected("kept") if call == "relate" and arguments[1] == "device" else None

    operator.writer = Refusing(writer, refuse)  # type: ignore[assignment]
    assert told(operator.execute(operator.plan(SHARED)))["PM-1"] == "failed kept"

    operator.writer = writer
    operator.converge(SHARED)
    assert person.parents("device", "PM-1") == ["Karnataka"]


def test_a_change_whose_record_fails_ends_when_its_relation_has_been_written(operator: Operator) -> None:
    failed = threading.Event()
    ended: list[str] = []

    def refuse(call: str, arguments: tuple[Any, ...]) -> PapayaError | None:
        if call == "set_attributes" and arguments[0] == "device":
            failed.set()
            return Rejected("full")
        if call == "relate" and arguments[1] == "device":
            assert failed.wait(PATIENCE)
            ended.append("related")
        return None

    operator.writer = Refusing(operator.writer, refuse)  # type: ignore[assignment]

    def observe(outcome: Outcome) -> None:
        if outcome.status == "failed":
            ended.append(outcome.reason)

    operator.execute(operator.plan(SHARED), observer=observe)
    assert ended == ["related", "full"]


def test_what_stands_in_a_new_place_begins_while_the_place_is_still_being_written(operator: Operator) -> None:
    begun = threading.Event()

    def refuse(call: str, arguments: tuple[Any, ...]) -> PapayaError | None:
        if call == "create" and arguments[0].address.name == "k1":
            begun.set()
        if call == "set_attributes" and arguments[0] == "asset" and not begun.wait(60):
            return Rejected("no device has begun")
        return None

    operator.writer = Refusing(operator.writer, refuse)  # type: ignore[assignment]
    one = fleet(country("INDIA", state("Karnataka", device("k1"))))
    assert set(told(operator.execute(operator.plan(one))).values()) == {"done"}


def test_no_request_about_what_stands_in_a_place_comes_before_the_place(operator: Operator) -> None:
    operator.execute(operator.plan(TREE), concurrency=8)
    created = [row for row in operator.sandbox.requests if row[0] == "POST" and row[1] == "/api/asset"]
    relations = [row for row in operator.sandbox.requests if row[1].startswith("/api/relation")]
    assert [status for *_, status in (*created, *relations)] == [200] * (5 + 8)


def test_a_place_that_was_created_but_not_wholly_written_holds_nothing_up(
    operator: Operator, person: Person
) -> None:
    def refuse(call: str, arguments: tuple[Any, ...]) -> PapayaError | None:
        return Rejected("no") if call == "set_attributes" and arguments[0] == "asset" else None

    writer = operator.writer
    operator.writer = Refusing(writer, refuse)  # type: ignore[assignment]
    one = fleet(country("INDIA", state("Karnataka", device("k1"))))
    assert told(operator.execute(operator.plan(one))) == {
        "INDIA": "failed no",
        "Karnataka": "failed no",
        "k1": "done",
    }
    assert person.parents("device", "k1") == ["Karnataka"]
    operator.writer = writer
    operator.converge(one)


def test_the_first_place_is_created_with_the_lock_before_anything_else(
    operator: Operator, person: Person
) -> None:
    plan = operator.plan(TREE)
    nothing = Inventory({}, {})
    locked: list[bool] = []

    def refuse(call: str, arguments: tuple[Any, ...]) -> PapayaError | None:
        if call == "create":
            read = operator.read(TREE).inventory
            locked.append(any(lease_in(one.body) is not None for one in read if one.role != "device"))
        return None

    writer = operator.writer
    operator.writer = Refusing(writer, refuse)  # type: ignore[assignment]
    with locked_by(operator.session, writer, nothing, TREE.name, "r1", breaks=False) as held:
        executor = operator.executor(plan, lock=held)
        result = executor.execute(plan)
        assert held.place is not None
        with pytest.raises(LeaseHeld):
            read = operator.read(TREE).inventory
            locked_by(operator.session, writer, read, TREE.name, "r2", breaks=False).__enter__()

    assert locked == [False] + [True] * 9
    assert result.is_complete
    assert lease_in(person.by_name("asset", "CHILE")) is None
    assert operator.plan(TREE).is_empty


def test_a_fleet_in_a_shared_country_is_locked_on_its_first_state(operator: Operator, person: Person) -> None:
    tree = fleet(country("INDIA", state("Goa", device("g1")), state("Kerala", device("k1")), shared=True))
    seen: list[Outcome] = []
    with locked_by(
        operator.session, operator.writer, Inventory({}, {}), tree.name, "r1", breaks=False
    ) as held:
        result = operator.executor(operator.plan(tree), lock=held, observer=seen.append).execute(
            operator.plan(tree)
        )
        assert held.place is not None and held.place.address.name == "Goa"
        assert lease_in(person.by_name("asset", "INDIA")) is None
        assert lease_in(person.by_name("asset", "Goa")) is not None
    assert result.is_complete and len(seen) == 5
    assert operator.plan(tree).is_empty


def test_a_first_place_that_is_taken_leaves_the_lock_to_the_next(operator: Operator, person: Person) -> None:
    plan = operator.plan(TREE)
    person.create("asset", "CHILE", "Country")
    taken: list[str] = []

    def observe(outcome: Outcome) -> None:
        if isinstance(outcome.change, Change) and outcome.change.role == "country":
            taken.append(outcome.status)
            if outcome.status == "done":
                held.take_on(outcome.change.address.name)

    with locked_by(
        operator.session, operator.writer, Inventory({}, {}), TREE.name, "r1", breaks=False
    ) as held:
        outcomes = told(operator.executor(plan, lock=held, observer=observe).execute(plan))
        assert lease_in(person.by_name("asset", "INDIA")) is not None

    assert sorted(taken) == ["done", "failed"]
    assert outcomes["CHILE"].startswith("failed somebody else created")
    assert outcomes["k1"] == "done"
    assert lease_in(person.by_name("asset", "INDIA")) is None


def test_what_needs_a_profile_that_was_not_created_is_skipped(operator: Operator) -> None:
    one = karnataka(
        device("PM-1", profile="New"), device("PM-2"), profiles=Profiles(device="IoT-Gateway", create=True)
    )

    def refuse(call: str, arguments: tuple[Any, ...]) -> PapayaError | None:
        return Rejected("no") if call == "create_profile" else None

    operator.writer = Refusing(operator.writer, refuse)  # type: ignore[assignment]
    outcomes = told(operator.execute(operator.plan(one)))

    assert outcomes["PM-1"] == "skipped deviceProfile/New was not done"
    assert outcomes["PM-2"] == "done"


@pytest.mark.parametrize("error", [AuthenticationFailed("who?"), Unreachable("gone")])
def test_a_fatal_error_stops_the_run(operator: Operator, error: PapayaError) -> None:
    refusing_to_create(operator, "INDIA", error)
    result = operator.execute(operator.plan(TREE), concurrency=1)
    outcomes = told(result)

    assert outcomes["INDIA"] == f"failed {error.message}"
    assert {outcomes[name] for name in ("Goa", "Maule", "g1", "k1")} == {f"not attempted {error.message}"}
    assert result.stopped == error.message


def test_stopping_lets_what_is_under_way_finish(operator: Operator, person: Person) -> None:
    plan = operator.plan(TREE)
    seen: list[Outcome] = []

    def observe(outcome: Outcome) -> None:
        seen.append(outcome)
        executor.stop("enough")

    executor = operator.executor(plan, concurrency=1, observer=observe)
    result = executor.execute(plan)
    outcomes = told(result)

    # The next one may have been under way already.
    done = [outcome.change for outcome in seen if outcome.status == "done"]
    assert done == list(plan.changes[: len(done)])
    assert 1 <= len(done) <= 2
    left = len(plan.changes) - len(done)
    assert sum(status == "not attempted enough" for status in outcomes.values()) == left
    assert len(person.names("asset")) == len(done)
    operator.converge(TREE)


def test_stopping_while_a_request_is_sent_waits_for_it(operator: Operator, person: Person) -> None:
    plan = operator.plan(TREE)
    sending, stopped = threading.Event(), threading.Event()

    def refuse(call: str, arguments: tuple[Any, ...]) -> PapayaError | None:
        if call == "create":
            sending.set()
            stopped.wait(60)
        return None

    operator.writer = Refusing(operator.writer, refuse)  # type: ignore[assignment]
    executor = operator.executor(plan, concurrency=1)
    results: list[Result] = []
    running = threading.Thread(target=lambda: results.append(executor.execute(plan)))
    running.start()
    assert sending.wait(60)
    executor.stop("Ctrl-C")
    stopped.set()
    running.join(60)

    assert told(results[0])["CHILE"] == "done"
    assert len(results[0].of("done")) == 1


def test_an_outcome_comes_for_every_change_in_the_order_of_the_plan(operator: Operator) -> None:
    plan = operator.plan(TREE)
    seen: list[Outcome] = []
    result = operator.execute(plan, observer=seen.append)

    assert [outcome.change for outcome in result.outcomes] == list(plan.changes)
    assert len(seen) == len(plan.changes)
    assert result.is_complete


def test_a_place_goes_only_when_everything_in_it_is_gone(operator: Operator, person: Person) -> None:
    operator.converge(TREE)
    k1 = person.id("device", "k1")

    def refuse(call: str, arguments: tuple[Any, ...]) -> PapayaError | None:
        return Rejected("kept") if call == "delete" and arguments[1] == k1 else None

    writer = operator.writer
    operator.writer = Refusing(writer, refuse)  # type: ignore[assignment]
    outcomes = told(operator.execute(operator.plan(fleet(country("CHILE", state("Maule", device("m1")))))))

    assert outcomes["k1"] == "failed kept"
    assert outcomes["Karnataka"] == "skipped device/k1 was not done"
    assert outcomes["INDIA"] == "skipped asset/Karnataka was not done"
    assert outcomes["Goa"] == "done"
    assert person.parents("device", "k1") == ["Karnataka"]


def test_a_place_stays_when_a_device_did_not_leave_it(operator: Operator, person: Person) -> None:
    operator.converge(TREE)
    plan = operator.plan(
        fleet(
            country("CHILE", state("Maule", device("m1"), device("m2"))),
            country("INDIA", state("Karnataka", device("k1"), device("k2"), device("g1"))),
        )
    )

    def refuse(call: str, arguments: tuple[Any, ...]) -> PapayaError | None:
        return Rejected("kept") if call == "relate" else None

    operator.writer = Refusing(operator.writer, refuse)  # type: ignore[assignment]
    outcomes = told(operator.execute(plan))

    assert outcomes == {"g1": "failed kept", "Goa": "skipped device/g1 was not done"}
    assert person.parents("device", "g1") == ["Goa"]


def test_a_swap_of_names_converges_in_one_run(operator: Operator, person: Person) -> None:
    operator.converge(karnataka(device("A", serial="1x"), device("B", serial="2x")))
    ids = {name: person.id("device", name) for name in "AB"}

    operator.converge(
        karnataka(device("B", serial="1x", formerly="A"), device("A", serial="2x", formerly="B"))
    )

    assert {name: person.id("device", name) for name in "AB"} == {"A": ids["B"], "B": ids["A"]}


def test_a_swap_of_places_keeps_what_is_in_them(operator: Operator, person: Person) -> None:
    operator.converge(fleet(country("A", state("A1", device("d1"))), country("B", state("B1", device("d2")))))
    one = fleet(
        country("B", state("B1", device("d1"), device("new"), formerly="A1"), formerly="A"),
        country("A", state("A1", device("d2"), formerly="B1"), formerly="B"),
    )

    operator.converge(one)

    assert [person.parents("device", name) for name in ("d1", "new", "d2")] == [["B1"], ["B1"], ["A1"]]
    assert person.parents("asset", "B1") == ["B"]


def test_an_old_name_is_reused_by_a_new_device_in_the_same_run(operator: Operator, person: Person) -> None:
    operator.converge(karnataka(device("A")))
    old = person.id("device", "A")

    operator.converge(karnataka(device("B", formerly="A"), device("A")))

    assert person.id("device", "B") == old
    assert person.id("device", "A") != old


def test_a_chain_of_renames_converges_in_one_run(operator: Operator, person: Person) -> None:
    names = [f"P{number}" for number in range(8)]
    operator.converge(karnataka(*map(device, names)))
    ids = [person.id("device", name) for name in names]

    operator.converge(karnataka(*(device(f"P{n + 1}", formerly=f"P{n}") for n in range(8))))

    assert [person.id("device", f"P{number + 1}") for number in range(8)] == ids


def test_a_long_name_can_be_swapped(operator: Operator) -> None:
    long, other = "😀" * 127, "x" * 255
    operator.converge(karnataka(device(long), device(other)))
    operator.converge(karnataka(device(long, formerly=other), device(other, formerly=long)))


def journaled(operator: Operator, plan: Plan, path: Path) -> list[dict[str, Any]]:
    """Carry a plan out one by one and return what the journal says."""
    with FileJournal(path, now=lambda: "now") as journal:
        operator.execute(plan, journal=journal, concurrency=1)
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_journal_says_what_is_about_to_be_done_and_what_came_of_it(
    operator: Operator, tmp_path: Path
) -> None:
    refusing_to_create(operator, "PM-2")
    events = journaled(
        operator, operator.plan(karnataka(device("PM-1"), device("PM-2"))), tmp_path / "a" / "run.jsonl"
    )
    steps = [(event["event"], event["address"], event["step"]) for event in events[1:-1]]

    assert (events[0]["event"], events[0]["fleet"], events[0]["changes"]) == ("start", "meters", 4)
    assert steps[:2] == [("intent", "asset/INDIA", "create"), ("done", "asset/INDIA", "create")]
    assert [step[0] for step in steps if step[1] != "device/PM-2"] == ["intent", "done"] * (
        len(steps) // 2 - 1
    )
    assert steps[-2:] == [("intent", "device/PM-2", "create"), ("failed", "device/PM-2", "create")]
    assert (events[-1]["event"], events[-1]["done"], events[-1]["failed"]) == ("end", 3, 1)


def test_the_journal_is_private_and_holds_no_secret(operator: Operator, tmp_path: Path) -> None:
    operator.secrets = {"T": "hush-hush"}
    path = tmp_path / "a" / "run.jsonl"
    one = karnataka(device("PM-1", access_token=TOKEN, attributes={"k": "a value"}))
    journaled(operator, operator.plan(one), path)
    operator.secrets = {"T": "hush-again"}
    journaled(operator, operator.plan(one), path)
    text = path.read_text()

    assert "access token" in text
    assert "hush" not in text
    assert "a value" not in text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_no_name_in_the_journal_steers_a_terminal(tmp_path: Path) -> None:
    name = "PM-\u202e1 \x9b2J \x85 ಮೀಟರ್"
    with FileJournal(tmp_path / "run.jsonl", now=lambda: "now") as journal:
        journal.write("intent", address=name)
    text = (tmp_path / "run.jsonl").read_text(encoding="utf-8")
    assert text[:-1].isprintable() and "ಮೀಟರ್" in text
    assert json.loads(text)["address"] == name
