"""The shape of a fleet: which devices are below which place."""

from __future__ import annotations

from papaya_gui.models.catalog import Catalog
from papaya_gui.models.shape import Kind

from papaya.manifest.model import Country, Device, Fleet, Sensor, State


def catalog() -> Catalog:
    """Return two Countries with States of two, no and one devices."""

    def state(country: str, name: str, *devices: str) -> State:
        made = tuple(
            Device(one, country, name, "default", sensors=(Sensor("t", name="Level"),)) for one in devices
        )
        return State(name, name, devices=made)

    india = Country("INDIA", "INDIA", states=(state("INDIA", "Goa", "A", "B"), state("INDIA", "Kerala")))
    japan = Country("JAPAN", "JAPAN", states=(state("JAPAN", "Goa", "C"),))
    return Catalog(Fleet("demo", countries=(india, japan)))


def test_the_devices_of_a_place_are_neighbors_by_number() -> None:
    shape = catalog().shape
    assert shape.span(()) == (0, 3)
    assert shape.span(("INDIA",)) == shape.span(("INDIA", "Goa")) == (0, 2)
    assert shape.span(("JAPAN", "Goa")) == shape.span(("JAPAN", "Goa", "C")) == (2, 3)
    assert shape.span(("INDIA", "Kerala")) == (2, 2)
    for unknown in (("GOA",), ("JAPAN", "Goa", "A")):
        first, last = shape.span(unknown)
        assert first == last


def test_a_device_has_the_number_of_its_node() -> None:
    found = catalog()
    shape = found.shape
    devices = [path[-1] for path, kind in zip(shape.paths, shape.kinds, strict=True) if kind == Kind.DEVICE]
    assert devices == list(found.devices) == list(found.numbers) == list(found.geography.devices)


def test_a_row_that_is_added_later_knows_its_device_and_is_found() -> None:
    found = catalog()
    row = found.add("B", Sensor("Humidity", unit="%"))
    assert found.owners[row.index] == found.numbers["B"]
    assert found.searched[row.index] == "humidity\nhumidity\nindia/goa/b"
