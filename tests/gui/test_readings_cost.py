"""Ten thousand rows, all of them changing at every tick."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from papaya_gui.actions import Actions
from papaya_gui.models.absent import Told
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT
from papaya_gui.views.readings_model import ReadingsModel
from papaya_gui.views.readings_table import ReadingsTable
from PyQt6.QtWidgets import QApplication

from papaya.remedies import DEVICE_MISSING
from papaya.sensors.condition import Condition, Health
from tests.benchmarks.gui_table import fleet_of, of_items, of_papaya
from tests.gui.hand import HandSupply


def test_sorted_and_filtered_rows_cost_less_than_half_of_giving_qt_new_items(
    application: QApplication,
) -> None:
    # Measured at less than a fifth; the margin is for machines that are busy with something else.
    own = of_papaya(application, 10_000, seconds=1.5)
    assert own < of_items(application, 10_000, seconds=1.5) / 2


def test_a_table_that_nobody_sees_yet_measures_no_rows(
    application: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    data = ReadingsModel.data

    def counted(model: ReadingsModel, *arguments: Any) -> Any:
        nonlocal looks
        looks += 1
        return data(model, *arguments)

    monkeypatch.setattr(ReadingsModel, "data", counted)
    station = Station(fleet_of(10_000), HandSupply)
    table = ReadingsTable(station, LIGHT, Actions())
    station.focus("MTR-00001")
    station.focus("")
    assert looks < 1_000
    table.resize(700, 500)
    table.show()
    application.processEvents()
    # What is seen is measured; all rows of one column would be 90,000 looks.
    assert 0 < looks < 40_000
    table.close()
    table.deleteLater()
    station.close()


def test_what_the_server_lacks_is_known_after_each_thing_that_is_said() -> None:
    told = Told(Condition(Health.LIVE))
    for number in range(5_000):
        silent = Condition(Health.SILENT, "no reading", "Look at it.", device=f"PM-{number}")
        told.take(silent if number % 2 else replace(silent, remedy=DEVICE_MISSING))
    assert told.missing == [f"PM-{number}" for number in range(0, 5_000, 2)]
    told.take(Condition(Health.LIVE, device="PM-0"))
    told.take(Condition(Health.SILENT, "no reading", "Look at it.", device="PM-2"))
    assert told.missing[0] == "PM-4" and "PM-0" not in told and told["PM-2"].remedy == "Look at it."
