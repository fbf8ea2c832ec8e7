"""Ctrl+K and `?`: found, chosen and listed with the keyboard alone."""

from __future__ import annotations

import pytest
from papaya_gui.actions import Actions
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT
from papaya_gui.views.keys import KeyList
from papaya_gui.views.palette import Palette
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QMainWindow, QTreeWidgetItem

from tests.gui.events import press, type_text
from tests.gui.hand import wait_until


@pytest.fixture
def window() -> QMainWindow:
    """Return a window that takes keys."""
    made = QMainWindow()
    made.resize(900, 600)
    return made


@pytest.fixture
def palette(station: Station, actions: Actions, window: QMainWindow) -> Palette:
    """Return the palette of a window, which is open."""
    made = Palette(station, LIGHT, actions, window)
    for listed in actions:
        window.addAction(listed.action)
    window.show()
    window.activateWindow()
    wait_until(window.isActiveWindow)
    return made


def names(palette: Palette) -> list[str]:
    """Return what is found, from top to bottom."""
    model = palette.finds.model()
    assert model is not None
    return [str(model.data(model.index(row, 0))) for row in range(model.rowCount())]


def test_its_key_opens_it_and_escape_closes_it(palette: Palette, window: QMainWindow) -> None:
    press(window, Qt.Key.Key_K, Qt.KeyboardModifier.ControlModifier)
    wait_until(palette.isVisible)
    assert palette.query.hasFocus()
    press(palette.query, Qt.Key.Key_Escape)
    assert not palette.isVisible()
    window.hide()


def test_a_device_is_turned_to(palette: Palette, station: Station, window: QMainWindow) -> None:
    palette.show_empty()
    type_text(palette.query, "pm-0002")
    assert names(palette)[0] == "PM-0002"
    press(palette.query, Qt.Key.Key_Return)
    assert station.device == "PM-0002"
    assert not palette.isVisible()
    window.hide()


def test_a_sensor_is_plotted_beside_what_is_plotted(
    palette: Palette, station: Station, window: QMainWindow
) -> None:
    station.select([5])
    row = station.catalog.rows_of("PM-0001")[1]
    palette.show_empty()
    type_text(palette.query, f"pm-0001 {row.title}")
    press(palette.query, Qt.Key.Key_Return)
    assert station.selection == (5, row.index)
    window.hide()


def test_an_action_is_run_and_one_that_is_disabled_is_not_offered(
    palette: Palette, actions: Actions, window: QMainWindow
) -> None:
    ran: list[str] = []
    actions.add("freeze", "Freeze the view", lambda: ran.append("freeze"), group="View", words="pause")
    actions.add("other", "Freeze the server", lambda: ran.append("other"), group="View").setEnabled(False)
    palette.show_empty()
    type_text(palette.query, "freeze")
    assert names(palette) == ["Freeze the view"]
    press(palette.query, Qt.Key.Key_Return)
    assert ran == ["freeze"]
    window.hide()


def test_the_arrows_choose_while_the_line_keeps_the_focus(
    palette: Palette, station: Station, window: QMainWindow
) -> None:
    palette.show_empty()
    wait_until(palette.query.hasFocus)
    type_text(palette.query, "pm-000")
    second = names(palette)[1]
    press(palette.query, Qt.Key.Key_Down)
    assert palette.query.hasFocus()
    press(palette.query, Qt.Key.Key_Return)
    assert station.device == second
    window.hide()


def test_where_nothing_is_found_enter_does_nothing_and_words_say_so(
    palette: Palette, station: Station, window: QMainWindow
) -> None:
    palette.show_empty()
    type_text(palette.query, "no such thing")
    press(palette.query, Qt.Key.Key_Return)
    assert palette.isVisible()
    assert "Nothing" in palette.hint.text()
    assert station.device == ""
    palette.reject()
    window.hide()


def test_every_action_is_listed_with_its_keys_below_its_group(window: QMainWindow, actions: Actions) -> None:
    keys = KeyList(actions, window)
    actions.add("pause", "&Pause", lambda: None, group="View", shortcut="Space")
    actions.add("save", "Save", lambda: None, group="Export")
    actions["keys"].trigger()
    listed = {
        group.text(0): [(item.text(0), item.text(1)) for item in children(group)] for group in groups(keys)
    }
    assert listed == {
        "Help": [("List all keys", "?")],
        "View": [("Pause", "Space")],
        "Export": [("Save", "")],
    }
    press(keys.list, Qt.Key.Key_Escape)
    assert not keys.isVisible()


def test_a_question_mark_opens_the_list(window: QMainWindow, actions: Actions) -> None:
    keys = KeyList(actions, window)
    window.addAction(actions["keys"])
    window.show()
    window.activateWindow()
    wait_until(window.isActiveWindow)
    press(window, Qt.Key.Key_Question)
    wait_until(keys.isVisible)
    keys.reject()
    window.hide()


def groups(keys: KeyList) -> list[QTreeWidgetItem]:
    """Return the groups that are listed."""
    found = [keys.list.topLevelItem(index) for index in range(keys.list.topLevelItemCount())]
    return [one for one in found if one is not None]


def children(group: QTreeWidgetItem) -> list[QTreeWidgetItem]:
    """Return what is listed below a group."""
    found = [group.child(index) for index in range(group.childCount())]
    return [one for one in found if one is not None]
