"""A source that fails or hangs, and what it costs."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from papaya.manifest.model import Sensor
from papaya.sensors.backend import SensorBackend, SensorFault
from papaya.sensors.polling import Polled, Poller, _words
from papaya.sensors.reading import SensorReading
from papaya.sensors.source import Source, sources_of

READING = SensorReading("a", 1, "", 1)


class Driver(SensorBackend):
    """Does what a test says."""

    closed = 0

    def __init__(self, act: Callable[[], Sequence[SensorReading]]) -> None:
        self._act = act

    def get_available_sensors(self) -> Sequence[str]:
        return []

    def get_latest_readings(self) -> Any:
        return self._act()

    def close(self) -> None:
        Driver.closed += 1


class Scene:
    """A poller with a clock that only a test moves."""

    def __init__(self, act: Callable[[], Sequence[SensorReading]]) -> None:
        self.now = 0.0
        self.delivered: queue.SimpleQueue[Polled] = queue.SimpleQueue()
        self.made = 0

        def factory(source: Source) -> SensorBackend:
            self.made += 1
            return Driver(act)

        (source,) = sources_of([Sensor("a", source={"type": "test", "timeout": 2})], Path())
        self.poller = Poller(source, factory, self.delivered.put, clock=lambda: self.now)

    def polled(self) -> Polled:
        """Poll and return what came."""
        assert self.poller.poll()
        polled = self.delivered.get(timeout=60)
        assert self.poller.ended(polled)
        return polled


def test_a_healthy_source_keeps_its_backend() -> None:
    scene = Scene(lambda: [READING])
    assert [scene.polled().readings for _ in range(3)] == [(READING,)] * 3
    assert scene.made == 1
    scene.poller.close()


def test_a_source_that_raises_is_made_anew_after_pauses_that_grow() -> None:
    def fail() -> Sequence[SensorReading]:
        raise OSError("bus error")

    scene, pauses = Scene(fail), []
    for _ in range(4):
        assert scene.polled().fault == "OSError: bus error"
        began = scene.now
        while not scene.poller.poll():
            scene.now += 0.5
        pauses.append(scene.now - began)
        assert scene.poller.ended(scene.delivered.get(timeout=60))
        scene.now += 1000
    assert pauses[0] == 1
    assert pauses == sorted(pauses)
    assert scene.made == 8
    scene.poller.close()


@pytest.mark.parametrize("nonsense", [None, 5, "text"])
def test_what_is_no_list_of_readings_is_a_fault_or_nothing(nonsense: object) -> None:
    scene = Scene(lambda: nonsense)  # type: ignore[arg-type, return-value]
    polled = scene.polled()
    assert polled.fault or not any(isinstance(reading, SensorReading) for reading in polled.readings)
    scene.poller.close()


def test_a_poll_that_hangs_is_given_up_and_its_late_answer_ignored() -> None:
    release = threading.Event()

    def hang() -> Sequence[SensorReading]:
        release.wait(30)
        return [READING]

    scene = Scene(hang)
    assert scene.poller.poll()
    assert not scene.poller.poll()
    assert scene.poller.overdue() is None
    scene.now = 2.1
    overdue = scene.poller.overdue()
    assert overdue is not None
    assert overdue.fault == "it gave no answer within 2 s"
    scene.now = 10
    assert scene.poller.poll()
    release.set()
    answers = [scene.delivered.get(timeout=60) for _ in range(2)]
    assert sorted(scene.poller.ended(answer) for answer in answers) == [False, True]
    scene.poller.close()


def test_only_so_many_threads_hang() -> None:
    release, started = threading.Event(), []

    def hang() -> Sequence[SensorReading]:
        started.append(1)
        release.wait(30)
        return []

    scene = Scene(hang)
    for _ in range(10):
        scene.now += 1000
        scene.poller.poll()
        scene.now += 3
        scene.poller.overdue()
    assert len(started) <= 3
    release.set()


def test_a_fault_and_its_remedy_are_two_sentences() -> None:
    """In a log they stand in one line."""
    fault = SensorFault("a source of type file has no option run", remedy="Its options are: path.")
    assert _words(fault) == "a source of type file has no option run. Its options are: path."
    assert _words(SensorFault("it is empty")) == "it is empty"
    assert _words(SensorFault("is it there?", remedy="Look.")) == "is it there? Look."
