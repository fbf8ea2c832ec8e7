"""The agent: one loop that reads sensors, spools, publishes, and answers the server."""

from __future__ import annotations

import contextlib
import json
import logging
import os
import platform
import queue
import re
import secrets
import time
from collections.abc import Callable
from functools import partial

from papaya import __version__
from papaya.agent.attributes import Attributes
from papaya.agent.clock import WatchedClock
from papaya.agent.collector import Collector
from papaya.agent.guard import Guard
from papaya.agent.limits import SessionLimits
from papaya.agent.link import TELEMETRY
from papaya.agent.methods import methods_of
from papaya.agent.notify import Notify
from papaya.agent.processes import Programs
from papaya.agent.rivals import HOST_KEY, Rivals
from papaya.agent.rpc import Calls, Send
from papaya.agent.sampling import LINGER, Sampling
from papaya.agent.settings import AgentSettings
from papaya.agent.storage import Storage
from papaya.agent.tuning import Tuning
from papaya.agent.tunnel import TunnelWatch
from papaya.agent.uplink import Uplink
from papaya.agent.words import waiting_words
from papaya.backoff import Backoff
from papaya.manifest.model import Json
from papaya.sensors.source import wall_clock
from papaya.sensors.view import AgentView, SensorView
from papaya.settings.url import is_loopback

log = logging.getLogger(__name__)

EVICTED = "papaya.agent.evicted"
_INSTANCE = "instance"
_MARK = re.compile(r"[0-9a-f]{12}")
_CHECK_SECONDS = 10.0
_REMOVE_WITHIN = 1.0
_LONGEST_WAIT = 60.0
# Whoever watches sees ages grow.
_LONGEST_WATCHED_WAIT = 1.0
# What a sensor has measured already is worth waiting for.
_LAST_POLL_SECONDS = 1.0
_FAREWELL_SECONDS = 2.0
# The parts of the loop, as faults name them.
_SENSORS, _SPOOL, _CONNECTION, _CHECKS, _WATCHDOG = "sensors", "spool", "connection", "checks", "watchdog"
_EVENT = "event"
# A server that sends without end must not keep sensors from being read.
_MOST_EVENTS = 200


class Agent:
    """One device's agent; everything but `stop` runs in the thread of `run`."""

    def __init__(
        self,
        settings: AgentSettings,
        *,
        clock: Callable[[], float] = time.monotonic,
        now: Callable[[], int] = wall_clock,
        on_turn: Callable[[Agent], None] | None = None,
    ) -> None:
        self._settings, self._clock, self._now, self._on_turn = settings, clock, now, on_turn
        self._inbox: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self._guard = Guard(clock)
        self._storage = Storage(settings.spool, clock=clock)
        rivals = Rivals(self._instance(), Backoff(settings.refused_pause, settings.longest_refused_pause))
        self._collector = Collector(self._storage, clock, now)
        self._sampling = Sampling(
            self._collector, settings.folder, self._inbox.put, clock, now, device=settings.device
        )
        self._tuning = Tuning(settings, self._storage, self._sampling, self._collector, self._tell)
        self._attributes = Attributes(settings.device, self._own_attributes(), rivals, self._tuning.changed)
        self._tunnel = TunnelWatch(settings.tunnel, self._attributes.tell, self._inbox.put, clock)
        programs = Programs(self._inbox.put)
        self._calls = Calls(methods_of(self, settings, programs, now))
        self._uplink = Uplink(settings, self._storage, rivals, self, self._inbox.put, clock, self._guard)
        self._limits = SessionLimits(self._uplink.limit)
        self._watched = WatchedClock(now, clock)
        self._notify = Notify(os.environ, clock)
        self._check_at = clock()
        self._dirty_since: float | None = None
        self._removals_since: float | None = None
        self._evicted = self._storage.evicted
        self._stopping = False

    def run(self) -> None:
        """Work until `stop` is called."""
        log.info(
            "agent of %s, %s, spool %s", self._settings.device, self._settings.address, self._settings.spool
        )
        address = self._settings.address
        if not address.tls and not is_loopback(str(address)):
            log.warning(
                "token and readings can be read by everybody on the way to %s. Use mqtts://.", address
            )
        self._guard.once("settings", self._tuning.start)
        self._notify.ready()
        try:
            while not self._stopping:
                self._turn()
        finally:
            self._notify.stopping()
            self._end()

    def stop(self) -> None:
        """End `run` soon; may be called from a signal handler."""
        self._inbox.put(partial(setattr, self, "_stopping", True))

    @property
    def is_stopping(self) -> bool:
        """Whether `stop` has been heard."""
        return self._stopping

    # What the uplink lets us say on a connection.

    def begin(self, send: Send, number: int) -> None:
        """Start on a connection to ThingsBoard; its first questions had this number."""
        self._calls.begin(send)
        self._limits.begin(number)
        self._attributes.begin(send, number)
        if self._settings.installed:
            send(TELEMETRY, json.dumps(dict(self._settings.installed)).encode())
        self._tunnel.begin()

    def received(self, topic: str, payload: bytes) -> None:
        """Take a message of the server."""
        for part in (self._calls, self._attributes, self._limits):
            if part.received(topic, payload):
                return

    # What calls may ask for.

    def readings(self) -> dict[str, Json]:
        """Return the latest reading of each sensor, by key."""
        latest, faults = self._collector.latest, self._collector.faults()
        told: dict[str, Json] = {}
        for sensor in self._tuning.sensors:
            reading = latest.get(sensor.key)
            entry: dict[str, Json] = {"level": self._collector.level(sensor.key)}
            if reading is not None:
                entry |= {"value": reading.value, "unit": sensor.unit, "ts": reading.timestamp}
            if sensor.key in faults:
                entry["fault"] = faults[sensor.key]
            told[sensor.key] = entry
        return told

    def view(self) -> AgentView:
        """Return what the agent knows now, for a person who watches it; called in its own thread."""
        latest, faults = self._collector.latest, self._collector.faults()
        waiting, sent = self._storage.waiting_by_key(), self._uplink.counts
        sensors = [
            SensorView(
                sensor.key,
                sensor.name or sensor.key,
                sensor.unit or "",
                latest[sensor.key].value if sensor.key in latest else None,
                latest[sensor.key].timestamp if sensor.key in latest else None,
                self._collector.level(sensor.key),
                faults.get(sensor.key, ""),
                sent.by_key[sensor.key],
                None if waiting is None else waiting.get(sensor.key, 0),
            )
            for sensor in self._tuning.sensors
        ]
        status = self._uplink.status
        return AgentView(
            self._settings.device, str(self._settings.address), status, tuple(sensors),
            sent.readings, self._storage.waiting, self._storage.evicted, self._now(),
        )  # fmt: skip

    def change_interval(self, key: str, every: float | None) -> float:
        """Read a sensor at another interval, or at its own again; return which one is in effect."""
        return self._tuning.change_interval(key, every)

    def condition(self) -> dict[str, Json]:
        """Return how the agent is doing."""
        return {
            "waiting": self._storage.waiting,
            "evicted": self._storage.evicted,
            "durable": self._storage.is_durable,
            "faults": {key: fault for key, fault in self._collector.faults().items()},
            "internalFaults": self._guard.faults,
        }

    def _turn(self) -> None:
        """Do what is due, make it durable, send it, and wait for what comes next.

        A fault of one part costs that part a pause, a fault of one event that event.
        """
        guard = self._guard
        guard.run(_SENSORS, self._read)
        guard.run(_SPOOL, self._save)
        guard.run(_CONNECTION, self._uplink.tick)
        guard.run(_CHECKS, self._check)
        guard.run(_WATCHDOG, self._notify.beat)
        if self._on_turn is not None:
            guard.once(_EVENT, partial(self._on_turn, self))
        try:
            event = self._inbox.get(timeout=self._wait())
            for _ in range(_MOST_EVENTS):
                guard.once(_EVENT, event)
                event = self._inbox.get_nowait()
        except queue.Empty:
            return
        # The turn has done its share, and this event is not in the inbox any more.
        guard.once(_EVENT, event)

    def _read(self) -> None:
        if self._sampling.is_due:
            # Nothing is read again before what it said last is on disk.
            self._save(at_once=True)
        self._sampling.tick()

    def _wait(self) -> float:
        now, due = self._clock(), self._guard.not_before
        times = [
            due(_SENSORS, self._sampling.next_deadline()),
            due(_CONNECTION, self._uplink.next_deadline()),
            due(_CHECKS, self._check_at),
        ]
        if self._dirty_since is not None:
            times.append(due(_SPOOL, self._dirty_since + LINGER))
        if self._removals_since is not None:
            times.append(due(_SPOOL, self._removals_since + _REMOVE_WITHIN))
        if self._notify.interval is not None:
            times.append(now + self._notify.interval)
        longest = _LONGEST_WAIT if self._on_turn is None else _LONGEST_WATCHED_WAIT
        return min(max(min(times) - now, 0.0), longest)

    def _save(self, *, at_once: bool = False) -> None:
        """Commit what was read, together where several sources answer at once."""
        now = self._clock()
        if self._storage.is_dirty:
            if self._dirty_since is None:
                self._dirty_since = now
            if not at_once and self._sampling.is_waiting and now - self._dirty_since < LINGER:
                return
        self._dirty_since = None
        if not self._storage.removals:
            self._removals_since = None
        elif self._removals_since is None:
            self._removals_since = now
        # What the server has may be removed with the next readings: one commit instead of two.
        is_late = self._removals_since is not None and now - self._removals_since >= _REMOVE_WITHIN
        if self._storage.is_dirty or is_late:
            self._removals_since = None
            self._storage.commit()

    def _check(self) -> None:
        if self._clock() < self._check_at:
            return
        self._check_at = self._clock() + _CHECK_SECONDS
        self._watched.check()
        if self._uplink.is_up:
            self._tunnel.tick()
        self._storage.check(may_move=not self._uplink.is_busy)
        older_than = None
        if self._watched.is_steady:
            older_than = max(0, self._now() - int(self._settings.spool_seconds * 1000))
        self._storage.evict(most_bytes=self._settings.spool_bytes, older_than=older_than)
        if self._storage.evicted != self._evicted:
            self._evicted = self._storage.evicted
            self._storage.add(self._now(), EVICTED, self._evicted)
        self._notify.status(f"{self._uplink.status}, {waiting_words(self._storage.waiting)}")

    def _end(self) -> None:
        """Save everything, and give the server a moment to acknowledge it."""
        self._work_while(lambda: self._sampling.is_waiting, _LAST_POLL_SECONDS)
        once = self._guard.once
        once(_SENSORS, self._sampling.close)
        once(_SPOOL, self._storage.commit)
        once(_CONNECTION, self._uplink.tick)
        self._work_while(lambda: self._uplink.is_up and self._uplink.is_busy, _FAREWELL_SECONDS)
        if self._on_turn is not None:
            # What the server has is not waiting any more.
            once(_SPOOL, self._storage.commit)
            once(_EVENT, partial(self._on_turn, self))
        once(_CONNECTION, lambda: self._uplink.close(patience=0.5))
        once(_SPOOL, self._storage.close)

    def _work_while(self, is_unfinished: Callable[[], bool], patience: float) -> None:
        until = self._clock() + patience
        while is_unfinished() and self._clock() < until:
            with contextlib.suppress(queue.Empty):
                self._guard.once(_EVENT, self._inbox.get(timeout=0.05))

    def _tell(self, values: dict[str, Json]) -> None:
        self._attributes.tell(values)

    def _instance(self) -> str:
        """Return the mark of this installation, by which it knows its own sessions from another's."""
        known = self._storage.kept(_INSTANCE)
        if isinstance(known, str) and _MARK.fullmatch(known):
            return known
        made = secrets.token_hex(6)
        self._storage.keep(_INSTANCE, made)
        return made

    def _own_attributes(self) -> dict[str, Json]:
        return {
            **self._settings.attributes,
            "papaya.agent.version": __version__,
            "papaya.agent.python": platform.python_version(),
            "papaya.agent.system": f"{platform.system()} {platform.release()} {platform.machine()}",
            "papaya.agent.simulated": self._settings.simulate,
            HOST_KEY: platform.node(),
        }
