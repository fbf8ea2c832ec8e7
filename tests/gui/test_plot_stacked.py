"""Panels on one time axis, thresholds, the legend's table, menus and cursors, used with mouse and keys."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from papaya_gui.actions import Actions
from papaya_gui.dragged import dragged, dropped
from papaya_gui.models.curve import Aggregation
from papaya_gui.models.picture import Axis, AxisKey
from papaya_gui.models.plotted import MOST_PANELS, MOST_PLOTTED
from papaya_gui.models.scale import Scale
from papaya_gui.plots import legend_model as table
from papaya_gui.plots.axes import marks_of
from papaya_gui.plots.axis_dialog import AxisDialog
from papaya_gui.plots.geometry import Measures
from papaya_gui.plots.limits import color_of
from papaya_gui.plots.panel import PlotPanel
from papaya_gui.plots.pens import look_of
from papaya_gui.plots.range_dialog import RangeDialog
from papaya_gui.plots.strokes import draw_line
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT
from papaya_gui.views.drag_source import DragSource
from PyQt6.QtCore import QDate, QDateTime, QMimeData, QPoint, QPointF, QRectF, Qt
from PyQt6.QtGui import (
    QAction,
    QColor,
    QContextMenuEvent,
    QDragEnterEvent,
    QDragMoveEvent,
    QDropEvent,
    QImage,
    QPainter,
    QPen,
)
from PyQt6.QtTest import QTest
from PyQt6.QtWidgets import QApplication, QFrame, QMenu, QWidget

from papaya.manifest.model import Fleet
from tests.gui.events import move_to
from tests.gui.hand import HandSupply, wait_until

NOW = 1_764_100_000.0
# PyQt's types take its static methods for those of an instance.
TEST: Any = QTest
COPY, LEFT, PLAIN = Qt.DropAction.CopyAction, Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier


@pytest.fixture(scope="module")
def stage(application: QApplication, fleet: Fleet) -> Iterator[PlotPanel]:
    """Return a panel on the screen whose rows have told a ramp in the last minute, for all tests."""
    station = Station(fleet, HandSupply, clock=lambda: NOW)
    supply = station.supply
    assert isinstance(supply, HandSupply)
    for row in range(10):
        for second in range(61):
            supply.say(row, NOW - 60 + second, 10.25 + row + second / 4)
    station.tick()
    made = PlotPanel(station, LIGHT, Actions())
    made.resize(900, 700)
    made.show()
    application.processEvents()
    yield made
    made.close_sources()
    made.close()
    made.deleteLater()
    station.close()


@pytest.fixture
def panel(stage: PlotPanel) -> PlotPanel:
    """Return the panel as it was made, with nothing plotted."""
    stage.station.begin([])
    stage.set_settings(
        {"apart": [], "colors": [], "widths": [], "hidden": [], "linked": False, "fixed": False}
    )
    stage.shown.set_limits(True)
    stage.shown.remove_marks()
    stage.canvas.place_cursor(None)
    stage.set_window_seconds(60)
    return stage


def panels(panel: PlotPanel) -> list[list[int]]:
    """Return the rows of every panel, which are those that are drawn in it."""
    told = [list(one.rows) for one in panel.station.plotted.panels]
    drawn = [
        sorted(trace.row for area in pane.areas for axis in area for trace in axis.traces)
        for pane in panel.canvas.placement.picture.panes
    ]
    assert drawn == [sorted(rows) for rows in told]
    return told


def drop(panel: PlotPanel, rows: list[int], at: QPointF) -> None:
    """Drag rows to a place of the canvas and let them go."""
    data: QMimeData = dragged(panel.station.catalog, rows)
    place = QPointF(panel.canvas.mapTo(panel, at.toPoint()))
    QApplication.sendEvent(panel, QDragEnterEvent(place.toPoint(), COPY, data, LEFT, PLAIN))
    QApplication.sendEvent(panel, QDragMoveEvent(place.toPoint(), COPY, data, LEFT, PLAIN))
    QApplication.sendEvent(panel, QDropEvent(place, COPY, data, LEFT, PLAIN))


def middle(panel: PlotPanel, number: int) -> QPointF:
    """Return the middle of a panel from the top, on the canvas."""
    return panel.canvas.placement.panes[number].rect.center()


def below(panel: PlotPanel) -> QPointF:
    """Return a place below all panels."""
    return QPointF(300.0, panel.canvas.placement.panes[-1].rect.bottom() + 4)


def surface(panel: PlotPanel) -> QWidget:
    """Return what the mouse is over when it is over the curves."""
    viewport = panel.canvas.viewport()
    assert isinstance(viewport, QWidget)
    return viewport


def chosen(menu: QMenu, text: str) -> QAction:
    """Return an entry of a menu, or of a menu inside of it."""
    return next(one for one in menu.findChildren(QAction) if one.text() == text)


def column(panel: PlotPanel, number: int) -> list[str]:
    """Return what the legend says in a column."""
    return [entry.text(number) for entry in panel.legend.entries.entries]


# Panels


def test_a_drop_goes_into_the_panel_under_the_mouse_or_makes_one(panel: PlotPanel) -> None:
    drop(panel, [2], QPointF(300, 200))
    assert panels(panel) == [[2]]
    drop(panel, [3], below(panel))
    assert panels(panel) == [[2], [3]]
    drop(panel, [0], middle(panel, 0))
    assert panels(panel) == [[2, 0], [3]]
    drop(panel, [7], panel.canvas.placement.panes[0].whole.topLeft() + QPointF(50, 3))
    assert panels(panel) == [[7], [2, 0], [3]]
    drop(panel, [3, 7], middle(panel, 1))
    assert panels(panel) == [[2, 0, 3, 7]]
    undo = panel.commands["plot.undo"]
    while undo.isEnabled():
        undo.trigger()
    assert panels(panel) == []


def test_where_a_drop_would_go_is_shown_and_not_changed_before(panel: PlotPanel) -> None:
    panel.station.begin([2])
    into = panel.canvas.show_target(middle(panel, 0))
    new = panel.canvas.show_target(below(panel))
    assert into is not None and new is not None
    assert (into.number, new.number, new.place) == (0, None, 1)
    panel.canvas.show_target(None)
    assert panels(panel) == [[2]]


def test_a_line_of_the_legend_is_dragged_to_another_panel(panel: PlotPanel) -> None:
    panel.station.begin([2, 3])
    index = panel.legend.entries.index(1, table.NAME)
    assert index.flags() & Qt.ItemFlag.ItemIsDragEnabled and panel.legend.dragEnabled()
    data = panel.legend.entries.mimeData([index, panel.legend.entries.index(1, table.NOW)])
    at = panel.canvas.mapTo(panel, below(panel).toPoint())
    QApplication.sendEvent(panel, QDragEnterEvent(at, COPY, data, LEFT, PLAIN))
    QApplication.sendEvent(panel, QDropEvent(QPointF(at), COPY, data, LEFT, PLAIN))
    assert panels(panel) == [[2], [3]]


def test_panels_are_added_moved_and_removed_with_keys(panel: PlotPanel) -> None:
    panel.station.begin([2])
    commands = panel.commands
    commands["plot.panel-add"].trigger()
    assert panels(panel) == [[2], []]
    panel.station.add([3])
    assert panels(panel) == [[2], [3]]
    commands["plot.panel-up"].trigger()
    assert panels(panel) == [[3], [2]]
    commands["plot.panel-next"].trigger()
    assert [pane.is_current for pane in panel.canvas.placement.picture.panes] == [False, True]
    commands["plot.panel-remove"].trigger()
    assert panels(panel) == [[3]]
    assert not commands["plot.panel-up"].isEnabled()
    keys = [commands[f"plot.panel-{name}"].shortcut().toString() for name in ("add", "remove", "up", "next")]
    assert keys == ["Alt+Ins", "Alt+Del", "Alt+Shift+Up", "Alt+Down"]


def test_a_click_chooses_the_panel_that_gets_what_is_added_with_enter(panel: PlotPanel) -> None:
    panel.station.rearrange(lambda plotted: plotted.begin_panels([[2], [3]]))
    TEST.mouseClick(surface(panel), LEFT, pos=middle(panel, 0).toPoint())
    panel.station.add([0])
    assert panels(panel) == [[2, 0], [3]]


def test_many_panels_scroll_and_each_axis_has_two_numbers(panel: PlotPanel) -> None:
    panel.station.rearrange(lambda plotted: plotted.begin_panels([[row] for row in range(MOST_PANELS)]))
    panel.resize(640, 360)
    wait_until(lambda: panel.canvas.height() > panel.panes.height())
    bar = panel.panes.verticalScrollBar()
    assert bar is not None
    assert bar.maximum() > 0
    for row in panel.canvas._sheet.area_parts:
        assert len(row.axes[0]._tickLevels[0]) >= 2
    panel.resize(900, 700)


def test_a_plot_that_is_full_says_so(panel: PlotPanel) -> None:
    panel.station.begin(range(MOST_PLOTTED - 1))
    panel.station.add([40, 41])
    assert len(panel.station.selection) == MOST_PLOTTED
    assert panel.bar.note.text().startswith("The plot is full: it has 32 curves.")
    panel.say("")
    drop(panel, [50], below(panel))
    assert panel.bar.note.text().startswith("The plot is full")
    assert len(panel.station.plotted.panels) == 1
    panel.say("")


def test_axes_of_one_unit_show_the_same_values_in_every_panel_once_they_are_linked(panel: PlotPanel) -> None:
    panel.station.rearrange(lambda plotted: plotted.begin_panels([[2], [3]]))

    def scales() -> list[Scale]:
        return [area[0].scale for area in panel.canvas.placement.picture.areas]

    own = scales()
    assert own[0] != own[1]
    panel.commands["plot.linked"].trigger()
    first, second = scales()
    assert first == second
    assert first.low < 12.25 and first.high > 28.25
    panel.commands["plot.linked"].trigger()


def test_panels_and_how_curves_look_come_back_with_a_layout(
    panel: PlotPanel, application: QApplication
) -> None:
    station = panel.station
    station.rearrange(lambda plotted: plotted.begin_panels([[2, 0], [], [3]]))
    panel.shown.set_apart(0, True)
    panel.shown.set_color(2, 4)
    panel.shown.set_width(3, 2.0)
    panel.shown.divide(station.plotted.panels[0].number, station.plotted.panels[2].number, 0.3, False)
    panel.commands["plot.fixed"].trigger()
    panel.shown.zoom_scale(AxisKey(station.plotted.panels[2].number, "cm"), 0.5, 20.0)
    saved = panel.settings()
    drawn = panels(panel)
    panel.set_settings({"fixed": False, "linked": True, "colors": [], "heights": "tall"})
    assert panel.shown.wishes.looks.colors == {}
    station.begin([2, 0, 3])
    assert panel.set_settings(saved) == []
    assert panels(panel) == drawn == [[2, 0], [], [3]]
    assert panel.settings() == saved
    station.begin([2, 3])
    panel.set_settings({"panels": [[["gone", "k"]], [["PM-0001", "nothing"]], "no list", 5]})
    assert panels(panel) == [[2, 3]]


def test_color_width_and_axis_of_a_curve_are_undone_and_redone(panel: PlotPanel) -> None:
    station, shown = panel.station, panel.shown
    station.begin([2, 3])
    before, drawn = panel.settings(), panel.canvas.grab().toImage()
    shown.set_color(2, 4)
    shown.set_width(3, 3.0)
    shown.set_apart(3, True)
    shown.set_own_aggregation(2, Aggregation.MEAN)
    after = panel.settings()
    assert len(panel.canvas.placement.areas[0]) == 2
    for _ in range(4):
        assert panel.commands["plot.undo"].isEnabled()
        panel.commands["plot.undo"].trigger()
    assert panel.settings() == before and panel.canvas.grab().toImage() == drawn
    assert not panel.commands["plot.undo"].isEnabled()
    for _ in range(4):
        panel.commands["plot.redo"].trigger()
    assert panel.settings() == after


def test_the_handle_between_panels_is_dragged_and_one_undo_takes_it_back(panel: PlotPanel) -> None:
    station, canvas = panel.station, panel.canvas
    station.rearrange(lambda plotted: plotted.begin_panels([[2], [3]]))

    def heights() -> list[float]:
        return [one.rect.height() for one in canvas.placement.panes]

    first, second = canvas.placement.panes
    before = heights()
    assert abs(before[0] - before[1]) <= 2
    start = QPoint(round(first.rect.center().x()), round((first.whole.bottom() + second.whole.top()) / 2))
    inside = canvas.viewport()
    move_to(canvas, start)
    assert canvas.cursor().shape() is Qt.CursorShape.SizeVerCursor
    TEST.mousePress(inside, LEFT, PLAIN, start)
    for way in (10, 20, 40):
        move_to(canvas, start + QPoint(0, way), LEFT)
    TEST.mouseRelease(inside, LEFT, PLAIN, start + QPoint(0, 40))
    after = heights()
    assert abs(after[0] - before[0] - 40) <= 3 and abs(before[1] - after[1] - 40) <= 3
    panel.commands["plot.undo"].trigger()
    assert heights() == before
    panel.commands["plot.panel-taller"].trigger()
    place = station.plotted.place(station.plotted.current)
    assert heights()[place] > before[place]
    panel.commands["plot.panel-level"].trigger()
    assert heights() == before


def test_a_saved_picture_has_the_cursors_with_their_differences_and_the_colors(panel: PlotPanel) -> None:
    panel.station.begin([2])

    def printed() -> QImage:
        image = QImage(900, 500, QImage.Format.Format_RGB32)
        painter = QPainter(image)
        painter.setFont(panel.font())
        panel.paint_on(painter, QRectF(0, 0, 900, 500))
        painter.end()
        return image

    def count(image: QImage, color: str, rows: range) -> int:
        return sum(image.pixelColor(x, y).name() == color for y in rows for x in range(image.width()))

    legend = range(484, 500)
    before = printed()
    panel.shown.set_mark(0, NOW - 50)
    panel.shown.set_mark(1, NOW - 10)
    with_marks = printed()
    assert count(with_marks, LIGHT.accent, range(484)) > count(before, LIGHT.accent, range(484)) + 400
    assert count(with_marks, LIGHT.text, legend) > count(before, LIGHT.text, legend)
    panel.shown.set_color(2, 4)
    assert count(printed(), LIGHT.curves[4], legend) > 20


# Thresholds


def test_thresholds_are_in_the_panel_and_color_of_their_curve_and_cover_nothing_else(
    panel: PlotPanel,
) -> None:
    station = panel.station
    station.rearrange(lambda plotted: plotted.begin_panels([[0], [2]]))
    panel.shown.show_scale(AxisKey(0, station.catalog[0].sensor.unit), Scale(0.0, 100.0))
    first, second = panel.canvas.placement.areas
    axis = first[0]
    assert [(limit.value, limit.rows) for limit in axis.shown.limits] == [(60, (0,)), (75, (0,))]
    assert {limit.rows for limit in second[0].shown.limits} == {(2,)}
    panel.shown.set_color(0, 2)
    axis = panel.canvas.placement.areas[0][0]
    assert color_of(axis, axis.shown.limits[0], LIGHT).name() == LIGHT.curves[2]
    image = panel.canvas.grab().toImage()

    def tinted(rect: Any) -> int:
        ground = LIGHT.base
        return sum(
            image.pixelColor(x, y).name() not in (ground, LIGHT.line)
            for x in range(int(rect.left()) + 300, int(rect.right()) - 40, 7)
            for y in range(int(axis.y(99)), int(axis.y(90)))
        )

    # Far above both thresholds the panel is as blank as if there were none.
    assert tinted(axis.rect) == 0
    panel.toggle(0)
    assert {limit.rows for placed in panel.canvas.placement.placed for limit in placed.shown.limits} == {(2,)}
    panel.toggle(0)


# The legend as a table


def test_the_legend_has_minimum_maximum_mean_and_last_of_the_visible_time(panel: PlotPanel) -> None:
    panel.station.begin([2])
    assert column(panel, table.LOW) == ["12.25"]
    assert column(panel, table.HIGH) == ["27.25"]
    assert column(panel, table.MEAN) == ["19.750"]
    assert column(panel, table.LAST) == ["27.25"]
    panel.timeline.show_between(NOW - 60, NOW - 50)
    assert column(panel, table.HIGH) == column(panel, table.LAST) == ["14.75"]
    assert panel.legend.isColumnHidden(table.DELTA) and panel.legend.isColumnHidden(table.PANEL)


def test_a_narrow_legend_leaves_out_what_is_seen_elsewhere_and_has_it_again(panel: PlotPanel) -> None:
    panel.station.begin([2, 3])
    legend, across = panel.legend, panel.legend.horizontalScrollBar()
    panel.shown.set_mark(0, NOW - 50)
    panel.shown.set_mark(1, NOW - 10)
    panel.resize(1200, 500)
    panel.refresh()
    assert not legend.isColumnHidden(table.DEVICE) and not legend.isColumnHidden(table.AT_CURSOR)
    panel.resize(640, 500)
    panel.refresh()
    assert across is not None
    wait_until(lambda: across.maximum() == 0)
    assert legend.isColumnHidden(table.DEVICE) and not legend.isColumnHidden(table.LAST)
    panel.resize(1200, 500)
    panel.refresh()
    assert not legend.isColumnHidden(table.DEVICE) and not legend.isColumnHidden(table.AT_CURSOR)


def test_samples_of_curves_that_were_removed_are_not_held(panel: PlotPanel) -> None:
    station = panel.station
    station.begin([2, 3])
    held = weakref.ref(station.series(2).live)
    station.begin([3])
    for row in range(20, 40):
        # As many rows as a station keeps ready for whoever goes back and forth, and more.
        station.begin([row])
    panel.canvas.place_cursor(50.0)
    gc.collect()
    assert held() is None


def test_columns_are_chosen_and_the_table_is_copied(panel: PlotPanel) -> None:
    panel.station.begin([2])
    menu = panel.legend.columns_menu()
    chosen(menu, "Mean").trigger()
    menu.deleteLater()
    assert panel.legend.isColumnHidden(table.MEAN)
    panel.legend.setCurrentIndex(panel.legend.entries.index(0, 0))
    TEST.keyClick(panel.legend, Qt.Key.Key_C, Qt.KeyboardModifier.ControlModifier)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    head, line = clipboard.text().split("\n")
    assert "Mean" not in head.split("\t")
    assert dict(zip(head.split("\t"), line.split("\t"), strict=True))["Min"] == "12.25"
    panel.legend.set_left_out({table.DRAWN})


def test_two_cursors_tell_the_difference_of_every_curve(panel: PlotPanel) -> None:
    panel.station.begin([2, 3])
    for name, moment in (("plot.mark-a", NOW - 40), ("plot.mark-b", NOW - 20)):
        panel.canvas.place_cursor(panel.canvas.placement.x(moment))
        panel.commands[name].trigger()
    assert panel.shown.marks.span == pytest.approx(20, abs=0.2)
    assert column(panel, table.DELTA) == ["+5.00 cm", "+5.00 cm"]
    at = QPoint(round(panel.canvas.placement.x(NOW - 20)), 100)
    TEST.mousePress(surface(panel), LEFT, pos=at)
    TEST.mouseMove(surface(panel), QPoint(round(panel.canvas.placement.x(NOW - 36)), 100))
    TEST.mouseRelease(surface(panel), LEFT, pos=at)
    assert column(panel, table.DELTA) == ["+1.00 cm", "+1.00 cm"]
    panel.shown.set_mark(1, NOW - 500)
    assert column(panel, table.DELTA) == ["no data", "no data"]
    panel.commands["plot.marks-off"].trigger()
    assert panel.legend.isColumnHidden(table.DELTA)


def test_the_cursor_tells_the_nearest_sample_with_its_time_as_the_sensor_tells_it(panel: PlotPanel) -> None:
    panel.station.begin([2])
    panel.shown.set_utc(True)
    place = panel.canvas.placement.x(NOW - 30.3)
    TEST.mouseMove(surface(panel), QPoint(round(place), 100))
    assert column(panel, table.AT_CURSOR) == ["19.75 cm"]
    (point,) = panel.canvas._points
    assert point.text.endswith("19.75 cm   19:46:10")
    assert point.x == pytest.approx(panel.canvas.placement.x(NOW - 30))
    panel.shown.set_utc(False)


# Menus


def asked(panel: PlotPanel, at: QPointF) -> QMenu:
    """Return the menu that a right click opens there."""
    menus: list[QMenu] = []
    panel.canvas.menuWanted.disconnect()
    panel.canvas.menuWanted.connect(lambda spot, place: menus.append(panel.menu_at(spot)))
    reason = QContextMenuEvent.Reason.Mouse
    QApplication.sendEvent(
        surface(panel), QContextMenuEvent(reason, at.toPoint(), panel.canvas.mapToGlobal(at.toPoint()))
    )
    return menus[0]


def test_a_right_click_asks_for_the_menu_of_curve_axis_or_panel(panel: PlotPanel) -> None:
    panel.station.begin([2])
    placement = panel.canvas.placement
    (axis,) = placement.areas[0]
    on_curve = QPointF(placement.x(NOW - 30), axis.y(19.75))
    names = [
        asked(panel, at).objectName()
        for at in (on_curve, on_curve + QPointF(0, 80), QPointF(20, axis.rect.center().y()))
    ]
    assert names == ["plot-curve-menu", "plot-panel-menu", "plot-axis-menu"]


def test_the_menu_of_a_curve_changes_how_it_is_drawn_and_where(panel: PlotPanel) -> None:
    station = panel.station
    station.begin([2, 3])
    menu = panel._curve_menu(3)
    for text in ("Orange", "Thick", "Own Y axis"):
        chosen(menu, text).trigger()
    trace = panel.canvas.placement.picture.traces[1]
    assert (trace.color, trace.width) == (1, 3.0)
    assert [axis.key.row for axis in panel.canvas.placement.picture.areas[0]] == [-1, 3]
    chosen(menu, "New panel").trigger()
    assert panels(panel) == [[2], [3]]
    chosen(panel._curve_menu(3), "Panel 1").trigger()
    assert panels(panel) == [[2, 3]]
    saved: list[list[int]] = []
    panel.exportWanted.connect(saved.append)
    chosen(panel._curve_menu(2), "Save values as CSV…").trigger()
    assert saved == [[2]]
    chosen(panel._curve_menu(2), "Remove from plot").trigger()
    assert panels(panel) == [[3]]


def test_values_are_copied_as_csv(panel: PlotPanel) -> None:
    panel.station.begin([2])
    panel.timeline.show_between(NOW - 60, NOW - 58)
    clipboard = QApplication.clipboard()
    assert clipboard is not None
    clipboard.setText("")
    chosen(panel._panel_menu(0, None), "Copy values").trigger()
    wait_until(lambda: clipboard.text() != "")
    lines = clipboard.text().splitlines()
    assert lines[0].startswith("time,epoch_ms,device")
    assert [line.split(",")[5] for line in lines[1:]] == ["12.25", "12.5", "12.75"]
    assert panel.bar.note.text().startswith("Copied 3 samples")


def test_the_range_of_an_axis_can_be_written(panel: PlotPanel) -> None:
    panel.station.begin([2])
    (axis,) = panel.canvas.placement.areas[0]
    assert isinstance(axis.shown, Axis)
    chosen(panel.menu_at(QPointF(20, axis.rect.center().y())), "Set range…").trigger()
    dialog = panel.findChild(AxisDialog)
    assert dialog is not None
    dialog.low.setText("40")
    dialog.high.setText("4,5")
    TEST.keyClick(dialog.high, Qt.Key.Key_Return)
    assert dialog.fault.text() == "The highest value must be above the lowest."
    assert dialog.fault.height() >= dialog.fault.heightForWidth(dialog.fault.width()) > 0
    dialog.low.setText("-2")
    TEST.keyClick(dialog.high, Qt.Key.Key_Return)
    assert panel.composer.scales[axis.shown.key] == Scale(-2, 4.5)
    chosen(panel.menu_at(QPointF(20, axis.rect.center().y())), "Fit to values").trigger()
    assert panel.composer.scales[axis.shown.key].high > 20


# The time that is shown


def opened(panel: PlotPanel) -> RangeDialog:
    """Open the dialog of the time range and return it."""
    TEST.mouseClick(panel.bar.range, LEFT)
    return next(one for one in panel.findChildren(RangeDialog) if one.isVisible())


def test_the_part_of_a_date_that_is_clicked_is_typed_over(panel: PlotPanel) -> None:
    panel.shown.set_utc(True)
    dialog = opened(panel)
    start = dialog.start
    start.setDateTime(QDateTime.fromString("2025-11-24 15:36:34", "yyyy-MM-dd HH:mm:ss"))
    line = start.lineEdit()
    assert line is not None
    # In the middle of the hour.
    place = QPoint(line.fontMetrics().horizontalAdvance("2025-11-24 1") + 4, line.height() // 2)
    TEST.mouseClick(line, LEFT, Qt.KeyboardModifier.NoModifier, place)
    wait_until(line.hasSelectedText)
    assert start.currentSection() is start.Section.HourSection
    TEST.keyClicks(start, "100000")
    assert start.dateTime().toString("yyyy-MM-dd HH:mm:ss") == "2025-11-24 10:00:00"
    dialog.close()


def test_a_range_is_chosen_from_to_with_a_calendar_or_by_its_name(panel: PlotPanel) -> None:
    panel.station.begin([2])
    panel.shown.set_utc(True)
    dialog = opened(panel)
    dialog.start.setDateTime(QDateTime.fromString("2025-11-24 10:00:00", "yyyy-MM-dd HH:mm:ss"))
    dialog.end.setDateTime(QDateTime.fromString("2025-11-24 09:00:00", "yyyy-MM-dd HH:mm:ss"))
    TEST.mouseClick(dialog.apply, LEFT)
    assert dialog.fault.text() == "To must be later than From."
    dialog.activateWindow()
    wait_until(dialog.isActiveWindow)
    dialog.end.setFocus()
    dialog.calendar.clicked.emit(QDate(2025, 11, 25))
    TEST.mouseClick(dialog.apply, LEFT)
    start, end = panel.visible_range()
    assert end - start == 23 * 3600
    assert panel.bar.range.text() == "24 Nov 10:00 – 25 Nov 09:00"
    for text, seconds in (("Last 12 h", 43_200), ("Yesterday", 86_400), ("This week", 7 * 86_400)):
        dialog = opened(panel)
        (item,) = dialog.presets.findItems(text, Qt.MatchFlag.MatchExactly)
        dialog.presets.setCurrentItem(item)
        TEST.keyClick(dialog.presets, Qt.Key.Key_Return)
        start, end = panel.visible_range()
        assert end - start == seconds
        assert panel.timeline.window.is_following is (text == "Last 12 h")
    panel.shown.set_utc(False)


def test_everything_in_the_dialogs_has_a_name_to_be_heard(panel: PlotPanel) -> None:
    panel.station.begin([2])
    dialog = opened(panel)
    assert dialog.sizeHint().width() <= 1024 and dialog.sizeHint().height() <= 560
    for widget in dialog.findChildren(QWidget):
        if widget.focusPolicy() is not Qt.FocusPolicy.NoFocus and widget.objectName().startswith("plot"):
            assert widget.accessibleName(), widget.objectName()
    dialog.reject()


def test_a_range_without_data_says_so_and_a_line_through_it_is_data(panel: PlotPanel) -> None:
    panel.station.rearrange(lambda plotted: plotted.begin_panels([[2], [3]]))

    def notes() -> set[str]:
        return {pane.note for pane in panel.canvas.placement.picture.panes}

    assert notes() == {""}
    panel.timeline.show_between(NOW - 9000, NOW - 8000)
    assert notes() == {"No data in this time range. View all: Ctrl+0"}
    panel.timeline.show_between(NOW - 30.4, NOW - 30.3)
    assert notes() == {""}


def test_a_tile_is_dragged_once_the_mouse_has_moved(panel: PlotPanel) -> None:
    begun: list[QMimeData] = []
    tile = QFrame()
    catalog = panel.station.catalog
    DragSource(tile, catalog, lambda _: [5], lambda _, data: begun.append(data), is_plain=True)
    tile.resize(100, 60)
    TEST.mousePress(tile, LEFT, pos=QPoint(10, 10))
    TEST.mouseMove(tile, QPoint(11, 10))
    assert begun == []
    TEST.mouseMove(tile, QPoint(60, 40))
    assert [dropped(catalog, data) for data in begun] == [[5]]
    TEST.mouseRelease(tile, LEFT, pos=QPoint(60, 40))
    TEST.mouseMove(tile, QPoint(5, 5))
    assert len(begun) == 1


# What the screen shows


def thickness(pen: QPen, scale: float) -> int:
    """Return how many pixels of the screen a level line is high, drawn as the plot draws curves."""
    image = QImage(200, 80, QImage.Format.Format_ARGB32_Premultiplied)
    image.setDevicePixelRatio(scale)
    image.fill(QColor("white"))
    painter = QPainter(image)
    xs = np.linspace(0, 180 / scale, 50)
    draw_line(painter, xs, np.full(50, 20.0), pen)
    painter.end()
    return sum(image.pixelColor(90, y).name() != "#ffffff" for y in range(80))


def test_curves_are_wide_enough_on_a_screen_of_high_resolution_and_as_wide_as_chosen() -> None:
    thin, thick = (look_of(LIGHT, 0, width=width).pen for width in (1.0, 3.0))
    assert [thickness(thin, scale) for scale in (1.0, 1.5, 2.0)] == [1, 2, 3]
    assert [thickness(thick, scale) for scale in (1.0, 2.0)] == [3, 6]


@pytest.mark.parametrize("apart", [(), (0.0,), (0.0, 1.0)], ids=lambda apart: f"{len(apart) + 1} samples")
def test_samples_between_breaks_are_seen_in_every_pattern(apart: tuple[float, ...]) -> None:
    wide = []
    for number in range(5):
        image = QImage(220, 40, QImage.Format.Format_ARGB32_Premultiplied)
        image.fill(QColor("white"))
        painter = QPainter(image)
        pieces = [(x, *(x + one for one in apart), x + 5.0) for x in np.arange(10.0, 210.0, 20.0)]
        places = [(*(20.0 for _ in piece[:-1]), np.nan) for piece in pieces]
        draw_line(painter, np.ravel(pieces), np.ravel(places), look_of(LIGHT, number).pen)
        painter.end()
        seen = {x // 20 for x in range(220) for y in range(40) if image.pixelColor(x, y).name() != "#ffffff"}
        wide.append(len(seen))
    assert wide == [10] * 5


@pytest.mark.parametrize("height", [52.0, 90.0, 400.0])
@pytest.mark.parametrize(
    ("low", "high"), [(24.7, 27.9), (0.0, 1.0), (12.31, 12.49), (-3e6, 7e6), (99.9, 100.1)]
)
def test_every_axis_has_two_numbers_that_are_whole_and_apart(low: float, high: float, height: float) -> None:
    measures = Measures(15.0)
    places = [(value - low) / (high - low) * height for value, _ in marks_of(low, high, height, measures)]
    whole = [place for place in places if 7 <= place <= height - 7]
    assert len(whole) >= 2
    assert np.diff(places).min() >= 15.0


def test_the_menu_key_opens_the_menu_of_the_marked_panel(panel: PlotPanel) -> None:
    panel.station.rearrange(lambda plotted: plotted.begin_panels([[2], [3]]))
    panel.shown.make_current(panel.station.plotted.panels[1].number)
    spots: list[QPointF] = []
    panel.canvas.menuWanted.disconnect()
    panel.canvas.menuWanted.connect(lambda spot, place: spots.append(spot))
    reason = QContextMenuEvent.Reason.Keyboard
    QApplication.sendEvent(panel.canvas, QContextMenuEvent(reason, QPoint(1, 1), QPoint(1, 1)))
    assert panel.canvas.placement.panes[1].rect.contains(spots[0])
