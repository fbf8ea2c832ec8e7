"""Rows of CSV files that are too long to be kept: the same on every run."""

from __future__ import annotations

from collections.abc import Callable, Iterator

# State, country, devices of mk1, devices of mk2.
_STATES = (
    ("Karnataka", "INDIA", 424, 196),
    ("Maharashtra", "INDIA", 340, 160),
    ("Tamil Nadu", "INDIA", 324, 156),
    ("Bayern", "GERMANY", 272, 128),
    ("Berlin", "GERMANY", 136, 64),
    ("Hessen", "GERMANY", 204, 96),
)
_WITHOUT_LOCATION = 37
_FIRST_WITHOUT_LOCATION = 27


def meters() -> str:
    """Return 2,500 rows like those of the national example; 37 of them lack their location."""
    rows = ["meter_id,serial,street,lat,lon,bays,firmware,state,country", *_meters()]
    return "".join(f"{row}\n" for row in rows)


def _meters() -> Iterator[str]:
    number = 0
    for state, country, of_mk1, of_mk2 in _STATES:
        size = of_mk1 + of_mk2
        for position in range(size):
            number += 1
            # Spreads the devices of mk2 evenly over the state.
            is_mk2 = (position + 1) * of_mk2 // size > position * of_mk2 // size
            firmware = f"{2 if is_mk2 else 1}.{7 + number % 5}"
            lacks = number >= _FIRST_WITHOUT_LOCATION and (number - _FIRST_WITHOUT_LOCATION) % 60 == 0
            lacks = lacks and (number - _FIRST_WITHOUT_LOCATION) // 60 < _WITHOUT_LOCATION
            place = "," if lacks else f"{48 + number / 10_000:.5f},{11 + number / 10_000:.5f}"
            device = f"MTR-{number:05},{number:08},Street {number},{place}"
            yield f"{device},{1 + number % 6},{firmware},{state},{country}"


def named(count: int) -> str:
    """Return rows of devices that differ in name, serial and label."""
    lines = (f"PM-{number:04},SN-{number:04},Bay {number}\n" for number in range(1, count + 1))
    return "name,serial,label\n" + "".join(lines)


def relabelled(count: int) -> str:
    """Return the same rows with other labels."""
    lines = (f"PM-{number:04},SN-{number:04},Deck {number}\n" for number in range(1, count + 1))
    return "name,serial,label\n" + "".join(lines)


GENERATORS: dict[str, Callable[[], str]] = {
    "2,500 meters": meters,
    "300 devices": lambda: named(300),
    "40 devices": lambda: named(40),
    "40 devices, relabelled": lambda: relabelled(40),
}
