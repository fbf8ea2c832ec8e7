"""Simulated data is told over the whole window, and nothing is simulated for a server without a user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from papaya_gui.faults import Faults
from papaya_gui.models.tree import ROOT
from papaya_gui.sources.make import MakeSupply, signed_out
from papaya_gui.sources.polled import Poll, PolledSupply
from papaya_gui.sources.simulated import SimulatedSupply
from papaya_gui.station import Station
from papaya_gui.theme import DARK, LIGHT
from papaya_gui.views.main_window import MainWindow
from papaya_gui.views.simulated_banner import SimulatedBanner
from PyQt6.QtCore import QPoint
from PyQt6.QtWidgets import QApplication, QWidget

from papaya.manifest.model import Fleet
from papaya.sensors.source import Source
from tests.gui.hand import wait_until

Make = Callable[[MakeSupply], MainWindow]


@pytest.fixture
def make(application: QApplication, fleet: Fleet, tmp_path: Path) -> Iterator[Make]:
    """Return what makes a window with a source, shown."""
    made: list[MainWindow] = []

    def make(source: MakeSupply) -> MainWindow:
        station = Station(fleet, source)
        faults = Faults(tmp_path / "window.log")
        window = MainWindow(station, LIGHT, faults, simulated_because="This is the demo fleet.")
        made.append(window)
        window.show()
        application.processEvents()
        return window

    yield make
    for window in made:
        window.close()
        window.station.close()
        window.deleteLater()


def test_simulated_data_is_told_over_the_whole_width_and_cannot_be_put_away(make: Make) -> None:
    window = make(SimulatedSupply)
    banner, whole = window.banner, window.centralWidget()
    assert whole is not None
    assert banner.isVisible() and banner.width() == whole.width()
    assert banner.text() == (
        "⚠ Simulated data: these readings do not come from devices. This is the demo fleet."
    )
    assert banner.accessibleName() == banner.text()
    assert banner.findChildren(QWidget) == []
    assert banner.mapTo(window, QPoint()).y() < window.tree.mapTo(window, QPoint()).y()
    window.set_theme(DARK)
    assert DARK.warn_back in banner.styleSheet()
    assert "⚠" not in window.status.condition.text()
    window.set_theme(LIGHT)


def test_a_fleet_whose_server_has_no_user_shows_no_readings_and_what_to_do(make: Make) -> None:
    reason = "there are no credentials for http://tb.example"
    window = make(signed_out("http://tb.example", reason, "Sign in."))
    station = window.station
    station.start()
    wait_until(window.notice.isVisible)
    assert reason in window.notice.text.text()
    assert "Sign in." in window.notice.text.text()
    whole = window.centralWidget()
    assert whole is not None and window.notice.width() == whole.width()
    assert not window.banner.isVisible()
    station.tick()
    assert window.tree.tree.text(ROOT) == "43 no data of 43"
    assert np.isnan(station.board.values).all()
    assert "⊘ thingsboard: authentication refused" in window.status.condition.text()
    wait_until(lambda: reason in window.alarms.words.text())


@pytest.mark.parametrize(
    ("kinds", "told"),
    [(("simulated",), "⚠ Simulated data"), (("file", "simulated"), "⚠ Partly simulated"), (("file",), "")],
)
def test_sources_that_the_manifest_simulates_are_told_too(
    station: Station, kinds: tuple[str, ...], told: str
) -> None:
    polls = [Poll(Source(kind, ()), _never, "PM-0001") for kind in kinds]
    supply = PolledSupply(station.catalog, station.inbox, lambda _: None, "sensors", "", polls)
    parent = QWidget()
    banner = SimulatedBanner(supply, LIGHT, parent=parent)
    assert banner.isVisibleTo(parent) is bool(told)
    assert banner.text().startswith(told)
    parent.deleteLater()


def _never(source: Source) -> NoReturn:
    raise AssertionError("it is not asked")
