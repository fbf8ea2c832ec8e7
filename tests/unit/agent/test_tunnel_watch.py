"""When the agent looks at the tunnel, and what of it is news."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any

from papaya.agent.tunnel import TUNNEL, TunnelWatch
from papaya.manifest.model import Json


class Scene:
    """A watch, its clock, and an agent that does what is to be done later when a test says so."""

    def __init__(self) -> None:
        self.now = 100.0
        self.condition: dict[str, Json] = {"condition": "up"}
        self.told: list[Any] = []
        self.looks = 0
        self.may_end = threading.Event()
        self.may_end.set()
        self._later: queue.SimpleQueue[Callable[[], None]] = queue.SimpleQueue()
        self.watch = TunnelWatch(self._read, self._tell, self._later.put, lambda: self.now)

    def look(self) -> None:
        """Let the watch look, and take what it has found."""
        self.watch.tick()
        self.take()

    def take(self) -> None:
        """Take what the watch has found."""
        self._later.get(timeout=60)()

    def _tell(self, values: Mapping[str, Json]) -> None:
        self.told.append(values[TUNNEL])

    def _read(self) -> Mapping[str, Json]:
        self.looks += 1
        self.may_end.wait(60)
        return dict(self.condition)


def test_only_news_is_told() -> None:
    scene = Scene()
    scene.look()
    scene.now += 60
    scene.look()
    scene.condition = {"condition": "waiting"}
    scene.now += 60
    scene.look()
    assert scene.told == [{"condition": "up"}, {"condition": "waiting"}]


def test_a_new_connection_is_told_at_once_what_the_last_one_knew() -> None:
    scene = Scene()
    scene.look()
    scene.watch.begin()
    scene.take()
    assert scene.told == [{"condition": "up"}] * 2


def test_it_looks_twice_a_minute_and_never_twice_at_the_same_time() -> None:
    scene = Scene()
    scene.look()
    for _ in range(5):
        scene.now += 5
        scene.watch.tick()
    assert scene.looks == 1
    scene.may_end.clear()
    scene.now += 5
    scene.watch.tick()
    scene.now += 60
    scene.watch.tick()
    scene.may_end.set()
    assert scene.looks <= 2


def test_a_device_without_a_tunnel_tells_nothing() -> None:
    told: list[Mapping[str, Json]] = []
    watch = TunnelWatch(None, told.append, lambda call: call(), lambda: 0.0)
    watch.tick()
    assert not told
