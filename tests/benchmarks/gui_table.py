"""What the table of readings costs: 10,000 rows at 10 Hz, sorted and filtered, against Qt's own ways.

Run it by hand: python -m tests.benchmarks.gui_table [ROWS]. It prints; times on a busy machine prove nothing.
Counted is the processor's time of this process, and the ratios are of one run; a test holds one of them.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from typing import Any

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
from papaya_gui.actions import Actions
from papaya_gui.models.batch import NUMBER, Batch
from papaya_gui.models.table import Column
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT, apply
from papaya_gui.views.fleet_tree import FleetTree
from papaya_gui.views.readings_table import ReadingsTable
from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QSortFilterProxyModel, Qt, qInstallMessageHandler
from PyQt6.QtWidgets import QApplication, QTableView, QTableWidget, QTableWidgetItem, QWidget

from papaya.manifest.model import Country, Device, Fleet, Sensor, State
from tests.gui.hand import HandSupply

SECONDS = 6.0
HERTZ = 10
SENSORS = 5
COLUMNS = 6
# Three of six columns change in every row: value, age and condition.
CHANGING = (2, 4, 5)
_ROOT = QModelIndex()


def fleet_of(rows: int) -> Fleet:
    """Return a fleet with so many sensors that the filter leaves, and a quarter more that it hides."""
    sensors = [Sensor(f"temperature.{one}", unit="°C", every=1, warn_above=60) for one in range(SENSORS - 1)]
    every = (*sensors, Sensor("humidity", unit="%", every=1))
    devices = [f"MTR-{number:05}" for number in range(-(-rows // (SENSORS - 1)))]
    states = []
    for first in range(0, len(devices), 250):
        name = f"State {first // 250}"
        part = devices[first : first + 250]
        made = tuple(Device(device, "INDIA", name, "default", sensors=every) for device in part)
        states.append(State(name, name, devices=made))
    return Fleet("bench", countries=(Country("INDIA", "INDIA", states=tuple(states)),))


def cost(
    application: QApplication,
    shown: QWidget,
    prepare: Callable[[], Any],
    turn: Callable[..., None],
    seconds: float = SECONDS,
) -> float:
    """Return the processor milliseconds of one turn with what follows until the next, at 10 Hz or slower."""
    shown.resize(800, 900)
    shown.show()
    application.processEvents()
    spent, due = 0.0, time.monotonic()
    until = due + seconds
    turns = 0
    while due < until:
        prepared = prepare()
        due = max(due + 1 / HERTZ, time.monotonic())
        began = time.process_time()
        turn(prepared)
        application.processEvents()
        spent += time.process_time() - began
        turns += 1
        # As Qt does that waits for events: without the processor.
        time.sleep(max(due - time.monotonic(), 0.0))
    shown.close()
    return 1000 * spent / turns


class Plain(QAbstractTableModel):
    """The least that can be written, as the source of Qt's own sorting."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self.values = np.zeros(rows)

    def rowCount(self, parent: QModelIndex = _ROOT) -> int:
        """Return the number of rows."""
        return len(self.values)

    def columnCount(self, parent: QModelIndex = _ROOT) -> int:
        """Return the number of columns."""
        return COLUMNS

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return a value, or a text that stays."""
        if role != Qt.ItemDataRole.DisplayRole:
            return None
        return float(self.values[index.row()]) if index.column() in CHANGING else f"temperature.{index.row()}"

    def take(self, values: Any) -> None:
        """Show other values."""
        self.values = values
        self.dataChanged.emit(self.index(0, 0), self.index(len(values) - 1, COLUMNS - 1))


def of_papaya(
    application: QApplication, rows: int, *, with_tree: bool = False, seconds: float = SECONDS
) -> float:
    """Return what a tick costs with the table alone or the tree too: board, thresholds, order, painting."""
    station = Station(fleet_of(rows), HandSupply)
    actions = Actions()
    table = ReadingsTable(station, LIGHT, actions)
    tree = FleetTree(station, LIGHT, actions) if with_tree else None
    table.filter.setText("temperature mtr")
    table.view.sortByColumn(Column.VALUE, Qt.SortOrder.DescendingOrder)
    assert table.model.rowCount() == rows
    count = len(station.catalog)
    generator = np.random.default_rng(1)

    def prepare() -> Batch:
        now = np.full(count, station.now())
        return Batch(
            np.arange(count, dtype=np.int32),
            now,
            generator.normal(50, 10, count),
            np.full(count, NUMBER, np.int8),
        )

    def turn(batch: Batch) -> None:
        station.inbox.put_columns(batch)
        station.tick()

    if tree is not None:
        tree.resize(400, 900)
        tree.show()
    spent = cost(application, table, prepare, turn, seconds)
    station.close()
    return spent


def of_items(application: QApplication, rows: int, *, seconds: float = SECONDS) -> float:
    """Return what it costs to give a QTableWidget new items, without any sorting."""
    widget = QTableWidget(rows, COLUMNS)
    generator = np.random.default_rng(1)

    def turn(values: Any) -> None:
        for row, value in enumerate(values):
            for column in CHANGING:
                widget.setItem(row, column, QTableWidgetItem(f"{value:.6g}"))

    return cost(application, widget, lambda: generator.normal(50, 10, rows), turn, seconds)


def of_proxy(application: QApplication, rows: int) -> float:
    """Return what Qt's proxy costs that sorts by the value and filters by a text."""
    source, proxy, view = Plain(rows), QSortFilterProxyModel(), QTableView()
    proxy.setDynamicSortFilter(True)
    proxy.setFilterKeyColumn(1)
    proxy.setFilterFixedString("temperature")
    proxy.setSourceModel(source)
    proxy.sort(2, Qt.SortOrder.DescendingOrder)
    view.setModel(proxy)
    generator = np.random.default_rng(1)
    return cost(application, view, lambda: generator.normal(50, 10, rows), source.take)


def main() -> None:
    """Print what each way costs."""
    rows = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    qInstallMessageHandler(lambda *_: None)
    application = QApplication(["benchmark"])
    apply(application, LIGHT)
    own = of_papaya(application, rows)
    both = of_papaya(application, rows, with_tree=True)
    items = of_items(application, rows)
    proxy = of_proxy(application, rows)
    print(f"{rows:,} rows, each changed at every tick, at {HERTZ} Hz or as often as it can")
    print(f"  {'':<48} {'ms a tick':>11} {'of a core':>9} {'ratio':>8}")
    for name, spent in (
        ("readings table, sorted by value and filtered", own),
        ("the same, with the fleet tree beside it", both),
        ("QTableWidget.setItem, unsorted, unfiltered", items),
        ("QSortFilterProxyModel, dynamic sort and filter", proxy),
    ):
        print(f"  {name:<48} {spent:11.1f} {spent * HERTZ / 10:7.1f} % {spent / own:6.1f} ×")


if __name__ == "__main__":
    main()
