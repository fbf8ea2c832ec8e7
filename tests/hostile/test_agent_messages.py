"""Whatever a server sends: nothing ends the agent, and nothing that has not passed is kept."""

from __future__ import annotations

import json
import math
import sqlite3
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from papaya.agent.limits import limits_from
from papaya.agent.link import ATTRIBUTES, ATTRIBUTES_RESPONSE, RPC_REQUEST, RPC_RESPONSE
from papaya.manifest.model import Json
from tests.hostile.scene import NUMBER, SENSORS, Parts
from tests.hostile.texts import BROKEN, NINES, documents, lists, payloads, sensors

TOPICS = (
    ATTRIBUTES,
    *(f"{ATTRIBUTES_RESPONSE}{NUMBER + more}" for more in range(3)),
    f"{RPC_REQUEST}7",
    f"{RPC_RESPONSE}{NUMBER}",
)
MESSAGES = st.lists(st.tuples(st.sampled_from(TOPICS), payloads), max_size=4)
PUSHED = st.one_of(lists(sensors), documents)
METHODS = ("ping", "getReadings", "setInterval", "identify", "restartTunnel", "getSessionLimits")
CALLED = st.sampled_from(METHODS)


def in_a_folder(check: Callable[[Path], None]) -> None:
    """Check with an empty folder: each example of a property needs one."""
    with tempfile.TemporaryDirectory() as folder:
        check(Path(folder) / "agent.spool")


def restarted(parts: Parts, spool: Path) -> None:
    """Insist that the agent starts with what was kept, and that all of it is usable."""
    parts.close()
    again = Parts(spool)
    try:
        assert again.tuning.sensors == parts.tuning.sensors
        for sensor in again.tuning.sensors:
            every = again.sampling.interval(sensor.key)
            assert every is not None
            assert 0.1 <= every <= 86_400
    finally:
        again.close()


@settings(max_examples=40)
@given(MESSAGES)
def test_no_message_ends_the_agent_or_its_next_start(messages: list[tuple[str, bytes]]) -> None:
    def check(spool: Path) -> None:
        parts = Parts(spool)
        for topic, payload in messages:
            parts.received(topic, payload)
        restarted(parts, spool)

    in_a_folder(check)


@settings(max_examples=40)
@given(PUSHED, documents)
def test_no_shared_attribute_ends_the_agent_or_its_next_start(pushed: str, every: str) -> None:
    def check(spool: Path) -> None:
        parts = Parts(spool)
        parts.received(ATTRIBUTES, f'{{"papaya.sensors":{pushed}}}'.encode())
        parts.received(ATTRIBUTES, f'{{"reportEverySeconds":{every}}}'.encode())
        for sensor in parts.tuning.sensors:
            numbers = (sensor.minimum, sensor.maximum, sensor.warn_above, sensor.hysteresis, sensor.deadband)
            assert all(number is None or math.isfinite(number) for number in numbers)
        restarted(parts, spool)

    in_a_folder(check)


@settings(max_examples=40)
@given(CALLED, documents)
def test_every_call_has_one_answer_and_every_number_in_it_is_finite(method: str, params: str) -> None:
    def check(spool: Path) -> None:
        parts = Parts(spool)
        parts.received(f"{RPC_REQUEST}7", f'{{"method":"{method}","params":{params}}}'.encode())
        answers = parts.answers()
        if method != "identify" or answers:
            assert len(answers) == 1
            json.loads(answers[0], parse_constant=pytest.fail)
        restarted(parts, spool)

    in_a_folder(check)


@given(payloads)
def test_no_answer_about_limits_is_believed_before_it_is_a_limit(payload: bytes) -> None:
    limits = limits_from(payload)
    assert limits.rows is None or 1 <= limits.rows <= 10**9
    assert limits.rate is None or 0 < limits.rate <= 10**9


@pytest.mark.parametrize(
    "written", ["²:1", f"{NINES}:1", f"1:{NINES}", "0:1", "1:0", "-1:1", "1:", ":", "a:b", "٣:١"]
)
def test_a_limit_that_is_no_number_limits_nothing(written: str) -> None:
    limits = limits_from(json.dumps({"rateLimits": {"telemetryDataPoints": written}}).encode())
    assert (limits.rows, limits.rate) == (None, None)


def test_a_bad_part_of_a_limit_leaves_the_others() -> None:
    limits = limits_from(b'{"rateLimits": {"telemetryDataPoints": "x:1,100:10", "messages": 1e999}}')
    assert (limits.rows, limits.rate) == (50, 5.0)


FIELDS = (
    "every",
    "minimum",
    "maximum",
    "warnAbove",
    "warnBelow",
    "alarmAbove",
    "alarmBelow",
    "hysteresis",
    "deadband",
    "decimals",
)


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize(
    "number", [NINES, f"-{NINES}", "9" * 5000, "1e999", "NaN", "-Infinity", '"1e999"', "true"]
)
def test_a_number_that_nothing_can_keep_is_refused_and_what_was_in_effect_stays(
    tmp_path: Path, field: str, number: str, caplog: pytest.LogCaptureFixture
) -> None:
    spool = tmp_path / "agent.spool"
    parts = Parts(spool)
    parts.share({"papaya.sensors": [{"key": "a", "every": 7}]})
    parts.received(ATTRIBUTES, f'{{"papaya.sensors":[{{"key":"b","{field}":{number}}}]}}'.encode())
    assert "papaya.sensors from the server is not taken over" in caplog.text
    assert [sensor.key for sensor in parts.tuning.sensors] == ["a"]
    restarted(parts, spool)


def test_one_bad_attribute_in_an_answer_costs_no_other(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "agent.spool")
    deep = "[" * 900 + "]" * 900
    parts.received(f"{ATTRIBUTES_RESPONSE}{NUMBER + 1}", f'{{"shared":{{"papaya.sensors":{deep}}}}}'.encode())
    parts.received(f"{ATTRIBUTES_RESPONSE}{NUMBER + 2}", b'{"shared":{"reportEverySeconds":9}}')
    assert parts.sampling.interval("b") == 9
    parts.close()


def test_what_an_earlier_version_kept_unchecked_is_dropped_and_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    spool = tmp_path / "agent.spool"
    Parts(spool).close()
    kept: dict[str, Any] = {
        "papaya.sensors": f'[{{"key":"a","warnAbove":{NINES}}}]',
        "reportEverySeconds": NINES,
        "intervals": f'{{"a":{NINES},"b":0.5,"c":NaN}}',
        "levels": "[" * 980 + "]" * 980,
        "evicted": "Infinity",
        "instance": '"../../x"',
    }
    with sqlite3.connect(spool) as connection:
        connection.executemany("INSERT OR REPLACE INTO kept VALUES (?, ?)", kept.items())
    connection.close()
    parts = Parts(spool)
    assert parts.tuning.sensors == SENSORS
    assert parts.storage.evicted == 0
    for name in ("papaya.sensors", "reportEverySeconds", "intervals"):
        assert name in caplog.text
    parts.close()
    caplog.clear()
    Parts(spool).close()
    assert "reportEverySeconds" not in caplog.text


def test_a_value_is_kept_as_it_was_understood_and_told_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    spool = tmp_path / "agent.spool"
    parts = Parts(spool)
    pushed: dict[str, Json] = {
        "papaya.sensors": [{"key": "a", "every": "2s", "source": {"type": "command", "argv": ["reboot"]}}]
    }
    parts.share(pushed)
    assert parts.storage.kept("papaya.sensors") == [{"key": "a", "every": 2.0}]
    parts.change_interval("a", 3.0)
    restarted(parts, spool)
    again = Parts(spool)
    caplog.clear()
    again.share(pushed)
    assert "taken over" not in caplog.text
    assert again.sampling.interval("a") == 3.0
    again.close()


@pytest.mark.parametrize("number", ["#", "+", "1/2", "x", "²", "", "9" * 40, "-1"])
def test_a_call_without_a_usable_number_is_ignored(tmp_path: Path, number: str) -> None:
    parts = Parts(tmp_path / "agent.spool")
    parts.received(f"{RPC_REQUEST}{number}", b'{"method":"ping"}')
    assert parts.answers() == []
    parts.close()


def test_texts_that_are_no_json_are_refused_by_all_parts(tmp_path: Path) -> None:
    parts = Parts(tmp_path / "agent.spool")
    for text in BROKEN:
        for topic in TOPICS:
            parts.received(topic, text.encode("utf-8", "surrogatepass"))
    assert all("error" in answer for answer in parts.answers())
    parts.close()


@pytest.mark.soak
@pytest.mark.timeout(7_200)
@pytest.mark.parametrize(
    ("check", "examples"),
    [
        (test_no_message_ends_the_agent_or_its_next_start, (MESSAGES,)),
        (test_no_shared_attribute_ends_the_agent_or_its_next_start, (PUSHED, documents)),
        (
            test_every_call_has_one_answer_and_every_number_in_it_is_finite,
            (st.sampled_from(METHODS), documents),
        ),
    ],
)
def test_the_same_in_many_random_tries(check: Any, examples: tuple[Any, ...]) -> None:
    often: Any = settings(max_examples=10_000, derandomize=False, database=None)
    with_examples: Any = given(*examples)
    often(with_examples(check.hypothesis.inner_test))()
