"""Which span of time the plot shows, and everything that changes it."""

from __future__ import annotations

from PyQt6.QtCore import QObject, pyqtSignal

from papaya_gui.models.series import Series
from papaya_gui.models.window import TimeWindow
from papaya_gui.station import Station


class Timeline(QObject):
    """A window on the station's time.

    Signals: `changed` when another one is wanted, `allWanted` when the source is to be asked what it has.
    """

    changed = pyqtSignal()
    allWanted = pyqtSignal()

    def __init__(self, station: Station, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._station = station
        self.window = TimeWindow()
        self._paused_at = station.moment if station.is_paused else None
        station.pausedChanged.connect(self._on_paused)

    @property
    def now(self) -> float:
        """The newest moment that is shown: it stands still while the views are paused."""
        return self._station.moment if self._paused_at is None else self._paused_at

    @property
    def is_paused(self) -> bool:
        """Whether it stands still."""
        return self._paused_at is not None

    @property
    def bounds(self) -> tuple[float, float]:
        """The start and the end of what is shown, in seconds since 1970."""
        return self.window.bounds(self.now)

    @property
    def chosen(self) -> list[Series]:
        """The series of the selection."""
        return [self._station.series(row) for row in self._station.selection]

    def show(self, window: TimeWindow) -> None:
        """Show another span of time."""
        self.window = window
        self.changed.emit()

    def show_between(self, start: float, end: float) -> None:
        """Show a span that stands still."""
        self.show(self.window.between(start, end))

    def zoom(self, factor: float, moment: float) -> None:
        """Show a span so many times as long, with one moment where it was; leaves follow mode."""
        self.show(self.window.zoomed(factor, moment, self.now))

    def resize(self, factor: float) -> None:
        """Show a span so many times as long, still following if it did."""
        self.show(self.window.resized(factor, self.now))

    def move(self, part: float) -> None:
        """Show an earlier or later span, by a part of its length; leaves follow mode."""
        self.show(self.window.moved(part, self.now))

    def step(self, direction: int) -> None:
        """Follow the newest readings in the next longer (1) or shorter (-1) of the usual windows."""
        self.show(self.window.stepped(direction))

    def follow(self, seconds: float | None = None) -> None:
        """Follow the newest readings, in a window so long or as long as it is."""
        self.show(self.window.following(seconds))

    def show_all(self) -> None:
        """Show everything that is known of the selected series."""
        firsts = [
            float(part.times[0]) for series in self.chosen for part in (series.past, series.live) if len(part)
        ]
        lasts = [series.last[0] for series in self.chosen if series.last is not None]
        if firsts:
            self.fit(min(firsts), max(lasts))
        self.allWanted.emit()

    def fit(self, first: float, last: float) -> None:
        """Show everything between two moments, with a little room beside it."""
        edge = 0.02 * max(last - first, 1.0)
        self.show_between(first - edge, last + edge)

    def _on_paused(self, paused: bool) -> None:
        self._paused_at = self._station.moment if paused else None
