"""The same plan, however a server is read."""

from __future__ import annotations

from collections.abc import Callable
from itertools import count

import pytest

from papaya.api import found
from papaya.engine.plan import Plan
from papaya.manifest.model import Fleet, Json
from papaya.sandbox import Fault
from tests.unit.apply.hand import Person
from tests.unit.apply.run import Operator, differences
from tests.unit.engine.fleets import country, device, fleet, state

Reader = Callable[[Fleet], Plan]


def told(plan: Plan) -> tuple[object, ...]:
    """Return everything that a reader of the plan could see."""
    return (
        differences(plan),
        [change.writes for change in plan.changes],
        [(change.address, change.path, change.notes, change.moved_from) for change in plan.changes],
        plan.refusals,
        plan.questions,
        plan.notes,
        dict(plan.totals),
        plan.requests.apply,
        dict(plan.places),
    )


@pytest.fixture
def by_name(operator: Operator, monkeypatch: pytest.MonkeyPatch) -> Reader:
    """Return a planner that asks by name."""

    def plan(one: Fleet) -> Plan:
        with monkeypatch.context() as patch:
            patch.setattr(found, "_LARGE", -1)
            return operator.plan(one)

    return plan


def crowd(person: Person) -> None:
    """Fill the tenant with other people's devices, some of them in the fleet's places."""
    elsewhere = person.create("asset", "Elsewhere", "State")
    building = person.create("asset", "Building 7", "Building")
    for number in range(12):
        id_ = person.create("device", f"foreign-{number}", "IoT-Gateway")
        person.relate(elsewhere if number % 2 else building, "device", id_)
    person.relate(person.id("asset", "Karnataka"), "device", person.id("device", "foreign-3"))
    person.relate(person.id("asset", "Karnataka"), "device", person.id("device", "foreign-4"))
    person.set("device", person.id("device", "foreign-4"), papaya__fleet="others")
    person.relate(elsewhere, "device", person.id("device", "PM-1"))
    person.relate(building, "device", person.id("device", "PM-2"))


BEFORE = fleet(
    country(
        "INDIA",
        state("Karnataka", *(device(f"PM-{n}", serial=f"SN-{n}", attributes={"n": n}) for n in range(1, 6))),
        state("Kerala", device("PM-6")),
        state("Goa", device("PM-7")),
    )
)
AFTER = fleet(
    country(
        "INDIA",
        state(
            "karnataka",
            device("PM-1", attributes={"n": 1.5}),
            device("pm-2", serial="SN-2", attributes={"n": "2"}),
            device("PM-9", formerly="PM-3", serial="SN-3"),
            device("PM-10", label="new"),
        ),
        state("Kerala", device("PM-6"), device("PM-4", serial="SN-4")),
    )
)


@pytest.mark.parametrize("wanted", [BEFORE, AFTER], ids=["same", "changed"])
def test_asking_by_name_and_reading_pages_give_the_same_plan(
    operator: Operator, person: Person, by_name: Reader, wanted: Fleet
) -> None:
    operator.apply(BEFORE)
    crowd(person)

    assert told(by_name(wanted)) == told(operator.plan(wanted))


@pytest.mark.parametrize("page_size", [1, 2, 7])
@pytest.mark.parametrize("wanted", [BEFORE, AFTER], ids=["same", "changed"])
def test_the_size_of_pages_does_not_matter(
    operator: Operator, person: Person, wanted: Fleet, by_name: Reader, page_size: int
) -> None:
    operator.apply(BEFORE)
    crowd(person)
    whole = told(operator.plan(wanted))

    operator.page_size = page_size

    assert told(operator.plan(wanted)) == whole
    assert told(by_name(wanted)) == whole


def test_asking_by_name_finds_the_unmarked_of_the_same_name(
    operator: Operator, person: Person, by_name: Reader
) -> None:
    person.create("asset", "india", "Country")
    person.create("device", "pm-1", "IoT-Gateway")

    plan = by_name(BEFORE)

    assert {change.live.address.name for change in plan.changes if change.live} == {"india", "pm-1"}
    assert told(plan) == told(operator.plan(BEFORE))


@pytest.mark.parametrize(
    ("wanted", "live", "is_it"),
    [
        ("İstanbul", "İstanbul", True),
        ("Österreich", "Österreich", True),
        ("straße", "STRASSE", False),
        ("ĳ", "IJ", False),
    ],
)
def test_names_of_other_scripts_are_found(
    operator: Operator, person: Person, by_name: Reader, wanted: str, live: str, is_it: bool
) -> None:
    person.create("asset", live, "Country")
    one = fleet(country(wanted))

    assert told(by_name(one)) == told(operator.plan(one))
    assert [change.action for change in operator.plan(one).changes] == ["update" if is_it else "create"]


def test_asking_by_name_finds_what_a_crash_left_half_created(
    operator: Operator, person: Person, by_name: Reader
) -> None:
    operator.apply(BEFORE)
    own: Json = {"papaya": {"fleet": "meters", "run": "r0"}}
    person.create("device", "PM-77", "IoT-Gateway", additionalInfo=own)

    plan = by_name(BEFORE)

    assert [(change.action, change.address.name) for change in plan.changes] == [("destroy", "PM-77")]
    assert told(plan) == told(operator.plan(BEFORE))


def test_asking_by_name_finds_an_interrupted_rename_of_an_adopted_device(
    operator: Operator, person: Person, by_name: Reader
) -> None:
    operator.apply(BEFORE)
    own: Json = {"papaya": {"renaming": "PM-77", "formerly": "PM-66"}}
    person.create("device", "PM-66~1234", "IoT-Gateway", additionalInfo=own)
    wanted = fleet(country("INDIA", state("Karnataka", device("PM-77"))))

    plan = by_name(wanted)

    assert [c.renamed_from for c in plan.changes if c.address.name == "PM-77"] == ["PM-66~1234"]
    assert told(plan) == told(operator.plan(wanted))


def test_asking_by_name_does_not_read_what_stands_in_foreign_places(
    operator: Operator, person: Person, by_name: Reader
) -> None:
    operator.apply(BEFORE)
    crowd(person)

    assert "foreign-1" not in {entity.address.name for entity in operator.read(BEFORE).inventory}
    by_name(BEFORE)
    operator.sandbox.requests.clear()
    by_name(BEFORE)

    assert not any(path.startswith("/api/tenant/devices") for _, path, _ in operator.sandbox.requests)


def test_a_shared_place_is_not_read_by_name_for_what_others_have_in_it(
    operator: Operator, person: Person, by_name: Reader
) -> None:
    shared = fleet(country("INDIA", state("Karnataka", device("PM-1"), shared=True), shared=True))
    operator.apply(shared)
    person.relate(person.id("asset", "Karnataka"), "device", person.create("device", "theirs"))

    assert differences(by_name(shared)) == []
    assert told(by_name(shared)) == told(operator.plan(shared))


def test_a_missing_attribute_is_not_an_empty_one(operator: Operator, person: Person) -> None:
    wanted = fleet(country("INDIA", state("Karnataka", device("PM-1", attributes={"e": ""}))))
    operator.converge(wanted)
    person.unset("device", person.id("device", "PM-1"), "e")

    assert [change.writes.set_server for change in operator.plan(wanted).changes] == [{"e": ""}]


def test_pages_that_a_rate_limit_refuses_are_read_all_the_same(operator: Operator, person: Person) -> None:
    operator.apply(BEFORE)
    crowd(person)
    whole = told(operator.plan(BEFORE))
    operator.page_size, sent = 1, count(1)
    refusal = b'{"status":429,"message":"Too many requests for current tenant!","errorCode":33}'

    def refuse_some(method: str, path: str) -> Fault | None:
        return Fault(status=429, body=refusal) if next(sent) in (5, 6, 17, 30) else None

    operator.sandbox.before_reply = refuse_some

    assert told(operator.plan(BEFORE)) == whole


def test_who_watches_a_reading_hears_how_many_rows_there_are_with_the_first_pages(operator: Operator) -> None:
    operator.apply(BEFORE)
    operator.page_size = 2
    heard: list[tuple[int, int]] = []
    operator.session.on_rows = lambda rows, announced: heard.append((rows, announced))

    operator.read(BEFORE)

    rows, announced = (sum(numbers) for numbers in zip(*heard, strict=True))
    assert rows == announced >= 3 * 7
    # With seven devices as many rows of what places contain are announced, and three States with their page.
    assert heard.index((0, 7)) < heard.index((8, 3))
