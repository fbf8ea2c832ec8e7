"""One condition for each device: readings, silence, server alarms and the plan, the gravest of them."""

from __future__ import annotations

import time
from collections.abc import Iterable

import pytest
from papaya_gui.models.batch import Inbox
from papaya_gui.models.board import Board
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.condition import Condition
from papaya_gui.models.conditions import DeviceConditions, counts
from papaya_gui.models.texts import Texts
from papaya_gui.models.tree import Only, Tree
from papaya_gui.sources.remote import Alarm, Severity

from papaya.manifest.model import Country, Device, Fleet, Sensor, State

HOT, DOOR = Sensor("hot", every=10, warn_above=60, alarm_above=75), Sensor("door", every=10)


def fleet(count: int, sensors: tuple[Sensor, ...] = (HOT, DOOR)) -> Fleet:
    """Return a fleet of one State with so many devices."""
    devices = tuple(Device(f"PM-{one}", "INDIA", "Goa", "default", sensors=sensors) for one in range(count))
    goa = State("Goa", "Goa", devices=devices)
    return Fleet("small", countries=(Country("INDIA", "INDIA", states=(goa,)),))


def alarm(device: str, severity: Severity, kind: str = "Tamper", number: int = 0) -> Alarm:
    """Return an active alarm."""
    return Alarm(f"{device}{kind}{number}", device, kind, severity, 900.0 + number, True, False)


class Bench:
    """Devices by number, with a board that is given readings by hand."""

    def __init__(self, count: int, simulated: frozenset[str] = frozenset()) -> None:
        self.catalog, texts = Catalog(fleet(count)), Texts()
        self.board, self.inbox = Board(self.catalog, texts), Inbox(texts)
        self.found = DeviceConditions(self.catalog, simulated)

    def say(self, device: int, key: str, value: float, second: float = 1000.0) -> None:
        """Take a reading."""
        row = self.catalog.find(f"PM-{device}", key)
        assert row is not None
        self.inbox.put(row.index, round(second * 1000), value)

    def worst(
        self, silent: Iterable[str] = (), absent: Iterable[str] = (), second: float = 1000.0
    ) -> list[Condition]:
        """Return the condition of each device."""
        self.board.take(self.inbox.drain())
        self.board.tick(second)
        self.found.bring(self.board, silent, absent)
        return [Condition(int(one)) for one in self.found.worst]


def test_the_gravest_of_what_is_known_is_how_a_device_is() -> None:
    bench = Bench(7)
    for device in range(1, 7):
        bench.say(device, "hot", 20)
    bench.say(2, "hot", 61)
    bench.say(3, "hot", 80)
    bench.say(4, "door", 0, second=900)
    assert bench.worst(silent=["PM-5", "no such device"], absent=["PM-6"]) == [
        Condition.NOTHING,
        Condition.ONLINE,
        Condition.WARNING,
        Condition.CRITICAL,
        Condition.STALE,
        Condition.SILENT,
        Condition.MISSING,
    ]
    assert counts(bench.found.worst)[Condition.CRITICAL] == 1
    assert next(iter(counts(bench.found.worst))) is Condition.CRITICAL


@pytest.mark.parametrize("severity", ["CRITICAL", "MAJOR", "MINOR", "WARNING", "INDETERMINATE"])
def test_each_severity_of_the_server_is_a_condition_graver_than_silence(severity: Severity) -> None:
    bench = Bench(1)
    bench.board.raised.show([alarm("PM-0", severity)])
    assert bench.worst(silent=["PM-0"]) == [Condition[severity]]
    assert Condition[severity] > Condition.SILENT


def test_what_a_plan_found_is_shown_unless_something_graver_holds() -> None:
    bench = Bench(3)
    for device in range(3):
        bench.say(device, "hot", 80 if device == 2 else 20)
    said = {"PM-0": "changed on the server", "PM-1": "not on the server", "PM-2": "changed on the server"}
    bench.found.stand({**said, "of another fleet": "changed on the server"}, {"PM-1"})
    assert bench.worst() == [Condition.DRIFTED, Condition.MISSING, Condition.CRITICAL]
    bench.found.stand({})
    assert bench.worst() == [Condition.ONLINE, Condition.ONLINE, Condition.CRITICAL]


def test_simulated_and_recorded_devices_are_never_online() -> None:
    bench = Bench(2, simulated=frozenset({"PM-0"}))
    bench.say(0, "hot", 20)
    bench.say(1, "hot", 20)
    assert bench.worst() == [Condition.SIMULATED, Condition.ONLINE]
    bench.board.is_recorded = True
    assert bench.worst() == [Condition.SIMULATED, Condition.RECORDED]


def test_sensors_that_are_found_later_count_too() -> None:
    bench = Bench(1)
    row = bench.catalog.add("PM-0", Sensor("battery"))
    bench.inbox.put(row.index, 1_000_000, 5)
    assert bench.worst() == [Condition.ONLINE]


def test_the_plan_is_counted_at_places_and_tells_which_nodes_changed() -> None:
    bench = Bench(3)
    tree = Tree(bench.catalog, conditions=bench.found)
    bench.worst()
    tree.follow()
    bench.found.stand({"PM-1": "not on the server"}, {"PM-1"})
    bench.worst()
    changed = tree.follow()
    assert {tree.name(node) for node in range(len(tree)) if changed[node]} == {
        "small", "INDIA", "Goa", "PM-1"
    }  # fmt: skip
    assert tree.text(0) == "1 not in sync, 3 no data of 3"
    assert tree.worst(0) is Condition.MISSING
    tree.show_only(Only.SILENT)
    assert tree.matches == 0


def test_a_thousand_alarms_of_one_device_with_many_sensors_are_taken_at_once() -> None:
    catalog = Catalog(fleet(1, tuple(Sensor(f"s{number}") for number in range(200))))
    board = Board(catalog, Texts())
    alarms = [alarm("PM-0", "MINOR", f"S{number % 150}", number) for number in range(1000)]
    began = time.process_time()
    board.raised.show(alarms)
    assert time.process_time() - began < 0.25
    assert board.worst.tolist() == [int(Condition.MINOR)] * 150 + [0] * 50
    board.raised.show([*alarms, alarm("PM-0", "MAJOR", "Fire")])
    assert board.worst.tolist() == [int(Condition.MAJOR)] * 200
