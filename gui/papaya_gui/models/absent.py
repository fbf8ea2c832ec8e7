"""Words about declared devices that the server lacks."""

from __future__ import annotations

from collections.abc import Sequence

from papaya.counting import are, counted, first_of
from papaya.remedies import DEVICE_MISSING
from papaya.sensors.condition import Condition, Health
from papaya_gui.models.texts import shortened

_NAMED = 40


class Told(dict[str, Condition]):
    """The condition of a source, under an empty name, and of devices that are in trouble.

    It knows at any time which devices the server lacks: of 10,000, looking for them takes a millisecond, and
    each device that falls silent would have several views look.
    """

    def __init__(self, source: Condition) -> None:
        super().__init__({"": source})
        self._missing: dict[str, None] = {}

    def take(self, condition: Condition) -> None:
        """Note what is said now; a device that is as it should be is not kept."""
        if condition.device and condition.health in (Health.LIVE, Health.POLLING):
            self.pop(condition.device, None)
        else:
            self[condition.device] = condition
        if condition.device and condition.remedy == DEVICE_MISSING:
            self._missing[condition.device] = None
        else:
            self._missing.pop(condition.device, None)

    def lacks(self, device: str) -> bool:
        """Return whether the server lacks a device."""
        return device in self._missing

    @property
    def missing(self) -> list[str]:
        """The names of the devices that the server lacks."""
        return list(self._missing)


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
