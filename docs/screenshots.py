"""Makes the pictures of the window in docs/images, from the demo fleet and simulated data.

It needs the extra gui, and any screen, or none: QT_QPA_PLATFORM=offscreen python docs/screenshots.py
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from papaya_gui.faults import Faults
from papaya_gui.sources.simulated import SimulatedSupply
from papaya_gui.station import Station
from papaya_gui.theme import DARK, LIGHT, apply
from papaya_gui.views.main_window import MainWindow
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication, QWidget

from papaya.workspace.fleet import load_fleet

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
SIZE = 1280, 800
# Until the past has come and every sensor has said something.
SETTLE_MILLISECONDS = 7000
PAUSE_MILLISECONDS = 900


def main(folder: Path = IMAGES) -> int:
    """Take every picture and return the exit code."""
    application = QApplication(["papaya-gui"])
    apply(application, LIGHT)
    station = Station(load_fleet([ROOT / "manifests" / "demo"]), SimulatedSupply)
    with tempfile.TemporaryDirectory() as log:
        window = MainWindow(station, LIGHT, Faults(Path(log) / "window.log"))
        window.fill_menus()
        window.resize(*SIZE)
        window.turn_to("PM-0001")
        window.show()
        station.start()
        folder.mkdir(parents=True, exist_ok=True)
        steps = _steps(window, folder)

        def go_on() -> None:
            if not steps:
                application.quit()
                return
            steps.pop(0)()
            QTimer.singleShot(PAUSE_MILLISECONDS, go_on)

        QTimer.singleShot(SETTLE_MILLISECONDS, go_on)
        application.exec()
        window.close()
        station.close()
    return 0


def _steps(window: MainWindow, folder: Path) -> list[Callable[[], object]]:
    """Return what is done, one after the other, with time to be drawn in between."""

    def take(name: str, widget: QWidget = window) -> Callable[[], object]:
        return lambda: _save(widget, folder / f"{name}.png")

    def ask(words: str) -> None:
        window.palette_.show_empty()
        window.palette_.query.setText(words)

    def look_at_map() -> None:
        window.station.focus("")
        window.pages.setCurrentWidget(window.map)

    return [
        take("window-light"),
        lambda: window.set_theme(DARK),
        take("window-dark"),
        lambda: window.set_theme(LIGHT),
        look_at_map,
        take("map"),
        lambda: ask("muc temp"),
        take("palette", window.palette_),
        window.palette_.close,
        window.actions_["keys"].trigger,
        take("keys", window.keys),
    ]


def _save(widget: QWidget, path: Path) -> None:
    if not widget.grab().save(str(path)):
        raise SystemExit(f"{path} cannot be written")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]) if len(sys.argv) > 1 else IMAGES))
