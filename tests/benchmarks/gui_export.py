"""How long a CSV of 8 × 100,000 samples takes beside the obvious writer, and whether the window pauses.

Run it by hand: python tests/benchmarks/gui_export.py. It prints; it is no test, because times on a busy
machine prove nothing. Aimed at: at most 2 s, and no pause of the window over 50 ms while a worker writes.
"""

from __future__ import annotations

import csv
import os
import tempfile
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from papaya_gui.models.batch import NUMBER
from papaya_gui.models.catalog import Row
from papaya_gui.models.texts import Texts
from papaya_gui.models.tidy import COLUMNS, Samples, write
from PyQt6.QtCore import QCoreApplication, QTimer

from papaya.manifest.model import Sensor

CURVES, SAMPLES, RUNS = 8, 100_000, 3


def samples() -> list[Samples]:
    """Return what is exported: ten samples a second."""
    random = np.random.default_rng(1)
    rows = [
        Row(number, "PM-0001", ("INDIA", "Karnataka"), Sensor(f"key{number}", f"Sensor {number}", "°C"), 0.1)
        for number in range(CURVES)
    ]
    times = 1.7e9 + np.arange(SAMPLES) / 10
    nothing = np.zeros(SAMPLES)
    return [Samples(row, times, random.normal(20, 5, SAMPLES), nothing, NUMBER) for row in rows]


def obvious(path: Path, parts: list[Samples]) -> None:
    """Write the same with the csv module, a line at a time."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for part in parts:
            row = part.row
            for moment, value in zip(part.times.tolist(), part.values.tolist(), strict=True):
                told = datetime.fromtimestamp(moment, UTC).isoformat(timespec="milliseconds")
                head = told, round(moment * 1000), row.path, row.sensor.key, row.title
                writer.writerow((*head, value, row.sensor.unit, ""))


def seconds(work: Callable[[], object]) -> float:
    """Return the least processor time of some runs."""
    took = []
    for _ in range(RUNS):
        began = time.process_time()
        work()
        took.append(time.process_time() - began)
    return min(took)


def longest_pause(work: Callable[[], object]) -> float:
    """Return the longest pause of an event loop with a timer of 5 ms while another thread works."""
    application = QCoreApplication.instance() or QCoreApplication(["benchmark"])
    moments: list[float] = []
    timer = QTimer()
    timer.timeout.connect(lambda: moments.append(time.perf_counter()))
    timer.start(5)
    thread = threading.Thread(target=work)
    thread.start()
    while thread.is_alive():
        application.processEvents()
    return float(np.diff(moments).max())


def main() -> None:
    """Measure, and print."""
    parts = samples()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "samples.csv"
        ours = seconds(lambda: write(path, parts, Texts()))
        size = path.stat().st_size
        theirs = seconds(lambda: obvious(path, parts))
        pause = longest_pause(lambda: write(path, parts, Texts()))
    print(f"{CURVES} × {SAMPLES:,} samples, {size / 1e6:.0f} MB, least of {RUNS}, processor time")
    print(f"a line at a time with csv  {theirs:6.2f} s")
    print(f"in columns                 {ours:6.2f} s = 1/{theirs / ours:.1f}")
    print(f"longest pause of an event loop meanwhile: {pause * 1000:.0f} ms")


if __name__ == "__main__":
    main()
