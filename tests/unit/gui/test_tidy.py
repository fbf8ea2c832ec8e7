"""Samples as CSV: exact, safe in spreadsheets, and never half-written."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from papaya_gui.models.batch import NUMBER, TEXT, TRUTH, WHOLE
from papaya_gui.models.catalog import Row
from papaya_gui.models.series import Series
from papaya_gui.models.tape import Tape
from papaya_gui.models.texts import Texts
from papaya_gui.models.tidy import COLUMNS, Samples, lines, samples_of, write

from papaya.errors import Interrupted
from papaya.formulas import guarded, unguarded
from papaya.manifest.model import Sensor

START = 1_700_000_000.0


def row(key: str = "temperature", name: str = "", unit: str = "°C", device: str = "PM-0001") -> Row:
    """Return a row of its own."""
    return Row(0, device, ("INDIA", "Karnataka"), Sensor(key, name, unit), 60.0)


def samples(values: list[float], kind: int = NUMBER, of: Row | None = None) -> Samples:
    """Return samples, one each second."""
    times = np.array([START + index for index in range(len(values))])
    return Samples(of or row(), times, np.array(values), np.zeros(len(values)), kind)


def read(text: str) -> list[dict[str, str]]:
    """Return what a reader of CSV finds, with texts as they were before they were guarded."""
    found = csv.DictReader(io.StringIO(text, newline=""))
    return [{key: unguarded(cell) for key, cell in line.items()} for line in found]


def text_of(*parts: Samples, texts: Texts | None = None) -> str:
    """Return the whole CSV."""
    return "".join(piece for piece, _ in lines(parts, texts or Texts()))


def test_each_sample_is_a_line_that_says_all_of_itself() -> None:
    told = text_of(samples([21.5, 22.0], of=row("celsius", "Temperature, top")))
    assert told.splitlines()[:2] == [
        "time,epoch_ms,device,key,sensor,value,unit,mean_of_s",
        '2023-11-14T22:13:20.000Z,1700000000000,INDIA/Karnataka/PM-0001,celsius,"Temperature, top",21.5,°C,',
    ]
    assert [line["value"] for line in read(told)] == ["21.5", "22.0"]


@given(
    st.lists(
        st.tuples(
            st.integers(0, 4_102_444_800_000),
            st.floats(allow_nan=False, allow_infinity=False),
        ),
        max_size=50,
    )
)
def test_numbers_and_times_come_back_as_they_were(told: list[tuple[int, float]]) -> None:
    told = sorted(told)
    times = np.array([epoch / 1000 for epoch, _ in told])
    values = np.array([value for _, value in told])
    found = read(text_of(Samples(row(), times, values, np.zeros(len(values)), NUMBER)))
    assert [int(line["epoch_ms"]) for line in found] == [epoch for epoch, _ in told]
    assert np.array([float(line["value"]) for line in found]).tobytes() == values.tobytes()
    for line in found:
        moment = datetime.fromisoformat(line["time"])
        assert round(moment.timestamp() * 1000) == int(line["epoch_ms"])


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=20))
def test_texts_come_back_as_they_were_and_none_is_a_formula(text: str) -> None:
    texts = Texts()
    told = text_of(
        samples([float(texts.number(text))], TEXT, row(key=text, name=text, unit=text)), texts=texts
    )
    found = list(csv.DictReader(io.StringIO(told, newline="")))
    assert len(found) == 1
    for cell in (found[0]["value"], found[0]["key"], found[0]["unit"]):
        assert unguarded(cell) == text
        is_number = cell.lstrip("+-")[:1].isdecimal()
        assert not cell.startswith(("=", "@", "\t", "\r", "\n")) and (
            is_number or not cell.startswith(("+", "-"))
        )


@pytest.mark.parametrize(
    "text", ["=1+1", "+cmd|' /C calc'!A0", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "＝1+1", "'=1", "''=1"]
)
def test_a_text_that_begins_a_formula_is_guarded_and_can_be_had_back(text: str) -> None:
    assert guarded(text) == f"'{text}"
    assert unguarded(guarded(text)) == text


@pytest.mark.parametrize("text", ["-5", "+5", "-5.25", "-1e-7", "5", "PM-0001", "'tis", "", "a=b"])
def test_plain_numbers_and_harmless_texts_are_left_alone(text: str) -> None:
    assert guarded(text) == text == unguarded(text)


def test_negative_values_stay_numbers() -> None:
    assert [line["value"] for line in read(text_of(samples([-5.0, -1e-7])))] == ["-5.0", "-1e-07"]


def test_a_text_stays_one_cell_where_semicolons_divide_them() -> None:
    told = text_of(samples([1.0], of=row(name="a;=1+1")))
    assert '"a;=1+1"' in told


def test_whole_numbers_and_truth_values_look_like_themselves() -> None:
    assert [line["value"] for line in read(text_of(samples([3, 2.5, 4], WHOLE)))] == ["3", "2.5", "4"]
    assert [line["value"] for line in read(text_of(samples([1, 0], TRUTH)))] == ["true", "false"]


def test_what_is_outside_of_the_range_is_left_out_and_the_past_ends_where_what_came_live_begins() -> None:
    series = Series(row(), Tape())
    series.remember(10.0, 41.0, 100, np.array([10.0, 20.0, 30.0, 40.0]), np.array([1.0, 2.0, 3.0, 4.0]))
    series.live.append([30.0, 40.0, 50.0], [30.0, 40.0, 50.0])
    found = samples_of(series, 20.0, 40.0)
    assert found.times.tolist() == [20.0, 30.0, 40.0]
    assert found.values.tolist() == [2.0, 30.0, 40.0]


def test_what_a_server_condensed_is_told_from_samples() -> None:
    series = Series(row(), Tape())
    two = np.array([2.0, 3.0])
    series.remember(0.0, 120.0, 2, np.array([30.0, 90.0]), two, interval=60.0, low=two - 1, high=two + 1)
    series.live.append([130.0], [7.0])
    found = read(text_of(samples_of(series, 0.0, 200.0)))
    assert [(line["value"], line["mean_of_s"]) for line in found] == [
        ("2.0", "60"),
        ("3.0", "60"),
        ("7.0", ""),
    ]


def test_samples_that_come_after_the_export_began_are_not_in_it() -> None:
    series = Series(row(), Tape())
    series.live.append([1.0, 2.0], [1.0, 2.0])
    found = samples_of(series, 0.0, 100.0)
    series.live.append([3.0], [3.0])
    assert found.times.tolist() == [1.0, 2.0]


def test_a_file_is_replaced_in_one_step_and_keeps_its_mode(tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    path.write_text("before")
    path.chmod(0o640)
    heard: list[float] = []
    assert write(path, [samples([1.0] * 50_000)], Texts(), told=heard.append) == 50_000
    assert len(read(path.read_text())) == 50_000
    assert path.stat().st_mode & 0o777 == 0o640
    assert heard == sorted(heard) and heard[-1] == 1.0 and len(heard) > 2
    assert [one.name for one in tmp_path.iterdir()] == ["samples.csv"]


def test_a_cancelled_export_leaves_what_was_there_and_nothing_else(tmp_path: Path) -> None:
    path = tmp_path / "samples.csv"
    path.write_text("before")
    heard: list[float] = []
    with pytest.raises(Interrupted, match="nothing was written"):
        write(
            path, [samples([1.0] * 90_000)], Texts(), told=heard.append, is_cancelled=lambda: len(heard) > 2
        )
    assert path.read_text() == "before"
    assert [one.name for one in tmp_path.iterdir()] == ["samples.csv"]


def test_the_head_is_there_without_samples() -> None:
    assert text_of() == ",".join(COLUMNS) + "\n"
