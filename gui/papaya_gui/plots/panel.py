"""The plot: the selected sensors over time, the past and what comes live on one axis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PyQt6.QtCore import QPoint, QPointF, QRectF, QTimer, pyqtSignal
from PyQt6.QtGui import (
    QDragEnterEvent,
    QDragLeaveEvent,
    QDragMoveEvent,
    QDropEvent,
    QPainter,
    QShowEvent,
)
from PyQt6.QtWidgets import QMenu, QVBoxLayout, QWidget

from papaya.manifest.model import Json
from papaya_gui.actions import Actions
from papaya_gui.dragged import dragged, dropped
from papaya_gui.models.curve import MOST_RAW, Aggregation
from papaya_gui.models.picture import Axis, AxisKey
from papaya_gui.models.plotted import MOST_PLOTTED
from papaya_gui.models.scale import Scale
from papaya_gui.models.window import USUAL_SPAN, TimeWindow
from papaya_gui.plots import commands, kept, menus, readout
from papaya_gui.plots.axis_dialog import AxisDialog
from papaya_gui.plots.backfill import Backfill
from papaya_gui.plots.bar import Bar
from papaya_gui.plots.canvas import Canvas
from papaya_gui.plots.copying import Copying
from papaya_gui.plots.dropping import Target
from papaya_gui.plots.invitation import Invitation
from papaya_gui.plots.legend import Legend
from papaya_gui.plots.picking import trace_at
from papaya_gui.plots.plot import Plot
from papaya_gui.plots.range_dialog import RangeDialog
from papaya_gui.plots.rendering import paint
from papaya_gui.plots.scrolling import scrolling
from papaya_gui.plots.summing import Summing
from papaya_gui.plots.trouble import Trouble
from papaya_gui.popup import popup
from papaya_gui.station import Station
from papaya_gui.theme import Theme

# So long words stand beside what the bar says.
_SAID_MILLISECONDS = 6000
# As near to the edge as something is dragged to let panels scroll, in pixels.
_DRAG_EDGE = 24


class PlotPanel(QWidget):
    """The plot as widgets: draws what the station has selected whenever it ticks.

    An export takes `visible_range`, `drawn_rows` and `paint_on`; a layout `window_seconds` and `settings`.
    Signal: `exportWanted(rows)` when the samples of some rows are to be saved.
    """

    exportWanted = pyqtSignal(list)

    def __init__(
        self, station: Station, theme: Theme, actions: Actions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self.setObjectName("plot-panel")
        self.setAccessibleName(self.tr("Plot of the selected sensors"))
        self.station, self.theme = station, theme
        self.shown = Plot(station, readout.captions(), self)
        self.timeline, self.composer = self.shown.timeline, self.shown.composer
        self.backfill, self.summing = Backfill(station, self), Summing(station, self)
        self._fitted: TimeWindow | None = None
        # Answers for many rows arrive together, so they are drawn once.
        self._soon = QTimer(self)
        self._soon.setSingleShot(True)
        self._soon.timeout.connect(lambda: self.refresh())
        # A panel that is new has its place once the canvas has its height.
        self._marked = 0
        self._turning = QTimer(self)
        self._turning.setSingleShot(True)
        self._turning.timeout.connect(self._show_current)
        self.commands = actions
        around = commands.Surroundings(
            self,
            self.ask_window,
            lambda pixels: self.canvas.step_cursor(pixels),
            lambda: self.canvas.cursor_time,
        )
        # In the order in which Tab goes through them.
        self.bar = Bar(commands.register(self.shown, actions, around), actions["plot.custom"], self)
        self.trouble = Trouble(theme, self)
        self.canvas, self.legend = Canvas(theme, self), Legend(theme, self)
        self.invitation = Invitation(station, theme, self.canvas)
        self.invitation.findWanted.connect(lambda: actions["palette"].trigger())
        self.invitation.allWanted.connect(self.timeline.show_all)
        self.legend.entries.packed = partial(dragged, station.catalog)
        self.copying = Copying(station, self)
        self._said = ""
        self._forget = QTimer(self)
        self._forget.setSingleShot(True)
        self._forget.timeout.connect(lambda: self.say(""))
        layout = QVBoxLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setSpacing(2)
        self.panes = scrolling(self.canvas, self.tr("Panels"), self)
        for widget in (self.bar, self.trouble, self.panes, self.legend):
            layout.addWidget(widget)
        layout.setStretchFactor(self.panes, 1)
        self.setAcceptDrops(True)
        self._connect()
        self._on_selection()

    def _connect(self) -> None:
        station, canvas = self.station, self.canvas
        station.ticked.connect(self._on_tick)
        station.selectionChanged.connect(self._on_selection)
        # The timeline hears of a pause first: it was made first.
        station.pausedChanged.connect(lambda _: self.refresh())
        station.recordedChanged.connect(self._on_recorded)
        full = self.tr("The plot is full: it has {count} curves.").format(count=MOST_PLOTTED)
        station.plotFull.connect(partial(self.say, full))
        self.timeline.allWanted.connect(lambda: self.backfill.ask_extent(self.timeline.chosen))
        self.backfill.reached.connect(self._on_reached)
        self.shown.changed.connect(lambda rests: self.refresh(rests=rests))
        self.shown.marksChanged.connect(self._show_readout)
        self.copying.told.connect(self.say)
        canvas.zoomed.connect(self.timeline.zoom)
        canvas.moved.connect(self.timeline.move)
        canvas.chosen.connect(self.timeline.show_between)
        canvas.asked.connect(self._on_asked)
        canvas.scaleZoomed.connect(self.shown.zoom_scale)
        canvas.scaleMoved.connect(self.shown.move_scale)
        canvas.cursorMoved.connect(self._show_readout)
        canvas.paneChosen.connect(self.shown.make_current)
        canvas.markMoved.connect(self.shown.set_mark)
        canvas.paneDivided.connect(self.shown.divide)
        canvas.paneMenuWanted.connect(lambda number, place: popup(self._panel_menu(number, None), place))
        canvas.menuWanted.connect(lambda spot, place: popup(self.menu_at(spot), place))
        canvas.resized.connect(lambda: self.refresh())
        self.bar.aggregationChosen.connect(self.set_aggregation)
        self.legend.toggled.connect(self.toggle)
        self.legend.removed.connect(lambda row: station.remove([row]))
        self.legend.menuWanted.connect(lambda row, place: popup(self._curve_menu(row), place))
        self.backfill.changed.connect(self._soon.start)
        self.summing.changed.connect(self._soon.start)
        self.backfill.failed.connect(self.trouble.show_failure)
        self.trouble.retried.connect(self.backfill.retry)

    # What others ask

    def visible_range(self) -> tuple[float, float]:
        """Return the start and the end of what is shown, in seconds since 1970."""
        return self.timeline.bounds

    def drawn_rows(self) -> tuple[int, ...]:
        """Return the selected rows without those that are hidden."""
        return self.shown.drawn_rows

    def paint_on(self, painter: QPainter, area: QRectF) -> None:
        """Paint what is shown, with its legend, into an area of any painter, in the painter's own units."""
        paint(painter, area, self.shown, self.theme)

    def window_seconds(self) -> float:
        """Return how much time is shown."""
        return self.timeline.window.span

    def set_window_seconds(self, seconds: float) -> None:
        """Follow the newest readings in a window so long."""
        self.timeline.follow(seconds)

    def settings(self) -> dict[str, Json]:
        """Return everything that can be set, for a layout."""
        return kept.settings_of(self.shown)

    def set_settings(self, settings: Mapping[str, Json]) -> Sequence[str]:
        """Set the plot as a layout tells; return a note for each thing in it that makes no sense any more."""
        return kept.restore(self.shown, settings)

    def set_theme(self, theme: Theme) -> None:
        """Draw with other colours from now on."""
        self.theme = theme
        self.trouble.set_theme(theme)
        self.legend.set_theme(theme)
        self.invitation.set_theme(theme)
        self.canvas.set_theme(theme)
        self.refresh()

    def close_sources(self) -> None:
        """End the thread that asks for the past."""
        self._soon.stop()
        self._forget.stop()
        self._turning.stop()
        self.copying.close()
        self.backfill.close()
        self.summing.close()

    def _on_asked(self, name: str, factor: float) -> None:
        if name == "all":
            self.timeline.show_all()
        elif name == "live":
            self.timeline.follow()
        else:
            self.timeline.resize(factor)

    def ask_window(self) -> None:
        """Let a person choose the time that is shown."""
        dialog = RangeDialog(
            self.timeline.bounds, self.timeline.now, self.shown.wishes.zone, self.theme, self
        )
        dialog.spanChosen.connect(self.set_window_seconds)
        dialog.rangeChosen.connect(self.timeline.show_between)
        dialog.move(self.bar.range.mapToGlobal(QPoint(0, self.bar.range.height())))
        dialog.open()

    # How it is drawn

    def set_aggregation(self, aggregation: Aggregation) -> None:
        """Draw all rows that have no way of their own in this one."""
        self.shown.set_aggregation(aggregation)

    def set_own_aggregation(self, row: int, aggregation: Aggregation | None) -> None:
        """Draw one row in a way of its own, or with None like all others."""
        self.shown.set_own_aggregation(row, aggregation)

    def toggle(self, row: int) -> None:
        """Hide a curve, or show it again."""
        self.shown.toggle(row)

    # Menus, and what they do

    def menu_at(self, spot: QPointF) -> QMenu:
        """Return the menu of what is at a place of the canvas: a curve, an axis or a panel."""
        axis, pane = self.canvas.axis_at(spot), self.canvas.placement.pane_at(spot.y())
        if axis is not None and isinstance(axis.shown, Axis):
            key, scale = axis.shown.key, axis.scale
            return menus.axis_menu(self.shown, key, self.commands, self, lambda: self._ask_scale(key, scale))
        trace = trace_at(self.canvas.placement, spot.x(), spot.y())
        if trace is not None:
            return self._curve_menu(trace.row)
        number = -1 if pane is None else pane.pane.number
        return self._panel_menu(number, self.canvas.placement.time(spot.x()) if pane is not None else None)

    def _curve_menu(self, row: int) -> QMenu:
        copy, save = partial(self._copy, [row]), partial(self.exportWanted.emit, [row])
        return menus.curve_menu(self.shown, row, self.theme, self, copy, save)

    def _panel_menu(self, number: int, moment: float | None) -> QMenu:
        panel = next((one for one in self.shown.plotted.panels if one.number == number), None)
        rows = [row for row in panel.rows if row in self.drawn_rows()] if panel is not None else []
        return menus.panel_menu(self.shown, number, moment, self.commands, self, partial(self._copy, rows))

    def _copy(self, rows: Sequence[int]) -> None:
        self.copying.copy(rows, *self.visible_range())

    def _ask_scale(self, key: AxisKey, scale: Scale) -> None:
        dialog = AxisDialog(key.unit, scale, self)
        dialog.chosen.connect(partial(self.shown.show_scale, key))
        dialog.open()

    def say(self, words: str) -> None:
        """Show words for a while beside what the bar says."""
        self._said = words
        if words:
            self._forget.start(_SAID_MILLISECONDS)
        self._show_note()

    # What is dropped

    def dragEnterEvent(self, event: QDragEnterEvent | None) -> None:
        """Take sensors and curves, and show what dropping them does."""
        if event is not None and dropped(self.station.catalog, event.mimeData()):
            event.acceptProposedAction()
            self._target(event.position())

    def dragMoveEvent(self, event: QDragMoveEvent | None) -> None:
        """Show what dropping does here."""
        if event is not None:
            self._target(event.position())
            event.acceptProposedAction()

    def dragLeaveEvent(self, event: QDragLeaveEvent | None) -> None:
        """Show that nothing is dropped."""
        self.canvas.show_target(None)

    def dropEvent(self, event: QDropEvent | None) -> None:
        """Plot what is dropped in the panel there, or in a new one."""
        if event is None:
            return
        target = self._target(event.position())
        self.canvas.show_target(None)
        rows = dropped(self.station.catalog, event.mimeData())
        if target is not None and target.number is not None:
            number = target.number
            self.station.rearrange(lambda plotted: plotted.put(rows, number))
        elif target is not None:
            self.station.rearrange(lambda plotted: plotted.put_apart(rows, target.place))
        event.acceptProposedAction()

    def _target(self, position: QPointF) -> Target | None:
        place = self.canvas.mapFrom(self, position)
        # Where panels scroll, those beyond the edge come to the mouse.
        self.panes.ensureVisible(round(place.x()), round(place.y()), 0, _DRAG_EDGE)
        return self.canvas.show_target(place)

    def _show_current(self) -> None:
        """Scroll to the panel that is marked."""
        pane = next((one for one in self.canvas.placement.panes if one.pane.is_current), None)
        if pane is not None:
            for y in (pane.whole.bottom(), pane.whole.top()):
                self.panes.ensureVisible(0, round(y), 0, 4)

    # Drawing

    def _on_selection(self) -> None:
        self.shown.keep()
        self.trouble.hide()
        self.refresh()
        self._turning.start(0)

    def _on_recorded(self) -> None:
        """Fit the time window to a recording's data, and again until the user moves it."""
        recorded, line = self.station.recorded, self.timeline
        if recorded is None:
            if line.window == self._fitted:
                line.follow(USUAL_SPAN)
        elif self._fitted is None or line.window == self._fitted:
            line.fit(*recorded)
            self._fitted = line.window

    def _on_reached(self, first: float, last: float) -> None:
        """Show all that the source has, beside what has come since it was asked."""
        lasts = [series.last[0] for series in self.timeline.chosen if series.last is not None]
        self.timeline.fit(first, max([last, *lasts]))

    def showEvent(self, event: QShowEvent | None) -> None:
        """Draw the readings that arrived while the plot was hidden."""
        super().showEvent(event)
        self.refresh()

    def _on_tick(self) -> None:
        if not self.isVisible():
            return
        if self.timeline.is_paused:
            self._show_note()
        else:
            self.refresh()

    def refresh(self, *, rests: bool = False) -> None:
        """Draw anew what can be seen; with `rests` the past is asked for once the window has come to rest."""
        if self.isVisible():
            self._draw()
        points = MOST_RAW // 5 if self.shown.is_raw else self.canvas.pixels
        self.backfill.want(self.timeline.chosen, *self.timeline.bounds, points, rests=rests)
        self.summing.want(self.timeline.chosen, *self.timeline.bounds)

    def _draw(self) -> None:
        canvas, plotted = self.canvas, self.shown.plotted
        picture = self.composer.compose(
            self.timeline.chosen,
            *self.timeline.bounds,
            self.timeline.now,
            canvas.pixels,
            canvas.axes,
            panels=plotted.panels,
            current=plotted.current,
            is_reading=self.backfill.is_busy,
        )
        if plotted.current != self._marked:
            self._marked = plotted.current
            self._turning.start(0)
        message = "" if plotted.panels else readout.nothing_selected()
        canvas.show_picture(picture, message, readout.watermark(self.shown))
        self.invitation.offer(picture)
        self._show_readout()
        self._show_note()
        self.bar.show_window(readout.window_name(self.shown))
        self.bar.show_aggregation(self.shown.wishes.aggregation)

    def _show_readout(self) -> None:
        """Show the values of now and at the cursor, in the legend and on the canvas."""
        shown, canvas = self.shown, self.canvas
        shown.columns = round(canvas.placement.plot.width())
        moment = canvas.cursor_time
        readings = readout.readings_of(shown, self.theme, moment, canvas.placement)
        self.legend.set_entries(tuple(reading.entry for reading in readings), self.height() // 4)
        points = tuple(reading.point for reading in readings if reading.point is not None)
        canvas.set_points(readout.heading(shown, moment), points)
        canvas.set_marks(shown.marks)
        canvas.setAccessibleDescription(readout.description(shown, readings))

    def _show_note(self) -> None:
        told = readout.note(self.shown, is_reading=self.backfill.is_busy)
        self.bar.set_note("   ".join(one for one in (self._said, told) if one))
