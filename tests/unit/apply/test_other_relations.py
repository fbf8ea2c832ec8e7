"""Relations of other types than Contains, which people make by hand, stand in no way."""

from __future__ import annotations

from papaya.manifest.model import Fleet, Safety
from tests.unit.apply.hand import Person
from tests.unit.apply.run import Operator
from tests.unit.engine.fleets import country, device, fleet, state

DELETING = Safety(max_destroy=10, max_change_percent=100, adopt="always")
TREE = fleet(country("INDIA", state("Goa"), state("Karnataka", device("k1"))))


def test_a_relation_whose_type_somebody_changed_is_made_again(operator: Operator, person: Person) -> None:
    operator.converge(TREE)
    above, below = person.id("asset", "Karnataka"), person.id("device", "k1")
    person.unrelate(above, "device", below)
    person.relate(above, "device", below, type_="Manages")

    operator.converge(TREE)


def test_a_device_that_is_related_otherwise_to_its_new_place_moves_there(
    operator: Operator, person: Person
) -> None:
    operator.converge(TREE)
    person.relate(person.id("asset", "Goa"), "device", person.id("device", "k1"), type_="Uses")

    operator.converge(fleet(country("INDIA", state("Goa", device("k1")), state("Karnataka"))))


def test_a_place_is_deleted_though_it_is_related_otherwise_to_something(
    operator: Operator, person: Person
) -> None:
    operator.converge(TREE)
    person.relate(person.id("asset", "Goa"), "device", person.id("device", "k1"), type_="Uses")

    operator.converge(_without_goa())


def _without_goa() -> Fleet:
    return fleet(country("INDIA", state("Karnataka", device("k1"))), safety=DELETING)
