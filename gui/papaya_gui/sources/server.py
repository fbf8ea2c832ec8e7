"""A ThingsBoard server: live over one connection for all devices, the past and everything else over REST."""

from __future__ import annotations

import json
import logging
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from random import random, sample

from papaya.agent.configuration import sensors_from
from papaya.api.feed import Pace, ServerFeed, condition_of
from papaya.api.fetch import devices_by_name, identifier, objects_by_id
from papaya.api.listeners import NO_DEVICE
from papaya.api.query import Key
from papaya.api.retry import backoff
from papaya.api.session import Session, Tokens
from papaya.api.telemetry_keys import keys_beside
from papaya.engine.inventory import SENSORS_KEY
from papaya.errors import PapayaError
from papaya.manifest.model import Sensor
from papaya.remedies import DEVICE_MISSING, DEVICE_SILENT
from papaya.sensors.condition import Condition, Health
from papaya.sensors.reading import Value
from papaya.settings import Settings
from papaya_gui.models.batch import Inbox
from papaya_gui.models.catalog import MOST_FOUND, Catalog, Row
from papaya_gui.sources.missed import Missed
from papaya_gui.sources.past import MOST_SAMPLES
from papaya_gui.sources.remote import Remote
from papaya_gui.sources.server_past import past_of
from papaya_gui.sources.server_remote import ServerRemote
from papaya_gui.sources.silence import patience_with
from papaya_gui.sources.supply import Past, Supply, Tell

log = logging.getLogger(__name__)

# A person waits: better to say soon that nothing comes, and to come back by itself.
PACE = Pace(longest_pause=15.0)
_PATIENCE = 2.0
_FAREWELL = 0.5
_LOOK_AGAIN, _FILL_EVERY = 30.0, 1.0
# Silent devices at once, so that a fleet that is away costs its server little.
_MOST_ASKED = 600
_DECLARED = Key("SHARED_SCOPE", SENSORS_KEY)


class ServerSupply(Supply):
    """What the fleet's devices send, as their server has it.

    Sensors are the manifest's; of a device that declares none they are those of its attribute
    `papaya.sensors`, else every key of its telemetry, for which it is looked again and again. With an API
    key, which the server's WebSocket does not take, values are asked for repeatedly, and the condition says
    so.
    """

    name = "thingsboard"

    def __init__(
        self,
        catalog: Catalog,
        inbox: Inbox,
        tell: Tell,
        settings: Settings,
        *,
        on_tokens: Callable[[Tokens], None] | None = None,
        pace: Pace = PACE,
        look_again: float = _LOOK_AGAIN,
    ) -> None:
        super().__init__(catalog, inbox, tell)
        self._settings, self._pace, self._look_again = settings, pace, look_again
        self._session = Session(
            settings.url,
            settings.credentials,
            ca_file=settings.ca_file,
            insecure=settings.insecure,
            timeout=settings.timeout,
            retry_for=min(settings.retry_for, _PATIENCE),
            concurrency=settings.concurrency,
            proxies=settings.proxies,
            on_tokens=on_tokens,
        )
        self._feed = ServerFeed(
            self._session,
            ca_file=settings.ca_file,
            insecure=settings.insecure,
            proxies=settings.proxies,
            pace=pace,
            on_condition=self._on_condition,
        )
        self._ids: dict[str, str] = {}
        self._names: dict[str, str] = {}
        self._remote = ServerRemote(self._session, self._ids, self._names)
        # Which keys of a device are listened to, and what ends that.
        self._heard: dict[str, dict[str, Callable[[], None]]] = {}
        # Devices whose sensors are what they send.
        self._undeclared: set[str] = set()
        self._absent: dict[str, str] = {}
        self._missed = Missed(lambda row: self.catalog[row].every)
        self._stopping, self._looked = threading.Event(), threading.Event()
        # Why the last look at the fleet's devices failed, if it did.
        self._failure: Condition | None = None
        self._thread = threading.Thread(target=self._run, name="papaya-server", daemon=True)

    @property
    def where(self) -> str:
        """The server's address."""
        return self._settings.url

    @property
    def remote(self) -> Remote:
        """Its alarms, and calls to devices."""
        return self._remote

    @property
    def has_history(self) -> bool:
        """Always: remembering is what a server is for."""
        return True

    def start(self) -> None:
        """Begin to look for the fleet's devices; what is found is listened to."""
        self.tell(Condition(Health.CONNECTING))
        self._thread.start()

    def close(self) -> None:
        """End everything; what waits for an answer ends with it."""
        self._stopping.set()
        self._looked.set()
        self._session.abandon()
        self._feed.close(_FAREWELL)
        if self._thread.is_alive():
            self._thread.join(_FAREWELL)
        self._session.close()

    def history(self, row: Row, start: float, end: float, points: int) -> Past:
        """Return the samples, or where there are too many, lowest, mean and highest values of intervals."""
        if row.device not in self._ids:
            # A window that has just opened asks before the first look is over.
            self._looked.wait(self._settings.timeout)
        known = self._ids.get(row.device)
        if known is None:
            if self._failure is not None:
                raise PapayaError(self._failure.reason, remedy=self._failure.remedy)
            raise PapayaError(f"{row.device} has not been found on {self.where}", remedy=DEVICE_MISSING)
        return past_of(self._feed.device(known), row, start, end, points, self.inbox.texts)

    def watch(self, rows: Sequence[int]) -> None:
        """Fill in what was missed of these rows while the server was not heard, or between two questions."""
        self._missed.watch(rows)

    # Finding devices and their sensors, in a thread of its own

    def _run(self) -> None:
        failures, next_look = 0, time.monotonic()
        while not self._stopping.is_set():
            if time.monotonic() >= next_look:
                pause = self._look_again
                try:
                    self._look()
                    failures, self._failure = 0, None
                except PapayaError as failure:
                    self._failure = condition_of(failure)
                    failures += 1
                    pause = self._fails(failure, failures)
                except Exception:
                    log.exception("looking for the fleet's devices failed")
                    self.tell(Condition(Health.FAULT, "an unexpected fault, which the log has"))
                self._looked.set()
                next_look = time.monotonic() + pause
            self._fill()
            self._stopping.wait(min(_FILL_EVERY, max(0.0, next_look - time.monotonic())))

    def _fill(self) -> None:
        try:
            self._missed.fill(self._fetch_missed, self.inbox.put)
        except PapayaError as failure:
            # The connection tells how the server is; this is tried again by itself.
            log.info("what was missed is not there yet: %s", failure.message)

    def _fetch_missed(self, row: int, start: int, end: int) -> Sequence[tuple[int, Value]]:
        one = self.catalog[row]
        known = self._ids.get(one.device)
        if known is None or "," in one.sensor.key:
            # The server divides the keys that it is asked for at commas.
            return ()
        return self._feed.device(known).history(one.sensor.key, start, end, MOST_SAMPLES, newest=True)

    def _fails(self, failure: PapayaError, failures: int) -> float:
        """Tell that nothing is found, unless the connection tells it; return how long to wait."""
        condition = condition_of(failure)
        if not self._heard and not self._stopping.is_set():
            self._on_condition(condition)
        if condition.health is Health.REFUSED:
            return self._pace.pause_when_refused
        return min(backoff(failures, random()), self._pace.longest_pause)  # noqa: S311 - jitter

    def _look(self) -> None:
        """Listen to the devices that are not listened to yet, as far as the server has them."""
        self._leave_deleted()
        wanted = [name for name in self.catalog.devices if name not in self._heard]
        if wanted:
            self._find(wanted)
        self._find_keys()

    def _find(self, wanted: Sequence[str]) -> None:
        found = devices_by_name(self._session, wanted, self.catalog.fleet.name, (_DECLARED,))
        for name, device in found.items():
            self._names[device.id], self._ids[name] = name, device.id
            if not self.catalog.rows_of(name):
                for sensor in _declared(str(device.values.get(_DECLARED, ""))):
                    self.catalog.add(name, sensor)
            if self.catalog.rows_of(name):
                self._listen(name)
            else:
                self._undeclared.add(name)
        for name in wanted:
            if name not in found:
                self._misses(name, NO_DEVICE, DEVICE_MISSING)
        if not self._ids:
            reason = f"the server has none of the {len(wanted)} devices of this fleet"
            self.tell(Condition(Health.FAULT, reason, DEVICE_MISSING))

    def _leave_deleted(self) -> None:
        """Listen no more to devices that the server has deleted, which it does not tell: it falls silent."""
        silent = {
            self._ids[name]: name
            for name in self._heard
            if self._feed.device(self._ids[name]).condition().health is Health.SILENT
        }
        asked = sample(sorted(silent), min(len(silent), _MOST_ASKED))
        present = {identifier(one) for one in objects_by_id(self._session, "device", asked)}
        for gone in set(asked) - present:
            name = silent[gone]
            del self._names[gone], self._ids[name]
            for stop in set(self._heard.pop(name).values()):
                stop()
            # Of another device of this name something has to be told.
            self._absent[name] = ""

    def _find_keys(self) -> None:
        """Take as sensors what devices that declare none have sent, or have begun to send since."""
        devices = [name for name in self.catalog.devices if name in self._undeclared and name in self._ids]
        known = {self._ids[name]: [row.sensor.key for row in self.catalog.rows_of(name)] for name in devices}
        for device, keys in keys_beside(self._session, known).items():
            name = self._names[device]
            for key in sorted(keys)[: MOST_FOUND - len(known[device])]:
                self.catalog.add(name, Sensor(key))
            self._listen(name)
        for name in devices:
            if name not in self._heard:
                self._misses(name, "the device has sent nothing yet", DEVICE_SILENT)
        if not self._heard and self._ids:
            self.tell(Condition(Health.LIVE))

    def _listen(self, name: str) -> None:
        """Listen to the sensors of a device that are not listened to yet."""
        heard = self._heard.setdefault(name, {})
        rows = self.catalog.rows_of(name)
        indices = {row.sensor.key: row.index for row in rows if row.sensor.key not in heard}
        if not indices:
            return
        put, note = self.inbox.put, self._missed.heard

        def take(key: str, ts: int, value: Value) -> None:
            put(indices[key], ts, value)
            note(indices[key], ts)

        device = self._feed.device(self._ids[name])
        heard.update(
            dict.fromkeys(indices, device.listen(tuple(indices), take, silent_after=patience_with(rows)))
        )
        if self._absent.pop(name, None) is not None:
            self.tell(Condition(Health.LIVE, device=name))

    def _misses(self, name: str, reason: str, remedy: str) -> None:
        if self._absent.get(name) != reason:
            self._absent[name] = reason
            self.tell(Condition(Health.SILENT, reason, remedy, name))

    def _on_condition(self, condition: Condition) -> None:
        """Pass on how the server, or a device of it, is to be heard."""
        if not condition.device and condition.health is Health.DOWN:
            self._missed.interrupted()
        if condition.health is Health.POLLING:
            self._missed.is_polled = True
            condition = replace(condition, reason=f"{condition.reason}; of what is plotted it is filled in")
        name = self._names.get(condition.device, "")
        if condition.device and not name:
            # It has been left.
            return
        self.tell(replace(condition, device=name))


def _declared(text: str) -> tuple[Sensor, ...]:
    """Return the sensors that the attribute of a device declares; none where it is not readable."""
    try:
        return sensors_from(json.loads(text)) if text else ()
    except (ValueError, PapayaError):
        log.warning("an attribute %s is no list of sensors", SENSORS_KEY)
        return ()
