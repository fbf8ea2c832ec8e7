"""What has nothing to show has a button that ends it, and offers nothing that cannot work."""

from __future__ import annotations

import pytest
from papaya_gui.views.main_window import MainWindow
from PyQt6.QtWidgets import QPushButton, QWidget

from papaya.remedies import DEVICE_MISSING
from papaya.sensors.condition import Condition, Health
from tests.gui.events import click
from tests.gui.far import FarSupply
from tests.gui.hand import wait_until


@pytest.fixture
def window(far_window: MainWindow) -> MainWindow:
    """Return the window on its plot, which is empty."""
    far_window.activateWindow()
    wait_until(far_window.isActiveWindow)
    far_window.pages.setCurrentWidget(far_window.plot)
    far_window.station.select([])
    return far_window


def button(within: QWidget, name: str) -> QPushButton:
    """Return a button by its name."""
    found = within.findChild(QPushButton, name)
    assert found is not None
    return found


def test_an_empty_plot_has_a_button_that_finds_a_sensor(window: MainWindow) -> None:
    found = button(window.plot, "plot-invitation-find")
    wait_until(found.isVisible)
    assert window.plot.canvas.rect().contains(found.parentWidget().geometry())  # type: ignore[union-attr]
    click(found)
    wait_until(window.palette_.isVisible)
    window.palette_.reject()


def test_an_empty_plot_has_a_button_that_plots_the_device_in_focus(window: MainWindow) -> None:
    found = button(window.plot, "plot-invitation-device")
    assert not found.isVisible()
    device = window.station.catalog.devices[0]
    window.station.focus(device)
    wait_until(found.isVisible)
    assert found.text() == f"Plot {device}"
    click(found)
    assert {window.station.catalog[row].device for row in window.station.selection} == {device}
    wait_until(lambda: not found.isVisible())


def test_a_time_range_without_data_has_a_button_that_shows_all_data(window: MainWindow) -> None:
    station = window.station
    supply = station.supply
    assert isinstance(supply, FarSupply)
    supply.say_all(0, range(3600, 3650), range(50))
    station.select([0])
    wait_until(lambda: station.series(0).last is not None)
    window.plot.timeline.show_between(2000.0, 2100.0)
    found = button(window.plot, "plot-invitation-all")
    wait_until(found.isVisible)
    click(found)
    wait_until(lambda: window.plot.visible_range()[0] > 3500.0)
    wait_until(lambda: not found.isVisible())


def test_a_device_page_without_a_device_has_a_button_that_finds_one(window: MainWindow) -> None:
    window.pages.setCurrentWidget(window.device)
    found = button(window.device, "device-find")
    wait_until(found.isVisible)
    click(found)
    wait_until(window.palette_.isVisible)
    window.palette_.reject()
    window.station.focus(window.station.catalog.devices[0])
    wait_until(lambda: not found.isVisible())


def test_no_command_is_offered_for_a_device_that_the_server_lacks(window: MainWindow) -> None:
    station, device = window.station, window.station.catalog.devices[0]
    supply = station.supply
    assert isinstance(supply, FarSupply)
    station.focus(device)
    window.pages.setCurrentWidget(window.device)
    ping = button(window.device, "device-call-ping")
    wait_until(ping.isEnabled)
    supply.tell(Condition(Health.SILENT, "no such device", DEVICE_MISSING, device))
    wait_until(lambda: not ping.isEnabled())
    told = f"{device} is not on the server"
    assert ping.toolTip() == told
    calls = [one.action for one in window.actions_ if one.action.objectName().startswith("call-")]
    assert len(calls) == 4 and not any(action.isEnabled() for action in calls)
    menu = window.menus.menu(device, [])
    offered = {action.objectName(): action.isEnabled() for action in menu.actions()}
    assert not any(is_enabled for name, is_enabled in offered.items() if name.startswith("call-"))
    assert told in [action.text() for action in menu.actions()]
    menu.deleteLater()
    # The other devices are as they were.
    station.focus(station.catalog.devices[1])
    wait_until(ping.isEnabled)
    station.focus(device)
    supply.tell(Condition(Health.LIVE, device=device))
    wait_until(ping.isEnabled)
    assert "Ctrl+P" in ping.toolTip()
