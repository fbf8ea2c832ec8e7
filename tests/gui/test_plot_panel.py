"""The plot panel, used with the mouse and with keys."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from papaya_gui.actions import Actions
from papaya_gui.models.catalog import Row
from papaya_gui.plots.panel import PlotPanel
from papaya_gui.sources.supply import Past
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT
from PyQt6.QtCore import QPoint, QPointF, Qt
from PyQt6.QtGui import QWheelEvent
from PyQt6.QtWidgets import QApplication, QWidget

from papaya.errors import PapayaError
from papaya.manifest.model import Fleet
from tests.gui.hand import HandSupply, wait_until

NOW = 1_764_100_000.0


class Remembering(HandSupply):
    """Remembers a wave for every row, notes what it is asked for, and fails while a test says so."""

    broken = False

    def __init__(self, *arguments: object) -> None:
        super().__init__(*arguments)  # type: ignore[arg-type]
        self.asked: list[tuple[int, float, float, int]] = []

    @property
    def has_history(self) -> bool:
        """Always."""
        return True

    def history(self, row: Row, start: float, end: float, points: int) -> Past:
        """Return a wave, a sample each five seconds or as fine as asked for."""
        self.asked.append((row.index, start, end, points))
        if self.broken:
            raise PapayaError("the server does not answer", remedy="Start it, then try again.")
        step = max(5.0, (end - start) / points)
        times = np.arange(np.ceil(start / step) * step, end, step)
        return Past(times, 20 + np.sin(times / 50))


class Clock:
    """The time that the station is told."""

    now = NOW

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    """Return a clock that stands still until a test moves it."""
    return Clock()


@pytest.fixture
def station(fleet: Fleet, clock: Clock) -> Iterator[Station]:
    """Return the demo fleet with a source that remembers."""
    made = Station(fleet, Remembering, clock=clock)
    yield made
    made.close()


@pytest.fixture
def panel(application: QApplication, station: Station) -> Iterator[PlotPanel]:
    """Return a panel on the screen."""
    made = PlotPanel(station, LIGHT, Actions())
    made.resize(900, 600)
    made.show()
    yield made
    made.close_sources()
    made.close()
    made.deleteLater()


def supply(station: Station) -> Remembering:
    """Return the source that the test plays."""
    assert isinstance(station.supply, Remembering)
    return station.supply


def feed(station: Station, row: int, seconds: float = 60.0, step: float = 1.0) -> None:
    """Let a row have told a ramp during the last seconds."""
    times = np.arange(NOW - seconds, NOW + step / 2, step)
    supply(station).say_all(row, times.tolist(), np.linspace(10, 20, len(times)).tolist())
    station.tick()


def wheel(
    widget: QWidget, at: QPoint, steps: int, keys: Qt.KeyboardModifier = Qt.KeyboardModifier.NoModifier
) -> None:
    """Turn the wheel of the mouse."""
    event = QWheelEvent(
        QPointF(at),
        QPointF(widget.mapToGlobal(at)),
        QPoint(),
        QPoint(0, 120 * steps),
        Qt.MouseButton.NoButton,
        keys,
        Qt.ScrollPhase.NoScrollPhase,
        False,
    )
    QApplication.sendEvent(widget, event)


def centre(panel: PlotPanel) -> QPoint:
    """Return the middle of the curves."""
    return panel.canvas.placement.plot.center().toPoint()


def test_the_past_and_what_comes_live_make_one_curve_with_a_seam(panel: PlotPanel, station: Station) -> None:
    row = 2
    feed(station, row)
    station.select([row])
    wait_until(lambda: len(station.series(row).past) > 0)
    picture = panel.canvas.placement.picture
    (trace,) = picture.traces
    assert trace.drawn.times[0] <= NOW - 295
    assert trace.drawn.times[-1] == NOW
    assert (np.diff(trace.drawn.times) >= 0).all()
    assert [moment for moment, _ in picture.seams] == [NOW - 60]
    assert picture.seams[0][1].startswith("live from ")


def test_the_wheel_leaves_follow_mode_and_live_returns(
    panel: PlotPanel, station: Station, clock: Clock
) -> None:
    feed(station, 2)
    station.select([2])
    middle = panel.canvas.placement.time(centre(panel).x())
    wheel(panel.canvas, centre(panel), 3)
    start, end = panel.visible_range()
    assert end - start == pytest.approx(300 / 1.25**3)
    assert panel.canvas.placement.time(centre(panel).x()) == pytest.approx(middle, abs=0.5)
    clock.now += 50
    station.tick()
    assert panel.visible_range() == (start, end)
    panel.commands["plot.live"].trigger()
    assert panel.visible_range()[1] == clock.now
    clock.now += 50
    station.tick()
    assert panel.visible_range()[1] == clock.now
