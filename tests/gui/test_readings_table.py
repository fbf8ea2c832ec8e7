"""The table of readings, used as people use it: with mouse, keys and eyes."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from papaya_gui.actions import Actions
from papaya_gui.models.plotted import MOST_PLOTTED, Plotted
from papaya_gui.models.table import Column, Show
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT, THEMES, Theme, apply
from papaya_gui.views.readings_table import ReadingsTable
from PyQt6.QtCore import QPersistentModelIndex, QPoint, Qt
from PyQt6.QtGui import QBrush, QContextMenuEvent, QFont, QGuiApplication
from PyQt6.QtTest import QAbstractItemModelTester, QSignalSpy
from PyQt6.QtWidgets import QApplication

from papaya.sensors.reading import Value
from tests.gui.events import CONTROL, PLAIN, SHIFT, click, press, type_text
from tests.gui.hand import HandClock, HandSupply, pause, wait_until


@pytest.fixture
def readings(station: Station, actions: Actions, application: QApplication) -> Iterator[ReadingsTable]:
    """Return the table, shown."""
    made = ReadingsTable(station, LIGHT, actions)
    made.resize(700, 500)
    made.show()
    made.activateWindow()
    application.processEvents()
    yield made
    made.close()
    made.deleteLater()


def say(station: Station, *readings: tuple[int, Value], seconds: float | None = None) -> None:
    """Let readings come, now unless a time is given, and the views follow."""
    assert isinstance(station.supply, HandSupply)
    for row, value in readings:
        station.supply.say(row, time.time() if seconds is None else seconds, value)
    station.tick()


def cell(readings: ReadingsTable, position: int, column: Column) -> str:
    """Return what a cell shows."""
    return str(readings.model.index(position, column).data())


def click_row(
    readings: ReadingsTable, position: int, modifiers: Qt.KeyboardModifier = PLAIN, right: bool = False
) -> None:
    """Click on a row."""
    place = readings.view.visualRect(readings.model.index(position, Column.SENSOR)).center()
    button = Qt.MouseButton.RightButton if right else Qt.MouseButton.LeftButton
    click(readings.view, place, modifiers, button)


def click_title(readings: ReadingsTable, column: Column) -> None:
    """Click on the title of a column."""
    header = readings.view.header
    click(header, QPoint(header.sectionViewportPosition(column) + 12, header.height() // 2))


def plotted(station: Station) -> list[int]:
    """Return the rows that are plotted."""
    return list(station.selection)


def positions(readings: ReadingsTable) -> list[int]:
    """Return the rows of the catalog from top to bottom."""
    return [readings.model.catalog_row(position) for position in range(readings.model.rowCount())]


def test_every_kind_of_value_is_shown_as_such(station: Station, readings: ReadingsTable) -> None:
    say(station, (0, 21.5), (1, True), (2, "obstructed"), (3, 42))
    shown = [cell(readings, position, Column.VALUE) for position in range(5)]
    assert shown == ["21.5", "true", "obstructed", "42", ""]
    sides = [
        readings.model.index(row, Column.VALUE).data(Qt.ItemDataRole.TextAlignmentRole) for row in (0, 1)
    ]
    assert sides[0] == Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
    assert sides[1] is None


def test_a_tick_is_told_once_and_only_for_what_can_be_seen(station: Station, readings: ReadingsTable) -> None:
    spy = QSignalSpy(readings.model.dataChanged)
    say(station, *[(row, 1.0) for row in range(len(station.catalog))])
    assert len(spy) == 1
    first, last = spy[0][0].row(), spy[0][1].row()
    viewport = readings.view.viewport()
    assert viewport is not None
    assert first == 0
    assert last == readings.view.rowAt(viewport.height() - 1) < len(station.catalog) - 1


def test_a_stale_row_is_marked_by_words_slant_and_pattern_within_a_second(
    station: Station, readings: ReadingsTable, clock: HandClock
) -> None:
    row = station.catalog.find("PM-0001", "parking.distance_cm")
    assert row is not None
    assert row.every == 1.0
    said = clock.seconds = time.time()
    station.start()
    say(station, (row.index, 200), seconds=said)
    index = readings.model.index(row.index, Column.CONDITION)
    assert index.data() == "live"
    spy = QSignalSpy(station.ticked)
    clock.seconds = said + 1.99 * row.every
    wait_until(lambda: len(spy) == 2)
    assert index.data() == "live"
    clock.seconds = said + 2.01 * row.every
    spy = QSignalSpy(station.ticked)
    wait_until(lambda: str(index.data()).startswith("stale"))
    assert len(spy) * station.interval <= 1
    font, back = index.data(Qt.ItemDataRole.FontRole), index.data(Qt.ItemDataRole.BackgroundRole)
    assert isinstance(font, QFont)
    assert font.italic()
    assert isinstance(back, QBrush)
    assert back.style() is Qt.BrushStyle.BDiagPattern


def test_warn_and_alarm_are_told_in_words_and_by_a_shape(station: Station, readings: ReadingsTable) -> None:
    say(station, (0, 61.0), (1, 10.0))
    assert [cell(readings, row, Column.CONDITION) for row in (0, 1, 2)] == [
        "warn high", "alarm low", "no data",
    ]  # fmt: skip
    pictures = {
        readings.model.index(row, Column.CONDITION).data(Qt.ItemDataRole.DecorationRole).cacheKey()
        for row in (0, 1, 2)
    }
    assert len(pictures) == 3


def test_a_click_on_a_title_sorts_and_a_third_one_ends_it(station: Station, readings: ReadingsTable) -> None:
    count = len(station.catalog)
    generator = np.random.default_rng(5)
    say(station, *[(row, float(value)) for row, value in enumerate(generator.permutation(count))])
    click_title(readings, Column.VALUE)
    ascending = [float(cell(readings, position, Column.VALUE)) for position in range(count)]
    assert ascending == sorted(ascending)
    click_title(readings, Column.VALUE)
    descending = [float(cell(readings, position, Column.VALUE)) for position in range(count)]
    assert descending == ascending[::-1]
    click_title(readings, Column.VALUE)
    assert positions(readings) == list(range(count))


def test_sorting_is_reached_without_a_mouse(
    station: Station, readings: ReadingsTable, actions: Actions
) -> None:
    say(station, (0, 3.0), (1, 1.0), (2, 2.0))
    action = actions["sortReadingsByValue"]
    assert action.text() == "Sort readings by value"
    seen = []
    for _ in range(3):
        action.trigger()
        seen.append(positions(readings)[:3])
    assert seen == [[1, 2, 0], [0, 2, 1], [0, 1, 2]]


def test_indexes_that_others_hold_go_with_their_rows(station: Station, readings: ReadingsTable) -> None:
    tester = QAbstractItemModelTester(
        readings.model, QAbstractItemModelTester.FailureReportingMode.Warning, readings
    )
    count = len(station.catalog)
    held = {row: QPersistentModelIndex(readings.model.index(row, Column.VALUE)) for row in range(0, count, 7)}
    generator = np.random.default_rng(11)
    texts = ("", "temperature", "", "pm", "battery")
    for turn in range(40):
        rows = generator.choice(count, 40, replace=False)
        say(station, *[(int(row), float(generator.normal(60, 20))) for row in rows])
        readings.view.sort_next(int(generator.integers(0, len(Column))))
        if turn % 3 == 0:
            readings.filter.setText(texts[int(generator.integers(0, len(texts)))])
        readings.show_only.setCurrentIndex(int(generator.integers(0, 5)) if turn % 5 == 0 else 0)
        shown = positions(readings)
        for row, index in held.items():
            assert not index.isValid() or shown[index.row()] == row
        assert shown == readings.table.rows.tolist()
    assert tester.model() is readings.model


def test_typing_filters_and_escape_shows_everything_again(station: Station, readings: ReadingsTable) -> None:
    readings.filter.setFocus()
    type_text(readings.filter, "pm-0001 lidar")
    assert [cell(readings, row, Column.SENSOR) for row in range(readings.model.rowCount())] == [
        "LiDAR left", "LiDAR right",
    ]  # fmt: skip
    assert readings.count.text() == f"2 of {len(station.catalog)} readings"
    press(readings.filter, Qt.Key.Key_Escape)
    assert readings.model.rowCount() == len(station.catalog)


def test_what_is_typed_in_the_rows_goes_to_the_filter(readings: ReadingsTable) -> None:
    readings.view.setFocus()
    type_text(readings.view, "m")
    assert readings.filter.text() == "m"
    assert readings.filter.hasFocus()


def test_only_what_needs_attention_can_be_shown(station: Station, readings: ReadingsTable) -> None:
    say(station, (0, 61.0), (1, 10.0), (2, 300))
    readings.show_only.setFocus()
    type_text(readings.show_only, "Alarm")
    assert readings.show_only.currentData() is Show.ALARM
    assert positions(readings) == [1]
    say(station, (1, 12.0))
    assert positions(readings) == []
    press(readings.show_only, Qt.Key.Key_Up)
    assert positions(readings) == [0]


def test_a_device_in_focus_hides_its_column_and_the_others(station: Station, readings: ReadingsTable) -> None:
    station.focus("PM-0002")
    assert positions(readings) == [row.index for row in station.catalog.rows_of("PM-0002")]
    assert readings.view.isColumnHidden(Column.DEVICE)
    station.focus_place("GERMANY")
    assert not readings.view.isColumnHidden(Column.DEVICE)
    assert {station.catalog[row].place[0] for row in positions(readings)} == {"GERMANY"}
    station.focus("")
    assert readings.model.rowCount() == len(station.catalog)


def test_clicks_select_rows_and_leave_the_plot_as_it_is(station: Station, readings: ReadingsTable) -> None:
    station.select([7, 4])
    click_row(readings, 3)
    click_row(readings, 1, CONTROL)
    assert readings.view.selected_positions() == [1, 3]
    click_row(readings, 5)
    click_row(readings, 8, SHIFT)
    assert readings.view.selected_positions() == [5, 6, 7, 8]
    assert plotted(station) == [7, 4]


def test_enter_plots_all_selected_rows_and_removes_them_again(
    station: Station, readings: ReadingsTable
) -> None:
    station.select([9])
    click_row(readings, 3)
    click_row(readings, 5, SHIFT)
    press(readings.view, Qt.Key.Key_Return)
    assert plotted(station) == [9, 3, 4, 5]
    press(readings.view, Qt.Key.Key_Return)
    assert plotted(station) == [9]


def test_arrows_move_and_enter_plots(station: Station, readings: ReadingsTable) -> None:
    readings.filter.setFocus()
    press(readings.filter, Qt.Key.Key_Down)
    assert readings.view.hasFocus()
    press(readings.view, Qt.Key.Key_Down)
    assert plotted(station) == []
    press(readings.view, Qt.Key.Key_Return)
    press(readings.view, Qt.Key.Key_Down)
    press(readings.view, Qt.Key.Key_Enter)
    assert plotted(station) == [1, 2]
    press(readings.view, Qt.Key.Key_Return)
    assert plotted(station) == [1]


def test_the_selection_goes_with_its_rows_when_they_are_sorted(
    station: Station, readings: ReadingsTable
) -> None:
    click_row(readings, 0)
    click_row(readings, 2, CONTROL)
    click_title(readings, Column.VALUE)
    say(station, (0, 500.0), (2, 100.0), (4, 300.0))
    assert readings.view.selected_positions() == [0, 2]
    assert [positions(readings)[position] for position in (0, 2)] == [2, 0]


def test_a_filter_leaves_the_plot_as_it_is(station: Station, readings: ReadingsTable) -> None:
    station.select([0])
    readings.filter.setText("battery")
    assert plotted(station) == [0]
    click_row(readings, 1)
    press(readings.view, Qt.Key.Key_Return)
    assert plotted(station) == [0, positions(readings)[1]]


def test_what_is_plotted_is_bold_and_told(station: Station, readings: ReadingsTable) -> None:
    def is_bold(row: int) -> bool:
        font = readings.model.index(row, Column.SENSOR).data(Qt.ItemDataRole.FontRole)
        return isinstance(font, QFont) and font.bold()

    station.select([7, 4])
    assert [row for row in range(10) if is_bold(row)] == [4, 7]
    assert readings.model.index(4, Column.SENSOR).data(Qt.ItemDataRole.ToolTipRole).endswith("Plotted")
    assert readings.count.text().endswith(", 2 plotted")
    station.rearrange(Plotted.undo)
    assert not is_bold(4)
    assert readings.view.selected_positions() == []


def test_no_more_rows_are_plotted_than_can_be_told_apart(station: Station, readings: ReadingsTable) -> None:
    readings.view.selectAll()
    press(readings.view, Qt.Key.Key_Down)
    press(readings.view, Qt.Key.Key_Return)
    assert len(station.selection) == MOST_PLOTTED


def test_selected_rows_are_copied_as_text(station: Station, readings: ReadingsTable) -> None:
    say(station, (0, 21.5), (2, 300.25))
    click_row(readings, 0)
    click_row(readings, 2, CONTROL)
    readings.view.setFocus()
    press(readings.view, Qt.Key.Key_C, CONTROL)
    clipboard = QGuiApplication.clipboard()
    assert clipboard is not None
    lines = [line.split("\t") for line in clipboard.text().splitlines()]
    assert [line[:4] for line in lines] == [
        ["Device", "Sensor", "Value", "Unit"],
        ["PM-0001", "Temperature", "21.5", "°C"],
        ["PM-0001", "LiDAR left", "300.25", "cm"],
    ]
    readings.copy_shown()
    assert len(clipboard.text().splitlines()) == len(station.catalog) + 1


def test_a_menu_is_asked_for_with_mouse_and_key_and_plots_nothing(
    station: Station, readings: ReadingsTable, application: QApplication
) -> None:
    spy = QSignalSpy(readings.menuRequested)
    viewport = readings.view.viewport()
    assert viewport is not None
    place = readings.view.visualRect(readings.model.index(3, Column.SENSOR)).center()
    click_row(readings, 3, right=True)
    reasons = QContextMenuEvent.Reason
    application.sendEvent(viewport, QContextMenuEvent(reasons.Mouse, place, viewport.mapToGlobal(place)))
    application.sendEvent(viewport, QContextMenuEvent(reasons.Keyboard, QPoint(0, 0), QPoint(0, 0)))
    assert [spy[one][0] for one in range(len(spy))] == [3, 3]
    assert spy[1][1].y() == spy[0][1].y()
    assert plotted(station) == []


def test_a_pause_lets_the_table_stand_still(station: Station, readings: ReadingsTable) -> None:
    say(station, (0, 1.0))
    station.set_paused(True)
    before = [cell(readings, 0, column) for column in Column]
    spy = QSignalSpy(readings.model.dataChanged)
    say(station, (0, 2.0))
    pause(0.05)
    station.tick()
    assert [cell(readings, 0, column) for column in Column] == before
    assert len(spy) == 0
    station.set_paused(False)
    assert cell(readings, 0, Column.VALUE) == "2"


@pytest.mark.parametrize("theme", THEMES.values(), ids=lambda theme: theme.name)
def test_stale_and_alarm_look_different_from_live_in_both_themes(
    station: Station, readings: ReadingsTable, application: QApplication, theme: Theme
) -> None:
    try:
        apply(application, theme)
        readings.set_theme(theme)
        say(station, (0, 20.0), seconds=time.time() - 3600)
        say(station, (2, 200.0), (1, 10.0), (4, 20.0))
        seen = set()
        for row in (0, 1, 2, 5):
            rect = readings.view.visualRect(readings.model.index(row, Column.CONDITION))
            image = readings.view.viewport().grab(rect).toImage()  # type: ignore[union-attr]
            bits = image.constBits()
            assert bits is not None
            seen.add(bits.asstring(image.sizeInBytes()))
        assert len(seen) == 4
    finally:
        apply(application, LIGHT)


def test_everything_has_a_name_for_those_who_listen(readings: ReadingsTable) -> None:
    for widget in (readings, readings.filter, readings.show_only, readings.view, readings.count):
        assert widget.accessibleName()
        assert widget.objectName()
