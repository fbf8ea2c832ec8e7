"""The rows that are plotted, in panels above each other, and how they look; every change can be undone."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from papaya_gui.models.looks import Looks

# More curves than this cannot be told apart.
MOST_PLOTTED = 32
# More panels than this are too low to read, even where they scroll.
MOST_PANELS = 8
# So many changes can be undone.
_MOST_CHANGES = 100
# Of two panels that share their heights anew, each keeps so much of both.
_LEAST_PART = 0.15


@dataclass(frozen=True, slots=True)
class Panel:
    """Rows of one panel; its number stays the same wherever the panel is moved.

    Panels share the height of the plot: each has a part of it in proportion to its `share`.
    """

    number: int
    rows: tuple[int, ...] = ()
    share: float = 1.0


Panels = tuple[Panel, ...]
_Known = tuple[Panels, Looks]


class Plotted:
    """Rows of the catalog in panels from top to bottom, each row once.

    Every change returns whether anything is other than before. `current` is the number of the panel that
    gets what is added without naming one. A panel that loses its last curve is removed; one that was added
    empty stays.
    """

    def __init__(self) -> None:
        self.panels: Panels = ()
        self.looks = Looks()
        # How many rows there was no room for when some were added last.
        self.left_out = 0
        self._current = 0
        self._before: list[_Known] = []
        self._after: list[_Known] = []

    @property
    def rows(self) -> tuple[int, ...]:
        """Every row, panel by panel, in the order in which they were added."""
        return tuple(row for panel in self.panels for row in panel.rows)

    @property
    def current(self) -> int:
        """The number of the panel that gets what is added; the last one where the chosen one is gone."""
        numbers = [panel.number for panel in self.panels]
        return self._current if self._current in numbers else (numbers[-1] if numbers else 0)

    @property
    def can_undo(self) -> bool:
        """Whether there is a change to undo."""
        return bool(self._before)

    @property
    def can_redo(self) -> bool:
        """Whether a change was undone last."""
        return bool(self._after)

    def place(self, number: int) -> int:
        """Return the place of a panel from the top, -1 where there is no such panel."""
        return next((place for place, panel in enumerate(self.panels) if panel.number == number), -1)

    def panel_of(self, row: int) -> int:
        """Return the number of the panel of a row, -1 where it is not plotted."""
        return next((panel.number for panel in self.panels if row in panel.rows), -1)

    def make_current(self, number: int) -> None:
        """Let a panel get what is added from now on."""
        self._current = number

    def begin(self, rows: Iterable[int]) -> bool:
        """Start from these rows in one panel: there is nothing to undo."""
        chosen = tuple(dict.fromkeys(rows))
        return self.begin_panels([chosen] if chosen else [])

    def begin_panels(self, groups: Iterable[Sequence[int]], shares: Sequence[float] = ()) -> bool:
        """Start from these rows in panels, with shares of the height: there is nothing to undo."""
        before = self.panels
        seen: set[int] = set()
        panels = []
        for number, rows in enumerate(groups):
            share = shares[number] if number < len(shares) else 1.0
            panels.append(Panel(number, tuple(row for row in dict.fromkeys(rows) if row not in seen), share))
            seen |= set(rows)
        self.panels = tuple(panels[:MOST_PANELS])
        self._before.clear()
        self._after.clear()
        return self.panels != before

    def replace(self, rows: Iterable[int]) -> bool:
        """Plot these rows and no others: those that are plotted stay where they are."""
        chosen = tuple(dict.fromkeys(rows))
        if not chosen:
            return self._change(())
        known = set(self.rows)
        news = tuple(row for row in chosen if row not in known)
        if not self.panels:
            return self._change((Panel(0, news),))
        current = self.current
        changed = [
            replace(panel, rows=tuple(row for row in chosen if row in panel.rows)) for panel in self.panels
        ]
        kept = [
            replace(panel, rows=panel.rows + news) if panel.number == current else panel for panel in changed
        ]
        return self._change(self._without_emptied(kept))

    def add(self, rows: Iterable[int]) -> bool:
        """Plot these rows, too: those that are not plotted yet in the panel that is current."""
        return self.replace(dict.fromkeys((*self.rows, *self._bounded(rows))))

    def put(self, rows: Iterable[int], number: int) -> bool:
        """Plot these rows in a panel, wherever they are now."""
        if self.place(number) < 0:
            return self.put_apart(rows, len(self.panels))
        moved = self._bounded(rows)
        changed = []
        for panel in self.panels:
            if panel.number == number:
                stay = tuple(row for row in panel.rows if row not in moved or panel.number == number)
                changed.append(replace(panel, rows=tuple(dict.fromkeys((*stay, *moved)))))
            else:
                changed.append(replace(panel, rows=tuple(row for row in panel.rows if row not in moved)))
        self._current = number
        return self._change(self._without_emptied(changed))

    def put_apart(self, rows: Iterable[int], place: int) -> bool:
        """Plot these rows in a new panel at a place from the top; without rows the panel is empty."""
        wanted = tuple(rows)
        moved = self._bounded(wanted)
        if wanted and not moved:
            return False
        rest = [
            replace(panel, rows=tuple(row for row in panel.rows if row not in moved)) for panel in self.panels
        ]
        panel = Panel(max((one.number for one in self.panels), default=-1) + 1, moved)
        made = self._without_emptied([*rest[:place], panel, *rest[place:]])
        if len(made) > MOST_PANELS:
            return False
        self._current = panel.number
        return self._change(made)

    def remove_panel(self, number: int) -> bool:
        """Remove a panel with its curves."""
        return self._change(tuple(panel for panel in self.panels if panel.number != number))

    def shift(self, number: int, step: int) -> bool:
        """Move a panel up (-1) or down (1)."""
        place = self.place(number)
        other = place + step
        if place < 0 or not 0 <= other < len(self.panels):
            return False
        panels = list(self.panels)
        panels[place], panels[other] = panels[other], panels[place]
        return self._change(tuple(panels))

    def begin_looks(self, looks: Looks) -> None:
        """Start from these looks: there is nothing to undo."""
        self.looks = looks
        self._before.clear()
        self._after.clear()

    def look(self, looks: Looks) -> bool:
        """Let curves look so."""
        return self._change(self.panels, looks)

    def divide(self, upper: int, lower: int, part: float, *, goes_on: bool = False) -> bool:
        """Give one panel a part of the height that it has together with another, which gets the rest.

        What `goes_on` is one change with that before it: a handle that is dragged.
        """
        pair = {panel.number: panel for panel in self.panels if panel.number in (upper, lower)}
        if len(pair) < 2:
            return False
        both = pair[upper].share + pair[lower].share
        share = both * min(max(part, _LEAST_PART), 1.0 - _LEAST_PART)
        shares = {upper: share, lower: both - share}
        panels = tuple(replace(one, share=shares.get(one.number, one.share)) for one in self.panels)
        if goes_on and self._before and panels != self.panels:
            self.panels = panels
            return True
        return self._change(panels)

    def level(self) -> bool:
        """Give all panels the same height."""
        return self._change(tuple(replace(panel, share=1.0) for panel in self.panels))

    def grow(self, number: int, factor: float) -> bool:
        """Give a panel so many times its share of the height."""
        least, most = _LEAST_PART, 1.0 / _LEAST_PART
        return self._change(
            tuple(
                replace(one, share=min(max(one.share * factor, least), most)) if one.number == number else one
                for one in self.panels
            )
        )

    def undo(self) -> bool:
        """Return to what was plotted before the last change."""
        return self._step(self._before, self._after)

    def redo(self) -> bool:
        """Repeat the change that was undone last."""
        return self._step(self._after, self._before)

    def _bounded(self, rows: Iterable[int]) -> tuple[int, ...]:
        """Return as many of these rows as there is room for."""
        known, chosen = set(self.rows), list(dict.fromkeys(rows))
        room = max(MOST_PLOTTED - len(known), 0)
        wanted = [row for row in chosen if row not in known]
        news, self.left_out = wanted[:room], len(wanted[room:])
        return tuple(row for row in chosen if row in known or row in news)

    def _without_emptied(self, panels: Iterable[Panel]) -> Panels:
        had_rows = {panel.number for panel in self.panels if panel.rows}
        return tuple(panel for panel in panels if panel.rows or panel.number not in had_rows)

    def _change(self, panels: Panels, looks: Looks | None = None) -> bool:
        known, wanted = (self.panels, self.looks), (panels, self.looks if looks is None else looks)
        if wanted == known:
            return False
        self._before.append(known)
        del self._before[:-_MOST_CHANGES]
        self._after.clear()
        self.panels, self.looks = wanted
        return True

    def _step(self, source: list[_Known], other: list[_Known]) -> bool:
        if not source:
            return False
        other.append((self.panels, self.looks))
        self.panels, self.looks = source.pop()
        return True
