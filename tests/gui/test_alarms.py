"""The server's alarms: shown as it tells them, acknowledged and cleared with the outcome told."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from papaya_gui.actions import Actions
from papaya_gui.faults import Faults
from papaya_gui.models.alarms import age_text, ordered, severity_text, summary
from papaya_gui.models.condition import Condition
from papaya_gui.models.shape import ROOT
from papaya_gui.models.table import Column
from papaya_gui.sources.remote import Alarm
from papaya_gui.station import Station
from papaya_gui.theme import DARK, LIGHT
from papaya_gui.views.alarm_model import AlarmModel
from papaya_gui.views.alarms import AlarmsView
from papaya_gui.views.columns import KeptEnd, ended
from papaya_gui.views.main_window import MainWindow
from PyQt6.QtCore import QRect, Qt
from PyQt6.QtGui import QFont, QFontMetrics, QIcon
from PyQt6.QtWidgets import QApplication, QPushButton, QStyleOptionViewItem

from papaya.errors import Forbidden, Unreachable
from tests.gui.events import click, double_click, press
from tests.gui.far import HandRemote, hear_of
from tests.gui.hand import pause, wait_until

HOT = Alarm("1", "PM-0001", "High temperature", "CRITICAL", 1000.0, is_active=True, is_acknowledged=False)
LOW = Alarm("2", "PM-0002", "Low battery", "WARNING", 2000.0, is_active=True, is_acknowledged=True)
OVER = Alarm("3", "PM-0001", "No signal", "MAJOR", 3000.0, is_active=False, is_acknowledged=False)


@pytest.fixture
def view(far_station: Station, remote: HandRemote, actions: Actions) -> Iterator[AlarmsView]:
    """Return the view with three alarms in it."""
    remote.add(HOT, LOW, OVER)
    made = AlarmsView(far_station, LIGHT, actions, poll_seconds=0.05)
    made.resize(900, 300)
    wait_until(lambda: len(made.alarms) == 3)
    yield made
    made.stop()


def cells(view: AlarmsView, row: int) -> list[str]:
    """Return what a row says."""
    model = view.table.model()
    assert model is not None
    return [str(model.data(model.index(row, column))) for column in range(model.columnCount())]


def button(view: AlarmsView, name: str) -> QPushButton:
    """Return a button of the view."""
    found = view.findChild(QPushButton, f"alarms-{name}-button")
    assert isinstance(found, QPushButton)
    return found


def test_alarms_are_listed_with_a_word_and_a_shape_the_gravest_first(view: AlarmsView) -> None:
    assert [cells(view, row)[:5] for row in range(3)] == [
        ["Critical", "PM-0001", "High temperature", "45 min 0 s", "active, not acknowledged"],
        ["Warning", "PM-0002", "Low battery", "28 min 20 s", "active, acknowledged"],
        ["Major", "PM-0001", "No signal", "11 min 40 s", "cleared, not acknowledged"],
    ]
    model = view.table.model()
    assert model is not None
    icons = [model.data(model.index(row, 0), Qt.ItemDataRole.DecorationRole) for row in range(3)]
    assert all(isinstance(icon, QIcon) and not icon.isNull() for icon in icons)
    assert view.words.text() == "http://far.example: 1 critical, 1 warning"


def test_the_server_is_asked_again_and_again_and_never_from_the_window(
    view: AlarmsView, remote: HandRemote
) -> None:
    asked = remote.asked
    remote.known.pop("2")
    wait_until(lambda: len(view.alarms) == 2)
    assert remote.asked > asked
    assert "MainThread" not in remote.threads


def test_an_alarm_is_acknowledged_and_the_outcome_told(view: AlarmsView, remote: HandRemote) -> None:
    assert not button(view, "acknowledge").isEnabled()
    view.table.selectRow(0)
    click(button(view, "acknowledge"))
    wait_until(lambda: remote.known["1"].is_acknowledged)
    wait_until(lambda: view.outcome.text() == "Acknowledged: High temperature (PM-0001)")
    wait_until(lambda: view.alarms[0].is_acknowledged)
    assert not button(view, "acknowledge").isEnabled()
    assert button(view, "clear").isEnabled()


def test_several_alarms_are_cleared_with_keys_and_each_refusal_told(
    view: AlarmsView, remote: HandRemote, actions: Actions
) -> None:
    remote.refusals["2"] = Forbidden("the user may not clear alarms", remedy="ask the administrator")
    view.table.setFocus()
    view.table.selectRow(0)
    press(view.table, Qt.Key.Key_Down, Qt.KeyboardModifier.ShiftModifier)
    assert [alarm.id for alarm in view.chosen()] == ["1", "2"]
    actions["alarms-clear"].trigger()
    wait_until(lambda: "Waiting" not in view.outcome.text())
    assert view.outcome.text() == (
        "Cleared: High temperature (PM-0001)\n"
        "Not cleared: Low battery (PM-0002): the user may not clear alarms\nask the administrator"
    )
    assert not remote.known["1"].is_active and remote.known["2"].is_active


def test_the_choice_follows_its_alarm_when_others_come(view: AlarmsView, remote: HandRemote) -> None:
    view.table.selectRow(1)
    remote.add(Alarm("9", "PM-0003", "Fire", "CRITICAL", 3600.0, is_active=True, is_acknowledged=False))
    wait_until(lambda: len(view.alarms) == 4)
    assert [alarm.id for alarm in view.chosen()] == ["2"]
    assert [alarm.id for alarm in view.alarms] == ["9", "1", "2", "3"]


def test_a_server_that_does_not_answer_is_told_and_asked_more_seldom(
    view: AlarmsView, remote: HandRemote
) -> None:
    remote.failure = Unreachable("far.example does not answer", remedy="start it")
    wait_until(lambda: "far.example does not answer\nstart it" in view.words.text())
    assert "out of date" in view.words.text()
    assert len(view.alarms) == 3
    remote.asked = 0
    pause(0.6)
    assert remote.asked <= 4
    remote.failure = None
    wait_until(lambda: "1 critical" in view.words.text())


def test_a_source_without_a_server_says_so_in_words(station: Station, actions: Actions) -> None:
    view = AlarmsView(station, LIGHT, actions)
    wait_until(lambda: "By hand has no server" in view.words.text())
    assert not actions["alarms-acknowledge"].isEnabled()
    view.stop()


def test_a_double_click_asks_for_the_page_of_the_device(view: AlarmsView) -> None:
    asked: list[str] = []
    view.deviceWanted.connect(asked.append)
    view.show()
    double_click(view.table, view.table.visualRect(view.table.model().index(1, 0)).center())  # type: ignore[union-attr]
    assert asked == ["PM-0002"]


def test_another_look_keeps_the_choice(view: AlarmsView) -> None:
    view.table.selectRow(1)
    view.set_theme(DARK)
    assert [alarm.id for alarm in view.chosen()] == ["2"]


def test_words_for_alarms() -> None:
    assert [age_text(seconds) for seconds in (-3, 0.4, 59, 61, 3600, 90_000)] == [
        "0 s",
        "0 s",
        "59 s",
        "1 min 1 s",
        "1 h 0 min",
        "1 d 1 h",
    ]
    assert summary([OVER]) == "no active alarms"
    assert severity_text(HOT) == "Critical"
    assert [alarm.id for alarm in ordered([OVER, LOW, HOT])] == ["1", "2", "3"]


def test_an_alarm_of_the_server_shows_in_tree_table_and_map_until_it_is_over(
    application: QApplication, far_station: Station, remote: HandRemote, tmp_path: Path
) -> None:
    window = MainWindow(far_station, LIGHT, Faults(tmp_path / "window.log"))
    window.show()
    window.pages.setCurrentWidget(window.map)
    node = window.tree.tree.find(far_station_path(far_station, "PM-0001"))
    number = window.map.geography.numbers["PM-0001"]
    assert node is not None
    remote.add(HOT)
    window.alarms.ask()
    wait_until(lambda: window.tree.tree.worst(node) is Condition.CRITICAL)
    wait_until(lambda: int(window.map.conditions[number]) == Condition.CRITICAL)
    assert window.tree.tree.worst(ROOT) is Condition.CRITICAL
    row = far_station.catalog.rows_of("PM-0001")[0].index
    assert "High temperature (critical on server)" in window.table.model.table.cell(row, Column.CONDITION)
    remote.known.clear()
    window.alarms.ask()
    wait_until(lambda: window.tree.tree.worst(node) is not Condition.CRITICAL)
    wait_until(lambda: int(window.map.conditions[number]) != Condition.CRITICAL)
    window.close()
    window.deleteLater()


def test_while_paused_the_views_keep_the_alarms_that_they_showed(
    view: AlarmsView, far_station: Station, remote: HandRemote
) -> None:
    assert set(far_station.board.raised.by_device) == {"PM-0001", "PM-0002"}
    far_station.set_paused(True)
    remote.known.clear()
    wait_until(lambda: not view.alarms)
    assert set(far_station.board.raised.by_device) == {"PM-0001", "PM-0002"}
    far_station.set_paused(False)
    assert far_station.board.raised.by_device == {}


def far_station_path(station: Station, device: str) -> tuple[str, ...]:
    """Return the path of a device in the tree."""
    return (*station.catalog.rows_of(device)[0].place, device)


def test_the_status_is_seen_whole_in_a_small_window_and_long_kinds_give_room(
    far_window: MainWindow, far_station: Station, remote: HandRemote
) -> None:
    kind = "Temperature of the cabinet of the eastern feeder is above what the maker allows " * 2
    remote.add(replace(HOT, kind=kind.strip(), device="PM-0001"), LOW, OVER)
    alarms = far_window.alarms
    far_window.pages.setCurrentWidget(alarms)
    far_window.show_left_width()
    alarms.ask()
    wait_until(lambda: len(alarms.alarms) == 3)
    header, viewport, model = alarms.table.horizontalHeader(), alarms.table.viewport(), alarms.table.model()
    assert header is not None and viewport is not None and model is not None
    pause(0.02)
    status = 4
    assert header.sectionSize(status) >= alarms.table.sizeHintForColumn(status)
    assert header.sectionViewportPosition(status) + header.sectionSize(status) <= viewport.width()
    narrow = header.sectionSize(AlarmModel.KIND)
    assert model.data(model.index(0, AlarmModel.KIND), Qt.ItemDataRole.ToolTipRole) == kind.strip()
    far_window.resize(1600, 900)
    wait_until(lambda: header.sectionSize(AlarmModel.KIND) > narrow)


def test_a_long_alarm_is_elided_before_its_severity_and_told_whole_in_the_tool_tip(
    far_window: MainWindow, far_station: Station
) -> None:
    kind = "Temperature of the cabinet of the eastern feeder is above the limit of its maker"
    hear_of(far_station, replace(HOT, kind=kind))
    far_station.focus("PM-0001")
    far_station.tick()
    view = far_window.table.view
    model = far_window.table.model
    cell = model.index(0, Column.CONDITION)
    assert "(critical on server)" in cell.data()
    option = QStyleOptionViewItem()
    view.initViewItemOption(option)
    option.rect = QRect(0, 0, 400, 20)
    delegate = view.itemDelegateForColumn(Column.CONDITION)
    assert isinstance(delegate, KeptEnd)
    delegate.initStyleOption(option, cell)
    text = option.text or ""
    assert text.startswith("T") and "… (critical on server)" in text
    assert option.fontMetrics.horizontalAdvance(text) <= 400
    assert kind in str(cell.data(Qt.ItemDataRole.ToolTipRole))


def test_a_condition_without_room_keeps_its_kind_before_the_rest(application: QApplication) -> None:
    head, tail = "Overheated", " (critical on server), live"
    letters = QFontMetrics(QFont())

    def shown(text: str) -> str:
        return ended(head, tail, letters.horizontalAdvance(text) + 1, letters)

    assert shown(head + tail) == head + tail
    assert shown(f"{head} (critical)") == "Overheated (critical)"
    assert shown("Ov (critical)") == "critical"
