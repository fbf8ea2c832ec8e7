"""Live values of many devices over one connection, in a thread that comes back after every failure."""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from random import random
from typing import TYPE_CHECKING

from papaya.api.alarm_feed import AlarmFeed
from papaya.api.latest import Portion, devices_in, portions, query_of, updates_in
from papaya.api.listeners import Listeners, remedy_of
from papaya.api.query import FIND
from papaya.api.retry import backoff
from papaya.api.subscribed import Subscribed
from papaya.api.websocket import Message, Socket
from papaya.errors import AnswerLost, AuthenticationFailed, Forbidden, PapayaError, Unavailable, Unreachable
from papaya.manifest.model import Json
from papaya.remedies import SERVER_TROUBLED, SERVER_UNREACHABLE
from papaya.sensors.condition import Condition, Health

if TYPE_CHECKING:
    from papaya.api.session import Session

log = logging.getLogger(__name__)

_MOMENT = 0.2
_SILENCE_CHECK = 1.0
# Looking through the listeners of 100,000 devices takes a second: it may take so small a part of the time.
_PART_OF_LOOKING = 10


def condition_of(failure: PapayaError) -> Condition:
    """Return how a server is to be heard from which this failure came."""
    if isinstance(failure, AuthenticationFailed | Forbidden):
        return Condition(Health.REFUSED, failure.message, failure.remedy)
    remedy = failure.remedy
    # Nothing was changed, so there is nothing to look at before asking again.
    if isinstance(failure, AnswerLost) or (isinstance(failure, Unreachable) and not remedy):
        remedy = SERVER_UNREACHABLE
    elif isinstance(failure, Unavailable) and not remedy:
        remedy = SERVER_TROUBLED
    return Condition(Health.DOWN, failure.message, remedy)


@dataclass(frozen=True, slots=True)
class Pace:
    """How often and how long, in seconds."""

    poll_every: float = 5.0
    silent_after: float = 600.0
    longest_pause: float = 60.0
    # Whoever is refused often enough is locked out.
    pause_when_refused: float = 300.0


class Stream:
    """Subscribes to what is listened to; with an API key, which no WebSocket before 4.4 takes, it asks."""

    def __init__(
        self,
        session: Session,
        listeners: Listeners,
        connection: tuple[ssl.SSLContext | None, str | None],
        pace: Pace,
        on_condition: Callable[[Condition], None] | None,
    ) -> None:
        self._session, self._listeners, self._pace = session, listeners, pace
        self._connection = connection
        self._on_condition = on_condition
        self._condition = Condition(Health.CONNECTING)
        self._silent: dict[str, str] = {}
        self._told_silent: set[str] = set()
        self._checked_at = 0.0
        self._failures = 0
        self._is_polling = False
        # What takes alarms, where somebody wants them.
        self.alarms: AlarmFeed | None = None
        self._stopping = threading.Event()
        self._starting = threading.Lock()
        self._thread: threading.Thread | None = None

    def condition(self, device: str = "") -> Condition:
        """Return how the server is to be heard, or one device of it."""
        if device in self._silent and self._condition.health in (Health.LIVE, Health.POLLING):
            reason = self._silent[device]
            return Condition(Health.SILENT, reason, remedy_of(reason), device)
        return replace(self._condition, device=device)

    def start(self) -> None:
        """Begin, if it has not begun."""
        with self._starting:
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="papaya-feed", daemon=True)
                self._thread.start()

    def close(self, patience: float = 5.0) -> None:
        """End the connection; a request under way may end a little later."""
        self._stopping.set()
        if self._thread is not None and self._thread is not threading.current_thread():
            self._thread.join(patience)
        self._tell(Health.CLOSED)

    def _run(self) -> None:
        while not self._stopping.is_set():
            pause = self._attempt()
            self._silent = {}
            self._stopping.wait(pause)

    def _attempt(self) -> float:
        """Serve until something fails, and return how long to wait before the next attempt."""
        try:
            if not self._is_polling:
                try:
                    self._stream()
                finally:
                    if self.alarms is not None:
                        self.alarms.lost()
            if self._is_polling:
                self._poll()
            return 0.0
        except PapayaError as failure:
            condition = condition_of(failure)
            self._tell(condition.health, condition.reason, condition.remedy)
            if condition.health is Health.REFUSED:
                return self._pace.pause_when_refused
        except Exception:
            log.exception("live values are interrupted by a fault")
            self._tell(Health.DOWN, "an unexpected fault, which the log has")
        self._failures += 1
        return min(backoff(self._failures, random()), self._pace.longest_pause)  # noqa: S311 - jitter

    def _stream(self) -> None:
        # The connection first: it fails at once where a request would be tried again for a minute.
        with Socket(self._session.url, *self._connection) as socket:
            login = self._session.websocket_login()
            if login is None:
                self._is_polling = True
                return
            socket.log_in(login)
            subscribed = Subscribed()
            version, next_look = -1, 0.0
            alarms = -1
            while not self._stopping.is_set():
                if version != self._listeners.version and time.monotonic() >= next_look:
                    # Those who come in one moment share a subscription.
                    version, began = self._listeners.version, time.monotonic()
                    self._look(socket, subscribed)
                    ended = time.monotonic()
                    next_look = ended + max(_MOMENT, _PART_OF_LOOKING * (ended - began))
                for number, portion in subscribed.next(time.monotonic()):
                    socket.subscribe(number, portion)
                alarms = self._ask_for_alarms(socket, alarms)
                message = socket.receive(_MOMENT)
                if message is not None:
                    self._take(message, subscribed)
                self._check_silence()

    def _look(self, socket: Socket, subscribed: Subscribed) -> None:
        """Let what is newly wanted be subscribed to, and end what nobody wants."""
        wanted = self._listeners.wanted()
        for one in subscribed.end_unwanted(wanted):
            socket.unsubscribe(one)
        subscribed.want(wanted)
        self._listeners.keep_only(subscribed.portions())
        self._listeners.greet()

    def _ask_for_alarms(self, socket: Socket, version: int) -> int:
        """Subscribe to alarms where they are not subscribed to yet; return for which version they are."""
        feed = self.alarms
        if feed is None or version == feed.version:
            return version
        version = feed.version
        socket.ask(feed.commands())
        return version

    def _take(self, message: Message, subscribed: Subscribed) -> None:
        if message.is_about_alarms:
            if self.alarms is not None and message.is_refused:
                self.alarms.refuse()
            elif self.alarms is not None:
                self.alarms.take(message.number, message.rows, message.page)
            return
        portion = subscribed.answered(message.number)
        if portion is None:
            return
        self._deliver(portion if message.is_page else None, message.rows)
        self._failures = 0
        if self._condition.health is not Health.LIVE:
            # The pages of others are under way.
            self._checked_at = time.monotonic()
        self._tell(Health.LIVE)

    def _poll(self) -> None:
        reason = (
            "the server's WebSocket takes no API key before ThingsBoard 4.4: values are asked for every "
            f"{self._pace.poll_every:g} s, and what comes in between is not told"
        )
        while not self._stopping.is_set():
            asked = list(portions(self._listeners.wanted()))
            self._listeners.keep_only(asked)
            self._listeners.greet()
            for portion in asked:
                answer = self._session.post(FIND, query_of(portion), repeatable=True)
                self._deliver(portion, answer.get("data") if isinstance(answer, dict) else None)
            self._failures = 0
            self._tell(Health.POLLING, reason)
            self._check_silence()
            self._stopping.wait(self._pace.poll_every)

    def _deliver(self, page_of: Portion | None, rows: Json) -> None:
        if page_of is not None:
            self._listeners.took_page(page_of.devices, devices_in(rows))
        now, wall = time.monotonic(), time.time_ns() // 1_000_000
        for update in updates_in(rows):
            self._listeners.tell(update, now, wall, is_live=page_of is None)

    def _check_silence(self) -> None:
        now = time.monotonic()
        if now - self._checked_at < min(_SILENCE_CHECK, self._pace.silent_after):
            return
        if self._condition.health not in (Health.LIVE, Health.POLLING):
            return
        self._checked_at = now
        before, self._silent = self._silent, self._listeners.silent(now, self._pace.silent_after)
        for device, reason in self._silent.items():
            if before.get(device) != reason:
                self._report(self.condition(device))
        # Also of those that were silent before an interruption.
        for device in self._told_silent - self._silent.keys():
            self._report(self.condition(device))
        self._told_silent = set(self._silent)

    def _tell(self, health: Health, reason: str = "", remedy: str = "") -> None:
        condition = Condition(health, reason, remedy)
        if condition == self._condition:
            return
        self._condition = condition
        quiet = health in (Health.LIVE, Health.CLOSED)
        log.log(logging.INFO if quiet else logging.WARNING, "live values: %s", reason or health.value)
        self._report(condition)

    def _report(self, condition: Condition) -> None:
        if self._on_condition is None:
            return
        try:
            self._on_condition(condition)
        except Exception:
            log.exception("what listens to the condition of the connection failed")
