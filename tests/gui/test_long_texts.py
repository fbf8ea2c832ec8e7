"""Texts of megabytes are bounded where they enter and shown shortened: they hold nothing up."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from papaya_gui.faults import Faults
from papaya_gui.models.calls import ping
from papaya_gui.models.catalog import LONGEST_KEY, Catalog
from papaya_gui.models.table import Column
from papaya_gui.models.texts import SHOWN, TOLD, Texts
from papaya_gui.sources.messages import MessageReader
from papaya_gui.sources.topics import pattern_of
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT
from papaya_gui.views.main_window import MainWindow
from PyQt6.QtCore import Qt
from PyQt6.QtWidgets import QApplication

from papaya.errors import PapayaError
from papaya.manifest.model import Fleet, Sensor
from papaya.sensors.condition import Condition, Health
from papaya.sensors.reading import LONGEST_TEXT
from tests.gui.far import FarSupply
from tests.gui.hand import wait_until

HUGE = "wordy " * 1_700_000
# Measured before: 1 to 14 seconds.
SECONDS = 1.0


@pytest.fixture
def window(far_station: Station, application: QApplication, tmp_path: Path) -> Iterator[MainWindow]:
    """Return the whole window, shown, with a source that has a server."""
    made = MainWindow(far_station, LIGHT, Faults(tmp_path / "window.log"))
    made.show()
    far_station.start()
    application.processEvents()
    yield made
    made.close()
    made.deleteLater()


def supply(window: MainWindow) -> FarSupply:
    """Return the source that the test plays."""
    assert isinstance(window.station.supply, FarSupply)
    return window.station.supply


def quickly(act: Callable[[], object]) -> None:
    """Do something, draw, and claim that it took no time that anybody would notice as a freeze."""
    began = time.process_time()
    act()
    QApplication.processEvents()
    assert time.process_time() - began < SECONDS


def test_a_value_without_end_is_kept_and_shown_in_part(window: MainWindow) -> None:
    station = window.station
    row = station.catalog.rows_of("PM-0001")[0].index
    station.select([row])
    for number in range(20):
        supply(window).say(row, 3600.0 + number, f"{number} {HUGE}")
    quickly(station.tick)
    assert station.texts.weight < 20 * 2 * LONGEST_TEXT
    assert len(station.texts.text(station.board.values[row])) == LONGEST_TEXT
    cell = window.table.table.cell(row, Column.VALUE)
    assert cell == f"19 {HUGE}"[: SHOWN - 1] + "…"
    window.table.table.sort(Column.VALUE)
    quickly(window.table.table.refresh)
    model = window.table.model
    quickly(lambda: model.data(model.index(0, 2), int(Qt.ItemDataRole.ToolTipRole)))
    assert len(window.plot.canvas.accessibleDescription()) < 3 * SHOWN
    assert len(window.plot.legend.entries.entries[0].now) < 2 * SHOWN
    quickly(lambda: window.plot.canvas.step_cursor(-10))
    quickly(lambda: window.grab())


def test_what_a_server_says_of_itself_and_of_alarms_is_shown_in_part(window: MainWindow) -> None:
    quickly(lambda: supply(window).tell(Condition(Health.DOWN, HUGE, HUGE)))
    wait_until(window.notice.isVisible)
    assert len(window.station.condition.reason) == len(window.station.condition.remedy) == TOLD
    assert len(window.notice.text.text()) < 2 * TOLD + 100
    remote = supply(window).far
    assert remote is not None
    remote.failure = PapayaError(HUGE, remedy=HUGE)
    window.alarms.ask()
    wait_until(lambda: "did not tell its alarms" in window.alarms.words.text())
    assert len(window.alarms.words.text()) < TOLD + 200
    quickly(lambda: window.plot.trouble.show_failure(window.station.series(0), PapayaError(HUGE)))
    quickly(lambda: window.grab())


def test_what_a_device_answers_is_shown_in_part(window: MainWindow) -> None:
    remote = supply(window).far
    assert remote is not None
    for answer in ({"text": HUGE}, HUGE, {str(number): HUGE for number in range(3)}):
        remote.answer = lambda *_, answer=answer: answer
        window.calls.call(ping("PM-0001"))
        wait_until(lambda: "waiting" not in _outcome(window))
        assert "answered" in _outcome(window) and len(_outcome(window)) < 300
        line = window.calls.list.topLevelItem(0)
        assert line is not None and len(line.toolTip(3)) < TOLD + 100

    def refuse(*_: object) -> None:
        raise PapayaError(HUGE, remedy=HUGE)

    remote.answer = refuse
    window.calls.call(ping("PM-0001"))
    wait_until(lambda: "waiting" not in _outcome(window))
    assert len(_outcome(window)) < 2 * TOLD + 100
    quickly(lambda: window.grab())


def _outcome(window: MainWindow) -> str:
    line = window.calls.list.topLevelItem(0)
    return "" if line is None else line.text(3)


def test_a_fault_with_a_message_without_end_is_told_and_logged_in_part(
    window: MainWindow, tmp_path: Path
) -> None:
    faults = Faults(tmp_path / "faults.log")
    told: list[tuple[str, str]] = []
    faults.faulted.connect(lambda line, text: told.append((line, text)))
    error = ValueError(HUGE)
    quickly(lambda: faults.take(ValueError, error, None))
    wait_until(lambda: bool(told))
    line, text = told[0]
    assert len(line) < TOLD + 100
    assert len(text) <= 50_000


def test_a_key_without_end_becomes_no_sensor_and_a_name_is_shortened(fleet: Fleet) -> None:
    catalog = Catalog(fleet)
    before = len(catalog)
    reader = MessageReader(catalog, pattern_of("{device}/{key}"), Texts())
    message = b'{"' + b"k" * 1_000_000 + b'": 1, "short": 2}'
    assert len(reader.read([("PM-0001/x", message, 5.0)])) == 1
    assert reader.unreadable == 1
    assert len(catalog) == before + 1
    row = catalog.add("PM-0002", Sensor("new", name=HUGE, unit=HUGE))
    assert len(row.title) == LONGEST_KEY
    assert len(row.sensor.unit) == 40
