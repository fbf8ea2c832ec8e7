"""What hears a source without a window: its catalog, its readings, and how it says it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import TypeVar

from papaya_gui.models.batch import Inbox
from papaya_gui.models.board import Board
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.tape import Tape
from papaya_gui.models.texts import Texts
from papaya_gui.sources.supply import Supply

from papaya.manifest.model import Country, Device, Fleet, Sensor, State
from papaya.sensors.condition import Condition, Health

PATIENCE = 60.0
Made = TypeVar("Made", bound=Supply)


def fleet_of(*devices: Device) -> Fleet:
    """Return a fleet of these devices in one place."""
    state = State("Karnataka", "Karnataka", devices=devices)
    return Fleet("meters", countries=(Country("INDIA", "INDIA", states=(state,)),))


def meter(name: str, *sensors: str | Sensor, every: float = 1.0) -> Device:
    """Return a device with sensors of these keys."""
    made = [Sensor(one, every=every) if isinstance(one, str) else one for one in sensors]
    return Device(name, "INDIA", "Karnataka", "default", sensors=tuple(made))


class Ear:
    """Takes the place of the window."""

    def __init__(self, fleet: Fleet) -> None:
        self.catalog = Catalog(fleet)
        self.texts = Texts()
        self.inbox = Inbox(self.texts)
        self.tape = Tape()
        self.board = Board(self.catalog, self.texts)
        self.told: list[Condition] = []
        self._supplies: list[Supply] = []

    def hear(self, supply: Made) -> Made:
        """Start a source, which `close` ends."""
        self._supplies.append(supply)
        supply.start()
        return supply

    def close(self) -> None:
        """End what has been started."""
        for supply in self._supplies:
            supply.close()

    def drain(self) -> None:
        """Take what has come."""
        batch = self.inbox.drain()
        self.tape.append(batch)
        self.board.take(batch)

    def text(self, device: str, key: str) -> str:
        """Return the latest value of a sensor, as the window shows it; nothing where it is not known."""
        self.drain()
        row = self.catalog.find(device, key)
        return "" if row is None else self.board.text(row.index)

    def values(self, device: str, key: str) -> Sequence[float]:
        """Return all values of a sensor that have come, in the order in which they came."""
        self.drain()
        row, batch = self.catalog.find(device, key), self.tape.since(0)
        return [] if row is None else batch.values[batch.rows == row.index].tolist()

    def condition(self, device: str = "") -> Condition | None:
        """Return how the source is, or one device of it, at present."""
        return next((one for one in reversed(list(self.told)) if one.device == device), None)

    def until(self, holds: Callable[[], object], why: str = "it did not happen") -> None:
        """Wait until something holds."""
        end = time.monotonic() + PATIENCE
        while not holds():
            assert time.monotonic() < end, f"{why}: {self.told}"
            time.sleep(0.01)

    def until_health(self, health: Health, device: str = "") -> Condition:
        """Wait until the source, or a device of it, is like this."""
        self.until(lambda: self._is(health, device), f"{device or 'the source'} is never {health.value}")
        found = self.condition(device)
        assert found is not None
        return found

    def until_text(self, device: str, key: str, text: str) -> None:
        """Wait until a value is shown."""
        self.until(lambda: self.text(device, key) == text, f"{key} of {device} is never {text}")

    def _is(self, health: Health, device: str) -> bool:
        found = self.condition(device)
        return found is not None and found.health is health
