"""Whatever a source says is values that can be kept, or faults in a few words."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from papaya.foreign import ForeignValue
from papaya.manifest.model import Sensor
from papaya.sensors.backend import SensorFault
from papaya.sensors.drivers import readings_from
from papaya.sensors.file import FileBackend
from papaya.sensors.reading import SensorReading, objection_to_time, taken
from papaya.sensors.source import Source

KEYS = ("a", "b")
NUMERALS = st.sampled_from(
    ["1", "-0", "80.5", "80,5", "1e999", "1e-999", "1e100000", "NaN", "-Infinity", "9" * 400, "9" * 5000]
)
SCALARS = st.one_of(
    NUMERALS, st.text(max_size=20).map(json.dumps), st.sampled_from(["null", "true", "[]", "{}", '"\\ud800"'])
)
NESTED = st.integers(0, 2000).map(lambda depth: "[" * depth + "]" * depth)
DATED = st.tuples(SCALARS, SCALARS).map(lambda two: f'{{"value": {two[0]}, "ts": {two[1]}}}')
VALUES = st.one_of(SCALARS, NESTED, DATED)
OBJECTS = st.tuples(VALUES, VALUES).map(lambda two: f'{{"a": {two[0]}, "b": {two[1]}}}')
TABLES = st.tuples(st.sampled_from(",;\t"), SCALARS, SCALARS).map(
    lambda row: f"a{row[0]}b\n{row[1]}{row[0]}{row[2]}\n"
)
TEXTS = st.one_of(OBJECTS, VALUES, TABLES, st.text(max_size=100), st.sampled_from(["", "\n" * 50, "\0" * 50]))


def check(readings: Sequence[SensorReading], sensors: Sequence[Sensor]) -> None:
    """Check that each reading can be kept by the agent and the server, or is refused in a few words."""
    by_key = {sensor.key: sensor for sensor in sensors}
    for reading in readings:
        try:
            kept = taken(reading, by_key.get(reading.name, Sensor(reading.name)))
        except ForeignValue as refused:
            assert len(refused.message) < 200
            continue
        objection_to_time(kept.timestamp)
        assert not isinstance(kept.value, float) or math.isfinite(kept.value)
        assert len(json.dumps(kept.value, ensure_ascii=False).encode()) < 60_000
        if by_key[reading.name].alarm_above is not None:
            assert not isinstance(kept.value, str)


@given(text=TEXTS, form=st.sampled_from(["json", "csv"]), factor=st.sampled_from([None, 0.001, -1e300]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
def test_whatever_a_file_says_is_kept_or_refused(
    tmp_path: Path, text: str, form: str, factor: float | None
) -> None:
    path = tmp_path / "values"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    own: dict[str, Any] = {"type": "file", "factor": factor}
    sensors = (Sensor("a", alarm_above=75, source=own), Sensor("b", source=own))
    backend = FileBackend(Source("file", sensors, {"path": str(path), "form": form}))
    try:
        readings = backend.get_latest_readings()
    except SensorFault as fault:
        assert len(str(fault)) < 400
    else:
        check(tuple(readings.values()), sensors)


ANYTHING: st.SearchStrategy[Any] = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.just(10**5000),
    st.floats(),
    st.text(max_size=20),
    st.binary(max_size=5),
    st.decimals(),
    st.fractions(),
    st.datetimes(),
    st.lists(st.integers(), max_size=2),
)


class Fault:
    """A reading of which nothing can be asked."""

    def __getattr__(self, name: str) -> object:
        raise RuntimeError(name)


NAMES = st.one_of(st.sampled_from(KEYS), st.text(), st.integers())
READINGS = st.one_of(
    ANYTHING, st.builds(Fault), st.builds(lambda *given: SensorReading(*given), ANYTHING, ANYTHING, ANYTHING)
)


@given(st.one_of(st.dictionaries(NAMES, READINGS), st.lists(READINGS), ANYTHING))
@settings(deadline=None)
def test_whatever_a_driver_returns_is_kept_or_refused(returned: object) -> None:
    sensors = (Sensor("a", alarm_above=75), Sensor("b"))
    try:
        readings = readings_from(returned, Source("x", sensors))
    except SensorFault as fault:
        assert len(str(fault)) < 400
    else:
        check([one for one in readings if one.name in KEYS], sensors)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_a_reading_that_ends_the_process_is_no_reading(error: type[BaseException]) -> None:
    class Ending:
        @property
        def value(self) -> float:
            raise error

    with pytest.raises(error):
        readings_from({"a": Ending()}, Source("x", (Sensor("a"),)))
