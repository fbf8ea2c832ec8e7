"""The plot without its widgets: what it shows, how it draws it, and everything that changes that."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC

from PyQt6.QtCore import QObject, pyqtSignal

from papaya_gui.models.composer import Captions, Composer, Wishes
from papaya_gui.models.curve import Aggregation
from papaya_gui.models.looks import Looks
from papaya_gui.models.measuring import Marks
from papaya_gui.models.picture import AxisKey
from papaya_gui.models.scale import Scale
from papaya_gui.models.series import Series
from papaya_gui.models.statistics import Digits, Statistics, statistics_of
from papaya_gui.plots.timeline import Timeline
from papaya_gui.sources.supply import Simulated
from papaya_gui.station import Station


class Plot(QObject):
    """The selected series of a station on a timeline, composed as a person wishes.

    Signals: `changed(rests)` when the plot needs a redraw. With `rests`, the past is requested after the time
    window stops moving. `marksChanged` when only a measuring cursor moved.
    """

    changed = pyqtSignal(bool)
    marksChanged = pyqtSignal()

    def __init__(self, station: Station, captions: Captions, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.station = station
        self.plotted = station.plotted
        self.marks = Marks()
        self.digits = Digits(station.texts)
        self._statistics: dict[int, tuple[tuple[object, ...], Statistics]] = {}
        # So many columns of pixels the curves have on the canvas.
        self.columns = 1000
        self.timeline = Timeline(station, self)
        self.composer = Composer(station.texts, captions, station.board)
        self.timeline.changed.connect(lambda: self.changed.emit(True))
        # Made before what draws, it hears first.
        station.selectionChanged.connect(self._take_looks)
        self._take_looks()

    def _take_looks(self) -> None:
        self.wishes.looks = self.plotted.looks

    @property
    def wishes(self) -> Wishes:
        """How curves are to be drawn."""
        return self.composer.wishes

    @property
    def drawn_rows(self) -> tuple[int, ...]:
        """The selected rows without those that are hidden."""
        return tuple(row for row in self.station.selection if row not in self.wishes.hidden)

    def statistics(self, series: Series) -> Statistics:
        """Return the statistics of a series over the visible time; a cursor that moves costs nothing."""
        known = self._statistics.get(series.row.index)
        held = series.live, len(series.live), series.live.last, series.past, series.exact
        key = (*self.timeline.bounds, *held)
        if known is None or known[0] != key:
            known = self._statistics[series.row.index] = key, statistics_of(series, *self.timeline.bounds)
        return known[1]

    def keep(self) -> None:
        """Forget what is known of rows that are plotted no longer, above all their samples."""
        rows = set(self.plotted.rows)
        self.composer.keep(rows)
        self._statistics = {row: known for row, known in self._statistics.items() if row in rows}

    @property
    def simulated(self) -> Simulated:
        """Whether none, some or all of the drawn rows are simulated."""
        simulated = self.station.supply.simulated_devices
        told = {self.station.catalog[row].device in simulated for row in self.drawn_rows}
        if True not in told:
            return Simulated.NOTHING
        return Simulated.SOME if False in told else Simulated.ALL

    @property
    def is_raw(self) -> bool:
        """Whether a curve is to be drawn sample by sample."""
        return Aggregation.RAW in (self.wishes.aggregation, *self.wishes.looks.own.values())

    def set_aggregation(self, aggregation: Aggregation) -> None:
        """Draw all rows that have no way of their own in this one."""
        self.wishes.aggregation = aggregation
        self.changed.emit(True)

    def set_own_aggregation(self, row: int, aggregation: Aggregation | None) -> None:
        """Draw one row in a way of its own, or with None like all others."""
        self._look(self.plotted.looks.with_own(row, aggregation))

    def next_aggregation(self) -> None:
        """Draw in the next of all ways."""
        ways = list(Aggregation)
        self.set_aggregation(ways[(ways.index(self.wishes.aggregation) + 1) % len(ways)])

    def toggle(self, row: int) -> None:
        """Hide a curve, or show it again."""
        self.wishes.hidden ^= {row}
        self.changed.emit(False)

    def set_limits(self, shown: bool) -> None:
        """Show the thresholds, or not."""
        self.wishes.shows_limits = shown
        self.changed.emit(False)

    def set_fixed(self, fixed: bool) -> None:
        """Leave the values of every axis as they are, or fit them to what is visible."""
        self.wishes.is_fixed = fixed
        if not fixed:
            self.composer.scales.clear()
        self.changed.emit(False)

    def set_linked(self, linked: bool) -> None:
        """Let axes of one unit show the same values in every panel, or let each panel fit its own."""
        self.wishes.is_linked = linked
        self.changed.emit(False)

    def set_apart(self, row: int, apart: bool) -> None:
        """Give a curve an axis of its own, or let it share that of its unit."""
        self._look(self.plotted.looks.with_apart(row, apart))

    def set_color(self, row: int, number: int) -> None:
        """Draw a curve in the color with a number, or with -1 in that of its pen."""
        self._look(self.plotted.looks.with_color(row, number))

    def set_width(self, row: int, pixels: float) -> None:
        """Draw a curve so wide."""
        self._look(self.plotted.looks.with_width(row, pixels))

    def _look(self, looks: Looks) -> None:
        self.station.rearrange(lambda plotted: plotted.look(looks))

    def divide(self, upper: int, lower: int, part: float, goes_on: bool) -> None:
        """Give a panel a part of the height that it has together with another; see `Plotted.divide`."""
        self.station.rearrange(lambda plotted: plotted.divide(upper, lower, part, goes_on=goes_on))

    def set_mark(self, place: int, moment: float | None) -> None:
        """Set measuring cursor A (0) or B (1), or with None remove it."""
        self.marks = self.marks.with_mark(place, moment)
        self.marksChanged.emit()

    def remove_marks(self) -> None:
        """Remove both measuring cursors."""
        self.marks = Marks()
        self.marksChanged.emit()

    def make_current(self, number: int) -> None:
        """Let a panel get what is added from now on."""
        if number != self.plotted.current:
            self.plotted.make_current(number)
            self.changed.emit(False)

    def step_current(self, step: int) -> None:
        """Let the next panel (1) or the one before (-1) get what is added."""
        panels = self.plotted.panels
        if panels:
            place = self.plotted.place(self.plotted.current) + step
            self.make_current(panels[place % len(panels)].number)

    def set_utc(self, utc: bool) -> None:
        """Show UTC, or the time of this machine."""
        self.wishes.zone = UTC if utc else None
        self.changed.emit(False)

    def zoom_scale(self, key: AxisKey, factor: float, value: float) -> None:
        """Show so many times the values of an axis, with one value where it was, and leave every axis so."""
        self._set_scale(key, lambda scale: scale.zoomed(factor, value))

    def move_scale(self, key: AxisKey, part: float) -> None:
        """Show higher or lower values of an axis, by a part of what is shown, and leave every axis so."""
        self._set_scale(key, lambda scale: scale.moved(part))

    def show_scale(self, key: AxisKey, scale: Scale) -> None:
        """Show these values of an axis, and leave every axis as it is."""
        self._set_scale(key, lambda _: scale)

    def _set_scale(self, key: AxisKey, change: Callable[[Scale], Scale]) -> None:
        scale = self.composer.scales.get(key)
        if scale is not None:
            self.composer.scales[key] = change(scale)
            self.set_fixed(True)
