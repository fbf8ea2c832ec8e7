"""The spool on disk, and one in memory for as long as the disk is full, read-only or broken."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from papaya.agent.spool import Spool, SpoolDamaged, SpoolUnusable
from papaya.agent.words import readings
from papaya.counting import are
from papaya.foreign import ForeignValue, whole
from papaya.manifest.model import Json

log = logging.getLogger(__name__)

MOST_IN_MEMORY = 20_000
_MOST_COUNTED = 100_000
_TRY_AGAIN_SECONDS = 10.0
_SAY_AGAIN_SECONDS = 3600.0
_RENEW_SECONDS = 600.0
_EVICTED = "evicted"


class Storage:
    """Where readings wait; `clock` never jumps."""

    def __init__(
        self, path: Path, *, clock: Callable[[], float], most_in_memory: int = MOST_IN_MEMORY
    ) -> None:
        self._path, self._clock, self._most = path, clock, most_in_memory
        self.memory = Spool.in_memory()
        self.disk: Spool | None = None
        self._trouble = ""
        self._said_at, self._is_announced = float("-inf"), False
        self._renewed_at = float("-inf")
        self._try_at = 0.0
        try:
            self.disk = Spool.open(path)
        except SpoolUnusable as error:
            self._say(error)
        self.evicted = _count(self.kept(_EVICTED))

    @property
    def spools(self) -> tuple[Spool, ...]:
        """Where readings may be waiting, oldest first."""
        return (self.memory,) if self.disk is None else (self.disk, self.memory)

    @property
    def waiting(self) -> int:
        """How many readings wait."""
        return sum(spool.count for spool in self.spools)

    def waiting_by_key(self) -> dict[str, int] | None:
        """Return how many readings of each key wait; None where there are too many to count at once."""
        if self.waiting > _MOST_COUNTED:
            return None
        counts: Counter[str] = Counter()
        for spool in self.spools:
            counts.update(spool.counts())
        return dict(counts)

    @property
    def is_durable(self) -> bool:
        """Whether readings outlive the process at present."""
        return not self._trouble

    @property
    def is_dirty(self) -> bool:
        """Whether anything waits for a commit."""
        return any(spool.is_dirty for spool in self.spools)

    @property
    def removals(self) -> int:
        """How many ranges of readings wait to be removed."""
        return sum(spool.removals for spool in self.spools)

    def add(self, ts: int, key: str, value: Json) -> None:
        """Add a reading with the next commit."""
        self._active().add(ts, key, value)

    def keep(self, name: str, value: Json) -> None:
        """Keep something small across restarts, from the next commit on."""
        (self.disk or self.memory).keep(name, value)

    def kept(self, name: str) -> Json:
        """Return what was kept under a name."""
        return (self.disk or self.memory).kept(name)

    def commit(self) -> None:
        """Make what was added durable, or at least keep it in memory while the disk fails."""
        disk = self.disk
        if disk is not None and not self._trouble:
            try:
                disk.commit()
            except SpoolUnusable as error:
                self.memory.add_rows(disk.take_uncommitted())
                self.failed(error)
        self.memory.commit()
        if self.memory.count > self._most:
            surplus = self.memory.count - self._most
            rows = self.memory.read(0, None, surplus)
            self.memory.forget(rows[0].id, rows[-1].id)
            self.memory.commit()
            self._count_evicted(surplus, "memory")

    def failed(self, error: SpoolUnusable) -> None:
        """Go on in memory; a damaged spool is put aside, and what it still has moves to a new one."""
        disk = self.disk
        if disk is None or not isinstance(error, SpoolDamaged):
            self._say(error)
            return
        self.memory.add_rows(disk.take_uncommitted())
        disk.close()
        self.disk = None
        if self._clock() - self._renewed_at < _RENEW_SECONDS:
            # A disk that damages every file must not be filled with damaged files.
            self._say(error)
            return
        self._renewed_at = self._clock()
        try:
            self.disk = Spool.renew(self._path, error.message)
        except SpoolUnusable as failure:
            self._say(failure)

    def check(self, *, may_move: bool) -> bool:
        """Try a failing disk again when it is time; return whether the set of spools has changed.

        Readings in memory move to the disk where `may_move` says that none of them is under way.
        """
        if not self._trouble:
            if may_move and self.memory.count:
                self._move()
            return False
        if self._clock() < self._try_at:
            return False
        self._try_at = self._clock() + _TRY_AGAIN_SECONDS
        before = self.disk
        try:
            if self.disk is None:
                self.disk = Spool.open(self._path)
            self.disk.shrink_log()
            self.disk.keep("probe", int(self._clock()))
            self.disk.commit()
        except SpoolUnusable as error:
            self._say(error)
            if self.disk is not None and "full" not in error.message:
                # A connection that met an input or output error does not recover: begin with a new one.
                self.disk.close()
                self.disk = None
            return self.disk is not before
        if self._is_announced:
            log.warning("the spool %s can be written again", self._path)
        self._trouble, self._is_announced = "", False
        return self.disk is not before

    def evict(self, *, most_bytes: int, older_than: int | None) -> None:
        """Keep the spool within its bounds, at the cost of the oldest readings."""
        if self.disk is None:
            return
        try:
            evicted = self.disk.evict(most_bytes=most_bytes, older_than=older_than)
        except SpoolUnusable as error:
            self.failed(error)
            return
        if evicted:
            self._count_evicted(evicted, "the spool")

    def close(self) -> None:
        """Write what can be written, and close."""
        self.commit()
        if self.disk is not None:
            self._move()
        if self.memory.count:
            lost = self.memory.count
            log.error(
                "%s %s lost: the disk failed, and memory ends with the process", readings(lost), are(lost)
            )
        for spool in self.spools:
            spool.close()

    def _active(self) -> Spool:
        return self.memory if self.disk is None or self._trouble else self.disk

    def _move(self) -> None:
        if self.disk is None:
            return
        rows = self.memory.read(0, None, self._most)
        self.disk.add_rows(rows)
        try:
            self.disk.commit()
        except SpoolUnusable as error:
            self.disk.take_uncommitted()
            self._say(error)
            return
        if rows:
            self.memory.forget(rows[0].id, rows[-1].id)
            self.memory.commit()
            log.info("%s moved from memory to the spool", readings(len(rows)))

    def _count_evicted(self, number: int, where: str) -> None:
        self.evicted += number
        self.keep(_EVICTED, self.evicted)
        told = f"{readings(number, 'oldest')} {are(number)}"
        log.error("%s is full: the %s dropped (%d so far)", where, told, self.evicted)

    def _say(self, error: SpoolUnusable) -> None:
        now = self._clock()
        if now - self._said_at >= _SAY_AGAIN_SECONDS:
            # A disk that is full now and then, in turns with other errors, is one trouble.
            self._said_at, self._is_announced = now, True
            log.error(
                "%s. Readings are kept in memory, the latest %d of them, until it can be.",
                error.message,
                self._most,
            )
        else:
            log.debug("%s", error.message)
        if not self._trouble:
            self._try_at = now + _TRY_AGAIN_SECONDS
        self._trouble = error.message


def _count(value: Json) -> int:
    try:
        return whole(value, least=0)
    except ForeignValue:
        return 0
