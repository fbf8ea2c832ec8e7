"""The plot panel, used with the mouse and with keys."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from papaya_gui.actions import Actions
from papaya_gui.models.catalog import Row
from papaya_gui.models.composer import Composer
from papaya_gui.models.curve import Aggregation
from papaya_gui.models.picture import AxisKey, Picture
from papaya_gui.plots.menus import curve_menu
from papaya_gui.plots.panel import PlotPanel
from papaya_gui.plots.range_dialog import RangeDialog
from papaya_gui.sources.supply import Past
from papaya_gui.station import Station
from papaya_gui.theme import DARK, LIGHT
from PyQt6.QtCore import QEvent, QPoint, QPointF, QRectF, Qt
from PyQt6.QtGui import QAction, QColor, QImage, QKeyEvent, QPainter, QWheelEvent
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QWidget

from papaya.errors import PapayaError
from papaya.manifest.model import Fleet
from tests.gui.hand import HandSupply, pause, wait_until

NOW = 1_764_100_000.0
CM = AxisKey(0, "cm")
# PyQt's types take its static methods for those of an instance.
TEST: Any = QTest


class Remembering(HandSupply):
    """Remembers a wave for every row, notes what it is asked for, and fails while a test says so."""

    broken = False
    remembers = True

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.asked: list[tuple[int, float, float, int]] = []

    @property
    def has_history(self) -> bool:
        """Unless a test says that it forgot everything."""
        return self.remembers

    def history(self, row: Row, start: float, end: float, points: int) -> Past:
        """Return a wave, a sample each five seconds or as fine as asked for."""
        self.asked.append((row.index, start, end, points))
        if self.broken:
            raise PapayaError("the server does not answer", remedy="Start it, then try again.")
        step = max(5.0, (end - start) / points)
        times = np.arange(np.ceil(start / step) * step, end, step)
        return Past(times, 20 + np.sin(times / 50))


class Clock:
    """The time that the station is told."""

    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still until a test moves it."""
    return Clock()


@pytest.fixture
def station(fleet: Fleet, clock: Clock) -> Iterator[Station]:
    """Return the demo fleet with a source that remembers."""
    made = Station(fleet, Remembering, clock=clock)
    yield made
    made.close()


@pytest.fixture
def panel(application: QApplication, station: Station) -> Iterator[PlotPanel]:
    """Return a panel on the screen."""
    made = PlotPanel(station, LIGHT, Actions())
    made.resize(900, 600)
    made.show()
    application.processEvents()
    yield made
    made.close_sources()
    made.close()
    made.deleteLater()


def supply(station: Station) -> Remembering:
    """Return the source that the test plays."""
    assert isinstance(station.supply, Remembering)
    return station.supply


def feed(station: Station, row: int, seconds: float = 60.0, step: float = 1.0) -> None:
    """Let a row have told a ramp during the last seconds."""
    times = np.arange(NOW - seconds, NOW + step / 2, step)
    supply(station).say_all(row, times.tolist(), np.linspace(10, 20, len(times)).tolist())
    station.tick()


def wheel(
    widget: QWidget, at: QPoint, steps: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Turn the wheel of the mouse."""
    event = QWheelEvent(
        QPointF(at),
        QPointF(widget.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def surface(panel: PlotPanel) -> QWidget:
    """Return what the mouse is over when it is over the curves."""
    viewport = panel.canvas.viewport()
    assert isinstance(viewport, QWidget)
    return viewport


def centre(panel: PlotPanel) -> QPoint:
    """Return the middle of the curves."""
    return panel.canvas.placement.plot.center().toPoint()


def test_the_past_and_what_comes_live_make_one_curve_with_a_seam(panel: PlotPanel, station: Station) -> None:
    row = 2
    feed(station, row)
    station.select([row])
    wait_until(lambda: len(station.series(row).past) > 0)
    picture = panel.canvas.placement.picture
    (trace,) = picture.traces
    assert trace.drawn.times[0] <= NOW - 295
    assert trace.drawn.times[-1] == NOW
    assert (np.diff(trace.drawn.times) >= 0).all()
    assert [moment for moment, _ in picture.seams] == [NOW - 60]
    assert picture.seams[0][1].startswith("live from ")


def test_the_wheel_leaves_follow_mode_and_live_returns(
    panel: PlotPanel, station: Station, clock: Clock
) -> None:
    feed(station, 2)
    station.select([2])
    middle = panel.canvas.placement.time(centre(panel).x())
    wheel(surface(panel), centre(panel), 3)
    start, end = panel.visible_range()
    assert end - start == pytest.approx(300 / 1.25**3)
    assert panel.canvas.placement.time(centre(panel).x()) == pytest.approx(middle, abs=0.5)
    clock.now += 50
    station.tick()
    assert panel.visible_range() == (start, end)
    panel.commands["plot.live"].trigger()
    assert panel.visible_range()[1] == clock.now
    clock.now += 50
    station.tick()
    assert panel.visible_range()[1] == clock.now


def test_a_drag_moves_the_window_and_shift_chooses_a_span(panel: PlotPanel, station: Station) -> None:
    feed(station, 2)
    station.select([2])
    start, end = panel.visible_range()
    plot = panel.canvas.placement.plot
    middle = centre(panel)
    TEST.mousePress(surface(panel), Qt.MouseButton.LeftButton, pos=middle)
    TEST.mouseMove(surface(panel), middle + QPoint(100, 0))
    TEST.mouseRelease(surface(panel), Qt.MouseButton.LeftButton, pos=middle + QPoint(100, 0))
    moved = 100 / plot.width() * (end - start)
    assert panel.visible_range() == pytest.approx((start - moved, end - moved), abs=0.01)

    left, right = middle - QPoint(60, 0), middle + QPoint(60, 0)
    wanted = panel.canvas.placement.time(left.x()), panel.canvas.placement.time(right.x())
    shift = Qt.KeyboardModifier.ShiftModifier
    TEST.mousePress(surface(panel), Qt.MouseButton.LeftButton, shift, left)
    TEST.mouseMove(surface(panel), right)
    TEST.mouseRelease(surface(panel), Qt.MouseButton.LeftButton, shift, right)
    assert panel.visible_range() == pytest.approx(wanted, abs=0.01)


def test_everything_can_be_done_with_keys(panel: PlotPanel, station: Station) -> None:
    feed(station, 2)
    station.select([2])
    key, canvas = Qt.Key, panel.canvas

    def span() -> float:
        start, end = panel.visible_range()
        return end - start

    def cursor() -> float | None:
        return canvas.cursor_time

    TEST.keyClick(canvas, key.Key_Plus)
    assert span() == pytest.approx(240)
    assert panel.timeline.window.is_following
    TEST.keyClick(canvas, key.Key_Left)
    assert panel.visible_range()[1] == pytest.approx(NOW - 24)
    TEST.keyClick(canvas, key.Key_End)
    assert panel.visible_range()[1] == NOW
    TEST.keyClick(canvas, key.Key_Home)
    assert panel.visible_range()[0] < NOW - 60
    TEST.keyClick(canvas, key.Key_Right, Qt.KeyboardModifier.ShiftModifier)
    assert cursor() is not None
    TEST.keyClick(canvas, key.Key_Escape)
    assert cursor() is None
    nameless = QKeyEvent(QEvent.Type.KeyPress, 0x0FFFFFF, Qt.KeyboardModifier.NoModifier)
    QApplication.sendEvent(canvas, nameless)
    assert not nameless.isAccepted()
    for name, seconds in (("plot.longer", 900), ("plot.shorter", 300)):
        panel.set_window_seconds(300 if name == "plot.longer" else 900)
        panel.commands[name].trigger()
        assert span() == seconds


def test_the_cursor_tells_every_value_while_live_and_no_data_in_a_gap(
    panel: PlotPanel, station: Station, clock: Clock
) -> None:
    supply(station).remembers = False
    hand, row = supply(station), 2
    hand.say_all(row, [NOW - 60, NOW - 59, NOW - 30, NOW - 29, NOW], [1.0, 2.0, 3.0, 4.0, 5.0])
    station.tick()
    station.select([row])
    placement = panel.canvas.placement

    def told(moment: float) -> str:
        place = QPoint(round(panel.canvas.placement.x(moment)), centre(panel).y())
        TEST.mouseMove(surface(panel), place)
        return panel.legend.entries.entries[0].at_cursor

    panel.set_window_seconds(70)
    assert told(NOW - 59.7) == "1 cm"
    assert told(NOW - 59.2) == "2 cm"
    assert told(NOW - 45) == "no data"
    # The mouse stays where it is, and the curve moves on under it.
    before = panel.canvas.cursor_time
    assert before is not None
    clock.now += 15.5
    station.tick()
    assert panel.canvas.cursor_time == pytest.approx(before + 15.5)
    assert panel.legend.entries.entries[0].at_cursor in ("3 cm", "4 cm")
    assert placement is not panel.canvas.placement


def test_a_click_in_the_legend_hides_a_curve_and_the_space_bar_shows_it_again(
    panel: PlotPanel, station: Station
) -> None:
    feed(station, 2)
    feed(station, 3)
    station.select([2, 3])
    viewport = panel.legend.viewport()
    assert viewport is not None
    line = panel.legend.visualRect(panel.legend.entries.index(1, 0)).center()
    TEST.mouseClick(viewport, Qt.MouseButton.LeftButton, pos=line)
    assert panel.drawn_rows() == (2,)
    assert [trace.row for trace in panel.canvas.placement.picture.traces] == [2]
    assert panel.legend.entries.entries[1].now == "20 cm"
    TEST.keyClick(panel.legend, Qt.Key.Key_Space)
    assert panel.drawn_rows() == (2, 3)


def test_a_pause_freezes_the_picture_and_counts_what_is_new(
    panel: PlotPanel, station: Station, clock: Clock
) -> None:
    feed(station, 2)
    station.select([2])
    wait_until(lambda: not panel.backfill.is_busy)
    station.set_paused(True)
    frozen = panel.canvas.grab().toImage()
    clock.now += 30
    supply(station).say_all(2, [NOW + 1, NOW + 2], [99.0, 98.0])
    station.tick()
    assert panel.canvas.grab().toImage() == frozen
    assert panel.bar.note.text() == "paused, 2 new"
    station.set_paused(False)
    assert panel.canvas.grab().toImage() != frozen
    assert panel.canvas.placement.picture.traces[0].end == (NOW + 2, 98.0)
    assert panel.bar.note.text() == ""


def test_a_stale_end_is_marked_in_words(panel: PlotPanel, station: Station, clock: Clock) -> None:
    feed(station, 2)
    station.select([2])
    assert panel.canvas.placement.picture.traces[0].stale == ""
    clock.now += 240
    station.tick()
    assert panel.canvas.placement.picture.traces[0].stale == "stale 4 min"
    assert panel.legend.entries.entries[0].now == "20 cm · stale 4 min"
    assert "20 cm · stale 4 min" in panel.canvas.accessibleDescription()


def test_an_end_is_not_stale_between_two_questions(panel: PlotPanel, station: Station, clock: Clock) -> None:
    feed(station, 2)
    supply(station).waits = 240.0
    station.select([2])
    clock.now += 240
    station.tick()
    assert panel.canvas.placement.picture.traces[0].stale == ""
    clock.now += 600
    station.tick()
    assert panel.canvas.placement.picture.traces[0].stale == "stale 14 min"


def test_zooming_into_the_past_asks_for_it_finer_once_the_wheel_rests(
    panel: PlotPanel, station: Station
) -> None:
    feed(station, 2)
    panel.set_window_seconds(30 * 86_400)
    station.select([2])
    wait_until(lambda: len(station.series(2).past) > 0)
    asked = supply(station).asked
    coarse, count = asked[-1], len(asked)
    assert (coarse[2] - coarse[1]) / coarse[3] > 1000
    for _ in range(20):
        wheel(surface(panel), centre(panel), 1)
        # The coarse past stays until the fine one has come.
        assert panel.canvas.placement.picture.traces[0].drawn.times.size > 3
    wait_until(lambda: len(asked) > count)
    wait_until(lambda: not panel.backfill.is_busy)
    start, end = panel.visible_range()
    fine = asked[-1]
    assert len(asked) - count <= 3
    assert fine[1] <= start
    assert end <= fine[2]
    assert (fine[2] - fine[1]) / fine[3] == pytest.approx((end - start) / panel.canvas.pixels, rel=0.01)
    again = len(asked)
    panel.set_window_seconds(30 * 86_400)
    pause(0.4)
    assert len(asked) == again


def test_a_failing_history_is_told_with_its_remedy_and_the_plot_goes_on(
    panel: PlotPanel, station: Station
) -> None:
    supply(station).broken = True
    feed(station, 2)
    station.select([2])
    wait_until(panel.trouble.isVisible)
    text = panel.trouble.text.text()
    assert "LiDAR left of PM-0001" in text
    assert "the server does not answer" in text
    assert "Start it, then try again." in text
    assert panel.canvas.placement.picture.traces[0].end == (NOW, 20.0)
    supply(station).broken = False
    TEST.mouseClick(panel.trouble.again, Qt.MouseButton.LeftButton)
    wait_until(lambda: len(station.series(2).past) > 0)
    assert not panel.trouble.isVisible()


def test_each_unit_has_an_axis_of_its_own_and_what_does_not_fit_goes_below(
    panel: PlotPanel, station: Station
) -> None:
    for row in range(5):
        feed(station, row)
    station.select(range(5))
    panel.resize(1400, 700)
    wait_until(lambda: panel.canvas.axes == 3)
    station.tick()
    areas = panel.canvas.placement.picture.areas
    assert [[axis.unit for axis in area] for area in areas] == [["°C", "V", "cm"], ["µg/m³"]]
    assert [len(axis.traces) for axis in areas[0]] == [1, 1, 2]
    looks = {(trace.look % 8, trace.look % 5) for trace in panel.canvas.placement.picture.traces}
    assert len(looks) == 5


def test_truth_values_and_texts_are_steps_with_their_words_and_never_averaged(
    panel: PlotPanel, station: Station
) -> None:
    supply(station).remembers = False
    for place in range(40):
        supply(station).say(2, NOW - 40 + place, place % 2 == 0)
        supply(station).say(3, NOW - 40 + place, ("idle", "busy", "fault")[place % 3])
    station.tick()
    station.select([2, 3])
    panel.set_aggregation(Aggregation.MEAN)
    truth, text = panel.canvas.placement.picture.lanes
    assert truth.labels == ("false", "true")
    assert text.labels == ("busy", "fault", "idle")
    for lane in (truth, text):
        values = lane.trace.drawn.values
        assert set(values[np.isfinite(values)]) <= set(range(len(lane.labels)))
    assert [entry.aggregation for entry in panel.legend.entries.entries] == ["steps", "steps"]
    assert panel.legend.entries.entries[1].now == "idle"


def test_thresholds_of_the_manifest_are_shown_until_switched_off(panel: PlotPanel, station: Station) -> None:
    feed(station, 0)
    station.select([0])
    (axis,) = panel.canvas.placement.picture.areas[0]
    assert [limit.text for limit in axis.limits] == [
        "local threshold: warn above 60 °C",
        "local threshold: alarm above 75 °C",
    ]
    panel.commands["plot.limits"].trigger()
    assert panel.canvas.placement.picture.areas[0][0].limits == ()


def test_the_wheel_over_an_axis_zooms_its_values_and_fixes_them(panel: PlotPanel, station: Station) -> None:
    feed(station, 2)
    station.select([2])
    before = panel.composer.scales[CM]
    wheel(surface(panel), QPoint(20, centre(panel).y()), 1)
    fixed = panel.composer.scales[CM]
    assert fixed.span == pytest.approx(before.span / 1.25)
    assert panel.commands["plot.fixed"].isChecked()
    supply(station).say(2, NOW + 0.5, 500.0)
    station.tick()
    assert panel.composer.scales[CM] == fixed
    panel.commands["plot.fixed"].trigger()
    assert panel.composer.scales[CM].high > 400 or panel.visible_range()[1] < NOW + 0.5


def test_aggregation_is_chosen_for_all_or_for_one_curve(panel: PlotPanel, station: Station) -> None:
    for row in (2, 3):
        feed(station, row, seconds=250, step=0.05)
    station.select([2, 3])
    panel.bar.aggregations.setFocus()
    TEST.keyClick(panel.bar.aggregations, Qt.Key.Key_End)
    panel.bar.aggregations.activated.emit(panel.bar.aggregations.currentIndex())
    panel.set_own_aggregation(3, Aggregation.RAW)
    band, raw = panel.canvas.placement.picture.traces
    assert band.drawn.low is not None
    assert raw.drawn.low is None
    assert len(raw.drawn.times) > 5000 > len(band.drawn.times)
    assert [entry.aggregation for entry in panel.legend.entries.entries] == ["min–max", "raw"]


def test_the_menu_of_a_curve_draws_it_in_a_way_of_its_own(panel: PlotPanel, station: Station) -> None:
    for row in (2, 3):
        feed(station, row)
    station.select([2, 3])
    menu = curve_menu(panel.shown, 3, LIGHT, panel, list, list)
    next(action for action in menu.findChildren(QAction) if action.text() == "Mean").trigger()
    menu.deleteLater()
    assert [entry.aggregation for entry in panel.legend.entries.entries] == ["auto", "mean"]
    supply(station).say(2, NOW, True)
    station.tick()
    steps = curve_menu(panel.shown, 2, LIGHT, panel, list, list)
    assert [action.isEnabled() for action in steps.actions() if "never averaged" in action.text()] == [False]
    steps.deleteLater()


def test_nothing_is_drawn_while_nobody_sees_it(panel: PlotPanel, station: Station) -> None:
    feed(station, 2)
    station.select([2])
    panel.hide()
    shown = panel.canvas.placement
    supply(station).say(2, NOW + 1, 77.0)
    station.tick()
    assert panel.canvas.placement is shown
    panel.show()
    assert panel.canvas.placement.picture.traces[0].end == (NOW + 1, 77.0)


def test_both_looks_paint_the_plot_in_their_own_colours(panel: PlotPanel, station: Station) -> None:
    feed(station, 2)
    station.select([2])
    for theme in (DARK, LIGHT, DARK):
        panel.set_theme(theme)
        image = panel.canvas.grab().toImage()
        assert image.pixelColor(2, 60).name() == theme.window
        area = panel.canvas.placement.areas[0][0].rect
        colors = {
            image.pixelColor(x, y).name()
            for x in range(int(area.left()) + 2, int(area.right()) - 2)
            for y in range(int(area.top()) + 2, int(area.bottom()) - 2, 3)
        }
        assert theme.base in colors
        assert theme.curves[0] in colors


def test_settings_come_back_and_say_what_is_gone(
    panel: PlotPanel, station: Station, application: QApplication
) -> None:
    feed(station, 2)
    station.select([2, 3])
    panel.timeline.show_between(NOW - 100, NOW)
    panel.set_aggregation(Aggregation.MEAN)
    panel.set_own_aggregation(2, Aggregation.RAW)
    panel.toggle(3)
    for name in ("plot.utc", "plot.limits", "plot.fixed"):
        panel.commands[name].trigger()
    saved = panel.settings()
    other = PlotPanel(station, LIGHT, Actions())
    assert other.set_settings(saved) == []
    assert other.settings() == saved
    assert other.visible_range() == panel.visible_range()
    assert other.drawn_rows() == (2,)
    hidden = [["PM-0001", "gone"]]
    assert len(other.set_settings({"hidden": hidden, "window": {"span": -1}, "aggregation": "none"})) == 1  # type: ignore[dict-item]
    other.close_sources()
    other.deleteLater()


def test_the_plot_paints_itself_at_any_scale(panel: PlotPanel, station: Station) -> None:
    feed(station, 2)
    station.select([2])
    for scale in (1, 2):
        image = QImage(800 * scale, 500 * scale, QImage.Format.Format_RGB32)
        image.fill(QColor("#ff00ff"))
        painter = QPainter(image)
        painter.scale(scale, scale)
        panel.paint_on(painter, QRectF(0, 0, 800, 500))
        painter.end()
        colors = {
            image.pixelColor(x, y).name() for x in range(0, 800 * scale, 3) for y in range(0, 500 * scale, 3)
        }
        assert "#ff00ff" not in colors
        assert LIGHT.curves[0] in colors


def test_a_larger_font_gets_more_room(panel: PlotPanel, station: Station) -> None:
    feed(station, 2)
    station.select([2])
    before = panel.canvas.placement
    font = panel.font()
    font.setPointSizeF(2 * font.pointSizeF())
    panel.setFont(font)
    station.tick()
    after = panel.canvas.placement
    assert after.measures.axis == pytest.approx(2 * before.measures.axis, rel=0.15)
    assert after.plot.left() > 1.7 * before.plot.left()
    assert after.plot.right() == before.plot.right()


def test_every_widget_has_a_name_to_be_heard(panel: PlotPanel) -> None:
    for widget in (panel, *panel.findChildren(QWidget)):
        if widget.focusPolicy() is not Qt.FocusPolicy.NoFocus and widget.objectName().startswith("plot"):
            assert widget.accessibleName(), widget.objectName()
    assert panel.canvas.accessibleName()
    assert (
        panel.canvas.accessibleDescription() == "Drag sensors or devices here, or choose one and press Enter."
    )


def test_a_window_of_any_length_can_be_written(panel: PlotPanel) -> None:
    TEST.mouseClick(panel.bar.range, Qt.MouseButton.LeftButton)
    dialog = panel.findChild(RangeDialog)
    assert dialog is not None
    assert panel.bar.range.text() == "last 5 min"
    dialog.length.setText("soon")
    TEST.keyClick(dialog.length, Qt.Key.Key_Return)
    assert "“soon” is no length of time" in dialog.fault.text()
    dialog.length.setText("7.5 min")
    TEST.keyClick(dialog.length, Qt.Key.Key_Return)
    assert panel.window_seconds() == 450
    assert panel.bar.range.text() == "last 7.5 min"
    panel.commands["plot.shorter"].trigger()
    assert panel.bar.range.text() == "last 5 min"


def test_a_device_whose_clock_is_ahead_is_told_of_in_the_legend_and_stale_when_it_is(
    panel: PlotPanel, station: Station, clock: Clock
) -> None:
    supply(station).remembers = False
    station.select([0])
    supply(station).say(0, NOW + 3_720, 20.0)
    station.tick()
    assert panel.legend.entries.entries[0].now.endswith("clock 1 h 2 min ahead")
    assert panel.canvas.placement.picture.traces[0].stale == ""
    clock.now += 2 * station.catalog[0].every + 60
    station.tick()
    assert panel.canvas.placement.picture.traces[0].stale.startswith("stale")


def test_answers_that_come_together_are_drawn_once(panel: PlotPanel) -> None:
    class Counting(Composer):
        made = 0

        def compose(self, *asked: Any, **options: Any) -> Picture:
            self.made += 1
            return super().compose(*asked, **options)

    composer = panel.composer = Counting(panel.station.texts)
    for _ in range(32):
        panel.backfill.changed.emit()
    assert composer.made == 0
    wait_until(lambda: composer.made > 0)
    assert composer.made == 1
