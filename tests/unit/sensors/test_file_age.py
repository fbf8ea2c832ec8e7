"""A file is stale when it has not changed for long, whatever clock says when it was written."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from papaya.manifest.model import Json, Sensor
from papaya.sensors.backend import SensorFault
from papaya.sensors.file import FileBackend
from papaya.sensors.source import Source

HOUR = 3_600_000


class Clock:
    """A clock in milliseconds that a test sets."""

    def __init__(self) -> None:
        self.now = 1_700_000_000_000

    def __call__(self) -> int:
        return self.now


def backend(path: Path, clock: Clock) -> FileBackend:
    """Return a source of a file that may stay as it is for a minute."""
    options: dict[str, Json] = {"path": str(path), "staleAfter": 60}
    sensor = Sensor("t", source={"type": "file", **options})
    return FileBackend(Source("file", (sensor,), options, path.parent, now=clock))


def written(path: Path, milliseconds: int) -> None:
    """Write a file as a machine does whose clock shows this time."""
    path.write_text('{"t": 1}', encoding="utf-8")
    os.utime(path, (milliseconds / 1000, milliseconds / 1000))


@pytest.mark.parametrize("ahead", [HOUR, -HOUR])
def test_a_file_that_goes_on_changing_is_read_whatever_the_writers_clock_says(
    ahead: int, tmp_path: Path
) -> None:
    clock, path = Clock(), tmp_path / "values.json"
    written(path, clock.now + ahead)
    reader = backend(path, clock)
    if ahead < 0:
        # At first nothing but the file's time says how old it is.
        with pytest.raises(SensorFault, match="has not changed for"):
            reader.get_latest_readings()
    for _ in range(3):
        clock.now += 10_000
        written(path, clock.now + ahead)
        assert reader.get_latest_readings()["t"].value == 1


@pytest.mark.parametrize("ahead", [HOUR, 0])
def test_a_file_that_stays_as_it_is_becomes_stale_though_its_time_is_in_the_future(
    ahead: int, tmp_path: Path
) -> None:
    clock, path = Clock(), tmp_path / "values.json"
    written(path, clock.now + ahead)
    reader = backend(path, clock)
    reader.get_latest_readings()
    clock.now += 61_000
    with pytest.raises(SensorFault, match="has not changed for 61 s"):
        reader.get_latest_readings()


def test_an_old_file_is_stale_at_the_first_look(tmp_path: Path) -> None:
    clock, path = Clock(), tmp_path / "values.json"
    written(path, clock.now - HOUR)
    with pytest.raises(SensorFault, match="has not changed for 3600 s"):
        backend(path, clock).get_latest_readings()
