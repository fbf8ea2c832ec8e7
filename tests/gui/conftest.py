"""Widgets without a screen: one application for all tests, and not a word from Qt that nobody expects."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")

from papaya_gui.actions import Actions
from papaya_gui.application import Wish, _make_desk
from papaya_gui.desk import Desk
from papaya_gui.faults import Faults
from papaya_gui.sources.wanted import Wanted, open_first
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT, apply
from papaya_gui.views.main_window import MainWindow
from PyQt6.QtCore import QCoreApplication, QEvent, QtMsgType, qInstallMessageHandler
from PyQt6.QtWidgets import QApplication

from papaya.manifest.model import Fleet
from papaya.workspace.fleet import load_fleet
from tests.gui.far import FarSupply, HandRemote
from tests.gui.hand import HandClock, HandSupply, wait_until

MakeDesk = Callable[..., Desk]

# Said by Qt's platform without a screen alone: whenever a window has a least size, and when a menu opens.
_WITHOUT_SCREEN = tuple(
    f"This plugin does not support {what}"
    for what in ("propagateSizeHints()", "raise()", "grabbing the keyboard")
)
DEMO = Path(__file__).parents[2] / "manifests" / "demo"


@pytest.fixture(scope="session")
def application() -> QApplication:
    """Return the one QApplication of this process."""
    running = QApplication.instance()
    made = running if isinstance(running, QApplication) else QApplication(["papaya-gui"])
    apply(made, LIGHT)
    return made


@pytest.fixture(autouse=True)
def quiet(application: QApplication) -> Iterator[None]:
    """Fail a test in which Qt warns of anything; what was to be deleted later is deleted now."""
    said: list[str] = []

    def note(kind: QtMsgType, context: object, message: str | None) -> None:
        if kind is not QtMsgType.QtDebugMsg and message not in _WITHOUT_SCREEN:
            said.append(message or "")

    before = qInstallMessageHandler(note)
    yield
    QCoreApplication.sendPostedEvents(None, QEvent.Type.DeferredDelete)
    application.processEvents()
    qInstallMessageHandler(before)
    assert said == []


@pytest.fixture(scope="session")
def fleet() -> Fleet:
    """Return the demo fleet: 43 devices, 147 sensors."""
    return load_fleet([DEMO])


@pytest.fixture
def clock() -> HandClock:
    """Return the clock of the station."""
    return HandClock()


@pytest.fixture
def station(fleet: Fleet, clock: HandClock) -> Iterator[Station]:
    """Return the demo fleet with a source that says what the test puts in: its `supply` is a HandSupply."""
    made = Station(fleet, HandSupply, clock=clock)
    yield made
    made.close()


@pytest.fixture
def actions() -> Actions:
    """Return actions to add to."""
    return Actions()


@pytest.fixture
def far_station(fleet: Fleet) -> Iterator[Station]:
    """Return a station whose source has a server, at 3,700 seconds after 1970."""
    made = Station(fleet, FarSupply, clock=lambda: 3700.0)
    yield made
    made.close()


@pytest.fixture
def far_window(far_station: Station, tmp_path: Path, application: QApplication) -> Iterator[MainWindow]:
    """Return a window whose source has a server, as small as it may be."""
    made = MainWindow(far_station, LIGHT, Faults(tmp_path / "window.log"))
    made.fill_menus()
    made.resize(1024, 600)
    made.show()
    far_station.start()
    yield made
    made.close()
    made.deleteLater()
    apply(application, LIGHT)


@pytest.fixture
def remote(far_station: Station) -> HandRemote:
    """Return the server that the test plays."""
    assert isinstance(far_station.supply, FarSupply) and far_station.supply.far is not None
    return far_station.supply.far


@pytest.fixture
def make_desk(application: QApplication, tmp_path: Path) -> Iterator[MakeDesk]:
    """Return what makes a window as `papaya gui` does, shown and started."""
    made: list[Desk] = []

    def make(wanted: Wanted, device: str | None = None) -> Desk:
        opened = open_first(wanted)
        station = Station(opened.fleet, opened.make_supply)
        wish = Wish(
            device,
            simulated_because=opened.because,
            wanted=wanted,
            reset=True,
            sign_in_to=opened.sign_in_to,
        )
        desk = _make_desk(station, Faults(tmp_path / "window.log"), LIGHT, wish)
        made.append(desk)
        desk.window.resize(1024, 600)
        desk.window.show()
        station.start()
        desk.window.activateWindow()
        wait_until(desk.window.isActiveWindow)
        return desk

    yield make
    for desk in made:
        desk.close()
        desk.window.deleteLater()
    apply(application, LIGHT)
