"""Simulated data is told over the whole window, and nothing is simulated for a server without a user."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import numpy as np
import pytest
from papaya_gui.faults import Faults
from papaya_gui.models.board import LIVE
from papaya_gui.models.condition import Condition
from papaya_gui.models.conditions import Count
from papaya_gui.models.shape import ROOT
from papaya_gui.models.table import Column
from papaya_gui.sources.make import MakeSupply, signed_out
from papaya_gui.sources.polled import Poll, PolledSupply
from papaya_gui.sources.simulated import SimulatedSupply
from papaya_gui.station import Station
from papaya_gui.theme import DARK, LIGHT
from papaya_gui.views.export import Then
from papaya_gui.views.fleet_model import CONDITION
from papaya_gui.views.main_window import MainWindow
from papaya_gui.views.simulated_banner import SimulatedBanner
from PyQt6.QtCore import QPoint, QRectF, Qt
from PyQt6.QtGui import QImage, QPainter
from PyQt6.QtWidgets import QAbstractButton, QApplication, QWidget

from papaya.manifest.model import Fleet
from papaya.sensors.source import Source
from tests.gui.hand import pause, wait_until

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
    assert banner.text() == "Simulated data. Sign in to see the real fleet. This is the demo fleet."
    assert banner.accessibleName() == banner.text()
    # Nothing in it closes it: its only button is the one that ends simulated data.
    assert banner.findChildren(QAbstractButton) == [banner.sign_in]
    assert banner.mapTo(window, QPoint()).y() < window.tree.mapTo(window, QPoint()).y()
    window.set_theme(DARK)
    assert DARK.warn_back in banner.styleSheet()
    assert window.status.odd.isHidden()
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
    assert "thingsboard: authentication refused" in window.status.condition.text()
    wait_until(lambda: reason in window.alarms.words.text())


def test_simulated_devices_are_grey_and_called_simulated_everywhere(make: Make) -> None:
    window = make(SimulatedSupply)
    station = window.station
    station.start()
    wait_until(lambda: station.tape.end >= len(station.catalog))
    window.plot_something()
    station.tick()
    pause(0.6)
    tree, table = window.tree, window.table
    calm = next(
        node for node, path in enumerate(tree.tree.paths)
        # A sensor whose data has a gap just then has said nothing yet.
        if len(path) == 3
        and tree.tree.worst(node) is Condition.SIMULATED
        and not tree.tree.counts[Count.NOTHING, node]
    )  # fmt: skip
    assert "online" not in tree.tree.text(ROOT)
    assert tree.tree.text(calm) == "simulated"
    ink = tree.model.data(tree.model.index_of(calm, CONDITION), Qt.ItemDataRole.ForegroundRole)
    assert ink.color().name() == LIGHT.simulated
    live = np.flatnonzero((station.board.freshness == LIVE) & (station.board.levels == 0))
    assert {table.table.cell(int(row), Column.CONDITION) for row in live} == {"simulated"}
    window.pages.setCurrentWidget(window.map)
    wait_until(lambda: bool((window.map.conditions == Condition.SIMULATED).any()))
    assert not (window.map.conditions == Condition.ONLINE).any()
    window.pages.setCurrentWidget(window.overview)
    assert "simulated" in window.overview.moment.text() and "live" not in window.overview.moment.text()
    window.turn_to(tree.tree.paths[calm][-1])
    window.pages.setCurrentWidget(window.device)
    assert window.device.tiles and not [one for one in window.device.tiles if "live" in one.level.text()]
    assert window.status.condition.text() == "simulated data"
    assert window.status.sign.icon_name == "flask"
    assert LIGHT.simulated in window.status.condition.styleSheet()


def test_the_plot_of_simulated_data_carries_a_watermark_on_the_screen_and_in_pictures(make: Make) -> None:
    window = make(SimulatedSupply)
    window.plot_something()
    window.station.tick()
    assert window.plot.canvas.watermark == "Simulated data"
    with_mark = _painted(window)
    window.station.supply.__class__.simulated_devices = property(lambda _: frozenset())  # type: ignore[assignment]
    try:
        window.plot.refresh()
        assert window.plot.canvas.watermark == ""
        assert _painted(window) != with_mark
    finally:
        del window.station.supply.__class__.simulated_devices


def _painted(window: MainWindow) -> QImage:
    image = QImage(600, 300, QImage.Format.Format_RGB32)
    image.fill(0)
    painter = QPainter(image)
    window.station.set_paused(True)
    window.plot.paint_on(painter, QRectF(0, 0, 600, 300))
    painter.end()
    return image


def test_a_picture_of_simulated_data_is_proposed_under_a_name_that_says_so(make: Make) -> None:
    window = make(SimulatedSupply)
    proposed: list[Path] = []

    def ask(parent: QWidget, title: str, path: Path, kinds: str, then: Then) -> None:
        proposed.append(path)

    window.export._ask_person = ask
    window.export.save_plot("png", 1)
    assert "(simulated)" in proposed[0].name


@pytest.mark.parametrize(
    ("kinds", "told"),
    [(("simulated",), "Simulated data"), (("file", "simulated"), "Partly simulated"), (("file",), "")],
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
