"""The settings in effect: from the manifest, changed by shared attributes and calls, kept across restarts."""

from __future__ import annotations

import logging
from collections.abc import Callable

from papaya.agent.attributes import REPORT_EVERY, SENSORS
from papaya.agent.collector import DEFAULT_SILENCE, Collector
from papaya.agent.configuration import (
    Unacceptable,
    in_effect,
    intervals_of,
    report_every_from,
    sensors_from,
)
from papaya.agent.rpc import BadCall
from papaya.agent.sampling import Sampling
from papaya.agent.settings import AgentSettings
from papaya.agent.storage import Storage
from papaya.manifest.model import Json, Sensor

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
        self._pushed: tuple[Sensor, ...] | None = None
        self._report_every = settings.report_every
        self._overridden: dict[str, float] = {}
        self._values: dict[str, Json] = {}
        self._refused: dict[str, str] = {}
        self._unread: tuple[str, ...] = ()
        self.sensors: tuple[Sensor, ...] = ()

    def start(self) -> None:
        """Apply what the manifest says and what the server said before the last restart."""
        overridden = self._storage.kept(_INTERVALS)
        for name in (SENSORS, REPORT_EVERY):
            self._values[name] = self._storage.kept(name)
            self._take(name, self._values[name])
        if isinstance(overridden, dict):
            self._overridden = {
                key: float(every)
                for key, every in overridden.items()
                if isinstance(every, int | float) and not isinstance(every, bool)
            }
        self._apply()

    def changed(self, name: str, value: Json) -> None:
        """Take a shared attribute; None means that there is none any more."""
        if value == self._values.get(name):
            return
        self._values[name] = value
        self._storage.keep(name, value)
        if self._take(name, value):
            if name == SENSORS and self._overridden:
                # Newer than what a call has set, and said for all sensors.
                self._overridden = {}
                self._storage.keep(_INTERVALS, {})
            log.info("%s is taken over from the server", name)
            self._apply()

    def change_interval(self, key: str, every: float | None) -> float:
        """Read a sensor at another interval, or at its own again; return which one is in effect."""
        if self._sampling.interval(key) is None:
            raise BadCall(f"there is no sensor {key[:80]}")
        if every is None:
            self._overridden.pop(key, None)
        else:
            self._overridden[key] = every
        self._storage.keep(_INTERVALS, {**self._overridden})
        self._apply()
        return self._sampling.interval(key) or 0.0

    def _take(self, name: str, value: Json) -> bool:
        """Check a setting and remember it; a faulty one is told, and leaves the one before in effect."""
        try:
            if name == SENSORS:
                self._pushed = None if value is None else sensors_from(value)
            else:
                self._report_every = (
                    self._settings.report_every if value is None else report_every_from(value)
                )
        except Unacceptable as error:
            log.error("%s from the server is not taken over: %s", name, error.message)
            self._refused[name] = error.message
            self._tell({f"{REFUSED}.{name}": error.message})
            return False
        if self._refused.pop(name, None) is not None:
            self._tell({f"{REFUSED}.{name}": "none"})
        return True

    def _apply(self) -> None:
        self.sensors, unread = in_effect(
            self._settings.sensors, self._pushed, simulate=self._settings.simulate
        )
        if unread != self._unread:
            self._unread = unread
            if unread:
                log.warning("nothing says where to read %s: no source in the manifest", ", ".join(unread))
        self._collector.silence = self._report_every or DEFAULT_SILENCE
        self._sampling.set(self.sensors, intervals_of(self.sensors, self._report_every, self._overridden))
