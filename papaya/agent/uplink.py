"""The way to the server: one connection after the other, and the messages that are under way on it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Protocol

from papaya.agent.backoff import Backoff
from papaya.agent.batches import MOST_ROWS
from papaya.agent.limits import Limits
from papaya.agent.link import TELEMETRY, Link
from papaya.agent.outgoing import Outgoing, Sent, most_old
from papaya.agent.rivals import Rivals
from papaya.agent.settings import AgentSettings
from papaya.agent.spool import Spool
from papaya.agent.storage import Storage
from papaya.errors import PapayaError

log = logging.getLogger(__name__)

_CONNECT_WITHIN = 30.0
_SAY_AGAIN_SECONDS = 3600.0
# A session that has lasted so long makes the next attempt start with the shortest pause again.
_SETTLED_SECONDS = 30.0
_REMOVE_AT_ONCE = 16


class Conversation(Protocol):
    """What is said on a connection beside telemetry."""

    def begin(self, send: Callable[[str, bytes], None]) -> None:
        """Start on a new connection."""

    def received(self, topic: str, payload: bytes) -> None:
        """Take a message of the server."""


@dataclass(slots=True)
class Counts:
    """What has gone out in this run."""

    messages: int = 0
    readings: int = 0
    connections: int = 0


class Uplink:
    """Keeps a connection up and what is under way on it; all but the callbacks run in the agent's thread."""

    def __init__(
        self,
        settings: AgentSettings,
        storage: Storage,
        rivals: Rivals,
        conversation: Conversation,
        later: Callable[[Callable[[], None]], None],
        clock: Callable[[], float],
    ) -> None:
        self._settings, self._storage, self._rivals = settings, storage, rivals
        self._conversation, self._later, self._clock = conversation, later, clock
        self._outgoing: dict[Spool, Outgoing] = {}
        self._under_way: dict[int, Sent] = {}
        self._link: Link | None = None
        self._is_up = False
        self._since = 0.0
        self._retry_at = clock()
        self._backoff = Backoff(settings.first_pause, settings.longest_pause)
        self._refused = Backoff(settings.refused_pause, settings.longest_refused_pause)
        self._refused_token: str | None = None
        self._unauthorized = self._acknowledged_any = False
        self._rows_at_most = MOST_ROWS
        self._limits = Limits()
        self._said: tuple[str, float] = ("", 0.0)
        self.counts = Counts()

    @property
    def is_up(self) -> bool:
        """Whether the server has accepted the device."""
        return self._is_up

    @property
    def is_busy(self) -> bool:
        """Whether messages are under way."""
        return bool(self._under_way)

    @property
    def status(self) -> str:
        """Return in a few words how the connection is."""
        if self._is_up:
            return "connected"
        if self._link is not None:
            return "connecting"
        return "refused by the server" if self._unauthorized else "not connected"

    def next_deadline(self) -> float:
        """Return when something has to be done that no message triggers."""
        if self._link is None:
            return self._retry_at
        if not self._is_up:
            return self._since + _CONNECT_WITHIN
        deadlines = [self._oldest() + self._settings.acknowledged_within] if self._under_way else []
        if self._old_under_way() < most_old(self._settings.window):
            now = self._clock()
            deadlines += [now + out.wait() for out in self._outgoing.values() if out.backlog_left]
        return min(deadlines, default=float("inf"))

    def tick(self) -> None:
        """Connect when it is time, give up what takes too long, and send what may be sent."""
        now = self._clock()
        if self._link is None:
            if now >= self._retry_at or self._has_new_token():
                self._connect()
        elif not self._is_up:
            if now - self._since > _CONNECT_WITHIN:
                self._drop("no answer in time")
        elif self._under_way and now - self._oldest() > self._settings.acknowledged_within:
            self._drop(f"nothing was acknowledged for {self._settings.acknowledged_within:g} s")
        else:
            self._pump()

    def limit(self, limits: Limits) -> None:
        """Keep to what the server takes."""
        self._limits = limits
        if self._is_up:
            self._pump()

    def close(self, patience: float) -> None:
        """End the connection."""
        if self._link is not None:
            self._link.close(patience=patience)
            self._link = None
        self._is_up = False

    # Callbacks of the link: they run in its thread, and only leave a note for the agent's.

    def connected(self, link: Link) -> None:
        """Note that the server accepts the device."""
        self._later(partial(self._connected, link))

    def refused(self, link: Link, reason: str, *, unauthorized: bool) -> None:
        """Note that the server refuses the device."""
        self._later(partial(self._was_refused, link, unauthorized))

    def acknowledged(self, link: Link, number: int) -> None:
        """Note that the server has a message."""
        self._later(partial(self._acknowledged, link, number))

    def received(self, link: Link, topic: str, payload: bytes) -> None:
        """Note what the server sent."""
        self._later(partial(self._received, link, topic, payload))

    def ended(self, link: Link, reason: str, *, by_server: bool) -> None:
        """Note that the connection is over."""
        self._later(partial(self._ended, link, reason, by_server))

    # What the notes do, in the agent's thread.

    def _connect(self) -> None:
        self._since, self._unauthorized = self._clock(), False
        try:
            token = self._settings.token()
        except PapayaError as error:
            self._wait(" ".join(str(error).split()), self._refused.next())
            return
        self._refused_token = token
        self._link = Link(self._settings.address, token, f"papaya-{self._rivals.instance}", self)
        self._link.start()

    def _connected(self, link: Link) -> None:
        if link is not self._link:
            return
        self._is_up, self._since, self._acknowledged_any = True, self._clock(), False
        self.counts.connections += 1
        self._said = ("", 0.0)
        self._refused.reset()
        waiting = self._storage.waiting
        log.info("connected to %s, %d readings are waiting", self._settings.address, waiting)
        self._under_way = {}
        self._outgoing = {}
        self._follow_spools()
        self._conversation.begin(self._send)
        self._pump()

    def _was_refused(self, link: Link, unauthorized: bool) -> None:
        if link is self._link:
            self._unauthorized = unauthorized

    def _acknowledged(self, link: Link, number: int) -> None:
        sent = self._under_way.pop(number, None) if link is self._link else None
        if sent is None:
            return
        sent.spool.forget(sent.batch.first, sent.batch.last)
        self.counts.messages += 1
        self.counts.readings += sent.batch.rows
        self._acknowledged_any = True
        self._rows_at_most = min(MOST_ROWS, self._rows_at_most * 2)
        if self._storage.removals >= _REMOVE_AT_ONCE:
            self._storage.commit()

    def _received(self, link: Link, topic: str, payload: bytes) -> None:
        if link is self._link:
            self._conversation.received(topic, payload)

    def _ended(self, link: Link, reason: str, by_server: bool) -> None:
        if link is self._link:
            self._over(reason, by_server=by_server)

    def _drop(self, reason: str) -> None:
        link = self._link
        if link is not None:
            link.close()
        self._over(reason, by_server=False)

    def _over(self, reason: str, *, by_server: bool) -> None:
        lived = self._clock() - self._since
        was_up, lost = self._is_up, len(self._under_way)
        self._link, self._is_up, self._under_way, self._outgoing = None, False, {}, {}
        if self._unauthorized:
            self._wait(
                _NOT_AUTHORIZED.format(self._settings.device, self._settings.address), self._refused.next()
            )
            return
        if was_up:
            if lived >= _SETTLED_SECONDS:
                self._backoff.reset()
            if lost and not self._acknowledged_any:
                # It may be what we send that ends the connection: too much at once, or one reading of it.
                self._rows_at_most = max(1, self._rows_at_most // 2)
            if self._rivals.ended(lived, by_server=by_server):
                log.warning(_SHORT_SESSIONS, self._settings.device)
        pause = self._backoff.next()
        if was_up and by_server:
            pause = self._rivals.pause() or pause
        self._wait(reason, pause)

    def _wait(self, reason: str, pause: float) -> None:
        now = self._clock()
        self._retry_at = now + pause
        said, at = self._said
        if reason != said or now - at > _SAY_AGAIN_SECONDS:
            # The same trouble is told once an hour.
            self._said = (reason, now)
            log.warning(
                "no connection to %s: %s. Readings are kept (%d wait); next attempt in %.0f s.",
                self._settings.address,
                reason,
                self._storage.waiting,
                pause,
            )
        else:
            log.info("no connection yet: %s; next attempt in %.0f s", reason, pause)

    def _has_new_token(self) -> bool:
        """Return whether the server refused the token and there is another one now."""
        if not self._unauthorized:
            return False
        try:
            return self._settings.token() != self._refused_token
        except PapayaError:
            return False

    def _send(self, topic: str, payload: bytes) -> None:
        if self._link is not None and self._is_up:
            self._link.publish(topic, payload)

    def _follow_spools(self) -> None:
        spools = self._storage.spools
        if tuple(self._outgoing) == spools:
            return
        known, self._outgoing = self._outgoing, {}
        for spool in spools:
            outgoing = known.get(spool)
            if outgoing is None:
                outgoing = Outgoing(spool, rate=self._settings.catch_up_rate, clock=self._clock)
                outgoing.begin(self._rows_at_most)
            self._outgoing[spool] = outgoing

    def _pump(self) -> None:
        self._follow_spools()
        for outgoing in self._outgoing.values():
            outgoing.rows_at_most = min(self._rows_at_most, self._limits.rows or MOST_ROWS)
            outgoing.rate = min(
                self._settings.catch_up_rate, self._limits.rate or self._settings.catch_up_rate
            )
            while len(self._under_way) < self._settings.window and self._publish(outgoing, is_live=True):
                pass
        for outgoing in self._outgoing.values():
            while (
                len(self._under_way) < self._settings.window
                and self._old_under_way() < most_old(self._settings.window)
                and self._publish(outgoing, is_live=False)
            ):
                pass

    def _publish(self, outgoing: Outgoing, *, is_live: bool) -> bool:
        batch = outgoing.next_live() if is_live else outgoing.next_old()
        if batch is None or self._link is None:
            return False
        number = self._link.publish(TELEMETRY, batch.payload)
        self._under_way[number] = Sent(outgoing.spool, batch, is_live, self._clock())
        return True

    def _oldest(self) -> float:
        return min(sent.at for sent in self._under_way.values())

    def _old_under_way(self) -> int:
        return sum(not sent.is_live for sent in self._under_way.values())


_NOT_AUTHORIZED = (
    "the token of {} is not accepted by {}. Fetch the current one with papaya provision, or store it in the "
    "token file: the agent takes it up by itself"
)
_SHORT_SESSIONS = (
    "the server has closed several sessions of %s soon after it accepted them: the network fails, the server "
    "limits the device's rate, or another program uses the same token (one session per device may last)"
)
