"""Reads each sensor at its interval: sources grouped, polled in their own threads, told when they fail."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from papaya.agent.collector import Collector
from papaya.agent.schedule import Schedule
from papaya.manifest.model import Sensor
from papaya.sensors.plugins import make_backend
from papaya.sensors.polling import Polled, Poller
from papaya.sensors.source import Factory, Source, sources_of

log = logging.getLogger(__name__)

# Sources that are due together answer within moments: so long their readings wait for one commit.
LINGER = 0.02


class Sampling:
    """The sources of the sensors in effect; `later` runs something in the agent's thread."""

    def __init__(
        self,
        collector: Collector,
        folder: Path,
        later: Callable[[Callable[[], None]], None],
        clock: Callable[[], float],
        now: Callable[[], int],
        factory: Factory = make_backend,
        device: str = "",
    ) -> None:
        self._collector, self._folder, self._later = collector, folder, later
        self._clock, self._now, self._factory, self._device = clock, now, factory, device
        self._pollers: list[Poller] = []
        self._wanted: dict[Poller, set[str]] = {}
        self._schedule = Schedule()
        # What drivers tell of their sensors, by key, and who is told when that changes.
        self.descriptions: dict[str, Sensor] = {}
        self.on_described: Callable[[], None] = lambda: None

    def set(self, sensors: Sequence[Sensor], intervals: Mapping[str, float]) -> None:
        """Read these sensors at these intervals; sources that stay the same are not disturbed."""
        running = {_identity(poller.source): poller for poller in self._pollers}
        kept: list[Poller] = []
        for source in sources_of(sensors, self._folder, now=self._now, device=self._device):
            poller = running.pop(_identity(source), None)
            kept.append(poller or Poller(source, self._factory, self._deliver, clock=self._clock))
        for poller in running.values():
            poller.close()
            self._wanted.pop(poller, None)
        self._pollers = kept
        self._collector.set_sensors(sensors)
        self._schedule.set(intervals, self._clock())

    def tick(self) -> None:
        """Give up polls that take too long, and start those that are due."""
        for poller in self._pollers:
            overdue = poller.overdue()
            if overdue is not None:
                self._failed(poller, overdue.fault or "")
        now = self._clock()
        due = self._schedule.due(now)
        for key in due:
            self._schedule.done(key, now)
        wanted = {*due}
        for poller in self._pollers:
            keys = wanted & {sensor.key for sensor in poller.source.sensors}
            if keys and poller.poll():
                self._wanted[poller] = keys
            elif keys and poller.is_busy:
                # A slow source is asked again as soon as it has answered, not once for each missed time.
                self._wanted[poller] |= keys

    def next_deadline(self) -> float:
        """Return when the next sensor is due or the next poll has taken too long."""
        times = [poller.deadline for poller in self._pollers if poller.deadline is not None]
        due = self._schedule.next()
        return min([*times, *([] if due is None else [due])], default=float("inf"))

    @property
    def is_due(self) -> bool:
        """Whether a sensor is to be read now."""
        due = self._schedule.next()
        return due is not None and due <= self._clock()

    @property
    def is_waiting(self) -> bool:
        """Whether polls are under way."""
        return any(poller.is_busy for poller in self._pollers)

    def interval(self, key: str) -> float | None:
        """Return how often a sensor is read; None where there is no such sensor."""
        return self._schedule.interval(key)

    def close(self) -> None:
        """End all sources."""
        for poller in self._pollers:
            poller.close()

    def _deliver(self, polled: Polled) -> None:
        self._later(lambda: self._polled(polled))

    def _polled(self, polled: Polled) -> None:
        poller = polled.poller
        if not poller.ended(polled):
            return
        if polled.fault is not None:
            self._failed(poller, polled.fault)
            return
        if any(self.descriptions.get(key) != one for key, one in polled.descriptions.items()):
            self.descriptions.update(polled.descriptions)
            self.on_described()
        self._collector.take(polled.readings, self._wanted.pop(poller, set()))

    def _failed(self, poller: Poller, fault: str) -> None:
        self._wanted.pop(poller, None)
        self._collector.fail([sensor.key for sensor in poller.source.sensors], fault)


def _identity(source: Source) -> str:
    """Return what must not change for a source to go on undisturbed."""
    own = [(sensor.key, sorted((sensor.source or {}).items(), key=str)) for sensor in source.sensors]
    return repr((source.kind, own))
