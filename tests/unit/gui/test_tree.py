"""The fleet as a tree: what the search leaves of it, and what is counted up to its root."""

from __future__ import annotations

import time
from collections.abc import Iterable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from papaya_gui.models.batch import Inbox
from papaya_gui.models.board import Board
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.condition import Condition
from papaya_gui.models.conditions import Count, Online
from papaya_gui.models.shape import ROOT, Kind
from papaya_gui.models.texts import Texts
from papaya_gui.models.tree import Tree

from papaya.manifest.model import Country, Device, Fleet, Sensor, State
from papaya.sensors.reading import Value

HOT, DOOR = (
    Sensor("hot", every=10, warn_above=60, alarm_above=75),
    Sensor("door", every=10),
)


def device(name: str, country: str, state: str, *sensors: Sensor, label: str = "") -> Device:
    """Return a device with its label."""
    return Device(name, country, state, "default", label=label, serial=f"SN-{name}", sensors=sensors)


def small_fleet() -> Fleet:
    """Return three States in two Countries, one of them empty, with four devices."""
    goa = State("Goa", "Goa", devices=(device("PM-1", "INDIA", "Goa", HOT, DOOR, label="Panjim Market"),))
    kerala = State(
        "Kerala",
        "Kerala",
        aliases=("KL",),
        devices=(device("PM-2", "INDIA", "Kerala", HOT), device("PM-3", "INDIA", "Kerala")),
    )
    bavaria = State("Bayern", "Bayern", devices=(device("MUC-1", "GERMANY", "Bayern", HOT, DOOR),))
    india = Country("INDIA", "INDIA", states=(goa, kerala, State("Bihar", "Bihar")))
    return Fleet("small", countries=(india, Country("GERMANY", "GERMANY", states=(bavaria,))))


class Bench:
    """A tree with its board, that readings are given to by hand."""

    def __init__(self, fleet: Fleet | None = None) -> None:
        texts = Texts()
        self.catalog = Catalog(fleet or small_fleet())
        self.board = Board(self.catalog, texts)
        self.inbox = Inbox(texts)
        self.tree = Tree(self.catalog)

    def say(self, device: str, key: str, value: Value, second: float = 1000) -> None:
        """Take a reading."""
        row = self.catalog.find(device, key)
        assert row is not None
        self.inbox.put(row.index, round(second * 1000), value)

    def tick(self, second: float = 1000, silent: Iterable[str] = ()) -> set[str]:
        """Bring board and tree up to date; return the names of what has changed."""
        self.board.take(self.inbox.drain())
        self.board.tick(second)
        changed = np.flatnonzero(self.tree.tick(self.board, silent))
        return {self.tree.name(int(node)) for node in changed}

    def text(self, *path: str) -> str:
        """Return the words for a node."""
        return self.tree.text(self.node(*path))

    def node(self, *path: str) -> int:
        """Return the node of a path."""
        found = self.tree.find(path)
        assert found is not None
        return found


@pytest.fixture
def bench() -> Bench:
    """Return the tree of a small fleet."""
    made = Bench()
    made.tick()
    return made


def shown(tree: Tree, node: int = ROOT) -> list[object]:
    """Return the names that are shown, with what is below each."""
    below = [shown(tree, tree.child(node, position)) for position in range(tree.children(node))]
    return [tree.name(node), *below]


def test_it_has_the_shape_of_the_manifest(bench: Bench) -> None:
    assert shown(bench.tree) == [
        "small",
        ["INDIA", ["Goa", ["PM-1"]], ["Kerala", ["PM-2"], ["PM-3"]], ["Bihar"]],
        ["GERMANY", ["Bayern", ["MUC-1"]]],
    ]
    for node in range(1, len(bench.tree)):
        parent = bench.tree.parent(node)
        assert bench.tree.child(parent, bench.tree.position(node)) == node
        assert bench.tree.paths[node][:-1] == bench.tree.paths[parent]


@pytest.mark.parametrize(
    ("text", "expected", "matches"),
    [
        ("pm-3", ["small", ["INDIA", ["Kerala", ["PM-3"]]]], 1),
        ("panjim market", ["small", ["INDIA", ["Goa", ["PM-1"]]]], 1),
        ("SN-MUC-1", ["small", ["GERMANY", ["Bayern", ["MUC-1"]]]], 1),
        ("kl", ["small", ["INDIA", ["Kerala", ["PM-2"], ["PM-3"]]]], 2),
        ("bihar", ["small", ["INDIA", ["Bihar"]]], 0),
        ("germany pm", ["small"], 0),
    ],
)
def test_a_search_keeps_what_is_above_and_below_a_match(
    bench: Bench, text: str, expected: list[object], matches: int
) -> None:
    bench.tree.search(text)
    assert shown(bench.tree) == expected
    assert bench.tree.matches == matches
    hidden = [node for node in range(len(bench.tree)) if bench.tree.position(node) < 0]
    assert len(hidden) + len(bench.tree.shown) == len(bench.tree)


def test_before_any_reading_there_is_no_data(bench: Bench) -> None:
    assert bench.text() == "3 no data of 4"
    assert bench.text("INDIA", "Goa", "PM-1") == "no data"
    assert bench.text("INDIA", "Kerala", "PM-3") == "no sensors"
    assert bench.text("INDIA", "Bihar") == "no devices"


def test_what_is_wrong_is_counted_up_to_the_fleet(bench: Bench) -> None:
    bench.say("PM-1", "hot", 80)
    bench.say("PM-1", "door", True, second=970)
    bench.say("PM-2", "hot", 61)
    bench.say("MUC-1", "hot", 20, second=900)
    bench.say("MUC-1", "door", True, second=900)
    bench.tick()
    assert bench.text("INDIA", "Goa", "PM-1") == "online: 1 alarm, 1 stale of 2"
    assert bench.text("INDIA", "Goa") == "1 alarm, 1 stale of 1"
    assert bench.text("INDIA", "Kerala") == "1 warning of 2"
    assert bench.text("INDIA") == "1 alarm, 1 warning, 1 stale of 3"
    assert bench.text("GERMANY", "Bayern", "MUC-1") == "stale"
    assert bench.text() == "1 alarm, 1 warning, 2 stale of 4"
    worst = [bench.tree.worst(bench.node(*path)) for path in ((), ("INDIA", "Kerala"), ("GERMANY",))]
    assert worst == [Condition.CRITICAL, Condition.WARNING, Condition.STALE]


def test_all_well_is_said_too(bench: Bench) -> None:
    bench.say("MUC-1", "hot", 20)
    bench.say("MUC-1", "door", False)
    bench.tick()
    assert bench.text("GERMANY") == "1 online of 1"
    assert bench.text("GERMANY", "Bayern", "MUC-1") == "online"
    assert bench.tree.worst(bench.node("GERMANY")) == Condition.ONLINE


def test_a_device_that_the_source_misses_is_silent(bench: Bench) -> None:
    bench.say("MUC-1", "hot", 80)
    bench.tick()
    assert bench.tick(1001, silent=["MUC-1", "of another fleet"]) == {"small", "GERMANY", "Bayern", "MUC-1"}
    assert bench.text("GERMANY", "Bayern", "MUC-1") == "silent: 1 alarm of 2"
    assert bench.text("GERMANY") == "1 alarm, 1 silent of 1"
    assert bench.tick(1002) == {"small", "GERMANY", "Bayern", "MUC-1"}
    assert bench.tree.online[bench.node("GERMANY", "Bayern", "MUC-1")] == Online.ONLINE


def test_only_what_changed_is_told(bench: Bench) -> None:
    bench.say("PM-1", "door", True)
    assert bench.tick() == {"small", "INDIA", "Goa", "PM-1"}
    bench.say("PM-1", "door", False, second=1001)
    assert bench.tick(1001) == set()


def test_sensors_found_while_it_runs_are_counted(bench: Bench) -> None:
    row = bench.catalog.add("PM-3", Sensor("new", alarm_above=1))
    bench.inbox.put(row.index, 1_000_000, 5)
    bench.tick()
    assert bench.text("INDIA", "Kerala", "PM-3") == "online: 1 alarm of 1"


conditions = st.sampled_from(["alarm", "warn", "stale", "live", ""])


@given(st.lists(st.lists(st.lists(conditions, max_size=3), max_size=3), max_size=3))
def test_every_place_counts_the_devices_below_it(shape: list[list[list[str]]]) -> None:
    countries: list[Country] = []
    expected: dict[tuple[str, ...], str] = {}
    for country, states in enumerate(shape):
        made = []
        for state, found in enumerate(states):
            paths = [(f"C{country}", f"S{state}", f"PM-{country}-{state}-{one}") for one in range(len(found))]
            devices = tuple(device(path[2], path[0], path[1], HOT) for path in paths)
            made.append(State(f"S{state}", "", devices=devices))
            expected |= dict(zip(paths, found, strict=True))
        countries.append(Country(f"C{country}", "", states=tuple(made)))
    bench = Bench(Fleet("any", countries=tuple(countries)))
    for path, condition in expected.items():
        if condition:
            value = {"alarm": 80, "warn": 61}.get(condition, 20)
            bench.say(path[2], "hot", value, second=900 if condition == "stale" else 1000)
    bench.tick()
    counted = {Count.ALARM: "alarm", Count.WARN: "warn", Count.STALE: "stale", Count.NOTHING: ""}
    for node in range(len(bench.tree)):
        place = bench.tree.paths[node]
        if len(place) < Kind.DEVICE:
            below = [condition for path, condition in expected.items() if path[: len(place)] == place]
            assert bench.tree.counts[Count.TOTAL, node] == len(below)
            assert {count: bench.tree.counts[count, node] for count in counted} == {
                count: below.count(condition) for count, condition in counted.items()
            }


def test_ten_thousand_devices_are_searched_while_one_types() -> None:
    def state(number: int) -> State:
        names = [f"MTR-{number:02}-{place:03}" for place in range(500)]
        devices = tuple(device(name, "INDIA", f"State {number}") for name in names)
        return State(f"State {number}", "", devices=devices)

    states = tuple(state(number) for number in range(20))
    tree = Tree(Catalog(Fleet("big", countries=(Country("INDIA", "INDIA", states=states),))))
    texts = ("m", "mt", "mtr-1", "mtr-1 99", "mtr-19-042")
    began = time.process_time()
    for text in texts:
        tree.search(text)
    assert time.process_time() - began < 0.05 * len(texts)
    assert tree.matches == 1
