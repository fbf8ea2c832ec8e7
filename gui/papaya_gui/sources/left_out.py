"""Unusable entries of a file or database of the whole fleet: their count and the last error."""

from __future__ import annotations

import threading

from papaya.counting import counted


class LeftOut:
    """Counts entries since the source was last read from its beginning; used from several threads."""

    def __init__(self) -> None:
        self._counting = threading.Lock()
        self._count, self._last, self._taken = 0, "", 0
        # Whether a time was read as UTC because it does not say its zone.
        self.is_without_zone = False
        # Whether times count from 0.
        self.is_from_zero = False

    def begin(self) -> None:
        """Begin anew: the source is read from its beginning."""
        with self._counting:
            self._count, self._last, self._taken = 0, "", 0
            self.is_without_zone = self.is_from_zero = False

    def add(self, reason: str, count: int = 1) -> None:
        """Note entries that cannot be used, and why the last one cannot."""
        with self._counting:
            self._count, self._last = self._count + count, reason

    def take(self, count: int) -> None:
        """Note entries that can be used."""
        with self._counting:
            self._taken += count

    @property
    def words(self) -> str:
        """How many entries cannot be used, and why; empty where all can."""
        with self._counting:
            if not self._count:
                return ""
            last = self._last if self._count == 1 else f"the last: {self._last}"
            return f"{counted(self._count, 'entry')} cannot be used{':' if self._count == 1 else ','} {last}"

    @property
    def doubts(self) -> list[str]:
        """Notes for people about the entries that were read; empty where there is nothing to say."""
        zone = ["times without a zone are read as UTC"] if self.is_without_zone else []
        zero = ["times count from 0, which is shown as midnight"] if self.is_from_zero else []
        return [self.words] * bool(self.words) + zone + zero

    @property
    def is_everything(self) -> bool:
        """Whether every entry is unusable."""
        with self._counting:
            return bool(self._count) and not self._taken
