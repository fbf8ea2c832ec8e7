"""How a plan tells live values that have lost their type."""

from __future__ import annotations

import pytest

from papaya.engine.address import Address
from papaya.engine.attributes import attribute_changes
from papaya.engine.canonical import Untyped
from papaya.engine.inventory import Applied, Entity
from papaya.manifest.model import Json


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("5", 5),
        ("1.5", 1.5),
        ("true", True),
        ("[1]", [1]),
        ("NaN", "NaN"),
        ("1e999", "1e999"),
    ],
)
def test_a_text_is_told_as_the_value_that_it_most_likely_is(text: str, told: Json) -> None:
    address = Address("device", "PM-1")
    wanted = Entity(address, "device", server={"key": "new"})
    live = Entity(address, "device", server={"key": Untyped(text)})
    (change,) = attribute_changes("SERVER_SCOPE", wanted, live).fields
    assert change.before == told
    assert type(change.before) is type(told)


def test_the_record_tells_the_type_that_a_bulk_read_has_lost() -> None:
    """Else a text that becomes a number would read `1 -> 1`."""
    address = Address("device", "PM-1")
    wanted = Entity(address, "device", server={"key": 1, "moved": 1})
    live = Entity(
        address,
        "device",
        server={"key": Untyped("1"), "moved": Untyped("2")},
        applied=Applied(server={"key": "1", "moved": "1"}),
    )
    changes = attribute_changes("SERVER_SCOPE", wanted, live).fields
    assert {change.key: change.before for change in changes} == {"key": "1", "moved": 2}
