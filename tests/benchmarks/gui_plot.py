"""How fast the plot is drawn, as a multiple of what pyqtgraph manages by itself, without a screen.

Run it by hand: python -m tests.benchmarks.gui_plot [CURVES [PANELS]]. It prints; it is no test, because times
on a busy machine prove nothing, and ratios of one run a little more.

A frame is: every curve gets one more sample, the window moves on, all is painted. pyqtgraph gets its own best
settings: `setDownsampling(auto=True, mode="peak")`, `clipToView` and `setData`.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from pathlib import Path

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

import numpy as np
import pyqtgraph
from numpy.typing import NDArray
from papaya_gui.actions import Actions
from papaya_gui.models.batch import NUMBER, Batch, Floats
from papaya_gui.plots.panel import PlotPanel
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT, apply
from PyQt6.QtWidgets import QApplication

from papaya.counting import counted
from papaya.workspace.fleet import load_fleet
from tests.gui.hand import HandSupply

CURVES, LENGTHS = 32, (10_000, 100_000, 1_000_000)
SIZE = (1280, 800)
FRAMES, ROUNDS = 6, 3
STEP = 0.1
START = 1_760_000_000.0
DEMO = Path(__file__).parents[2] / "manifests" / "demo"


def samples(points: int, number: int) -> tuple[Floats, Floats]:
    """Return a noisy curve of so many samples."""
    times = START + STEP * np.arange(points + (FRAMES + 1) * ROUNDS * 4, dtype=np.float64)
    noise = np.random.default_rng(number).normal(0, 0.1, len(times))
    return times, np.sin(times / 50 + number) + noise + number / 4


class Stock:
    """pyqtgraph with the settings that its manual recommends."""

    def __init__(self, points: int, curves: int) -> None:
        self.widget = pyqtgraph.PlotWidget()
        self.widget.resize(*SIZE)
        self.widget.setYRange(-2, curves / 4 + 2)
        self.widget.disableAutoRange()
        self.data = [samples(points, number) for number in range(curves)]
        self.curves = []
        for number in range(curves):
            curve = self.widget.plot(pen=pyqtgraph.mkPen(LIGHT.curves[number % 8], width=1))
            curve.setDownsampling(auto=True, method="peak")
            curve.setClipToView(True)
            self.curves.append(curve)
        self.end, self.points = points, points
        self.widget.show()

    def frame(self) -> None:
        """Append, scroll, paint."""
        self.end += 1
        first = self.end - self.points
        for curve, (times, values) in zip(self.curves, self.data, strict=True):
            curve.setData(times[first : self.end], values[first : self.end])
        end = START + STEP * self.end
        self.widget.setXRange(end - STEP * self.points, end, padding=0)
        self.widget.grab()

    def close(self) -> None:
        """Take it away."""
        self.widget.close()
        self.widget.deleteLater()


class Papaya:
    """The plot panel as the window has it, legend and all; only the past is not asked for."""

    def __init__(self, points: int, curves: int, panels: int) -> None:
        self.now = START + STEP * points
        self.station = Station(load_fleet([DEMO]), HandSupply, clock=lambda: self.now)
        self.rows = [row.index for row in self.station.catalog if row.sensor.unit == "cm"][:curves]
        self.data = [samples(points, number) for number in range(curves)]
        self.panel = PlotPanel(self.station, LIGHT, Actions())
        self.panel.resize(*SIZE)
        self.panel.set_window_seconds(STEP * points)
        self.panel.show()
        groups = [self.rows[number::panels] for number in range(panels)]
        self.station.rearrange(lambda plotted: plotted.begin_panels(groups))
        for row, (times, values) in zip(self.rows, self.data, strict=True):
            self.station.series(row).live.append(times[:points], values[:points])
            self.station.series(row).kind = NUMBER
        self.end = points

    def frame(self) -> None:
        """Append, scroll, paint."""
        count = len(self.rows)
        rows, kinds = np.array(self.rows, np.int32), np.full(count, NUMBER, np.int8)
        times = np.array([one[0][self.end] for one in self.data])
        values: NDArray[np.float64] = np.array([one[1][self.end] for one in self.data])
        self.station.inbox.put_columns(Batch(rows, times, values, kinds))
        self.end += 1
        self.now = START + STEP * self.end
        self.station.tick()
        self.panel.grab()

    def close(self) -> None:
        """Take it away."""
        self.panel.close_sources()
        self.panel.close()
        self.panel.deleteLater()
        self.station.close()


def frame_time(frame: Callable[[], None]) -> float:
    """Return the processor's milliseconds for a frame: the best of several rounds."""
    frame()
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.process_time()
        for _ in range(FRAMES):
            frame()
        best = min(best, (time.process_time() - started) / FRAMES)
    return best * 1000


def main() -> None:
    """Print the times of both and their ratios."""
    curves = int(sys.argv[1]) if len(sys.argv) > 1 else CURVES
    panels = int(sys.argv[2]) if len(sys.argv) > 2 else 1
    application = QApplication.instance() or QApplication(["benchmark"])
    assert isinstance(application, QApplication)
    apply(application, LIGHT)
    own: dict[int, float] = {}
    for points in LENGTHS:
        found = {}
        for kind in (Papaya, Stock):
            plot = Papaya(points, curves, panels) if kind is Papaya else Stock(points, curves)
            found[kind] = frame_time(plot.frame)
            plot.close()
            application.processEvents()
            del plot
        own[points] = found[Papaya]
        print(
            f"{curves} curves in {counted(panels, 'panel')} of {points:>9,} samples: "
            f"{found[Papaya]:6.1f} ms a frame, "
            f"pyqtgraph {found[Stock]:7.1f} ms, ratio {found[Stock] / found[Papaya]:5.1f}"
        )
    growth = own[LENGTHS[-1]] / own[LENGTHS[0]]
    print(f"from {LENGTHS[0]:,} to {LENGTHS[-1]:,} samples: {growth:.2f} times the cost")


if __name__ == "__main__":
    main()
