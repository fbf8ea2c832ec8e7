"""Files with very many columns or lines: told or read in steps, in bounded memory."""

from __future__ import annotations

import gc
import tracemalloc
from pathlib import Path

import pytest
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.texts import Texts
from papaya_gui.sources import fleet_file
from papaya_gui.sources.fleet_csv import MOST_COLUMNS, lines_in_csv
from papaya_gui.sources.fleet_file import FleetFile
from papaya_gui.sources.headings import Names
from papaya_gui.sources.left_out import LeftOut
from papaya_gui.sources.recording_csv import Columns, Head, Piece

from papaya.sensors.backend import SensorFault
from papaya.sensors.columns import Dialect
from papaya.sensors.source import Source
from tests.unit.gui.ear import fleet_of, meter


def file_of(path: Path, text: str) -> FleetFile:
    path.write_text(text, encoding="utf-8")
    return FleetFile(Source("file", (), {"path": str(path)}))


def test_a_million_columns_are_a_fault_that_names_the_file(tmp_path: Path) -> None:
    path = tmp_path / "wide.csv"
    file = file_of(path, "device," + ",".join(f"k{one}" for one in range(1_000_000)) + "\nPM-1,1\n")
    tracemalloc.start()
    with pytest.raises(SensorFault, match=f"{path}: it has more than {MOST_COLUMNS:,} columns"):
        file.get_latest_readings()
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 60 * 1024 * 1024


def test_a_line_of_a_million_cells_costs_itself() -> None:
    lines = list(lines_in_csv("device,t\nPM-1," + "1," * 1_000_000 + "\nPM-2,5\n"))
    assert lines == [
        ("line 2", f"line 2 has more than {MOST_COLUMNS:,} cells"),
        ("line 3", {"device": "PM-2", "t": 5}),
    ]


def test_a_long_file_is_read_in_steps_and_shows_its_first_values_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(fleet_file, "_STEP", 10)
    path = tmp_path / "long.csv"
    text = "device,key,value\n" + "".join(f"PM-{line},t,{line}\n" for line in range(23))
    file = file_of(path, text)
    steps = [file.get_latest_readings() for _ in range(6)]
    assert [len(step) for step in steps] == [5, 5, 5, 5, 3, 0]
    assert [one.value for step in steps for one in step] == list(range(23))
    path.write_text(text + "PM-0,t,7\nPM-0,t,8\n", encoding="utf-8")
    assert [one.value for one in file.get_latest_readings()] == [7, 8]


def test_lines_that_say_nothing_end_a_step_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fleet_file, "_STEP", 10)
    file = file_of(tmp_path / "odd.csv", "device,t\n" + "x\n" * 25 + "PM-1,5\n")
    steps = [file.get_latest_readings() for _ in range(4)]
    assert [len(step) for step in steps] == [0, 0, 1, 0]


def test_a_file_of_short_lines_takes_no_memory_for_each_of_them() -> None:
    text = "device,t\n" + "\n" * 1_000_000 + "PM-1,5\n" + "\n" * 1_000_000
    tracemalloc.start()
    lines = list(lines_in_csv(text))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert lines == [("line 1000002", {"device": "PM-1", "t": 5})]
    assert peak < 1024 * 1024


def test_a_large_file_gives_python_no_reason_to_look_for_garbage(tmp_path: Path) -> None:
    # Each look goes through all objects of the window, which waits meanwhile.
    head = Head("ts,device,key,value\n", Names(("ts", "device", "key", "value")), Dialect(",", "."))
    columns = Columns(head, Catalog(fleet_of(meter("PM-1", "t"))), Texts(), 0, LeftOut())
    piece = Piece("".join(f"{1_795_000_000_000 + line},PM-1,t,{line}.5\r\n" for line in range(2_000)), 1.0)
    columns.batch(piece)
    looks = gc.get_stats()[0]["collections"]
    found = [columns.batch(piece) for _ in range(50)]
    assert gc.get_stats()[0]["collections"] - looks < 25
    assert [len(batch) for batch in found] == 50 * [2_000]
    assert found[0].values[-1] == 1_999.5
