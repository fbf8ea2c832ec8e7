"""Starts the window: Qt's application, the look, what happens with faults, and the end."""

from __future__ import annotations

import contextlib
import ctypes
import logging
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from papaya.errors import PapayaError
from papaya.manifest.model import Fleet

if TYPE_CHECKING:
    from papaya_gui.desk import Desk
    from papaya_gui.faults import Faults
    from papaya_gui.sources.wanted import Wanted
    from papaya_gui.station import MakeSupply, Station
    from papaya_gui.theme import Theme

log = logging.getLogger(__name__)

_SIGNAL_CHECK_MILLISECONDS = 200


@dataclass(frozen=True, slots=True)
class Wish:
    """The command line's settings for the window; None uses the last layout.

    `simulated_because` is said in the banner of a window that shows simulated data. `wanted` is what the
    window shows, `sign_in_to` the server that it asks to sign in to before.
    """

    device: str | None = None
    theme: str | None = None
    interval: float | None = None
    layout: Path | None = None
    reset: bool = False
    simulated_because: str = ""
    wanted: Wanted | None = None
    sign_in_to: str = ""


def check_screen(environment: Mapping[str, str]) -> None:
    """Raise a PapayaError where no window can be shown: Qt would end the process without a word to act on."""
    platform = environment.get("QT_QPA_PLATFORM", "")
    if (platform and not platform.startswith("xcb")) or not sys.platform.startswith("linux"):
        return
    if environment.get("WAYLAND_DISPLAY") and not platform:
        return
    display = environment.get("DISPLAY", "")
    remedy = "Start it in a desktop session, or through ssh -X; without a screen: xvfb-run papaya gui"
    if not display:
        raise PapayaError(
            "there is no screen here: neither WAYLAND_DISPLAY nor DISPLAY is set", remedy=remedy
        )
    if not _answers(display):
        raise PapayaError(f"the screen {display} (DISPLAY) does not answer", remedy=remedy)
    import PyQt6

    plugin = Path(PyQt6.__file__ or "").parent / "Qt6" / "plugins" / "platforms" / "libqxcb.so"
    if plugin.exists():
        try:
            ctypes.CDLL(str(plugin))
        except OSError as error:
            raise PapayaError(
                f"Qt cannot open windows: {error}",
                remedy="On Debian: apt install libxcb-cursor0 libxcb-icccm4 libxcb-keysyms1 libxcb-image0 "
                "libxcb-render-util0 libxcb-xkb1 libxkbcommon-x11-0",
            ) from error


def _answers(display: str) -> bool:
    """Return whether a local X display takes connections; others are left to Qt."""
    host, _, number = display.rpartition(":")
    number = number.partition(".")[0]
    if host not in ("", "unix") or not number.isdigit():
        return True
    path = f"/tmp/.X11-unix/X{number}"  # noqa: S108 - where every X server listens
    for address in (path, f"\0{path}"):
        with socket.socket(socket.AF_UNIX) as probe, contextlib.suppress(OSError):
            probe.settimeout(2.0)
            probe.connect(address)
            return True
    return False


def open_window(fleet: Fleet, make_supply: MakeSupply, wish: Wish, began: float | None = None) -> int:
    """Show the window until it is closed, and return the exit code; `began` is when the command started."""
    from PyQt6.QtGui import QIcon, QPixmap
    from PyQt6.QtWidgets import QApplication

    from papaya_gui import desktop
    from papaya_gui.faults import Faults
    from papaya_gui.interpreter import shorten_turns, undisturbed
    from papaya_gui.models.board import Board
    from papaya_gui.models.catalog import Catalog
    from papaya_gui.models.texts import Texts
    from papaya_gui.station import Station
    from papaya_gui.theme import apply, wanted_theme

    shorten_turns()
    application = QApplication(["papaya-gui"])
    application.setApplicationName("papaya")
    application.setDesktopFileName(desktop.NAME)
    # For desktops that have no entry of it, and so no icon.
    picture = QPixmap()
    picture.loadFromData(desktop.icon_png(desktop.icon_svg(), 128))
    application.setWindowIcon(QIcon(picture))
    faults = Faults()
    faults.install()
    try:
        with _ended_by_signals(application.quit):
            theme = wanted_theme(application, wish.theme)
            apply(application, theme)
            board = Board(Catalog(fleet), Texts())
            with undisturbed():
                station = Station(fleet, make_supply, board=board)
                desk = _make_desk(station, faults, theme, wish)
                desk.window.show()
                station.start()
            if began is not None:
                _note_start(began)
            try:
                return application.exec()
            finally:
                desk.close()
    finally:
        faults.uninstall()


def _make_desk(station: Station, faults: Faults, theme: Theme, wish: Wish) -> Desk:
    """Return the window as it is wanted, with what opens others in it."""
    from papaya_gui.desk import Desk
    from papaya_gui.layouts import LayoutFiles
    from papaya_gui.memory import Memory, read_layout
    from papaya_gui.sources.wanted import Wanted
    from papaya_gui.theme import THEMES
    from papaya_gui.views.focus_ring import follow_focus
    from papaya_gui.views.main_window import MainWindow

    window = MainWindow(station, theme, faults, simulated_because=wish.simulated_because)
    follow_focus(window)
    memory = Memory(window, LayoutFiles(fleet=station.catalog.fleet.name))
    window.fill_menus()
    memory.take(read_layout(wish.layout) if wish.layout else memory.last(forget=wish.reset))
    if wish.theme is not None:
        window.set_theme(THEMES[wish.theme])
    if wish.interval is not None:
        station.set_interval(wish.interval)
    if wish.device is not None and station.catalog.has_device(wish.device):
        window.turn_to(wish.device)
    elif not station.selection:
        window.plot_something()
    wanted, device = wish.wanted or Wanted(), wish.device or ""
    return Desk(window, station, memory, wanted, sign_in_to=wish.sign_in_to, device=device)


def _note_start(began: float) -> None:
    """Log how long it took until the window could be used: until its first event after it was drawn."""
    from PyQt6.QtCore import QTimer

    QTimer.singleShot(0, lambda: log.info("the window is usable after %.2f s", time.monotonic() - began))


@contextlib.contextmanager
def _ended_by_signals(end: Callable[[], None]) -> Iterator[None]:
    """End the window on SIGTERM and SIGINT, also on one that comes while the window is being made.

    `end` is called from the event loop: before the loop runs, Qt ignores a wish to end it. The timer also
    gives Python a chance to see the signal, which it does only while some of its code runs.
    """
    from PyQt6.QtCore import QTimer

    asked: list[int] = []
    before = {
        number: signal.signal(number, lambda number, _: asked.append(number))
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    timer = QTimer()
    timer.timeout.connect(lambda: end() if asked else None)
    timer.start(_SIGNAL_CHECK_MILLISECONDS)
    try:
        yield
    finally:
        timer.stop()
        for number, handler in before.items():
            signal.signal(number, handler)
