"""A ThingsBoard server: live over one connection for all devices, the past and everything else over REST."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from random import random

from papaya.api.feed import Pace, ServerFeed, condition_of
from papaya.api.retry import backoff
from papaya.api.session import Session, Tokens
from papaya.errors import AuthenticationFailed, PapayaError
from papaya.foreign import described, plain_number
from papaya.remedies import DEVICE_MISSING
from papaya.sensors.condition import Condition, Health
from papaya.sensors.reading import Value, is_numeric
from papaya.settings import Settings
from papaya_gui.models.batch import Inbox
from papaya_gui.models.catalog import Catalog, Row
from papaya_gui.models.pyramid import Summary
from papaya_gui.sources.missed import Missed
from papaya_gui.sources.past import MOST_SAMPLES
from papaya_gui.sources.remote import Remote
from papaya_gui.sources.server_devices import ServerDevices
from papaya_gui.sources.server_past import past_of, summary_of
from papaya_gui.sources.server_remote import ServerRemote
from papaya_gui.sources.supply import Past, Span, Supply, Tell

log = logging.getLogger(__name__)

# A person waits: better to say soon that nothing comes, and to come back by itself.
PACE = Pace(longest_pause=15.0)
_PATIENCE = 2.0
_FAREWELL = 0.5
_LOOK_AGAIN, _FILL_EVERY = 30.0, 1.0
# Finding 100,000 devices takes a server that has other work a minute.
_LONGEST_LOOK = 120.0


class ServerSupply(Supply):
    """Readings of the fleet's devices from their server.

    The manifest declares the sensors. A device without declared sensors uses its attribute `papaya.sensors`,
    or else every key of its telemetry; both are checked periodically. The server's WebSocket does not accept
    API keys: with one, the window polls the values, and the condition says so.
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
        self._missed = Missed(lambda row: self.catalog[row].every)
        self._devices = ServerDevices(catalog, self._session, self._feed, tell, self._take)
        self._remote = ServerRemote(
            self._session, self._devices.ids, self._devices.names, self._feed, self._noticing, self._absent
        )
        # Rows with thresholds whose latest value is a text.
        self._uncompared: set[int] = set()
        self._stopping, self._looked = threading.Event(), threading.Event()
        self._is_asked_to_look = False
        # Why the last look at the fleet's devices failed, if it did.
        self._failure: Condition | None = None
        # Whether the server has refused the user, while what was opened before may still come.
        self._is_refused = False
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
        """Begin to look for the fleet's devices; what is found is listened to.

        A view may have asked for alarms before: the connection that this made is not told as a new one.
        """
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
        if row.device not in self._devices.ids:
            # A window that has just opened asks before the first look is over.
            self._looked.wait(_LONGEST_LOOK)
        known = self._devices.ids.get(row.device)
        if known is None:
            raise self._absent(row.device)
        with self._noticing():
            return past_of(self._feed.device(known), row, start, end, points, self.inbox.texts)

    def _absent(self, device: str) -> PapayaError:
        """Return why a device has no id here: nobody has looked yet, looking failed, or it is not there."""
        if self._failure is not None:
            return PapayaError(self._failure.reason, remedy=self._failure.remedy)
        if not self._looked.is_set():
            return PapayaError(
                f"papaya is still reading which devices {self.where} has", remedy="Try again in a moment."
            )
        return PapayaError(f"{device} has not been found on {self.where}", remedy=DEVICE_MISSING)

    def summary(self, row: Row, start: float, end: float) -> Summary | None:
        """Return the server's own statistics of a span."""
        known = self._devices.ids.get(row.device)
        if known is None or "," in row.sensor.key:
            return None
        with self._noticing():
            return summary_of(self._feed.device(known), row, start, end)

    def extent(self, row: Row) -> Span | None:
        """Return from the first value that the server has of a row until now."""
        known = self._devices.ids.get(row.device)
        if known is None or "," in row.sensor.key:
            return None
        end = round(time.time() * 1000)
        first = self._feed.device(known).history(row.sensor.key, 0, end, 1)
        return (first[0][0] / 1000, end / 1000) if first else None

    @property
    def asked_every(self) -> float:
        """How many seconds lie between two questions with an API key."""
        return self._pace.poll_every if self._missed.is_polled else 0.0

    def look(self) -> None:
        """Look for devices within a second."""
        self._is_asked_to_look = True

    def watch(self, rows: Sequence[int]) -> None:
        """Fill in what was missed of these rows while the server was not heard, or between two questions."""
        self._missed.watch(rows)

    @contextmanager
    def _noticing(self) -> Iterator[None]:
        """Tell when the server refuses the user, which a connection that is open does not notice."""
        try:
            yield
        except AuthenticationFailed as failure:
            if not self._is_refused and not self._stopping.is_set():
                self._is_refused = True
                self._on_condition(condition_of(failure))
            raise
        if self._is_refused:
            self._is_refused = False
            self._on_found()

    # Looking for devices and for what was missed, in a thread of its own

    def _run(self) -> None:
        failures, next_look = 0, time.monotonic()
        while not self._stopping.is_set():
            if time.monotonic() >= next_look or self._is_asked_to_look:
                pause, self._is_asked_to_look = self._look_again, False
                try:
                    known, were_missing = len(self._devices.ids), self._devices.are_all_missing
                    self._devices.look()
                    if were_missing and not self._devices.are_all_missing:
                        self._on_found()
                    if known and len(self._devices.ids) > known:
                        self._remote.renew()
                    failures, self._failure = 0, None
                    if not self.catalog.devices:
                        # Nothing opens a connection that would tell so; the server has answered.
                        self.tell(Condition(Health.LIVE, "the server has no devices that you may see"))
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

    def _take(self, row: int, ts: int, value: Value) -> None:
        self.inbox.put(row, ts, self._compared(row, value))
        self._missed.heard(row, ts)

    def _compared(self, row: int, value: Value) -> Value:
        """Return a value; text that no limit can be compared with is told as a fault of its device, once."""
        one = self.catalog[row]
        number = plain_number(value) if isinstance(value, str) and is_numeric(one.sensor) else value
        if number is None:
            if row not in self._uncompared:
                self._uncompared.add(row)
                told = f"{one.sensor.key}: {described(value)} is not a number, so no threshold is checked"
                self.tell(Condition(Health.FAULT, told, device=one.device))
            return value
        if row in self._uncompared:
            self._uncompared.discard(row)
            if not any(self.catalog[other].device == one.device for other in self._uncompared):
                self.tell(Condition(Health.LIVE, device=one.device))
        return number

    def _fill(self) -> None:
        try:
            self._missed.fill(self._fetch_missed, self._put_missed)
        except PapayaError as failure:
            # The connection tells how the server is; this is tried again by itself.
            log.info("what was missed is not there yet: %s", failure.message)

    def _put_missed(self, row: int, ts: int, value: Value) -> None:
        number = (
            plain_number(value) if isinstance(value, str) and is_numeric(self.catalog[row].sensor) else None
        )
        self.inbox.put(row, ts, value if number is None else number)

    def _fetch_missed(self, row: int, start: int, end: int) -> Sequence[tuple[int, Value]]:
        one = self.catalog[row]
        known = self._devices.ids.get(one.device)
        if known is None or "," in one.sensor.key:
            # The server divides the keys that it is asked for at commas.
            return ()
        return self._feed.device(known).history(one.sensor.key, start, end, MOST_SAMPLES, newest=True)

    def _fails(self, failure: PapayaError, failures: int) -> float:
        """Tell that nothing is found, unless the connection tells it; return how long to wait."""
        condition = condition_of(failure)
        if not self._devices.is_any_heard and not self._stopping.is_set():
            self._on_condition(condition)
        if condition.health is Health.REFUSED:
            return self._pace.pause_when_refused
        return min(backoff(failures, random()), self._pace.longest_pause)  # noqa: S311 - jitter

    def _on_found(self) -> None:
        """Tell how the server is once it has devices of the fleet; a new connection tells it by itself."""
        condition = self._feed.condition()
        if condition.health is not Health.CONNECTING:
            self._on_condition(condition)

    def _on_condition(self, condition: Condition) -> None:
        """Pass on how the server, or a device of it, is to be heard."""
        if not condition.device and condition.health is Health.DOWN:
            self._missed.interrupted()
        if condition.health is Health.POLLING:
            self._missed.is_polled = True
            condition = replace(condition, reason=f"{condition.reason}; of what is plotted it is filled in")
        is_well = condition.health in (Health.LIVE, Health.POLLING)
        if not condition.device and is_well and self._devices.are_all_missing:
            # A connection for alarms alone: that there are no devices is what a person has to know.
            return
        name = self._devices.names.get(condition.device, "")
        if condition.device and not name:
            # It has been left.
            return
        self.tell(replace(condition, device=name))
