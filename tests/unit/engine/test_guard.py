"""What stands against carrying out a plan."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from papaya.diagnostics import Mark
from papaya.engine.guard import Consent
from papaya.engine.inventory import Entity
from papaya.engine.plan import Plan, TokenState
from papaya.engine.planner import make_plan
from papaya.manifest.model import Device, Fleet, Safety, SecretReference
from tests.unit.engine.fleets import (
    GENEROUS,
    country,
    device,
    fleet,
    karnataka,
    live_of,
    pm,
    reading,
    state,
    unmarked,
)


def devices(count: int, **fields: Any) -> list[Device]:
    """Return devices."""
    return [device(f"PM-{number}", **fields) for number in range(count)]


def guards(plan: Plan) -> list[str]:
    """Return which guards refuse."""
    return [refusal.guard for refusal in plan.refusals]


def removing(count: int, safety: Safety, consent: Consent | None = None, of: int = 20) -> Plan:
    """Return the plan of a fleet from which devices were removed."""
    before = karnataka(*devices(of))
    after = karnataka(*devices(of)[count:], safety=safety)
    return make_plan(after, reading(live_of(before)), consent=consent)


@pytest.mark.parametrize(
    ("count", "limit", "consent", "refused"),
    [
        (0, 0, None, False),
        (1, 0, None, True),
        (3, 3, None, False),
        (4, 3, None, True),
        (4, 3, 4, False),
        (4, 3, 3, True),
        (3, 3, 2, True),
        (1, 5, 0, True),
    ],
)
def test_destroys_are_limited(count: int, limit: int, consent: int | None, refused: bool) -> None:
    plan = removing(count, replace(GENEROUS, max_destroy=limit), Consent(destroy=consent))

    assert guards(plan) == (["destroy"] if refused else [])


def test_the_refusal_of_destroys_says_the_ways_out() -> None:
    mark = Mark("fleet.yaml", 8, 10)
    safety = replace(GENEROUS, max_destroy=0, max_destroy_mark=mark)
    (one,) = removing(1, safety).refusals
    (two,) = removing(2, safety).refusals

    assert one.reason == "1 deletion, safety.maxDestroy is 0"
    assert [way.how for way in one.ways_out] == [
        "papaya apply --allow-destroy 1",
        "papaya forget INDIA/Karnataka/PM-0",
    ]
    assert one.mark == mark
    assert two.reason == "2 deletions, safety.maxDestroy is 0"
    assert [way.how for way in two.ways_out] == [
        "papaya apply --allow-destroy 2",
        "safety.whenRemoved: forget",
    ]
    assert two.addresses == (pm("PM-0"), pm("PM-1"))


@pytest.mark.parametrize("consent", [Consent(), Consent(destroy=100, adopt=True, change_percent=100)])
def test_protection_beats_every_consent(consent: Consent) -> None:
    before = live_of(karnataka(device("PM-0", protect=True), device("PM-1")))
    plan = make_plan(karnataka(device("PM-1")), reading(before), consent=consent)

    assert guards(plan) == ["protect"]


def test_a_protected_device_may_be_forgotten() -> None:
    before = live_of(karnataka(device("PM-0", protect=True)))
    plan = make_plan(karnataka(safety=replace(GENEROUS, when_removed="forget")), reading(before))

    assert guards(plan) == []
    assert [change.action for change in plan.changes] == ["forget"]


def moving(moved: int, total: int, percent: float, consent: Consent | None = None) -> Plan:
    """Return the plan of a fleet of which devices move to another state."""
    before = fleet(country("INDIA", state("Karnataka", *devices(total)), state("Goa")))
    all_of_them = devices(total)
    after = fleet(
        country("INDIA", state("Karnataka", *all_of_them[moved:]), state("Goa", *all_of_them[:moved])),
        safety=replace(GENEROUS, max_change_percent=percent),
    )
    return make_plan(after, reading(live_of(before)), consent=consent)


@pytest.mark.parametrize(
    ("moved", "total", "percent", "consent", "refused"),
    [
        (5, 10, 50, None, False),
        (6, 10, 50, None, True),
        (9, 9, 0, None, False),
        (1, 10, 0, None, True),
        (10, 10, 100, None, False),
        (6, 10, 50, 60, False),
        (6, 10, 50, 59, True),
        (2, 10, 50, 10, True),
    ],
)
def test_deep_changes_are_limited(
    moved: int, total: int, percent: float, consent: float | None, refused: bool
) -> None:
    plan = moving(moved, total, percent, Consent(change_percent=consent))

    assert guards(plan) == (["change-percent"] if refused else [])


@pytest.mark.parametrize(
    ("change", "counts"),
    [
        ({"profile": "default"}, True),
        ({"label": "x"}, False),
        ({"attributes": {"a": 1}}, False),
        ({"protect": True}, False),
    ],
)
def test_only_deep_changes_count(change: dict[str, Any], counts: bool) -> None:
    before = karnataka(*devices(10))
    after = karnataka(*devices(10, **change), safety=replace(GENEROUS, max_change_percent=99))
    plan = make_plan(after, reading(live_of(before)))

    assert guards(plan) == (["change-percent"] if counts else [])


def test_creations_do_not_count() -> None:
    before = karnataka(*devices(10))
    after = karnataka(*devices(100), safety=replace(GENEROUS, max_change_percent=0))

    assert guards(make_plan(after, reading(live_of(before)))) == []


def test_renames_count() -> None:
    before = karnataka(*devices(10))
    renamed = [device(f"MTR-{number}", formerly=f"PM-{number}") for number in range(10)]
    after = karnataka(*renamed, safety=replace(GENEROUS, max_change_percent=99))

    assert guards(make_plan(after, reading(live_of(before)))) == ["change-percent"]


def test_adopted_devices_count_on_both_sides() -> None:
    there = [unmarked(entity) for entity in live_of(karnataka(*devices(10, profile="default")))]
    after = karnataka(*devices(10), safety=replace(GENEROUS, max_change_percent=50))
    (refusal,) = make_plan(after, reading(there)).refusals

    assert refusal.reason.startswith("10 of 10 live devices (100 %)")


SECRET = SecretReference(env="T", mark=Mark("fleet.yaml", 28, 13))


@pytest.mark.parametrize(
    ("replaced", "consent", "refused"), [(0, 0, False), (1, 0, True), (1, 1, False), (3, 2, True)]
)
def test_replaced_tokens_need_consent(replaced: int, consent: int, refused: bool) -> None:
    one = karnataka(*devices(3, access_token=SECRET))
    tokens: dict[str, TokenState] = {f"PM-{n}": "differs" if n < replaced else "same" for n in range(3)}
    told = reading(live_of(one), tokens={pm(name): told for name, told in tokens.items()})
    plan = make_plan(one, told, consent=Consent(token_change=consent))

    assert guards(plan) == (["token-change"] if refused else [])


def adopting(adopt: str, consent: Consent | None = None, owner: str | None = None) -> Plan:
    """Return the plan that adopts a device."""
    there = [
        replace(entity, owner=owner, applied=None) if entity.role == "device" else entity
        for entity in live_of(karnataka(*devices(1)))
    ]
    safety = replace(GENEROUS, adopt=adopt)  # type: ignore[arg-type]
    return make_plan(karnataka(*devices(1), safety=safety), reading(there), consent=consent)


@pytest.mark.parametrize(
    ("adopt", "consent", "refused", "asked"),
    [
        ("ask", False, [], ["adopt"]),
        ("ask", True, [], []),
        ("always", False, [], []),
        ("never", False, ["adopt"], []),
    ],
)
def test_adoption_needs_consent(adopt: str, consent: bool, refused: list[str], asked: list[str]) -> None:
    plan = adopting(adopt, Consent(adopt=consent))

    assert guards(plan) == refused
    assert [question.guard for question in plan.questions] == asked


@pytest.mark.parametrize("adopt", ["ask", "always", "never"])
def test_naming_a_fleet_to_take_over_from_is_consent_enough(adopt: str) -> None:
    plan = adopting(adopt, Consent(take_over=frozenset({"others"})), owner="others")

    assert (guards(plan), plan.questions) == ([], ())
    assert [change.adopts for change in plan.changes] == [True]


def serial_fleet(name: str, serial: str | None, **fields: Any) -> Fleet:
    """Return a fleet of one device with a serial number."""
    return karnataka(device(name, serial=serial, **fields))


@pytest.mark.parametrize(
    ("new", "serial", "formerly", "refused"),
    [
        ("PM-NEW", "SN-1", None, True),
        ("PM-NEW", "SN-2", None, False),
        ("PM-NEW", None, None, False),
        ("PM-NEW", "SN-1", "PM-OLD", False),
    ],
)
def test_a_destroy_and_a_create_with_one_serial_look_like_a_rename(
    new: str, serial: str | None, formerly: str | None, refused: bool
) -> None:
    before: list[Entity] = live_of(serial_fleet("PM-OLD", "SN-1"))
    plan = make_plan(serial_fleet(new, serial, formerly=formerly), reading(before))

    assert guards(plan) == (["rename"] if refused else [])


def test_a_release_and_a_create_with_one_serial_look_like_a_rename_too() -> None:
    before: list[Entity] = live_of(serial_fleet("PM-OLD", "SN-1"))
    after = serial_fleet("PM-NEW", "SN-1")
    plan = make_plan(replace(after, safety=replace(GENEROUS, when_removed="forget")), reading(before))

    assert guards(plan) == ["rename"]
    assert "PM-OLD would be forgotten and PM-NEW created" in plan.refusals[0].reason
