"""What was compared while a server was read is not compared again, unless something has changed since."""

from __future__ import annotations

from papaya.engine.desire import desire
from papaya.engine.inventory import Inventory
from papaya.engine.match import match
from papaya.engine.reading import Reading
from tests.unit.engine.fleets import SERVER, device, karnataka


def test_a_matching_counts_for_the_inventories_that_it_was_made_of() -> None:
    fleet = karnataka(device("PM-1"))
    desired, live = desire(fleet), Inventory(desire(fleet).entities)
    matching = match(desired, live)

    reading = Reading(live, SERVER, 1, fleet=fleet, desired=desired, matching=matching)

    assert reading.matching_of(desired, live) is matching
    assert not reading.matching_of(desired, Inventory()).matches
    assert not reading.matching_of(Inventory(), live).matches
    assert Reading(live, SERVER, 1, fleet=fleet, desired=desired).matching_of(desired, live) == matching
