"""Nothing differs from itself."""

from __future__ import annotations

import json

from hypothesis import given, settings
from hypothesis import strategies as st

from papaya.engine.address import Address
from papaya.engine.canonical import canonical, same, same_typed
from papaya.engine.plan import TokenState
from papaya.engine.planner import make_plan
from papaya.engine.record import from_text, to_json
from papaya.manifest.model import Fleet, Json
from tests.property.fleets import CUSTOMERS, built, trees, values
from tests.unit.engine.fleets import as_text, live_of, reading


@st.composite
def fleets(draw: st.DrawFn) -> Fleet:
    """Return one fleet."""
    return built(draw, *draw(trees()), set(range(100)))


@settings(max_examples=100)
@given(one=fleets())
def test_a_plan_for_what_is_there_is_empty(one: Fleet) -> None:
    tokens: dict[Address, TokenState] = {
        Address("device", device.name): "unresolved" for device in one.devices() if device.access_token
    }
    there = reading(live_of(one), customers=CUSTOMERS, tokens=tokens)

    assert make_plan(one, there).changes == ()


@settings(max_examples=300)
@given(value=values)
def test_a_value_is_the_same_as_itself_however_it_is_read(value: Json) -> None:
    assert same_typed(value, value)
    assert same(value, value)
    assert same(value, as_text(value))
    assert canonical(canonical(value)) == canonical(value)


@settings(max_examples=100)
@given(one=fleets())
def test_records_come_back_as_they_were_written(one: Fleet) -> None:
    for entity in live_of(one):
        assert entity.applied is not None
        assert from_text(json.dumps(to_json(entity.applied))) == entity.applied
