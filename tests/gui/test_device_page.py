"""The page of one device, opened as people open it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from papaya_gui.faults import Faults
from papaya_gui.sources.remote import Alarm
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT, apply
from papaya_gui.views.main_window import MainWindow
from PyQt6.QtWidgets import QApplication

from tests.gui.events import click, double_click
from tests.gui.far import FarSupply, HandRemote
from tests.gui.hand import wait_until


@pytest.fixture
def window(far_station: Station, tmp_path: Path, application: QApplication) -> Iterator[MainWindow]:
    """Return a window whose source has a server, as small as it may be."""
    made = MainWindow(far_station, LIGHT, Faults(tmp_path / "window.log"))
    made.fill_menus()
    made.resize(1024, 600)
    made.show()
    far_station.start()
    yield made
    made.close()
    made.deleteLater()
    apply(application, LIGHT)


def test_a_double_click_in_the_tree_opens_the_device_with_its_tiles_and_alarms(
    window: MainWindow, remote: HandRemote
) -> None:
    station, page = window.station, window.device
    assert isinstance(station.supply, FarSupply) and page.tiles == []
    row = station.catalog.rows_of("PM-0002")[0]
    station.supply.say(row.index, 3695, 21.5)
    remote.add(Alarm("1", "PM-0002", "Tamper", "CRITICAL", 3600.0, True, False))
    window.alarms.ask()
    station.focus("PM-0002")
    spot = window.tree.view.visualRect(window.tree.view.currentIndex()).center()
    double_click(window.tree.view, spot)
    assert window.pages.currentWidget() is page and page.title.text() == "PM-0002"
    assert len(page.tiles) == len(station.catalog.rows_of("PM-0002"))
    wait_until(lambda: page.tiles[0].value.text().startswith("21.5"))
    wait_until(lambda: "Tamper" in page.raised.text() and "critical" in page.tiles[0].level.text())
    assert "Last seen: 5 s ago" in page.words.text()
    for tile in page.tiles:
        assert tile.geometry().right() <= page.area.width()
    click(page.acknowledge)
    wait_until(lambda: remote.known["1"].is_acknowledged)


def test_its_sensors_are_plotted_from_its_page(window: MainWindow) -> None:
    window.station.focus("PM-0002")
    window.pages.setCurrentWidget(window.device)
    click(window.device.plot)
    assert window.pages.currentWidget() is window.plot
    assert {window.station.catalog[row].device for row in window.station.selection} == {"PM-0002"}
