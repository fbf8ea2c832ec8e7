"""Calls to devices: made from menu and keys, with every outcome told and nothing held up."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator

import pytest
from papaya_gui.actions import Actions
from papaya_gui.models.calls import Call, answer_text
from papaya_gui.station import Station
from papaya_gui.theme import DARK, LIGHT
from papaya_gui.views.call_dialogs import IdentifyDialog, IntervalDialog
from papaya_gui.views.calls import WORKERS, CallsView
from PyQt6.QtCore import Qt
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QDialogButtonBox

from papaya.errors import PapayaError
from papaya.manifest.model import Json
from tests.gui.events import click, type_text
from tests.gui.far import HandRemote
from tests.gui.hand import wait_until


@pytest.fixture
def view(far_station: Station, remote: HandRemote, actions: Actions) -> Iterator[CallsView]:
    """Return the view."""
    made = CallsView(far_station, LIGHT, actions)
    yield made
    made.stop()


def lines(view: CallsView) -> list[list[str]]:
    """Return what the list says, without the time."""
    found = [view.list.topLevelItem(index) for index in range(view.list.topLevelItemCount())]
    return [[line.text(column) for column in range(1, 4)] for line in found if line is not None]


def entry(view: CallsView, device: str, name: str) -> QAction:
    """Return an entry of a device's menu."""
    return next(action for action in view.menu(device).actions() if action.objectName() == name)


def outcome(view: CallsView, row: int = 0) -> str:
    """Return what became of a call."""
    return lines(view)[row][2]


def test_a_ping_is_answered_and_the_answer_shown(view: CallsView, remote: HandRemote) -> None:
    told: list[str] = []
    view.told.connect(told.append)
    remote.answer = lambda device, method, parameters: {"pong": True, "version": "1.2"}
    entry(view, "PM-0002", "call-ping").trigger()
    assert outcome(view) == "… waiting for the device"
    wait_until(lambda: outcome(view).startswith("answered"))
    ((device, call, answer),) = lines(view)
    assert (device, call) == ("PM-0002", "ping")
    assert re.fullmatch(r"answered in \d+\.\d s: pong true, version 1\.2", answer)
    assert remote.calls == [("PM-0002", "ping", None, 10.0)]
    assert told == [f"PM-0002 ping: {answer}"]


def test_a_device_that_keeps_silent_is_told_of_with_what_to_do(view: CallsView, remote: HandRemote) -> None:
    def silent(device: str, method: str, parameters: Json) -> Json:
        raise PapayaError("the device did not answer within 10 s", remedy="look at its agent")

    remote.answer = silent
    entry(view, "PM-0001", "call-readings").trigger()
    wait_until(lambda: outcome(view).startswith("the device did"))
    assert outcome(view) == "the device did not answer within 10 s. Look at its agent"


def test_a_timeout_of_any_kind_is_told_of(view: CallsView, remote: HandRemote) -> None:
    def late(device: str, method: str, parameters: Json) -> Json:
        raise TimeoutError

    remote.answer = late
    view.call(Call("PM-0001", "ping", seconds=2.5))
    wait_until(lambda: "no answer within 2.5 s" in outcome(view))


def test_a_silent_device_does_not_hold_up_others(view: CallsView, remote: HandRemote) -> None:
    let_go = threading.Event()

    def answer(device: str, method: str, parameters: Json) -> Json:
        if device == "PM-0001":
            let_go.wait(60.0)
        return {"pong": True}

    remote.answer = answer
    for _ in range(WORKERS - 1):
        view.call(Call("PM-0001", "ping"))
    view.call(Call("PM-0002", "ping"))
    wait_until(lambda: outcome(view).startswith("answered"))
    assert outcome(view, 1).startswith("…")
    let_go.set()
    wait_until(lambda: all(line[2].startswith("answered") for line in lines(view)))


def test_a_device_is_let_blink_as_the_dialog_says(view: CallsView, remote: HandRemote) -> None:
    entry(view, "PM-0002", "call-identify").trigger()
    dialog = view.findChild(IdentifyDialog)
    assert dialog.isVisible()
    assert "PM-0002" in dialog.windowTitle()
    dialog.color.setCurrentText("blue")
    for field, value in ((dialog.on, "250"), (dialog.off, "750"), (dialog.brightness, "40")):
        field.selectAll()
        type_text(field, value)
    press_call(dialog.buttons)
    wait_until(lambda: outcome(view).startswith("answered"))
    assert remote.calls == [
        ("PM-0002", "identify", {"color": "blue", "onMs": 250, "offMs": 750, "brightness": 40}, 10.0)
    ]


def press_call(buttons: QDialogButtonBox) -> None:
    """Press the button that calls."""
    button = buttons.button(QDialogButtonBox.StandardButton.Ok)
    assert button is not None
    click(button)


def test_a_sensor_is_read_at_another_interval_and_at_its_own_again(
    view: CallsView, remote: HandRemote, far_station: Station
) -> None:
    row = far_station.catalog.rows_of("PM-0001")[1]
    for is_own, expected in ((False, 2.5), (True, None)):
        entry(view, "PM-0001", "call-interval").trigger()
        dialog = next(one for one in view.findChildren(IntervalDialog) if one.isVisible())
        dialog.sensor.setCurrentIndex(1)
        assert dialog.seconds.value() == row.every
        dialog.seconds.selectAll()
        type_text(dialog.seconds, "2.5")
        dialog.own.setChecked(is_own)
        press_call(dialog.buttons)
        wait_until(lambda: outcome(view).startswith("answered"))
        assert remote.calls[-1][2] == {"key": row.sensor.key, "seconds": expected}


def test_a_dialog_that_is_cancelled_calls_nothing(view: CallsView, remote: HandRemote) -> None:
    entry(view, "PM-0002", "call-identify").trigger()
    dialog = view.findChild(IdentifyDialog)
    dialog.reject()
    assert lines(view) == [] and remote.calls == []


def test_the_device_in_focus_is_called_with_keys(
    view: CallsView, remote: HandRemote, far_station: Station, actions: Actions
) -> None:
    assert not actions["call-ping"].isEnabled()
    far_station.focus("PM-0002")
    assert actions["call-ping"].isEnabled()
    assert actions["call-ping"].shortcut().toString() == "Ctrl+P"
    actions["call-ping"].trigger()
    wait_until(lambda: outcome(view).startswith("answered"))
    assert remote.calls[0][0] == "PM-0002"
    far_station.focus("")
    assert not actions["call-ping"].isEnabled()


def test_without_a_server_the_menu_says_why_nothing_can_be_called(station: Station, actions: Actions) -> None:
    view = CallsView(station, LIGHT, actions)
    station.focus("PM-0001")
    menu = view.menu("PM-0001")
    assert not any(action.isEnabled() for action in menu.actions() if not action.isSeparator())
    assert "need a server" in menu.actions()[-1].text()
    assert not actions["call-ping"].isEnabled()
    view.stop()


def test_outcomes_are_told_apart_by_a_shape_and_keep_it_in_another_look(
    view: CallsView, remote: HandRemote
) -> None:
    view.call(Call("PM-0001", "ping"))
    wait_until(lambda: outcome(view).startswith("answered"))
    view.set_theme(DARK)
    line = view.list.topLevelItem(0)
    assert line is not None and line.foreground(3).color().name() == DARK.good
    assert line.data(3, Qt.ItemDataRole.DisplayRole).startswith("answered")


def test_a_long_answer_is_shortened_in_the_list() -> None:
    assert answer_text(None, 0.25) == "answered in 0.2 s"
    assert len(answer_text({"readings": {f"key{index}": index for index in range(100)}}, 1.0)) < 200


def test_no_interval_can_be_set_of_a_device_without_sensors(far_station: Station) -> None:
    rows = far_station.catalog.rows_of("PM-0001")
    for given in (rows, ()):
        dialog = IntervalDialog("PM-0001", given)
        button = dialog.buttons.button(QDialogButtonBox.StandardButton.Ok)
        assert button is not None
        assert button.isEnabled() == bool(given)
