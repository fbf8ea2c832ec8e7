"""A new user's tour: from the start page to an exported file, with clicks and keys alone."""

from __future__ import annotations

import csv
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
from papaya_gui.models.tree import Only
from papaya_gui.plots.range_dialog import RangeDialog
from papaya_gui.sources.wanted import Wanted
from papaya_gui.views.main_window import MainWindow
from PyQt6.QtCore import QModelIndex
from PyQt6.QtWidgets import QDateTimeEdit, QPushButton

from papaya.sandbox import Sandbox
from tests.gui.conftest import MakeDesk
from tests.gui.events import choose, click, double_click, right_click, type_text
from tests.gui.hand import wait_until
from tests.gui.test_opening import dialog_of, fill_in
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.watcher import post_series

MIDNIGHT = datetime.now().astimezone().replace(hour=0, minute=0, second=0, microsecond=0)
START = (MIDNIGHT - timedelta(days=1)).replace(hour=10)
# Values of both devices: before, in and after the hour that the tour looks at.
HOUR = {"PM-1": (3.5, 8.5, 5.5), "PM-2": (21.5, 24.5, 22.5)}


def milliseconds(minute: float) -> int:
    """Return when so many minutes of the hour have passed."""
    return round((START + timedelta(minutes=minute)).timestamp() * 1000)


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Return a server with two devices that remember yesterday; the second has a critical alarm."""
    with Sandbox() as running:
        with Client(running) as client:
            country, state = client.asset("INDIA", "Country"), client.asset("Goa")
            client.contain(country, state)
            for name, inside in HOUR.items():
                device = client.device(name)
                client.contain(state, device)
                moments = [-30, *(10 + 20 * one for one in range(len(inside))), 90]
                body = [
                    {
                        "ts": round((START + timedelta(minutes=minute)).timestamp() * 1000),
                        "values": {"t": value},
                    }
                    for minute, value in zip(moments, (99.0, *inside, -99.0), strict=True)
                ]
                client.post(f"/api/plugins/telemetry/DEVICE/{device['id']['id']}/timeseries/ANY", body)
                post_series(client, device, t=inside[0])
            client.post(
                "/api/alarm",
                {"originator": device["id"], "type": "Overheated", "severity": "CRITICAL"},
            )
        yield running


def node_named(window: MainWindow, name: str) -> QModelIndex:
    """Return the line of the tree with this name, as it is seen."""
    view = window.tree.view
    index = window.tree.model.index(0, 0)
    while index.isValid():
        if index.data() == name:
            return index
        index = view.indexBelow(index)
    return index


def is_shown(window: MainWindow, name: str) -> bool:
    """Whether the tree has a line with this name."""
    return node_named(window, name).isValid()


def is_in_focus(window: MainWindow, name: str) -> bool:
    """Whether the window has turned to this device."""
    return window.station.device == name


def type_moment(edit: QDateTimeEdit, moment: datetime) -> None:
    """Type a date and a time, part by part."""
    part = QDateTimeEdit.Section
    for section, text in (
        (part.YearSection, f"{moment:%Y}"),
        (part.MonthSection, f"{moment:%m}"),
        (part.DaySection, f"{moment:%d}"),
        (part.HourSection, f"{moment:%H}"),
        (part.MinuteSection, f"{moment:%M}"),
        (part.SecondSection, f"{moment:%S}"),
    ):
        edit.setSelectedSection(section)
        type_text(edit, text)


def test_a_new_user_goes_from_the_start_page_to_an_export_by_clicks_and_keys(
    make_desk: MakeDesk, sandbox: Sandbox, tmp_path: Path
) -> None:
    desk = make_desk(Wanted())
    window = desk.window
    window.resize(1366, 768)

    # Connect to a server.
    window.show_start()
    click(window.start.buttons["server"])
    dialog = dialog_of(desk)
    fill_in(dialog, sandbox.url)
    click(dialog.go)
    wait_until(lambda: desk.dialog is None and set(window.station.catalog.devices) == set(HOUR))
    wait_until(lambda: len(window.station.catalog) == len(HOUR))

    # Find the device with an alarm, and see its page.
    wait_until(lambda: window.tree.filter.buttons[Only.ALARM].text().endswith(" 1"))
    click(window.tree.filter.buttons[Only.ALARM])
    wait_until(lambda: node_named(window, "PM-2").isValid())
    assert not node_named(window, "PM-1").isValid()
    double_click(window.tree.view, window.tree.view.visualRect(node_named(window, "PM-2")).center())
    wait_until(window.device.isVisible)
    assert window.device.title.text() == "PM-2"
    acknowledge = window.device.findChild(QPushButton, "device-acknowledge-0")
    assert acknowledge is not None
    assert "Overheated" in acknowledge.accessibleName()

    # Two sensors of two devices in two panels.
    click(window.tree.filter.buttons[Only.ALL])
    click(window.pages.tabBar(), window.pages.tabBar().tabRect(window.pages.indexOf(window.plot)).center())  # type: ignore[arg-type, union-attr]
    # What the window plots by itself comes once the first sensors are known.
    wait_until(lambda: bool(window.station.selection))
    window.station.select(())
    for number, name in enumerate(HOUR):
        wait_until(partial(is_shown, window, name))
        place = window.tree.view.visualRect(node_named(window, name)).center()
        click(window.tree.view, place)
        wait_until(partial(is_in_focus, window, name))
        # The menu says what a new user looks for; Enter would add to the panel that is marked.
        choose(right_click(window.tree.view, place), "Add in a new panel" if number else "Add to plot")
    assert [len(panel.rows) for panel in window.station.plotted.panels] == [1, 1]

    # Yesterday from 10 to 11.
    click(window.plot.bar.range)
    wait_until(lambda: window.findChild(RangeDialog) is not None)
    ranges = window.findChild(RangeDialog)
    assert ranges is not None
    type_moment(ranges.start, START)
    type_moment(ranges.end, START + timedelta(hours=1))
    click(ranges.apply)

    # Its minimum and maximum.
    names = window.plot.legend.entries.names()

    def said(column: str) -> list[str]:
        return [entry.text(names.index(column)) for entry in window.plot.legend.entries.entries]

    wait_until(lambda: [float(text) for text in said("Min") if text] == [3.5, 21.5])
    assert [float(text) for text in said("Max")] == [8.5, 24.5]

    # Acknowledge the alarm where it is shown.
    double_click(window.tree.view, window.tree.view.visualRect(node_named(window, "PM-2")).center())
    wait_until(window.device.isVisible)
    found = window.device.findChild(QPushButton, "device-acknowledge-0")
    assert found is not None
    click(found)
    wait_until(lambda: all(alarm.is_acknowledged for alarm in window.alarms.alarms))

    # Export what is seen.
    path = tmp_path / "hour.csv"
    # The dialog of the desktop, answered.
    window.export._ask_person = lambda *asked: asked[-1](path)
    export = window.controls.widgetForAction(window.actions_["export-csv"])
    assert export is not None
    click(export)
    wait_until(path.exists)
    with path.open(encoding="utf-8") as file:
        lines = list(csv.DictReader(file))
    assert {(line["device"], float(line["value"])) for line in lines} == {
        (f"INDIA/Goa/{name}", value) for name, inside in HOUR.items() for value in inside
    }
    assert time.time() > START.timestamp()
