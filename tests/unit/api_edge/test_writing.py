"""Writes leave the server right, or say what stands against it; nothing is done twice or over somebody."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from papaya.apply.outcome import Result
from papaya.engine.address import Address
from papaya.engine.plan import Change
from papaya.errors import Interrupted
from papaya.manifest.model import Fleet, Json, Profiles, Resource, SecretReference
from papaya.sandbox import Fault
from tests.unit.apply.hand import Person
from tests.unit.apply.run import Operator
from tests.unit.engine.fleets import country, device, fleet, karnataka, state

ONE = karnataka(device("PM-1", attributes={"k": 1}))
TOKEN = SecretReference(env="T")


def run(operator: Operator, one: Fleet, meanwhile: Callable[[], object], *, looks: bool = False) -> Result:
    """Plan, let something happen, and carry out; without a look just before, as in its worst moment."""
    plan = operator.plan(one)
    meanwhile()
    return operator.executor(plan, looks=looks).execute(plan)


def failures(result: Result) -> list[tuple[str, str]]:
    """Return what failed and why."""
    return [
        (o.change.address.name if isinstance(o.change, Change) else "", o.reason) for o in result.of("failed")
    ]


@pytest.mark.parametrize("looks", [False, True])
def test_a_foreign_edit_since_the_plan_is_a_conflict_and_stays(
    operator: Operator, person: Person, looks: bool
) -> None:
    operator.converge(ONE)
    wanted = karnataka(device("PM-1", attributes={"k": 1}, label="ours"))

    result = run(operator, wanted, lambda: person.edit("device", "PM-1", label="theirs"), looks=looks)

    assert [name for name, _ in failures(result)] == ["PM-1"]
    assert person.by_name("device", "PM-1")["label"] == "theirs"
    operator.converge(wanted)
    assert person.by_name("device", "PM-1")["label"] == "ours"


def test_a_foreign_edit_of_the_same_content_is_no_conflict(operator: Operator, person: Person) -> None:
    operator.converge(ONE)
    wanted = karnataka(device("PM-1", attributes={"k": 1}, label="both"))

    result = run(operator, wanted, lambda: person.edit("device", "PM-1", label="both"))

    assert result.is_complete
    assert operator.plan(wanted).is_empty


@pytest.mark.parametrize("looks", [False, True])
def test_a_rename_over_a_foreign_edit_is_a_conflict(operator: Operator, person: Person, looks: bool) -> None:
    operator.converge(karnataka(device("A"), device("B")))
    wanted = karnataka(device("A", formerly="B"), device("B", formerly="A"))

    result = run(operator, wanted, lambda: person.edit("device", "A", label="theirs"), looks=looks)

    assert "B" in [name for name, _ in failures(result)]
    assert sorted(person.by_name("device", n)["label"] or "" for n in person.names("device")) == [
        "",
        "theirs",
    ]
    operator.converge(wanted)
    assert person.by_name("device", "B")["label"] == "theirs"


def test_an_entity_that_was_deleted_meanwhile_fails_by_name(operator: Operator, person: Person) -> None:
    operator.converge(ONE)
    wanted = karnataka(device("PM-1", attributes={"k": 1}, label="x"))

    result = run(operator, wanted, lambda: person.delete("device", "PM-1"))

    assert [name for name, _ in failures(result)] == ["PM-1"]
    operator.converge(wanted)


def test_deleting_what_is_gone_already_is_done(operator: Operator, person: Person) -> None:
    operator.converge(ONE)

    assert run(operator, karnataka(), lambda: person.delete("device", "PM-1")).is_complete


def test_a_person_who_creates_the_same_name_first_keeps_it(operator: Operator, person: Person) -> None:
    operator.converge(karnataka())

    result = run(operator, ONE, lambda: person.create("device", "PM-1", label="theirs"))

    assert failures(result) == [("PM-1", "somebody else created a device called PM-1 meanwhile")]
    assert person.by_name("device", "PM-1")["label"] == "theirs"
    assert "papaya__fleet" not in person.attributes("device", person.id("device", "PM-1"))


def test_another_run_of_the_same_fleet_is_somebody_else(operator: Operator, person: Person) -> None:
    operator.converge(karnataka())
    own: Any = {"papaya": {"fleet": "meters", "run": "r0"}}

    result = run(operator, ONE, lambda: person.create("device", "PM-1", "IoT-Gateway", additionalInfo=own))

    assert [name for name, _ in failures(result)] == ["PM-1"]
    operator.converge(ONE)
    assert person.names("device") == ["PM-1"]


@pytest.mark.parametrize("handled", [True, False])
@pytest.mark.parametrize("fault", [{"drop": True}, {"status": 502}, {"status": 500}, {"status": 503}])
@pytest.mark.parametrize(
    "path",
    [
        "/api/device",
        "/api/asset",
        "/api/relation",
        "/attributes/SERVER_SCOPE",
        "/attributes/SHARED_SCOPE",
        "/api/deviceProfile",
    ],
)
def test_a_lost_answer_to_a_creation_makes_no_duplicate(
    operator: Operator, person: Person, path: str, fault: dict[str, Any], handled: bool
) -> None:
    operator.secrets = {"T": "t"}
    wanted = fleet(
        country(
            "INDIA",
            state("Karnataka", device("PM-1", attributes={"k": 1}, shared_attributes={"s": 1}, profile="M")),
            state("Goa", device("PM-2", access_token=TOKEN)),
        ),
        profiles=Profiles(device="IoT-Gateway", create=True),
    )
    lose(operator, "POST", path, times=2, **{**fault, "handled": handled})

    operator.converge(wanted)

    assert person.names("device") == ["PM-1", "PM-2"]
    assert person.names("asset") == ["Goa", "INDIA", "Karnataka"]
    assert person.parents("device", "PM-1") == ["Karnataka"]
    assert person.token("PM-2") == "t"


def lose(operator: Operator, method: str, path: str, *, times: int, **fault: Any) -> None:
    """Spoil the first answers to a request."""
    left = [times]

    def spoil(asked: str, at: str) -> Fault | None:
        if asked != method or not at.endswith(path) or not left[0]:
            return None
        left[0] -= 1
        return Fault(**fault)

    operator.sandbox.before_reply = spoil


BEFORE = fleet(
    country(
        "INDIA", state("Karnataka", device("A", attributes={"k": 1}), device("B")), state("Goa", device("C"))
    )
)
CHANGED = fleet(
    country(
        "INDIA",
        state(
            "Karnataka", device("B", formerly="A", label="x"), device("A", formerly="B", access_token=TOKEN)
        ),
        state("Kerala", device("D", formerly="C"), formerly="Goa"),
        label="x",
    )
)
DELETED = fleet(country("INDIA", state("Karnataka", device("A"))))


@pytest.mark.parametrize("handled", [True, False])
@pytest.mark.parametrize("fault", [{"drop": True}, {"status": 502}])
@pytest.mark.parametrize(
    ("method", "path", "wanted"),
    [
        ("POST", "/api/device", CHANGED),
        ("POST", "/api/asset", CHANGED),
        ("POST", "/api/device/credentials", CHANGED),
        ("POST", "SERVER_SCOPE", CHANGED),
        ("DELETE", "SERVER_SCOPE", DELETED),
    ],
)
def test_a_lost_answer_to_a_change_changes_nothing_twice(
    operator: Operator,
    person: Person,
    method: str,
    path: str,
    wanted: Fleet,
    fault: dict[str, Any],
    handled: bool,
) -> None:
    operator.secrets = {"T": "t"}
    operator.converge(BEFORE)
    ids = {name: person.id("device", name) for name in "ABC"}
    lose(operator, method, path, times=2, **{**fault, "handled": handled})

    operator.converge(wanted)

    if wanted is CHANGED:
        assert {name: person.id("device", name) for name in "BAD"} == {
            "B": ids["A"],
            "A": ids["B"],
            "D": ids["C"],
        }


@pytest.mark.parametrize("fault", [{"drop": True}, {"status": 502}])
def test_a_lost_answer_to_a_deletion_is_a_deletion(
    operator: Operator, person: Person, fault: dict[str, Any]
) -> None:
    operator.converge(BEFORE)
    left = [2]

    def spoil(method: str, path: str) -> Fault | None:
        if method != "DELETE" or not left[0]:
            return None
        left[0] -= 1
        return Fault(handled=True, **fault)

    operator.sandbox.before_reply = spoil
    operator.converge(DELETED)

    assert (person.names("device"), person.names("asset")) == (["A"], ["INDIA", "Karnataka"])


@pytest.mark.parametrize("handled", [True, False])
def test_a_lost_answer_about_a_profile_sets_it_once(
    operator: Operator, person: Person, handled: bool
) -> None:
    operator.secrets = {"S": "secret"}
    provisioning: Json = {"strategy": "checkPreProvisioned", "key": "mk2", "secret": {"env": "S"}}
    profile = Resource("deviceProfile", "profiles.devices", "IoT-Gateway", {"provisioning": provisioning})
    one = replace(karnataka(device("PM-1")), resources=(profile,), kinds=("deviceProfile",))
    lose(operator, "POST", "/api/deviceProfile", times=1, drop=True, handled=handled)

    operator.converge(one)

    (id_,) = (
        profile.id
        for address, profile in operator.read(one).inventory.profiles.items()
        if address == Address("deviceProfile", "IoT-Gateway")
    )
    body = person.session.get(f"/api/deviceProfile/{id_}")
    assert isinstance(body, dict)
    assert (body["provisionDeviceKey"], body["version"]) == ("mk2", 2)


def test_a_new_type_of_a_shared_attribute_survives_a_crash(operator: Operator, person: Person) -> None:
    operator.converge(karnataka(device("PM-1", shared_attributes={"s": 2})))
    wanted = karnataka(device("PM-1", shared_attributes={"s": "2"}))
    for allowed in (1, 0):
        plan = operator.plan(wanted)
        writer = operator.writer
        operator.writer = _Dying(writer, allowed)  # type: ignore[assignment]
        operator.execute(plan, concurrency=1)
        operator.writer = writer

    operator.converge(wanted)

    expected: Any = "2" if operator.read(wanted).server.version == "4.0.1" else 2
    assert person.attributes("device", person.id("device", "PM-1"), "SHARED_SCOPE") == {"s": expected}


def test_a_crash_after_any_request_is_converged(operator: Operator, person: Person) -> None:
    """Every request of a run is once the last one, with the change of names that is hardest to get right."""
    operator.secrets = {"T": "t"}
    operator.converge(BEFORE)
    ids = {name: person.id("device", name) for name in "ABC"}
    total = operator.plan(CHANGED).requests.apply
    for allowed in range(total):
        plan = operator.plan(CHANGED)
        if plan.is_empty:
            break
        writer = operator.writer
        operator.writer = _Dying(writer, allowed % 4)  # type: ignore[assignment]
        operator.execute(plan, concurrency=1)
        operator.writer = writer

    operator.converge(CHANGED)

    assert {name: person.id("device", name) for name in "BAD"} == {
        "B": ids["A"],
        "A": ids["B"],
        "D": ids["C"],
    }


class _Dying:
    """A writer that carries out a few requests and then none."""

    def __init__(self, writer: object, allowed: int) -> None:
        self._writer = writer
        self._allowed = allowed

    def __getattr__(self, name: str) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if not self._allowed:
                raise Interrupted("dead")
            self._allowed -= 1
            return getattr(self._writer, name)(*arguments, **options)

        return call
