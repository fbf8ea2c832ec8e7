"""What a person is told to do about a refusal has to work, and to read well."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import replace

import pytest

from papaya.engine.address import path_text
from papaya.engine.desire import desire
from papaya.engine.inventory import Entity, Inventory
from papaya.engine.plan import Refusal, WayOut
from papaya.engine.planner import make_plan
from papaya.engine.reading import Reading
from papaya.engine.ways_out import Asked, about_the_same
from papaya.manifest.model import Fleet, Safety
from tests.unit.engine.fleets import NAME, SERVER, country, device, fleet, state


def _refusal(live: Inventory, guard: str) -> Refusal:
    kept = fleet(country("INDIA", state("Karnataka")), safety=Safety())
    plan = make_plan(kept, Reading(live, SERVER, requests=1))
    return next(refusal for refusal in plan.refusals if refusal.guard == guard)


def _live(*entities: Entity) -> Inventory:
    return Inventory({entity.address: replace(entity, id=entity.address.name) for entity in entities})


def _tree() -> tuple[Entity, ...]:
    whole = fleet(country("INDIA", state("Karnataka"), state("Goa", device("PM-1"), device("PM-2"))))
    return tuple(replace(entity, owner=NAME) for entity in desire(whole))


def test_several_destroys_are_destroys() -> None:
    assert "3 deletions" in _refusal(_live(*_tree()), "destroy").reason


def test_a_place_with_strangers_in_it_is_kept_by_its_path() -> None:
    tree = [replace(one, owner=None) if one.address.name == "PM-1" else one for one in _tree()]
    ways = _refusal(_live(*tree), "orphan").ways_out
    assert "papaya forget INDIA/Goa" in [way.how for way in ways]


def test_destroying_a_fleet_names_its_own_command_and_its_own_reason() -> None:
    """What is destroyed has not left the manifest, and apply is not what was asked for."""
    guarded = tuple(replace(one, protect=one.address.name == "PM-1") for one in _tree())
    plan = make_plan(fleet(safety=Safety()), Reading(_live(*guarded), SERVER, requests=1), removes_all=True)
    ways = [way.how for refusal in plan.refusals for way in refusal.ways_out]
    assert ways == [
        "papaya forget INDIA/Goa/PM-1",
        "first apply it with protect: false",
        "papaya destroy --allow-destroy 5",
        "papaya forget '*'",
    ]
    assert {change.reason for change in plan.changes} == {f"of the fleet {NAME}"}


def _told(asked: Asked, *ways: str) -> list[str]:
    refusals = (Refusal("destroy", "it is refused", tuple(WayOut("to go on", way) for way in ways)),)
    plan = make_plan(fleet(), Reading(_live(), SERVER, requests=1))
    return [way.how for way in about_the_same(replace(plan, refusals=refusals), asked).refusals[0].ways_out]


def test_a_command_to_copy_is_about_what_was_asked_and_nothing_else() -> None:
    asked = Asked(("my city.yaml",), ("-e", "staging"), ("INDIA/Goa", "--exclude", "PM-9"), (("--adopt",),))
    assert _told(
        asked,
        "papaya apply --allow-destroy 7",
        "papaya destroy",
        "papaya apply --target PATH",
        "papaya apply --adopt",
        "papaya forget '*'",
        "papaya forget INDIA/Goa with other's manifest",
        "safety.whenRemoved: forget",
    ) == [
        "papaya apply 'my city.yaml' -e staging INDIA/Goa --exclude PM-9 --adopt --allow-destroy 7",
        "papaya destroy 'my city.yaml' -e staging INDIA/Goa --exclude PM-9 --adopt",
        "papaya apply 'my city.yaml' -e staging --adopt --target PATH",
        "papaya apply 'my city.yaml' -e staging INDIA/Goa --exclude PM-9 --adopt",
        "papaya forget '*' -f 'my city.yaml' -e staging",
        "papaya forget INDIA/Goa with other's manifest",
        "safety.whenRemoved: forget",
    ]
    assert _told(Asked(), "papaya apply --allow-destroy 7") == ["papaya apply --allow-destroy 7"]


@pytest.mark.parametrize("name", ["Tamil Nadu", "O'Brien Street", "$(reboot)", "a;b", "München", "*", "-x"])
def test_a_name_in_a_proposed_command_is_one_word_of_it(name: str) -> None:
    """Names of objects and fleets come from a server; whoever copies the command must not run them."""
    guarded = [replace(one, protect=one.address.name == name) for one in desire(_one(name))]
    (forget,) = (way for way in _refusal(_live(*_owned(guarded)), "protect").ways_out if way.is_command)
    assert shlex.split(forget.how) == ["papaya", "forget", path_text(("INDIA", "Goa", name))]
    plan = make_plan(_one("PM-1"), Reading(_live(*_owned(desire(_one("PM-1")), name)), SERVER, requests=1))
    takes = [way.how for one in plan.refusals for way in one.ways_out if "--take-over" in way.how]
    assert takes and all(shlex.split(how) == ["papaya", "apply", "--take-over", name] for how in takes)


def _one(name: str) -> Fleet:
    return fleet(country("INDIA", state("Goa", device(name))))


def _owned(entities: Iterable[Entity], owner: str = NAME) -> list[Entity]:
    return [replace(one, owner=owner) for one in entities]
