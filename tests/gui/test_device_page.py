"""The page of one device, opened as people open it, and what can be done on it."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from papaya_gui.models.calls import ping
from papaya_gui.sources.remote import About, Alarm, Attribute
from papaya_gui.sources.supply import Past
from papaya_gui.sources.wanted import Wanted
from papaya_gui.terminal import connect_command, in_terminal
from papaya_gui.theme import DARK, LIGHT
from papaya_gui.views.main_window import MainWindow
from PyQt6.QtCore import QPoint, Qt, QUrl
from PyQt6.QtGui import QAction, QGuiApplication
from PyQt6.QtWidgets import QLabel, QPushButton, QWidget

from papaya.errors import PapayaError
from papaya.manifest.model import DeviceTunnel
from papaya.remedies import token_refresh_failed
from papaya.workspace.choice import ManifestChoice
from tests.gui.events import click, double_click, press
from tests.gui.far import FarSupply, HandRemote
from tests.gui.hand import wait_until

DEVICE = "PM-0002"


@pytest.fixture
def window(far_window: MainWindow) -> MainWindow:
    """Return the window whose source has a server."""
    return far_window


def supply(window: MainWindow) -> FarSupply:
    """Return the source that the test plays."""
    assert isinstance(window.station.supply, FarSupply)
    return window.station.supply


def look_at(window: MainWindow, device: str = DEVICE) -> None:
    """Show the page of a device."""
    window.station.focus(device)
    window.pages.setCurrentWidget(window.device)


def words(above: QWidget) -> str:
    """Return everything that is said in a part of the page."""
    labels = (one for one in above.findChildren(QLabel) if not one.isHidden())
    return "\n".join(one.text() for one in labels)


def button(above: QWidget, name: str) -> QPushButton:
    """Return a button by its name, as soon as there is one."""
    wait_until(lambda: above.findChild(QPushButton, name) is not None, why=f"there is no {name}")
    found = above.findChild(QPushButton, name)
    assert found is not None
    return found


def alarm(number: int = 1, kind: str = "Tamper") -> Alarm:
    """Return an active alarm of the device."""
    return Alarm(str(number), DEVICE, kind, "CRITICAL", 3600.0, True, False)


def test_a_double_click_in_the_tree_opens_the_device_with_its_tiles_and_alarms(
    window: MainWindow, remote: HandRemote
) -> None:
    station, page = window.station, window.device
    assert page.tiles == []
    row = station.catalog.rows_of(DEVICE)[0]
    supply(window).say(row.index, 3695, 21.5)
    remote.add(alarm())
    window.alarms.ask()
    station.focus(DEVICE)
    spot = window.tree.view.visualRect(window.tree.view.currentIndex()).center()
    double_click(window.tree.view, spot)
    assert window.pages.currentWidget() is page and page.title.text() == DEVICE
    assert len(page.tiles) == len(station.catalog.rows_of(DEVICE))
    wait_until(lambda: page.tiles[0].value.text().startswith("21.5"))
    wait_until(lambda: "Tamper" in words(page.raised) and "critical" in page.tiles[0].level.text())
    wait_until(lambda: page.subtitle.text() == "critical")
    assert "5 s ago" in words(page.facts)
    for tile in page.tiles:
        assert tile.geometry().right() <= page.area.width()
    click(button(page, "device-acknowledge-0"))
    wait_until(lambda: remote.known["1"].is_acknowledged)
    wait_until(lambda: page.findChild(QPushButton, "device-acknowledge-0") is None)
    click(button(page, "device-clear-0"))
    wait_until(lambda: "No server alarms" in words(page.raised))


def test_its_sensors_are_plotted_from_its_page(window: MainWindow) -> None:
    look_at(window)
    click(window.device.plot)
    assert window.pages.currentWidget() is window.plot
    assert {window.station.catalog[row].device for row in window.station.selection} == {DEVICE}


def test_what_the_server_does_not_tell_of_a_device_is_said_in_words_of_the_window(
    window: MainWindow, remote: HandRemote
) -> None:
    fault = token_refresh_failed()
    remote.unanswered[DEVICE] = PapayaError(fault.summary, remedy=fault.remedy)
    page = window.device
    look_at(window)
    assert page.words.text() == "Asking the server…" and not page.words.isHidden()
    wait_until(lambda: "did not tell about this device: token refresh failed" in page.words.text())
    assert "Sign in again." in page.words.text() and "papaya login" not in page.words.text()
    del remote.unanswered[DEVICE]
    remote.told_about[DEVICE] = About(attributes=(Attribute("client", "serial", "SN-1", 3600.0),))
    page._ask()
    wait_until(lambda: page.words.isHidden() and not page.attributes.isHidden())
    remote.unanswered[DEVICE] = PapayaError("boom")
    page._ask()
    wait_until(lambda: "may be out of date" in page.words.text())
    look_at(window, "PM-0001")
    wait_until(lambda: page.words.text() == "No attributes.")


def test_what_the_server_says_of_a_device_is_shown_and_its_page_opens_in_the_browser(
    window: MainWindow, remote: HandRemote
) -> None:
    remote.pages[DEVICE] = "http://far.example/entities/devices/1"
    remote.told_about[DEVICE] = About(
        is_active=True,
        last_active=3690.0,
        firmware="meter-app 1.4.1",
        target="meter-app 1.4.2",
        firmware_state="DOWNLOADING",
        tunnel="connected (port 20002)",
        attributes=(Attribute("client", "<b>serial</b>", "SN & more", 3600.0),),
    )
    opened: list[QUrl] = []
    page = window.device
    page.actions_.open_url = opened.append
    look_at(window)
    wait_until(lambda: "meter-app 1.4.1 (downloading)" in words(page.facts))
    said = words(page.facts)
    assert "meter-app 1.4.2" in said and "active, last seen 10 s ago" in said
    assert "connected (port 20002)" in said
    item = page.attributes.topLevelItem(0)
    assert item is not None
    assert [item.text(column) for column in range(4)] == [
        "<b>serial</b>",
        "SN & more",
        "client",
        "1 min 40 s ago",
    ]
    click(button(page, "device-open"))
    assert [url.toString() for url in opened] == ["http://far.example/entities/devices/1"]
    look_at(window, "PM-0001")
    wait_until(lambda: page.title.text() == "PM-0001")
    assert not button(page, "device-open").isEnabled() and "1.4.1" not in words(page.facts)


def test_without_a_server_the_attributes_of_the_manifest_are_shown(window: MainWindow) -> None:
    supply(window).far = None
    look_at(window)
    device = window.station.catalog.device(DEVICE)
    declared = {*device.attributes, *device.shared_attributes}
    wait_until(lambda: window.device.attributes.topLevelItemCount() == len(declared))


def test_the_last_hour_is_drawn_from_what_the_source_remembers(window: MainWindow) -> None:
    times = np.arange(0.0, 3700.0, 100.0)
    supply(window).remembered = Past(times, times / 10)
    row = window.station.catalog.rows_of(DEVICE)[0]
    supply(window).say(row.index, 3650, 21.5)
    look_at(window)
    line = window.device.tiles[0].line
    wait_until(lambda: len(line.times) >= 30)
    assert line.times[0] >= 100 and (np.diff(line.times) > 0).all()


def test_a_tile_has_a_bar_with_its_thresholds_where_there_are_any(window: MainWindow) -> None:
    look_at(window)
    for tile in window.device.tiles:
        sensor = tile.row.sensor
        has_limits = (sensor.warn_above, sensor.alarm_above, sensor.warn_below, sensor.alarm_below)
        assert (tile.bar is not None) or not any(limit is not None for limit in has_limits)
    assert any(tile.bar is not None for tile in window.device.tiles)


def test_commands_and_their_outcomes_stand_on_the_page(window: MainWindow, remote: HandRemote) -> None:
    remote.answer = lambda device, method, parameters: {"pong": True, "note": "<i>well</i>"}
    look_at(window)
    window.calls.call(ping(DEVICE))
    window.calls.call(ping("PM-0001"))
    wait_until(lambda: "answered" in words(window.device.commands))
    said = words(window.device.commands)
    assert said.count("ping") == 1 and "<i>well</i>" in said


def test_connect_opens_a_terminal_with_the_command_or_copies_it(
    window: MainWindow, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog, ran = window.station.catalog, list[Sequence[str]]()
    with_tunnel = replace(catalog.device(DEVICE), tunnel=DeviceTunnel(remote_port=20002))
    monkeypatch.setattr(catalog, "device", lambda name: with_tunnel)
    look_at(window)
    page = window.device
    page.actions_.run = ran.append
    wait_until(lambda: "Tunnel" in words(page.facts))
    assert not window.actions_["device-connect"].isEnabled()
    page.actions_.set_wanted(Wanted(ManifestChoice((Path("fleet.yaml"),), environment="prod")))
    monkeypatch.setenv("TERMINAL", "sh")
    click(button(page, "device-connect"))
    ((program, *arguments),) = ran
    assert program.endswith("/sh") and f"papaya connect {DEVICE} -f " in arguments[-1]
    assert "-e prod" in arguments[-1]
    monkeypatch.setenv("PATH", "/nowhere")
    click(button(page, "device-connect"))
    clipboard = QGuiApplication.clipboard()
    assert len(ran) == 1 and clipboard is not None and f"connect {DEVICE}" in clipboard.text()


def test_the_menu_acts_on_the_device_in_focus_whatever_page_is_shown(
    window: MainWindow, remote: HandRemote, monkeypatch: pytest.MonkeyPatch
) -> None:
    catalog, ran, opened = window.station.catalog, list[Sequence[str]](), list[QUrl]()
    tunnels = {
        name: replace(catalog.device(name), tunnel=DeviceTunnel(remote_port=20002))
        for name in (DEVICE, "PM-0001")
    }
    monkeypatch.setattr(catalog, "device", lambda name: tunnels[name])
    remote.pages = {name: f"http://far.example/{name}" for name in tunnels}
    acting = window.device.actions_
    acting.run, acting.open_url = ran.append, opened.append
    acting.set_wanted(Wanted(ManifestChoice((Path("fleet.yaml"),))))
    monkeypatch.setenv("TERMINAL", "sh")
    look_at(window)
    window.pages.setCurrentWidget(window.plot)
    window.station.focus("PM-0001")
    window.actions_["device-open"].trigger()
    window.actions_["device-connect"].trigger()
    assert [url.toString() for url in opened] == ["http://far.example/PM-0001"]
    assert "papaya connect PM-0001 " in ran[0][-1]
    window.station.focus("")
    assert not window.actions_["device-open"].isEnabled()
    assert not window.actions_["device-connect"].isEnabled()


def test_a_terminal_is_found_by_its_name_and_stays_when_the_command_fails() -> None:
    command = connect_command("PM 1", ["/a b/fleet.yaml"], None)
    assert in_terminal(command, {}, lambda name: None) is None
    found = in_terminal(command, {}, lambda name: f"/usr/bin/{name}" if name == "foot" else None)
    assert found is not None and found[:3] == ["/usr/bin/foot", "sh", "-c"]
    assert "'PM 1'" in found[-1] and "'/a b/fleet.yaml'" in found[-1] and "Press Enter" in found[-1]
    own = in_terminal(command, {"TERMINAL": "mine"}, lambda name: f"/bin/{name}")
    assert own is not None and own[:2] == ["/bin/mine", "-e"]
    for told, expected in (
        ("mine --title 'a b'", ["/bin/mine", "--title", "a b", "-e", "sh"]),
        ("/usr/bin/gnome-terminal --maximize", ["/bin//usr/bin/gnome-terminal", "--maximize", "--", "sh"]),
        ("kitty", ["/bin/kitty", "sh", "-c"]),
        ("broken 'quote", ["/bin/broken", "'quote", "-e"]),
        ("  ", ["/bin/x-terminal-emulator", "-e"]),
    ):
        found = in_terminal(command, {"TERMINAL": told}, lambda name: f"/bin/{name}")
        assert found is not None and found[: len(expected)] == expected


def test_a_device_page_opens_from_an_alarm_the_map_the_palette_and_menus(
    window: MainWindow, remote: HandRemote
) -> None:
    remote.add(alarm())
    window.alarms.ask()
    wait_until(lambda: len(window.alarms.alarms) == 1)

    def is_shown() -> bool:
        shown = window.pages.currentWidget() is window.device and window.station.device == DEVICE
        window.pages.setCurrentWidget(window.map)
        window.station.focus("")
        return shown

    window.pages.setCurrentWidget(window.alarms)
    window.alarms.table.selectRow(0)
    window.alarms.table.setCurrentIndex(window.alarms.table.model().index(0, 0))  # type: ignore[union-attr]
    press(window.alarms.table, Qt.Key.Key_Return)
    assert is_shown()
    window.map._open(window.map.geography.numbers[DEVICE])
    click(button(window.map.card, "map-card-page"))
    assert is_shown()
    window.palette_.show_empty()
    window.palette_.query.setText(DEVICE)
    press(window.palette_.query, Qt.Key.Key_Return)
    assert is_shown()
    menu = window.menus.menu(DEVICE, [])
    page = menu.findChild(QAction, "device-page")
    assert page is not None
    page.trigger()
    menu.deleteLater()
    assert is_shown()


def test_alarms_are_acknowledged_and_cleared_from_menus_the_map_and_the_toast(
    window: MainWindow, remote: HandRemote
) -> None:
    remote.add(alarm(1), alarm(2, "Fire"))
    window.alarms.ask()
    wait_until(lambda: len(window.alarms.alarms) == 2)
    menu = window.menus.menu(DEVICE, [])
    texts = {one.objectName(): one.text() for one in menu.actions()}
    assert texts["alarms-acknowledge"] == "Acknowledge alarms (2)"
    assert texts["alarms-clear"] == "Clear alarms (2)"
    wanted = menu.findChild(QAction, "alarms-acknowledge")
    assert wanted is not None
    wanted.trigger()
    menu.deleteLater()
    wait_until(lambda: all(one.is_acknowledged for one in remote.known.values()))
    remote.add(alarm(3, "Smoke"))
    window.alarms.ask()
    wait_until(lambda: "Smoke" in window.attention.toast.words.text())
    click(button(window.attention.toast, "alarmToast-choice-2"))
    wait_until(lambda: not remote.known["3"].is_active)
    remote.add(alarm(4, "Water"))
    window.alarms.ask()
    # What the card clears are the alarms that the window knows.
    wait_until(lambda: "Water" in [one.kind for one in window.alarms.alarms])
    window.pages.setCurrentWidget(window.map)
    window.map._open(window.map.geography.numbers[DEVICE])
    wait_until(lambda: button(window.map.card, "map-card-clear").isVisible())
    click(button(window.map.card, "map-card-clear"))
    wait_until(lambda: not any(one.is_active for one in remote.known.values()))


def test_the_page_fits_the_smallest_window_in_both_themes(window: MainWindow, remote: HandRemote) -> None:
    remote.add(*(alarm(number, "A long name of an alarm " * 8) for number in range(12)))
    window.alarms.ask()
    look_at(window)
    page = window.device
    wait_until(lambda: "and 4 more on the page Alarms" in words(page.raised))
    for theme in (DARK, LIGHT):
        window.set_theme(theme)
        inside = page.area.widget()
        assert inside is not None and inside.width() <= page.area.width()
        for one in page.findChildren(QPushButton):
            assert one.accessibleName()
            right = one.mapTo(page, QPoint(one.width(), 0)).x()
            assert right <= page.width(), one.objectName()


def test_a_device_with_many_alarms_and_sensors_is_shown_at_once(
    window: MainWindow, remote: HandRemote
) -> None:
    look_at(window, "PM-0001")
    remote.add(*(alarm(number, f"Alarm {number}") for number in range(500)))
    window.alarms.ask()
    wait_until(lambda: len(window.alarms.alarms) == 500)
    began = time.process_time()
    look_at(window)
    wait_until(lambda: window.device.title.text() == DEVICE)
    assert time.process_time() - began < 1.5
