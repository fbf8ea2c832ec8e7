"""The telemetry messages of one connection: which are under way, and what may follow them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

from papaya.agent.batches import MOST_ROWS
from papaya.agent.limits import Limits
from papaya.agent.link import TELEMETRY
from papaya.agent.outgoing import Outgoing, Sent, most_old
from papaya.agent.settings import AgentSettings
from papaya.agent.spool import Spool, SpoolUnusable
from papaya.agent.storage import Storage

Publish = Callable[[str, bytes], int]
_REMOVE_AT_ONCE = 16


@dataclass(slots=True)
class Counts:
    """What the server has acknowledged in this run."""

    messages: int = 0
    readings: int = 0
    by_key: Counter[str] = field(default_factory=Counter)


class Traffic:
    """Takes readings out of the spools in a bounded window, and removes those that the server has."""

    def __init__(self, settings: AgentSettings, storage: Storage, clock: Callable[[], float]) -> None:
        self._settings, self._storage, self._clock = settings, storage, clock
        self._outgoing: dict[Spool, Outgoing] = {}
        self._under_way: dict[int, Sent] = {}
        self._rows_at_most = MOST_ROWS
        self._acknowledged_any = False
        self.limits = Limits()
        self.counts = Counts()

    @property
    def is_busy(self) -> bool:
        """Whether messages are under way."""
        return bool(self._under_way)

    def begin(self) -> None:
        """Begin a connection: whatever is in the spools now is backlog."""
        self._outgoing, self._under_way, self._acknowledged_any = {}, {}, False
        try:
            self._follow_spools()
        except SpoolUnusable as error:
            self._storage.failed(error)

    def end(self) -> None:
        """End a connection: what is under way stays in its spool, and goes out again with the next."""
        if self._under_way and not self._acknowledged_any:
            # It may be what we send that ends the connection: too much at once, or one reading of it.
            self._rows_at_most = max(1, self._rows_at_most // 2)
        self._outgoing, self._under_way = {}, {}

    def pump(self, publish: Publish) -> None:
        """Send what may be sent: live readings first, then the backlog."""
        try:
            self._pump(publish)
        except SpoolUnusable as error:
            self._storage.failed(error)

    def _pump(self, publish: Publish) -> None:
        self._follow_spools()
        rate = self._settings.catch_up_rate
        for outgoing in self._outgoing.values():
            outgoing.rows_at_most = min(self._rows_at_most, self.limits.rows or MOST_ROWS)
            outgoing.rate = min(rate, self.limits.rate or rate)
            while self._has_room and self._send(outgoing, publish, is_live=True):
                pass
        for outgoing in self._outgoing.values():
            while self._has_room_for_old and self._send(outgoing, publish, is_live=False):
                pass

    def has_under_way(self, number: int) -> bool:
        """Return whether a message carries readings that wait for their acknowledgement."""
        return number in self._under_way

    def acknowledged(self, number: int) -> None:
        """Let the readings of a message go."""
        sent = self._under_way.pop(number, None)
        if sent is None:
            return
        sent.spool.forget(sent.batch.first, sent.batch.last)
        self.counts.messages += 1
        self.counts.readings += sent.batch.rows
        self.counts.by_key.update(sent.batch.keys)
        self._acknowledged_any = True
        self._rows_at_most = min(MOST_ROWS, self._rows_at_most * 2)
        if self._storage.removals >= _REMOVE_AT_ONCE:
            self._storage.commit()

    @property
    def overdue_at(self) -> float:
        """When the oldest message under way has waited for too long."""
        oldest = min((sent.at for sent in self._under_way.values()), default=float("inf"))
        return oldest + self._settings.acknowledged_within

    def next_deadline(self) -> float:
        """Return when a message is overdue, or the rate allows the next one of the backlog."""
        deadlines = [self.overdue_at]
        if self._has_room_for_old:
            now = self._clock()
            deadlines += [now + out.wait() for out in self._outgoing.values() if out.backlog_left]
        return min(deadlines)

    @property
    def _has_room(self) -> bool:
        return len(self._under_way) < self._settings.window

    @property
    def _has_room_for_old(self) -> bool:
        old = sum(not sent.is_live for sent in self._under_way.values())
        return self._has_room and old < most_old(self._settings.window)

    def _send(self, outgoing: Outgoing, publish: Publish, *, is_live: bool) -> bool:
        batch = outgoing.next_live() if is_live else outgoing.next_old()
        if batch is None:
            return False
        number = publish(TELEMETRY, batch.payload)
        self._under_way[number] = Sent(outgoing.spool, batch, is_live, self._clock())
        return True

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
