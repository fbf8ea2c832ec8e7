"""What is said of declared devices that the server lacks."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from papaya.counting import are, counted, first_of
from papaya.remedies import DEVICE_MISSING
from papaya.sensors.condition import Condition
from papaya_gui.models.texts import shortened

_NAMED = 40


def missing_in(conditions: Mapping[str, Condition]) -> list[str]:
    """Return the names of the devices that the server lacks, of the conditions by device."""
    return [name for name, one in conditions.items() if name and one.remedy == DEVICE_MISSING]


def none_there(total: int) -> str:
    """Return that a server has no device of a fleet with so many."""
    if total == 1:
        return "the only device of this fleet is not on the server"
    return f"none of the {counted(total, 'device')} of this fleet is on the server"


def some_not_there(names: Sequence[str], total: int) -> str:
    """Return how many of the devices of a fleet are not on the server, with the first names."""
    named = first_of([shortened(name, _NAMED) for name in names])
    some, of_all = f"{len(names):,}", counted(total, "device")
    return f"{some} of the {of_all} of this fleet {are(len(names))} not on the server: {named}"
