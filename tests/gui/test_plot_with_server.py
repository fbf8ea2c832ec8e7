"""The plot on a server that runs: its past, what comes live, finer when looked at closely, and its end."""

from __future__ import annotations

import time
from collections.abc import Iterator

import numpy as np
import pytest
from papaya_gui.actions import Actions
from papaya_gui.plots.panel import PlotPanel
from papaya_gui.sources.server import ServerSupply
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT
from PyQt6.QtWidgets import QApplication

from papaya.api.session import Credentials
from papaya.manifest.model import Sensor
from papaya.sandbox import Sandbox
from papaya.sensors.condition import Health
from papaya.settings import Settings
from tests.gui.hand import pause, wait_until
from tests.unit.gui.ear import fleet_of, meter
from tests.unit.sandbox.client import Client
from tests.unit.sandbox.watcher import post_series

PERSON = Credentials(username=Sandbox.username, password=Sandbox.password)
HOURS = 3
SPIKE = 500.0


@pytest.fixture
def sandbox() -> Iterator[Sandbox]:
    """Return a server whose one device has told a sample a second for three hours."""
    with Sandbox() as running:
        yield running


@pytest.fixture
def panel(application: QApplication, sandbox: Sandbox) -> Iterator[PlotPanel]:
    """Return the plot of that device."""
    now = int(time.time()) * 1000
    with Client(sandbox) as client:
        device = client.device("PM-1")
        count = HOURS * 3600
        body = [
            {
                "ts": now - (count - place) * 1000,
                "values": {"t": SPIKE if place == 4321 else float(place % 10)},
            }
            for place in range(count)
        ]
        for first in range(0, count, 5_000):
            path = f"/api/plugins/telemetry/DEVICE/{device['id']['id']}/timeseries/ANY"
            client.post(path, body[first : first + 5_000])
        fleet = fleet_of(meter("PM-1", Sensor("t", name="Level", unit="cm", every=1.0)))
        station = Station(
            fleet,
            lambda catalog, inbox, tell: ServerSupply(catalog, inbox, tell, Settings(sandbox.url, PERSON)),
        )
        made = PlotPanel(station, LIGHT, Actions())
        made.resize(900, 600)
        made.show()
        station.start()
        wait_until(lambda: station.condition.health is Health.LIVE)
        wait_until(lambda: len(station.series(0).live) > 0)
        post_series(client, device, t=42.0)
        station.select([0])
        wait_until(lambda: len(station.series(0).past) > 0)
        wait_until(lambda: 42.0 in station.series(0).live.values)
        yield made
    made.close_sources()
    station.close()
    made.close()
    made.deleteLater()


def test_the_past_of_a_server_and_what_it_tells_live_are_one_curve(panel: PlotPanel) -> None:
    series = panel.station.series(0)
    (trace,) = panel.canvas.placement.picture.traces
    times = trace.drawn.times
    assert times[0] <= panel.visible_range()[0] + 2
    assert (np.diff(times) >= 0).all()
    joined = np.concatenate((series.past.times, series.live.times))
    assert len(np.unique(joined)) == len(joined)
    assert np.isnan(trace.drawn.values).sum() <= 1


def test_a_spike_shows_in_a_wide_window_and_its_sample_in_a_narrow_one(panel: PlotPanel) -> None:
    series = panel.station.series(0)
    panel.set_window_seconds(HOURS * 3600)
    wait_until(lambda: series.past.times[0] < panel.station.now() - (HOURS - 1) * 3600)
    wait_until(lambda: not panel.backfill.is_busy)
    (trace,) = panel.canvas.placement.picture.traces
    assert np.nanmax(trace.drawn.values) == SPIKE
    place = float(trace.drawn.times[int(np.nanargmax(trace.drawn.values))])
    panel.timeline.show_between(place - 60, place + 60)

    def samples() -> int:
        (shown,) = panel.canvas.placement.picture.traces
        inside = (shown.drawn.times >= place - 50) & (shown.drawn.times < place + 50)
        return int(inside.sum())

    wait_until(lambda: samples() == 100, why="the samples themselves did not come")
    # What the server cannot tell finer is not asked for again.
    wait_until(lambda: not panel.backfill.is_busy)
    pause(0.5)
    assert not panel.backfill.is_busy


def test_a_server_that_is_gone_is_told_with_a_remedy_while_the_curve_stays(
    panel: PlotPanel, sandbox: Sandbox
) -> None:
    before = len(panel.station.series(0).past)
    sandbox.stop()
    panel.set_window_seconds(30 * 86_400)
    wait_until(panel.trouble.isVisible)
    assert "The history of Level of PM-1 could not be read" in panel.trouble.text.text()
    assert "connection refused" in panel.trouble.text.text()
    assert "Is the server running" in panel.trouble.text.text()
    assert len(panel.station.series(0).past) == before
