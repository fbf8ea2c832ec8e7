"""What a plan says about its own changes."""

from __future__ import annotations

from papaya.engine.address import Address
from papaya.engine.inventory import Entity
from papaya.engine.plan import Change, FieldChange

PLACE = Address("asset", "INDIA")


def test_an_adoption_without_changed_fields_is_not_quiet() -> None:
    live = Entity(PLACE, "country", id="1")
    adoption = Change("update", PLACE, "country", ("INDIA",), live=live, adopts=True)
    assert not adoption.is_quiet


def test_an_update_of_the_record_alone_is_quiet() -> None:
    record = FieldChange("record", None, None)
    live = Entity(PLACE, "country", id="1")
    assert Change("update", PLACE, "country", ("INDIA",), (record,), live=live).is_quiet
