"""Random fleets, and random changes of them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from papaya.manifest.model import Country, Device, Fleet, Json, Location, SecretReference, Sensor, State
from tests.unit.engine.fleets import country, device, fleet, state

DEVICES = tuple(f"PM-{number}" for number in range(14))
STATES = tuple(f"State {number}" for number in range(5))
COUNTRIES = tuple(f"COUNTRY {number}" for number in range(4))
PROFILES = ("IoT-Gateway", "default")
CUSTOMERS = ("Acme", "Ünïon")

texts = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=8)
numerals = st.from_regex(r"-?[0-9]{1,25}(\.[0-9]{1,4})?|[0-9]\.[0-9]{17,20}", fullmatch=True)
scalars: st.SearchStrategy[Json] = st.one_of(
    st.integers(-(2**63), 2**63 - 1),
    st.integers(-20, 20),
    st.floats(allow_nan=False, allow_infinity=False),
    st.booleans(),
    texts,
    numerals,
    st.sampled_from(
        ["", "1.50", "007", "-0", "1e400", "1_000", "１２", " 1", "true", "null", "[1, 2]", "{}"]
    ),
)
plain: st.SearchStrategy[Json] = st.one_of(st.integers(-(2**53), 2**53), st.booleans(), texts, st.just(1.5))
values: st.SearchStrategy[Json] = st.one_of(
    scalars, st.lists(plain, max_size=3), st.dictionaries(texts, plain, max_size=3)
)
attributes = st.dictionaries(st.sampled_from(["a", "b", "c d", "ü", "bays"]), values, max_size=3)
labels = st.one_of(st.none(), st.just(""), st.text("ab ü", min_size=1, max_size=4))
locations = st.one_of(
    st.none(),
    st.builds(Location, st.sampled_from([0.0, -33.9, 12.97]), st.sampled_from([0.0, 77.59, 180.0])),
)
sensors = st.lists(
    st.builds(
        Sensor,
        st.sampled_from(["t.celsius", "d.cm"]),
        warn_above=st.sampled_from([None, 55, 60.5]),
        unit=st.sampled_from(["", "°C"]),
    ),
    max_size=2,
    unique_by=lambda sensor: sensor.key,
).map(tuple)


@dataclass(frozen=True)
class Thing:
    """A place or a device as such: what it is called and where it stands may change."""

    number: int
    name: str
    above: int = -1
    formerly: str | None = None


@st.composite
def place_fields(draw: st.DrawFn) -> dict[str, Any]:
    """Return the fields of a place."""
    return {
        "label": draw(labels),
        "description": draw(labels),
        "attributes": draw(attributes),
        "location": draw(locations),
        "customer": draw(st.sampled_from([None, None, *CUSTOMERS])),
        "protect": False,
    }


@st.composite
def device_fields(draw: st.DrawFn, number: int, *, protect: bool) -> dict[str, Any]:
    """Return the fields of a device."""
    token = draw(st.sampled_from([None, None, "X", "Y"]))
    return {
        "label": draw(labels),
        "description": draw(labels),
        "attributes": draw(attributes),
        "shared_attributes": draw(attributes),
        "sensors": draw(sensors),
        "profile": draw(st.sampled_from(PROFILES)),
        "location": draw(st.one_of(locations, st.just("auto"))),
        "gateway": draw(st.sampled_from([None, False, True])),
        "customer": draw(st.sampled_from([None, None, *CUSTOMERS])),
        "serial": draw(st.sampled_from([None, f"SN-{number}", f"SN-{number}b"])),
        "access_token": SecretReference(env=f"TOKEN_{token}_{number}") if token else None,
        "protect": protect and draw(st.booleans()),
    }


@st.composite
def trees(draw: st.DrawFn) -> tuple[list[Thing], list[Thing], list[Thing]]:
    """Return countries, states and devices, each with what it stands in."""
    countries = [Thing(n, COUNTRIES[n]) for n in range(draw(st.integers(1, 3)))]
    states = [
        Thing(n, STATES[n], draw(st.integers(0, len(countries) - 1))) for n in range(draw(st.integers(0, 4)))
    ]
    devices: list[Thing] = []
    if states:
        size = draw(st.integers(0, 12))
        devices = [Thing(n, DEVICES[n], draw(st.integers(0, len(states) - 1))) for n in range(size)]
    return countries, states, devices


@st.composite
def changed(
    draw: st.DrawFn, things: list[Thing], names: tuple[str, ...], above: list[Thing], *, new: int
) -> list[Thing]:
    """Return some of the things, some under other names (chains and swaps too), and some new ones."""
    if not above and new < 100:
        return []
    kept = [thing for thing in things if draw(st.integers(0, 3))]
    gone = {thing.name for thing in things} - {thing.name for thing in kept}
    # A live name that stays in use cannot be renamed to: that of a thing that only now is removed.
    free = [name for name in names if name not in gone]
    renamed: list[Thing] = []
    if kept:
        order = draw(st.one_of(st.just(free), st.permutations(free)))
        wanted = [thing.name for thing in kept] if order is free else order[: len(kept)]
        for thing, name in zip(kept, wanted, strict=True):
            formerly = thing.name if name != thing.name else None
            renamed.append(replace(thing, name=name, formerly=formerly))
    left = [name for name in names if name not in {thing.name for thing in renamed}]
    fresh = [Thing(50 + n, left[n]) for n in range(min(len(left), draw(st.integers(0, 2))))]
    if not above:
        return [*renamed, *fresh]
    return [replace(thing, above=draw(st.sampled_from(above)).number) for thing in (*renamed, *fresh)]


def built(
    draw: st.DrawFn, countries: list[Thing], states: list[Thing], devices: list[Thing], protected: set[int]
) -> Fleet:
    """Return the fleet of a tree, with random fields."""
    told: list[Country] = []
    for top in countries:
        middle: list[State] = []
        for one in (thing for thing in states if thing.above == top.number):
            leaves: list[Device] = [
                device(
                    leaf.name,
                    formerly=leaf.formerly,
                    **draw(device_fields(leaf.number, protect=leaf.number in protected)),
                )
                for leaf in devices
                if leaf.above == one.number
            ]
            middle.append(state(one.name, *leaves, formerly=one.formerly, **draw(place_fields())))
        told.append(country(top.name, *middle, formerly=top.formerly, **draw(place_fields())))
    return fleet(*told)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[Fleet, Fleet]:
    """Return a fleet and what became of it."""
    countries, states, devices = draw(trees())
    later_countries = draw(changed(countries, COUNTRIES, [], new=100)) or countries
    later_states = draw(changed(states, STATES, later_countries, new=0))
    later_devices = draw(changed(devices, DEVICES, later_states, new=0))
    stay = {thing.number for thing in later_devices}
    before = built(draw, countries, states, devices, stay)
    return before, built(draw, later_countries, later_states, later_devices, set(range(100)))


SECRETS = {
    f"TOKEN_{kind}_{number}": f"token-{kind}-{number}" for kind in "XY" for number in (*range(14), 50, 51)
}


def outline(one: Fleet) -> str:
    """Return the tree of a fleet with the former names, for a person who looks into a failure."""
    return "; ".join(
        f"{top.name}<{top.formerly}: "
        + ", ".join(
            f"{middle.name}<{middle.formerly} ({' '.join(f'{d.name}<{d.formerly}' for d in middle.devices)})"
            for middle in top.states
        )
        for top in one.countries
    ).replace("<None", "")
