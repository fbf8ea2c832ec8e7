"""Settings from the server and parameters of calls: what is taken over, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from papaya.agent.clock import WatchedClock
from papaya.agent.configuration import Unacceptable, in_effect, intervals_of, report_every_from, sensors_from
from papaya.agent.parameters import Blink, blink_from
from papaya.agent.rpc import BadCall
from papaya.agent.schedule import Schedule
from papaya.agent.settings import address_of
from papaya.engine.desire import sensors_attribute
from papaya.errors import SettingsError
from papaya.manifest.model import Json, Sensor


def test_what_apply_writes_the_agent_reads_back() -> None:
    sensors = (
        Sensor("a", "A", "V", 5.0, 0, 26, 14.6, 11.5, 15, 10.5, 0.2, 0.1, {"type": "simulated"}, 2),
        Sensor("b"),
    )
    read = sensors_from(sensors_attribute(sensors))
    assert in_effect(sensors, read, simulate=False)[0] == sensors[:1]


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("text", "no list"),
        ([1], "sensor 1 has no usable key"),
        ([{"key": " "}], "no usable key"),
        ([{"key": "a"}, {"key": "a"}], "a stands in it twice"),
        ([{"key": "a", "every": 0}], "every of a is no number of seconds"),
        ([{"key": "a", "every": True}], "every of a"),
        ([{"key": "a", "every": "soon"}], "every of a"),
        ([{"key": "a", "warnAbove": "60"}], "warnAbove of a is no number"),
        ([{"key": "a", "deadband": -1}], "deadband of a is below 0"),
        ([{"key": "a", "decimals": 1.5}], "decimals of a is no whole number from 0 to 9"),
        ([{"key": "a", "decimals": 10}], "decimals of a is no whole number from 0 to 9"),
        ([{"key": "a", "warnAbove": 80, "alarmAbove": 70}], "is below its warn_above"),
        ([{"key": "a", "name": 5}], "name of a is no text"),
    ],
)
def test_faulty_sensors_are_refused_as_a_whole(value: Json, words: str) -> None:
    with pytest.raises(Unacceptable, match=words):
        sensors_from(value)


def test_the_server_cannot_say_where_to_read() -> None:
    local = (
        Sensor("a", source={"type": "file", "path": "/run/a"}),
        Sensor("b", source={"type": "simulated"}),
    )
    pushed = sensors_from(
        [{"key": "a", "every": "2s", "source": {"type": "command", "argv": ["reboot"]}}, {"key": "z"}]
    )
    sensors, unread = in_effect(local, pushed, simulate=False)
    assert [(one.key, one.every, one.source) for one in sensors] == [("a", 2.0, local[0].source)]
    assert unread == ("z",)
    simulated, none = in_effect(local, pushed, simulate=True)
    assert {str(one.source) for one in simulated} == {"{'type': 'simulated'}"}
    assert none == ()


def test_the_nearest_interval_wins() -> None:
    sensors = (Sensor("a", every=5), Sensor("b"), Sensor("c", every=5))
    assert intervals_of(sensors, 7, {"c": 0.001}) == {"a": 5, "b": 7, "c": 0.1}
    assert intervals_of(sensors, None, {})["b"] == 60
    wrong: tuple[Json, ...] = (0, -5, "x", None, [], 10**9)
    for value in wrong:
        with pytest.raises(Unacceptable):
            report_every_from(value)


def test_sensors_with_equal_intervals_are_due_together_and_a_missed_time_is_gone() -> None:
    schedule = Schedule()
    schedule.set({"a": 1, "b": 1}, 10.3)
    assert schedule.due(10.3) == ["a", "b"]
    schedule.done("a", 10.3)
    schedule.done("b", 10.9)
    assert schedule.due(10.99) == []
    assert schedule.due(11) == ["a", "b"]
    schedule.done("a", 55.5)
    assert schedule.due(55.9) == ["b"]
    schedule.set({"a": 1, "b": 2}, 55.9)
    assert schedule.due(55.9) == ["b"]


def test_a_blink_fills_in_arguments_and_nothing_else() -> None:
    blink = blink_from({"color": "#a0B1c2", "onMs": 10})
    assert blink == Blink("#a0B1c2", 10, 500, 255)
    arguments = blink.arguments(["led", "{color}", "--on={on}", "{off}", "{other}", "$(x)"])
    assert arguments == ["led", "#a0B1c2", "--on=10", "500", "{other}", "$(x)"]


@pytest.mark.parametrize(
    "params",
    [
        5,
        {"colour": "red"},
        {"color": "#12345"},
        {"color": "red\n"},
        {"color": "-rf"},
        {"onMs": 0},
        {"onMs": 1.5},
        {"offMs": "5"},
        {"offMs": 10_001},
        {"brightness": -1},
        {"brightness": None},
    ],
)
def test_a_faulty_blink_is_refused(params: Json) -> None:
    with pytest.raises(BadCall):
        blink_from(params)


@pytest.mark.parametrize(
    ("mqtt_url", "server_url", "expected"),
    [
        (None, "http://tb:8080", "mqtt://tb:1883"),
        (None, "https://tb.example.com", "mqtts://tb.example.com:8883"),
        ("mqtt://10.0.0.1:2883", "https://tb", "mqtt://10.0.0.1:2883"),
        ("mqtts://[::1]", None, "mqtts://[::1]:8883"),
    ],
)
def test_where_the_server_takes_mqtt(mqtt_url: str | None, server_url: str | None, expected: str) -> None:
    assert str(address_of(mqtt_url, server_url, None)) == expected


@pytest.mark.parametrize("url", ["tb:1883", "http://tb", "mqtt://", "mqtt://tb:x", "mqtt://user:secret@tb"])
def test_what_is_no_address_is_refused_without_telling_a_login(url: str) -> None:
    with pytest.raises(SettingsError) as refused:
        address_of(url, None, Path())
    assert "secret" not in str(refused.value)


def test_a_clock_that_is_set_is_noticed_and_distrusted(caplog: pytest.LogCaptureFixture) -> None:
    times = {"now": 1_000_000, "clock": 0.0}
    watched = WatchedClock(lambda: int(times["now"]), lambda: times["clock"])
    times["now"], times["clock"] = 1_010_000, 10.0
    assert watched.check() == 0
    times["now"], times["clock"] = 1_020_000 + 3_600_000, 20.0
    assert watched.check() == 3_600_000
    assert "set forward by 3600.0 s" in caplog.text
    assert not watched.is_steady
    times["now"], times["clock"] = int(times["now"]) + 3_700_000 - 5_000, 3720.0
    assert watched.check() == -5_000
    assert not watched.is_steady
