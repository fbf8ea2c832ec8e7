"""Makes the pictures of the window in docs/images, from the demo fleet and simulated data.

It needs the extra gui, and any screen, or none: QT_QPA_PLATFORM=offscreen python docs/screenshots.py

With `--sizes FOLDER` it takes every page at the sizes of usual screens, in both themes, to be looked at;
QT_SCALE_FACTOR=2 makes them those of a fine screen. With `--hard FOLDER` it takes pages, dialogs, notices and
empty states in small windows, with names and numbers that are hard to show, and with `--hard FOLDER 10000`
so many devices.
"""

from __future__ import annotations

import itertools
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path

from papaya_gui.faults import Faults
from papaya_gui.models.overview import By
from papaya_gui.sources.simulated import SimulatedSupply
from papaya_gui.station import Station
from papaya_gui.theme import DARK, LIGHT, Theme, apply
from papaya_gui.views.main_window import MainWindow
from PyQt6.QtCore import QTimer
from PyQt6.QtWidgets import QApplication, QWidget

from papaya.workspace.fleet import load_fleet

ROOT = Path(__file__).parents[1]
IMAGES = ROOT / "docs" / "images"
SIZE = 1280, 800
SIZES = (1024, 600), (1366, 768), (1440, 900), (1920, 1080)
# Until the past has come and every sensor has said something.
SETTLE_MILLISECONDS = 7000
PAUSE_MILLISECONDS = 900


def main(folder: Path = IMAGES, *, in_sizes: bool = False) -> int:
    """Take every picture and return the exit code."""
    application = QApplication(["papaya-gui"])
    apply(application, LIGHT)
    station = Station(load_fleet([ROOT / "manifests" / "demo"]), SimulatedSupply)
    with tempfile.TemporaryDirectory() as log:
        window = MainWindow(station, LIGHT, Faults(Path(log) / "window.log"))
        window.fill_menus()
        window.resize(*SIZE)
        window.show_left_width()
        window.turn_to("PM-0001")
        window.show()
        station.start()
        folder.mkdir(parents=True, exist_ok=True)
        steps = _sized(window, folder) if in_sizes else _steps(window, folder)

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
        lambda: window.pages.setCurrentWidget(window.overview),
        take("overview"),
        lambda: window.turn_to("PM-0001"),
        lambda: window.pages.setCurrentWidget(window.device),
        take("device"),
        lambda: window.pages.setCurrentWidget(window.plot),
        lambda: ask("muc temp"),
        take("palette", window.palette_),
        window.palette_.close,
        window.actions_["keys"].trigger,
        take("keys", window.keys),
    ]


def _sized(window: MainWindow, folder: Path) -> list[Callable[[], object]]:
    """Return steps that take every page in every size and theme."""
    steps: list[Callable[[], object]] = []

    def show(page: QWidget | None, size: tuple[int, int], theme: Theme) -> None:
        window.set_theme(theme)
        window.resize(*size)
        window.show_left_width()
        if page is not None:
            window.show_fleet()
            window.pages.setCurrentWidget(page)
            return
        window.show_start()

    scale = window.devicePixelRatioF()
    by_name: dict[str, QWidget | None] = {"start": None}
    for number in range(window.pages.count()):
        by_name[window.pages.tabText(number).split()[0].lower()] = window.pages.widget(number)
    steps.append(partial(_stack, window))
    for size, theme in itertools.product(SIZES, (LIGHT, DARK)):
        for name, page in by_name.items():
            file = f"{name}-{size[0]}x{size[1]}-{scale:g}-{theme.name}.png"
            steps.append(partial(show, page, size, theme))
            if name == "overview":
                # As on a wall, and before it by device.
                by_device = partial(window.overview.show_by, By.DEVICE)
                steps += [by_device, partial(_save, window, folder / f"devices-{file}")]
                steps += [window.full_screen.toggle, partial(window.resize, *size)]
                steps += [partial(_save, window, folder / f"wall-{file}"), window.full_screen.toggle]
                steps += [partial(window.overview.show_by, By.PLACE), partial(window.resize, *size)]
            steps.append(partial(_save, window, folder / file))
    return steps


def _stack(window: MainWindow) -> None:
    """Plot two panels with measuring cursors, which have the most to show."""
    window.station.rearrange(lambda plotted: plotted.put_apart(plotted.rows[2:], 1))
    window.actions_["plot.mark-a"].trigger()
    window.actions_["plot.mark-b"].trigger()


def _save(widget: QWidget, path: Path) -> None:
    if not widget.grab().save(str(path)):
        raise SystemExit(f"{path} cannot be written")


def hard(folder: Path, devices: int) -> int:
    """Take the pictures of what is hard to show and return the exit code."""
    sys.path.insert(0, str(ROOT))
    from tests.gui.pictures import take

    take(QApplication(["papaya-gui"]), folder, devices)
    return 0


if __name__ == "__main__":
    words = [word for word in sys.argv[1:] if not word.startswith("--")]
    folder = Path(words[0]) if words else IMAGES
    if "--hard" in sys.argv:
        sys.exit(hard(folder, int(words[1]) if words[1:] else 10))
    sys.exit(main(folder, in_sizes="--sizes" in sys.argv))
