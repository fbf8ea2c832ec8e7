"""Whatever values come and whatever a person does with the plot, it is drawn."""

from __future__ import annotations

import random
import sys
from collections.abc import Callable
from types import TracebackType

import pytest
from papaya_gui.actions import Actions
from papaya_gui.models.curve import Aggregation
from papaya_gui.plots.panel import PlotPanel
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT
from PyQt6.QtWidgets import QApplication

from papaya.manifest.model import Sensor
from papaya.sensors.reading import Value
from tests.gui.hand import HandSupply
from tests.unit.gui.ear import fleet_of, meter

NUMBERS: tuple[Value, ...] = (
    *(0.0, -0.0, 3, 5, 5.0000001, 1e15 + 0.5),
    *(1e-300, -1e-300, 1e300, -1e300, 1e308, -1e308, float("nan"), float("inf")),
)
ANYTHING: tuple[Value, ...] = (*NUMBERS, True, False, "idle", "fault")
ROWS, TURNS = 5, 12


class Play:
    """One panel with sensors drawn by lot, and everything that is done with it, drawn by lot too."""

    def __init__(self, seed: int) -> None:
        self.lot = random.Random(seed)
        self.now = self.lot.choice([100.0, 1.7e9, 4e9])
        fleet = fleet_of(meter("PM-1", *(self.sensor(f"k{place}") for place in range(ROWS))))
        self.station = Station(fleet, HandSupply, clock=lambda: self.now)
        self.panel = PlotPanel(self.station, LIGHT, Actions())
        self.panel.resize(self.lot.choice([100, 500, 1600]), self.lot.choice([100, 500]))
        self.panel.show()
        self.station.select(range(ROWS))

    def sensor(self, key: str) -> Sensor:
        """Return a sensor of any unit, interval and range, with any thresholds."""
        choice = self.lot.choice
        return Sensor(
            key,
            unit=choice(["", "cm", "V", "units of a long name"]),
            every=choice([0.01, 1.0, 3600.0]),
            minimum=choice([None, 0.0, -5.0]),
            maximum=choice([None, 100.0]),
            warn_above=choice([None, 3.0, 1e300]),
            alarm_below=choice([None, -1e300, 0.0]),
        )

    def hear(self) -> None:
        """Let every row tell something, now or late."""
        assert isinstance(self.station.supply, HandSupply)
        for row in range(ROWS):
            values = ANYTHING if self.lot.random() < 0.3 else NUMBERS
            for _ in range(self.lot.choice([0, 1, 5, 200])):
                late = self.lot.choice([0, 0, 0, 0.001, 500, 1e6])
                self.station.supply.say(row, max(self.now - late, 0), self.lot.choice(values))
                self.now += self.lot.choice([0, 0.001, 1, 50])
        self.station.tick()

    def act(self) -> None:
        """Do one thing with the panel."""
        panel, choice = self.panel, self.lot.choice
        acts: list[Callable[[], object]] = [
            lambda: panel.timeline.zoom(choice([1e-6, 0.5, 2, 1e9]), self.now - choice([0, 10, 1e8])),
            lambda: panel.timeline.move(choice([-1e6, -1, 1, 1e6])),
            panel.timeline.show_all,
            panel.timeline.follow,
            lambda: panel.set_aggregation(choice(list(Aggregation))),
            lambda: panel.canvas.place_cursor(self.lot.uniform(0, 1000)),
            lambda: panel.set_window_seconds(choice([1e-9, 1, 1e12])),
            lambda: panel.toggle(choice(range(ROWS))),
            self.zoom_values,
        ]
        choice(acts)()
        panel.grab()

    def zoom_values(self) -> None:
        """Zoom every axis."""
        for unit in list(self.panel.composer.scales):
            factor, value = self.lot.choice([1e-12, 0.1, 10, 1e12]), self.lot.choice([0, 5, 1e300])
            self.panel.canvas.scaleZoomed.emit(unit, factor, value)

    def close(self) -> None:
        """End it."""
        self.panel.close_sources()
        self.panel.close()
        self.panel.deleteLater()
        self.station.close()


@pytest.mark.parametrize("seed", range(12))
def test_whatever_comes_and_whatever_is_done_is_drawn(
    seed: int, application: QApplication, monkeypatch: pytest.MonkeyPatch
) -> None:
    failed: list[BaseException] = []

    def note(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
        failed.append(error)

    # What fails while Qt paints, or in a slot, comes here.
    monkeypatch.setattr(sys, "excepthook", note)
    play = Play(seed)
    for _ in range(TURNS):
        play.hear()
        play.act()
        play.now += play.lot.choice([0.1, 100, 1e5])
    play.close()
    assert failed == []
