"""Whatever is renamed on the server, and whoever takes the old names: every entity stays who it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, Phase, given, note
from hypothesis import strategies as st

from papaya.engine.address import Address
from papaya.engine.desire import desire
from papaya.engine.drift import drift
from papaya.engine.inventory import Entity
from papaya.engine.plan import Plan, TokenState
from papaya.engine.planner import make_plan
from papaya.manifest.model import Country, Fleet, Safety
from papaya.sandbox import Sandbox
from tests.examples import examples
from tests.property.fleets import CUSTOMERS, SECRETS, built, outline, trees
from tests.unit.apply.hand import Person
from tests.unit.apply.run import VERSIONS, Operator
from tests.unit.engine.fleets import GENEROUS, live_of, reading, unmarked

Renames = Mapping[Address, str]

_SAFETIES = (GENEROUS, replace(GENEROUS, when_removed="forget"), Safety(max_change_percent=100))


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Return one fleet whose tokens nobody reads."""
    return replace(built(draw, *draw(trees()), set()), safety=draw(st.sampled_from(_SAFETIES)))


@st.composite
def renames(draw: st.DrawFn, fleet: Fleet) -> Renames:
    """Return new names for some entities: fresh ones, each other's, and such that only look alike."""
    changed: dict[Address, str] = {}
    for kind in ("asset", "device"):
        own = [entity.address for entity in desire(fleet) if entity.address.kind == kind]
        some = [address for address in own if draw(st.booleans())]
        names = [address.name for address in some]
        turned = draw(st.permutations(names))
        for address, other in zip(some, turned, strict=True):
            forms = (
                other,
                other,
                f"{address.name} (renamed)",
                address.name.swapcase(),
                f"{address.name}\u0301",
            )
            changed[address] = draw(st.sampled_from(forms))
        taken = [address.name for address in own if address not in changed]
        for address in some:
            # A tenant has each name once.
            if changed[address] in taken:
                changed[address] = f"{address.name} of {len(taken)}"
            taken.append(changed[address])
    return {address: name for address, name in changed.items() if name != address.name}


def recorded(fleet: Fleet) -> list[Entity]:
    """Return what applying a fleet leaves behind, with the names and ids in the records."""
    return [
        replace(
            one,
            applied=replace(one.applied, fields={**one.applied.fields, "name": one.address.name}, id=one.id),
        )
        for one in live_of(fleet)
        if one.applied is not None
    ]


def planned(fleet: Fleet, live: Sequence[Entity]) -> Plan:
    """Return the plan of a fleet whose secrets do not resolve here."""
    tokens: dict[Address, TokenState] = {
        Address("device", device.name): "unresolved" for device in fleet.devices() if device.access_token
    }
    return make_plan(fleet, reading(live, customers=CUSTOMERS, tokens=tokens))


def renamed(live: Sequence[Entity], new: Renames) -> list[Entity]:
    """Return the live entities under their new names."""
    return [
        replace(
            one,
            address=replace(one.address, name=new.get(one.address, one.address.name)),
            parents=tuple(new.get(Address("asset", name), name) for name in one.parents),
        )
        for one in live
    ]


@examples(100, 5_000)
@given(st.data())
def test_renamed_entities_are_renamed_back_and_nothing_else_happens(data: st.DataObject) -> None:
    fleet = data.draw(fleets())
    new = data.draw(renames(fleet))
    note(outline(fleet))

    plan = planned(fleet, renamed(recorded(fleet), new))

    assert {(change.action, change.address) for change in plan.changes} == {("update", one) for one in new}
    assert all(
        change.live is not None and change.live.id == f"id-{change.address}" for change in plan.changes
    )
    assert {change.renamed_from for change in plan.changes} == set(new.values())
    assert [one.field for change in plan.changes for one in change.fields] == ["name"] * len(new)
    assert {entity.address for entity in drift(plan).drifted} == set(new)
    assert [refusal.guard for refusal in plan.refusals if refusal.guard != "change-percent"] == []


@examples(60, 5_000)
@given(st.data())
def test_strangers_under_the_old_names_are_refused_and_never_taken_for_them(data: st.DataObject) -> None:
    fleet = data.draw(fleets())
    new = data.draw(renames(fleet))
    live = renamed(recorded(fleet), new)
    there = {one.address for one in live}
    vacant = [one for one in recorded(fleet) if one.address in new and one.address not in there]
    strangers = [
        replace(unmarked(one), id=f"stranger-{one.address}", parents=())
        for one in vacant
        if data.draw(st.booleans())
    ]

    plan = planned(fleet, [*live, *strangers])

    assert {(change.action, change.address) for change in plan.changes} == {("update", one) for one in new}
    assert all(
        change.live is not None and change.live.id == f"id-{change.address}" for change in plan.changes
    )
    assert not any(change.adopts for change in plan.changes)
    blocked = {
        address for refusal in plan.refusals if refusal.guard == "name" for address in refusal.addresses
    }
    assert blocked == {one.address for one in strangers}


@examples(60, 5_000)
@given(st.data())
def test_a_manifest_that_follows_changes_records_alone(data: st.DataObject) -> None:
    fleet = data.draw(fleets())
    fresh = {one.address: f"{one.address.name} (new)" for one in desire(fleet) if data.draw(st.booleans())}
    followed = replace(fleet, countries=tuple(_followed(one, fresh) for one in fleet.countries))

    plan = planned(followed, renamed(recorded(fleet), fresh))

    assert {change.address.name for change in plan.changes} == set(fresh.values())
    assert all(change.is_quiet for change in plan.changes)
    assert drift(plan).entities == ()
    assert sum(note.text.startswith("renamed on the server") for note in plan.notes) == len(fresh)


def _followed(country: Country, new: Renames) -> Country:
    def named(kind: str, name: str) -> str:
        return new.get(Address("asset" if kind == "asset" else "device", name), name)

    top = named("asset", country.name)
    states = []
    for state in country.states:
        middle = named("asset", state.name)
        devices = tuple(
            replace(one, name=named("device", one.name), state=middle, country=top) for one in state.devices
        )
        states.append(replace(state, name=middle, asset_name=middle, devices=devices))
    return replace(country, name=top, asset_name=top, states=tuple(states))


@pytest.mark.parametrize("version", VERSIONS)
# Shrinking takes minutes with a server in each example: the seed finds the same one again.
@examples(
    8,
    500,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
@given(data=st.data())
def test_a_server_whose_names_were_mixed_up_converges_with_every_id_kept(
    version: str, data: st.DataObject
) -> None:
    fleet = replace(data.draw(fleets()), safety=GENEROUS)
    new = data.draw(renames(fleet))
    note(outline(fleet))
    with Sandbox(emulate=version) as sandbox:
        operator = Operator(sandbox, SECRETS)
        person = Person(operator.session)
        try:
            for title in CUSTOMERS:
                person.customer(title)
            operator.converge(fleet)
            ids = {one.address: person.id(one.address.kind, one.address.name) for one in desire(fleet)}
            for address in new:
                person.edit(address.kind, address.name, name=f"between {address.name}")
            for address, name in new.items():
                person.edit(address.kind, f"between {address.name}", name=name)

            plan = operator.converge(fleet)

            assert {change.action for change in plan.changes} <= {"update"}
            assert {one: person.id(one.kind, one.name) for one in ids} == ids
        finally:
            operator.session.close()
