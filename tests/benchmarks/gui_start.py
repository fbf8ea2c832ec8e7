"""How long it takes until the window can be used, beside what Python, Qt and pyqtgraph take for an empty one.

    python -m tests.benchmarks.gui_start [--runs 5]

Both are processes of their own on one Xvfb, from start to the first turn of the event loop after the window
was shown; the medians are of runs that alternate. The aim is 1.5 s on a quiet machine.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.gui.screen import screen

AIM = 1.5
USABLE = "the window is usable after"
BARE = """
import sys
import numpy, pyqtgraph
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication
application = QApplication([])
plot = pyqtgraph.PlotWidget()
plot.show()
QTimer.singleShot(0, lambda: (print("the window is usable after", file=sys.stderr, flush=True)))
application.exec()
"""


def seconds_until_usable(command: list[str], environment: dict[str, str]) -> float:
    """Return how long a process takes until it says that its window is usable; it is ended then."""
    began = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        assert process.stderr is not None
        said = []
        for line in process.stderr:
            if USABLE in line:
                return time.perf_counter() - began
            said.append(line)
        raise SystemExit(f"{' '.join(command[:4])} ended without a window:\n{''.join(said)}")
    finally:
        process.kill()
        process.wait()


def main() -> int:
    """Print the medians and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    runs = parser.parse_args().runs
    with tempfile.TemporaryDirectory() as folder, screen(Path(folder)) as display:
        environment = {**os.environ, "DISPLAY": display, "HOME": folder}
        environment.pop("QT_QPA_PLATFORM", None)
        # An installed papaya has been compiled.
        environment.pop("PYTHONDONTWRITEBYTECODE", None)
        papaya = [sys.executable, "-m", "papaya", "gui", "-v", "--source", "simulated"]
        seconds_until_usable(papaya, environment)
        window, bare = [], []
        for _ in range(runs):
            bare.append(seconds_until_usable([sys.executable, "-c", BARE], environment))
            window.append(seconds_until_usable(papaya, environment))
    usable, empty = statistics.median(window), statistics.median(bare)
    print(f"empty window of pyqtgraph  {empty:.2f} s")
    print(f"papaya gui, demo fleet     {usable:.2f} s   {usable / empty:.1f} x (aim: {AIM} s)")
    return 0


if __name__ == "__main__":
    sys.exit(main())
