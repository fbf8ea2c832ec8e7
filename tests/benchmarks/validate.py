"""How long validating 10,000 devices takes, as a multiple of merely reading the file with PyYAML.

Run it by hand: python tests/benchmarks/validate.py [DEVICES]. It prints; it is no test, because times on a
busy machine prove nothing.
"""

from __future__ import annotations

import gc
import statistics
import sys
import time
from collections.abc import Callable

import yaml

from papaya.manifest.load import Source, load
from papaya.manifest.schema import _accepts

RUNS = 5
HEAD = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {name: benchmark}
profiles: {device: IoT-Gateway}
sensorSets: {parking-meter: [{key: temperature.celsius, unit: °C, every: 30s, warnAbove: 60, alarmAbove: 75}]}
countries:
  - name: INDIA
    states:
"""
DEVICE = """\
          - name: PM-{number:05d}
            serial: SN-{number:05d}
            label: MG Road {number}
            location: {{latitude: 12.{number:05d}, longitude: 77.{number:05d}}}
            attributes: {{bays: 2, firmware: v1.10}}
            sharedAttributes: {{reportEverySeconds: 5}}
            sensors: parking-meter
            protect: true
"""


def manifest(devices: int) -> str:
    """Return a manifest of so many devices in states of a thousand."""
    parts = [HEAD]
    for number in range(devices):
        if number % 1000 == 0:
            parts.append(f"      - name: State {number // 1000}\n        devices:\n")
        parts.append(DEVICE.format(number=number))
    return "".join(parts)


def seconds(action: Callable[[], object]) -> float:
    """Return the median time of an action."""
    times = []
    for _ in range(RUNS):
        gc.collect()
        started = time.perf_counter()
        action()
        times.append(time.perf_counter() - started)
    return statistics.median(times)


def main() -> None:
    """Measure, and print the ratios."""
    devices = int(sys.argv[1]) if len(sys.argv) > 1 else 10_000
    text = manifest(devices)
    source = Source("fleet.yaml", text)
    assert load([source]).fleet is not None
    reading = seconds(lambda: yaml.load(text, Loader=yaml.CSafeLoader))  # noqa: S506
    gc.disable()
    without_collector = seconds(lambda: yaml.load(text, Loader=yaml.CSafeLoader))  # noqa: S506
    gc.enable()
    validating = seconds(lambda: load([source]))
    _accepts.cache_clear()
    sys.modules["jsonschema_rs"] = None  # type: ignore[assignment]
    by_jsonschema = seconds(lambda: load([source]))
    print(f"{devices:,} devices, {len(text):,} characters, medians of {RUNS}")
    print(f"yaml.load with CSafeLoader            {reading:6.2f} s")
    print(f"  without the garbage collector       {without_collector:6.2f} s")
    for name, took in (("jsonschema-rs", validating), ("jsonschema alone", by_jsonschema)):
        print(
            f"load with {name:<27} {took:6.2f} s = {took / reading:.1f} × ({took / without_collector:.1f} ×)"
        )


if __name__ == "__main__":
    main()
