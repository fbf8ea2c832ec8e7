"""The list of the rows that are plotted, with undo and redo of every change."""

from __future__ import annotations

from collections.abc import Iterable

# More curves than this cannot be told apart.
MOST_PLOTTED = 32
# So many changes can be undone.
_MOST_CHANGES = 100


class Plotted:
    """Rows of the catalog in the order in which they were added, each once.

    Every change returns whether the rows are others than before.
    """

    def __init__(self) -> None:
        self.rows: tuple[int, ...] = ()
        self._before: list[tuple[int, ...]] = []
        self._after: list[tuple[int, ...]] = []

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to undo."""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Whether a change was undone last."""
        return bool(self._after)

    def begin(self, rows: Iterable[int]) -> bool:
        """Start from these rows: there is nothing to undo."""
        before, self.rows = self.rows, tuple(dict.fromkeys(rows))
        self._before.clear()
        self._after.clear()
        return self.rows != before

    def replace(self, rows: Iterable[int]) -> bool:
        """Plot these rows and no others."""
        chosen = tuple(dict.fromkeys(rows))
        if chosen == self.rows:
            return False
        self._before.append(self.rows)
        del self._before[:-_MOST_CHANGES]
        self._after.clear()
        self.rows = chosen
        return True

    def undo(self) -> bool:
        """Return to the rows before the last change."""
        return self._step(self._before, self._after)

    def redo(self) -> bool:
        """Repeat the change that was undone last."""
        return self._step(self._after, self._before)

    def _step(self, source: list[tuple[int, ...]], other: list[tuple[int, ...]]) -> bool:
        if not source:
            return False
        other.append(self.rows)
        self.rows = source.pop()
        return True
