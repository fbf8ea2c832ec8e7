"""What must be noticed: new alarms, their number in the title, filters of the tree, outcomes of commands."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from papaya_gui.layouts import LayoutFiles
from papaya_gui.memory import Memory
from papaya_gui.models.calls import ping
from papaya_gui.models.shape import ROOT
from papaya_gui.models.tree import Only
from papaya_gui.sources.remote import Alarm, Severity
from papaya_gui.views.main_window import TITLE, MainWindow
from papaya_gui.views.sign import DONE
from papaya_gui.views.toast import Shield
from PyQt6.QtCore import QPoint, QRect, Qt
from PyQt6.QtWidgets import QApplication, QPushButton, QWidget

from tests.gui.events import click, leave, move_to, press
from tests.gui.far import HandRemote, hear_of
from tests.gui.hand import wait_until


@pytest.fixture
def window(far_window: MainWindow) -> MainWindow:
    """Return the window whose source has a server, in front of all others."""
    far_window.activateWindow()
    wait_until(far_window.isActiveWindow)
    return far_window


def alarm(number: int, device: str = "PM-0002", severity: Severity = "CRITICAL") -> Alarm:
    """Return an active alarm."""
    return Alarm(str(number), device, f"Hot {number}", severity, 3600.0 + number, True, False)


def button(above: QWidget, name: str) -> QPushButton:
    """Return a button by its name."""
    found = above.findChild(QPushButton, name)
    assert found is not None
    return found


def test_a_new_grave_alarm_is_told_once_and_counted_in_the_title(window: MainWindow) -> None:
    toast = window.attention.toast
    window.attention.take([alarm(1), alarm(2, severity="MINOR")])
    assert toast.isVisible() and "PM-0002" in toast.title.text() and toast.words.text() == "Hot 1"
    assert window.windowTitle() == f"(1) {TITLE}"
    click(button(toast, "alarmToast-close"))
    window.attention.take([alarm(1)])
    assert not toast.isVisible()
    window.attention.take([])
    assert window.windowTitle() == TITLE


def test_a_toast_lies_inside_the_smallest_window(window: MainWindow) -> None:
    window.attention.take([alarm(number) for number in range(5)])
    toast = window.attention.toast
    place = QRect(toast.mapTo(window, toast.rect().topLeft()), toast.size())
    assert window.rect().contains(place)
    for child in toast.findChildren(QPushButton):
        assert toast.rect().contains(child.geometry()), child.text()


def test_a_thousand_alarms_are_one_toast_and_take_no_time(window: MainWindow) -> None:
    devices = window.station.catalog.devices
    alarms = [alarm(number, devices[number % len(devices)]) for number in range(1000)]
    began = time.perf_counter()
    window.attention.take(alarms)
    # A tenth of a second on a machine that is five times slower.
    assert time.perf_counter() - began < 0.5
    assert window.attention.toast.title.text() == "1,000 new alarms"
    assert "and 997 more" in window.attention.toast.words.text()


def test_the_desktop_hears_of_it_only_where_the_window_has_no_focus(
    window: MainWindow, application: QApplication
) -> None:
    told: list[tuple[str, str]] = []
    window.attention.notify = lambda title, text: told.append((title, text))
    window.attention.take([alarm(1)])
    assert len(told) == 0
    other = QWidget()
    other.show()
    other.activateWindow()
    wait_until(other.isActiveWindow)
    window.attention.take([alarm(1), alarm(2)])
    assert [text for _, text in told] == ["Hot 2"]
    other.close()
    other.deleteLater()


def test_muted_is_quiet_counts_on_and_is_remembered(window: MainWindow, tmp_path: Path) -> None:
    window.actions_["mute"].trigger()
    window.attention.take([alarm(1)])
    assert not window.attention.toast.isVisible() and window.windowTitle().startswith("(1)")
    memory = Memory(window, LayoutFiles(tmp_path))
    memory.keep()
    window.actions_["mute"].trigger()
    assert not window.actions_["mute"].isChecked()
    memory.take(memory.last(forget=False))
    assert window.attention.is_muted
    window.actions_["mute"].trigger()
    window.attention.take([alarm(1)])
    assert not window.attention.toast.isVisible()


def test_an_alarm_is_acknowledged_from_its_toast(window: MainWindow, remote: HandRemote) -> None:
    remote.add(alarm(1))
    window.alarms.ask()
    wait_until(window.attention.toast.isVisible)
    click(button(window.attention.toast, "alarmToast-choice-1"))
    wait_until(lambda: remote.known["1"].is_acknowledged)


def test_the_tree_shows_only_devices_in_alarm_and_the_worst_first(window: MainWindow) -> None:
    tree = window.tree.tree
    device = window.station.catalog.devices[-1]
    hear_of(window.station, alarm(1, device))
    wait_until(lambda: window.tree.filter.buttons[Only.ALARM].text() == "Alarm 1")
    country = tree.child(ROOT, 0)
    assert tree.name(country) == window.station.catalog.device(device).country
    assert tree.name(tree.child(tree.child(country, 0), 0)) == device
    click(window.tree.filter.buttons[Only.ALARM])
    assert tree.matches == 1 and not window.tree.count.isHidden()
    hear_of(window.station)
    wait_until(lambda: tree.matches == 0)
    click(window.tree.filter.buttons[Only.ALL])
    assert tree.matches == len(window.station.catalog.devices)


def test_the_filter_and_the_order_of_the_tree_are_remembered(window: MainWindow, tmp_path: Path) -> None:
    tree, memory = window.tree, Memory(window, LayoutFiles(tmp_path))
    click(tree.filter.worst_first)
    click(tree.filter.buttons[Only.WARN])
    memory.keep()
    click(tree.filter.worst_first)
    click(tree.filter.buttons[Only.ALL])
    memory.take(memory.last(forget=False))
    assert tree.tree.only is Only.WARN and not tree.tree.is_worst_first
    assert tree.filter.settings() == ("warn", False) and not window.actions_["worstFirst"].isChecked()
    memory.reset()
    assert tree.filter.settings() == ("", True) and tree.tree.is_worst_first


def test_no_row_leaves_the_mouse_when_the_order_changes(window: MainWindow) -> None:
    tree, view = window.tree.tree, window.tree.view
    names = window.station.catalog.devices
    window.station.focus(names[0])
    move_to(view, view.visualRect(view.currentIndex()).center())
    hear_of(window.station, alarm(1, names[-1]))
    wait_until(lambda: window.tree.filter.buttons[Only.ALARM].text() == "Alarm 1")
    assert window.tree.in_use and tree.is_out_of_order()
    window.tree.in_use.ended.emit()
    assert tree.is_out_of_order(), "the mouse is still there"
    leave(view)
    wait_until(lambda: not tree.is_out_of_order())
    assert tree.paths[tree.child(tree.child(tree.child(ROOT, 0), 0), 0)][-1] == names[-1]
    assert window.tree.model.node(view.currentIndex()) == tree.find(window.station.scope)


def test_the_outcome_of_a_command_appears_on_the_page_where_it_was_sent(
    window: MainWindow, remote: HandRemote
) -> None:
    remote.answer = lambda device, method, parameters: {"pong": True, "uptime": 42}
    page = window.pages.currentWidget()
    window.calls.call(ping("PM-0002"))
    outcome = window.attention.outcome
    wait_until(outcome.isVisible)
    assert window.pages.currentWidget() is page
    assert (
        outcome.title.text() == "PM-0002 ping"
        and outcome.sign.icon_name == DONE
        and "answered" in outcome.words.text()
    )
    click(button(outcome, "commandToast-more"))
    assert outcome.details.isVisible() and "uptime" in outcome.details.toPlainText()


def test_messages_lie_above_each_other_and_move_down_once_one_is_closed(window: MainWindow) -> None:
    window.resize(1366, 768)
    attention = window.attention
    attention.show_outcome("PM-0002 ping", "The device did not answer.", "", False)
    attention.take([alarm(1)])
    alarms, outcome = attention.toast, attention.outcome
    assert alarms.isVisible() and outcome.isVisible()
    assert not alarms.geometry().intersects(outcome.geometry())
    lower, higher = sorted((alarms, outcome), key=lambda one: -one.y())
    bottom = lower.geometry().bottom()
    click(button(lower, f"{lower.objectName()}-close"))
    assert higher.isVisible() and higher.geometry().bottom() == bottom


def test_a_message_stays_while_the_mouse_is_where_it_came_up(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    toast = window.attention.toast
    window.attention.take([alarm(1)])
    # Qt has told of no mouse: it did not move.
    place = toast.mapToGlobal(toast.rect().center())
    monkeypatch.setattr("papaya_gui.views.toast.QCursor", type("Mouse", (), {"pos": lambda: place}))
    toast._on_time()
    assert toast.isVisible()
    place = toast.mapToGlobal(QPoint(-50, -50))
    toast._on_time()
    assert not toast.isVisible()


def test_a_click_on_a_message_that_has_just_gone_hits_nothing_behind_it(window: MainWindow) -> None:
    toast, whole = window.attention.toast, window.stack
    window.attention.take([alarm(1)])
    place = toast.geometry().center()
    toast.hide()
    caught = whole.childAt(place)
    assert isinstance(caught, Shield)
    before = window.station.selection
    click(caught)
    assert window.station.selection == before
    wait_until(lambda: not isinstance(whole.childAt(place), Shield))


def test_escape_closes_a_message_and_the_keys_go_back_to_where_they_were(window: MainWindow) -> None:
    window.tree.view.setFocus()
    window.attention.take([alarm(1)])
    toast = window.attention.toast
    button(toast, "alarmToast-close").setFocus()
    press(button(toast, "alarmToast-close"), Qt.Key.Key_Escape)
    assert not toast.isVisible()
    assert QApplication.focusWidget() is window.tree.view
