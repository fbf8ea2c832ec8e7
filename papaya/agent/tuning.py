"""The settings in effect: from the manifest, changed by shared attributes and calls, kept across restarts."""

from __future__ import annotations

import logging
from collections.abc import Callable

from papaya.agent.attributes import REPORT_EVERY, SENSORS
from papaya.agent.collector import DEFAULT_SILENCE, Collector
from papaya.agent.configuration import (
    Unacceptable,
    in_effect,
    interval_from,
    intervals_of,
    report_every_from,
    sensors_from,
)
from papaya.agent.rpc import BadCall
from papaya.agent.sampling import Sampling
from papaya.agent.settings import AgentSettings
from papaya.agent.storage import Storage
from papaya.engine.desire import sensors_attribute
from papaya.foreign import shown
from papaya.manifest.model import Json, Sensor
from papaya.sensors.descriptions import completed

log = logging.getLogger(__name__)

REFUSED = "papaya.agent.refused"
_INTERVALS = "intervals"


class Tuning:
    """Applies settings at run time; `tell` sets client attributes."""

    def __init__(
        self,
        settings: AgentSettings,
        storage: Storage,
        sampling: Sampling,
        collector: Collector,
        tell: Callable[[dict[str, Json]], None],
    ) -> None:
        self._settings, self._storage = settings, storage
        self._sampling, self._collector, self._tell = sampling, collector, tell
        # What the server has set, once it has passed; None is nothing.
        self._pushed: tuple[Sensor, ...] | None = None
        self._every: float | None = None
        self._overridden: dict[str, float] = {}
        self._refused: dict[str, str] = {}
        self._unread: tuple[str, ...] = ()
        self.sensors: tuple[Sensor, ...] = ()
        sampling.on_described = self._apply

    def start(self) -> None:
        """Apply what the manifest says and what the server said before the last restart."""
        for name in (SENSORS, REPORT_EVERY):
            try:
                self._set(name, self._storage.kept(name))
            except Unacceptable as error:
                # An earlier version kept what it had not checked.
                log.warning("the kept value of %s is dropped: %s", name, error.message)
                self._storage.keep(name, None)
        self._overridden = self._kept_intervals()
        self._apply()

    def changed(self, name: str, value: Json) -> None:
        """Take a shared attribute; None means that there is none any more.

        A value is kept in the form that was understood, and only after it has passed.
        """
        before = (self._pushed, self._every)
        try:
            self._set(name, value)
        except Unacceptable as error:
            self._refuse(name, error.message)
            return
        if self._refused.pop(name, None) is not None:
            self._tell({f"{REFUSED}.{name}": "none"})
        if before == (self._pushed, self._every):
            return
        self._storage.keep(name, self._as_json(name))
        if name == SENSORS and self._overridden:
            # Newer than what a call has set, and said for all sensors.
            self._overridden = {}
            self._storage.keep(_INTERVALS, {})
        log.info("%s is taken over from the server", name)
        self._apply()

    def change_interval(self, key: str, every: float | None) -> float:
        """Read a sensor at another interval, or at its own again; return which one is in effect."""
        if self._sampling.interval(key) is None:
            raise BadCall(f"there is no sensor {shown(key, 80)}")
        if every is None:
            self._overridden.pop(key, None)
        else:
            self._overridden[key] = every
        self._storage.keep(_INTERVALS, {**self._overridden})
        self._apply()
        return self._sampling.interval(key) or 0.0

    def _set(self, name: str, value: Json) -> None:
        """Set what the server says; raise Unacceptable and leave what was set before."""
        if name == SENSORS:
            self._pushed = None if value is None else sensors_from(value)
        else:
            self._every = None if value is None else report_every_from(value)

    def _as_json(self, name: str) -> Json:
        if name == SENSORS:
            return None if self._pushed is None else sensors_attribute(self._pushed)
        return self._every

    def _refuse(self, name: str, reason: str) -> None:
        """Tell a refusal in the log and on the server, unless it is known there."""
        if self._refused.get(name) == reason:
            return
        log.error("%s from the server is not taken over: %s", name, reason)
        self._refused[name] = reason
        self._tell({f"{REFUSED}.{name}": reason})

    def _kept_intervals(self) -> dict[str, float]:
        kept = self._storage.kept(_INTERVALS)
        intervals: dict[str, float] = {}
        for key, every in (kept if isinstance(kept, dict) else {}).items():
            try:
                intervals[key] = interval_from(every)
            except Unacceptable as error:
                log.warning("the kept interval of %s is dropped: %s", shown(key), error.message)
        return intervals

    def _apply(self) -> None:
        sensors, unread = in_effect(self._settings.sensors, self._pushed, simulate=self._settings.simulate)
        told = self._sampling.descriptions
        self.sensors = tuple(completed(sensor, told.get(sensor.key)) for sensor in sensors)
        if unread != self._unread:
            self._unread = unread
            if unread:
                log.warning("no source in the manifest for %s", ", ".join(unread))
        report_every = self._every or self._settings.report_every
        self._collector.silence = report_every or DEFAULT_SILENCE
        self._sampling.set(self.sensors, intervals_of(self.sensors, report_every, self._overridden))
