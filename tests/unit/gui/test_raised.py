"""The server's alarms beside the readings: the worse of both is what a device is."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pytest
from papaya_gui.models.batch import Inbox
from papaya_gui.models.board import Board
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.condition import Condition
from papaya_gui.models.table import Column, Show, Table
from papaya_gui.models.texts import Texts
from papaya_gui.models.tree import Tree
from papaya_gui.sources.remote import Alarm, Severity

from papaya.manifest.model import Country, Device, Fleet, Sensor, State

HOT = Sensor("hot", name="Temperature", every=10, warn_above=60, alarm_above=75)
DOOR = Sensor("door", every=10)


def device(name: str, *sensors: Sensor) -> Device:
    """Return a device of Goa."""
    return Device(name, "INDIA", "Goa", "default", sensors=sensors)


def alarm(device: str, severity: Severity = "CRITICAL", kind: str = "Tamper", active: bool = True) -> Alarm:
    """Return an alarm of the server."""
    return Alarm(f"{device}{kind}", device, kind, severity, 900.0, is_active=active, is_acknowledged=False)


class Bench:
    """What the views show of two devices with sensors and one without, after a reading of each sensor."""

    def __init__(self, hot: float = 20.0) -> None:
        goa = State("Goa", "Goa", devices=(device("PM-1", HOT, DOOR), device("PM-2", HOT), device("PM-3")))
        self.catalog, texts = (
            Catalog(Fleet("small", countries=(Country("INDIA", "INDIA", states=(goa,)),))),
            Texts(),
        )
        self.board, inbox = Board(self.catalog, texts), Inbox(texts)
        self.tree = Tree(self.catalog)
        self.table = Table(self.catalog, self.board)
        for row in self.catalog:
            inbox.put(row.index, 1_000_000, hot)
        self.board.take(inbox.drain())
        self.tick()

    def tick(self) -> set[str]:
        """Bring everything up to date; return the names of the nodes that changed."""
        self.board.tick(1000)
        changed = np.flatnonzero(self.tree.tick(self.board))
        return {self.tree.name(int(node)) for node in changed}

    def raise_(self, *alarms: Alarm) -> set[str]:
        """Let the server have these alarms."""
        self.board.raised.show(alarms)
        return self.tick()

    def text(self, *path: str) -> str:
        """Return the words for a node of the tree."""
        return self.tree.text(self.node(path))

    def worst(self, *path: str) -> Condition:
        """Return what a node's picture tells."""
        return self.tree.worst(self.node(path))

    def node(self, path: tuple[str, ...]) -> int:
        """Return the node of a path."""
        found = self.tree.find(path)
        assert found is not None
        return found

    def on_map(self) -> list[Condition]:
        """Return the condition of each device on the map."""
        return [Condition(int(one)) for one in self.tree.conditions.worst]

    def shown(self, show: Show) -> list[str]:
        """Return device and sensor of the rows that a filter leaves in the table."""
        self.table.filter(show=show)
        self.table.refresh()
        rows: Iterable[int] = self.table.rows.tolist()
        return [f"{self.catalog[row].device} {self.catalog[row].sensor.key}" for row in rows]


@pytest.mark.parametrize("severity", ["CRITICAL", "MAJOR"])
def test_a_grave_alarm_of_the_server_makes_its_device_and_every_place_above_it_alarming(
    severity: Severity,
) -> None:
    bench = Bench()
    assert bench.raise_(alarm("PM-1", severity)) == {"small", "INDIA", "Goa", "PM-1"}
    for path in ((), ("INDIA",), ("INDIA", "Goa"), ("INDIA", "Goa", "PM-1")):
        assert bench.worst(*path) is Condition[severity]
    assert bench.worst("INDIA", "Goa", "PM-2") is Condition.ONLINE
    assert bench.text("INDIA") == "1 alarm of 3"
    assert bench.text("INDIA", "Goa", "PM-1") == "1 server alarm, online"
    assert bench.on_map() == [Condition[severity], Condition.ONLINE, Condition.NO_SENSORS]
    assert bench.shown(Show.ALARM) == ["PM-1 hot", "PM-1 door"]


@pytest.mark.parametrize("severity", ["MINOR", "WARNING", "INDETERMINATE"])
def test_a_slight_alarm_of_the_server_is_a_warning(severity: Severity) -> None:
    bench = Bench()
    bench.raise_(alarm("PM-2", severity))
    assert bench.worst("INDIA", "Goa", "PM-2") is bench.worst() is Condition[severity]
    assert bench.on_map()[1] is Condition[severity]
    assert bench.shown(Show.WARN) == ["PM-2 hot"]
    assert bench.shown(Show.ALARM) == []


def test_the_worse_of_readings_and_server_alarms_counts() -> None:
    bench = Bench(hot=80.0)
    bench.raise_(alarm("PM-2", "WARNING"))
    assert bench.worst("INDIA", "Goa", "PM-2") is Condition.CRITICAL
    assert bench.on_map()[1] is Condition.CRITICAL
    bench = Bench(hot=61.0)
    bench.raise_(alarm("PM-2", "CRITICAL"))
    assert bench.worst("INDIA", "Goa", "PM-2") is Condition.CRITICAL
    assert bench.text("INDIA", "Goa") == "1 alarm, 2 warnings of 3"


def test_an_alarm_that_is_named_after_a_sensor_is_about_that_sensor_alone() -> None:
    bench = Bench()
    bench.raise_(alarm("PM-1", kind="temperature"), alarm("PM-2", "MINOR", kind="hot"))
    assert bench.board.worst.tolist() == [Condition.CRITICAL, 0, Condition.MINOR]
    assert bench.table.cell(0, Column.CONDITION) == "temperature (critical on server), live"
    assert bench.table.cell(1, Column.CONDITION) == "live"


def test_the_table_names_the_gravest_alarm_and_how_many_more_and_sorts_it_first() -> None:
    bench = Bench()
    bench.raise_(alarm("PM-2", "MINOR", "Dust"), alarm("PM-2", "CRITICAL", "Fire"))
    assert bench.table.cell(2, Column.CONDITION) == "Fire (critical on server) and 1 more, live"
    bench.table.sort(Column.CONDITION, descending=True)
    bench.table.refresh()
    assert bench.table.rows.tolist()[0] == 2
    assert bench.text("INDIA", "Goa", "PM-2") == "2 server alarms, online"


def test_what_the_server_cleared_or_has_of_other_devices_counts_no_more() -> None:
    bench = Bench()
    bench.raise_(alarm("PM-1"))
    assert bench.raise_(alarm("PM-1", active=False), alarm("of another fleet")) == {
        "small",
        "INDIA",
        "Goa",
        "PM-1",
    }
    assert bench.worst() is not Condition.CRITICAL
    assert bench.on_map()[0] is Condition.ONLINE
    assert bench.shown(Show.WARN) == []


def test_a_device_without_sensors_shows_its_alarm_and_a_sensor_found_later_does() -> None:
    bench = Bench()
    bench.raise_(alarm("PM-3"))
    assert bench.text("INDIA", "Goa", "PM-3") == "1 server alarm, no sensors"
    assert bench.worst("INDIA", "Goa", "PM-3") is Condition.CRITICAL
    assert bench.on_map()[2] is Condition.CRITICAL
    row = bench.catalog.add("PM-3", Sensor("new"))
    bench.board.grow()
    assert bench.board.worst[row.index] == Condition.CRITICAL


def test_a_name_without_end_is_shortened() -> None:
    bench = Bench()
    bench.raise_(alarm("PM-1", kind="x\n" * 1_000_000))
    assert len(bench.table.cell(0, Column.CONDITION)) < 100
