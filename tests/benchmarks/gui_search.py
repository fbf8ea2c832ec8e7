"""How long one letter more takes in the palette among 10,000 devices with 30,000 sensors.

Run it by hand: python tests/benchmarks/gui_search.py. It prints; it is no test, because times on a busy
machine prove nothing. Aimed at: at most 50 ms for any query; the yardstick is one look at every name.
"""

from __future__ import annotations

import time
from collections.abc import Callable

from papaya_gui.models.catalog import Catalog
from papaya_gui.models.search import Finder, catalog_entries, find

from papaya.manifest.model import Country, Device, Fleet, Sensor, State

DEVICES, RUNS = 10_000, 5
QUERIES = (
    "p", "pm-0", "pm-00421", "pm421", "00421 temp", "temperature", "e", "e e e", "kertemp", "ptmpr", "zzz",
)  # fmt: skip


def fleet() -> Fleet:
    """Return the devices, in ten States."""
    sensors = (
        Sensor("temperature.celsius", "Temperature"),
        Sensor("humidity"),
        Sensor("battery.volt", "Battery"),
    )
    states = []
    for number in range(10):
        devices = tuple(
            Device(f"PM-{index:05}", "INDIA", f"Kerala {number}", "default", label="MG Road", sensors=sensors)
            for index in range(number, DEVICES, 10)
        )
        states.append(State(f"Kerala {number}", f"Kerala {number}", devices=devices))
    return Fleet("benchmark", countries=(Country("INDIA", "INDIA", states=tuple(states)),))


def seconds(work: Callable[[], object]) -> float:
    """Return the least processor time of some runs."""
    took = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return min(took)


def main() -> None:
    """Measure, and print."""
    catalog = Catalog(fleet())
    finder = Finder(catalog_entries(catalog))
    names = [entry.name.casefold() for entry in finder.entries]
    look = seconds(lambda: [name for name in names if "zzz" in name])
    opening = seconds(lambda: Finder(catalog_entries(catalog)))
    print(f"{len(names):,} names, least of {RUNS}, processor time; one look at each {look * 1000:.1f} ms")
    print(f"{'made for the first opening':<30}{opening * 1000:7.1f} ms = {opening / look:5.1f} ×")
    for query in QUERIES:
        took = seconds(lambda query=query: find([finder], query))  # type: ignore[misc]
        print(f"{query:<30}{took * 1000:7.1f} ms = {took / look:5.1f} ×")


if __name__ == "__main__":
    main()
