"""Pictures of pages, dialogs, notices and empty states with the fleet that is hard to show, to be looked at.

`python docs/screenshots.py --hard FOLDER` takes them in small windows, in both themes.
"""

from __future__ import annotations

import itertools
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path

from papaya_gui.faults import Faults
from papaya_gui.models.calls import get_readings, identify, ping
from papaya_gui.models.overview import By
from papaya_gui.models.plotted import Plotted
from papaya_gui.models.scale import Scale
from papaya_gui.plots.axis_dialog import AxisDialog
from papaya_gui.plots.range_dialog import RangeDialog
from papaya_gui.sources.planning import Planned
from papaya_gui.station import Station
from papaya_gui.theme import THEMES, Theme, apply
from papaya_gui.views.call_dialogs import IdentifyDialog, IntervalDialog
from papaya_gui.views.main_window import MainWindow
from papaya_gui.views.source_dialog import SourceDialog
from PyQt6.QtWidgets import QApplication, QDialog, QScrollArea, QWidget

from papaya.errors import PapayaError
from papaya.sensors.condition import Condition, Health
from tests.gui.far import FarSupply
from tests.gui.hand import pause
from tests.gui.hard import ARABIC, GERMAN, JAPANESE, LONG, hard_fleet, tell_everything

SIZES = (1024, 600), (1366, 768)
_SETTLE = 0.4
# A picture by its name, once what it shows is shown: of the window, or of another widget.
Shown = Iterator[tuple[str, QWidget]]


def take(application: QApplication, folder: Path, devices: int = 10) -> None:
    """Take all pictures into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    for size, theme in itertools.product(SIZES, THEMES.values()):
        apply(application, theme)
        station = Station(hard_fleet(devices), FarSupply)
        with tempfile.TemporaryDirectory() as log:
            window = MainWindow(station, theme, Faults(Path(log) / "window.log"))
            window.fill_menus()
            window.resize(*size)
            window.show_left_width()
            window.show()
            station.start()
            tell_everything(station)
            window.turn_to(LONG)
            for name, widget in states(window, size):
                station.tick()
                pause(_SETTLE)
                path = folder / f"{name}-{size[0]}x{size[1]}-{devices}-{theme.name}.png"
                if not widget.grab().save(str(path)):
                    raise SystemExit(f"{path} cannot be written")
            window.close()
            station.close()


def states(window: MainWindow, size: tuple[int, int]) -> Shown:
    """Yield what can be seen of a window, name by name, while it is seen."""
    window.alarms.ask()
    pause(_SETTLE)
    window.alarms.ask()
    yield "new-alarms", window
    window.attention.toast.hide()
    for part in (_plots, _overviews, _places, _devices, _commands, _plans, _notices):
        yield from part(window)
        window.resize(*size)
    yield from _dialogs(window, window.theme)


def _plots(window: MainWindow) -> Shown:
    station = window.station
    yield "plot", window
    rows = [row.index for name in (LONG, JAPANESE) for row in station.catalog.rows_of(name)]
    station.select(rows)
    station.rearrange(lambda plotted: _split(plotted, rows[1:4]))
    window.actions_["plot.mark-a"].trigger()
    window.actions_["plot.mark-b"].trigger()
    yield "panels", window
    window.plot.canvas.step_cursor(-30)
    yield "cursor", window
    station.select([])
    yield "plot-empty", window
    station.select(rows[:2])


def _split(plotted: Plotted, rows: Iterable[int]) -> bool:
    for place, row in enumerate(rows, 1):
        plotted.put_apart([row], place)
    return True


def _overviews(window: MainWindow) -> Shown:
    window.station.focus("")
    window.pages.setCurrentWidget(window.overview)
    for by in By:
        window.overview.show_by(by)
        yield f"overview-{by.value}", window
    size = window.size()
    window.full_screen.toggle()
    window.resize(size)
    yield "wall", window
    window.full_screen.toggle()


def _places(window: MainWindow) -> Shown:
    window.pages.setCurrentWidget(window.map)
    pause(_SETTLE)
    yield "map", window
    window.station.focus(LONG)
    window.map._open(list(window.station.catalog.devices).index(LONG))
    yield "map-card", window
    window.map.card.hide()
    window.pages.setCurrentWidget(window.alarms)
    yield "alarms", window


def _devices(window: MainWindow) -> Shown:
    window.pages.setCurrentWidget(window.device)
    for name, told in ((LONG, "long"), (JAPANESE, "japanese"), (ARABIC, "arabic"), ("PM-0003", "stale")):
        window.station.focus(name)
        yield f"device-{told}", window
        for area in window.device.findChildren(QScrollArea):
            bar = area.verticalScrollBar()
            if bar is not None:
                bar.setValue(bar.maximum())
        yield f"device-{told}-end", window
    window.station.focus("")
    yield "device-none", window
    window.station.focus(LONG)


def _commands(window: MainWindow) -> Shown:
    window.pages.setCurrentWidget(window.calls)
    yield "commands-none", window
    supply = window.station.supply
    assert isinstance(supply, FarSupply) and supply.far is not None
    supply.far.answer = lambda *_: {"pong": True, "agent": "papaya", "readings": {"temperature": 21.5}}
    window.calls.call(ping(LONG))
    window.calls.call(get_readings(JAPANESE))
    yield "commands-answered", window

    def refuse(*_: object) -> None:
        raise PapayaError("The device did not answer: it is offline", remedy=f"run: papaya doctor {LONG}")

    supply.far.answer = refuse
    window.calls.call(identify(GERMAN, "red", 500, 500, 255))
    yield "commands-failed", window
    window.attention.outcome.hide()


def _plans(window: MainWindow) -> Shown:
    window.pages.setCurrentWidget(window.plan)
    yield "plan-none", window
    found = Planned("", "", 2, 1, 0, False, time.time(), {LONG: "changed on the server"})
    window.station.stand(found.standing, found.missing)
    yield "plan-standing", window


def _notices(window: MainWindow) -> Shown:
    station = window.station
    window.pages.setCurrentWidget(window.plot)
    station.supply.tell(Condition(Health.DOWN, "connection refused", "Check the network"))
    yield "server-down", window
    window.fault_bar._on_faulted("KeyError: 'temperature' in readings_model.py:123", "Traceback\n" * 9)
    yield "fault", window
    window.fault_bar.hide()
    station.supply.tell(Condition(Health.LIVE))
    window.notice.say(
        f"What was opened last is not there any more: /home/technician/{'long/' * 12}fleet.yaml"
    )
    window.controls.pause.setChecked(True)
    yield "paused", window
    window.controls.pause.setChecked(False)
    window.notice.hide()
    for field in (window.tree.search, window.table.filter):
        field.setText("nothing")
    yield "nothing-found", window
    for field in (window.tree.search, window.table.filter):
        field.setText("")
    window.show_start()
    yield "start", window
    window.ask_to_sign_in("https://thingsboard.subsidiary.example.com:8443")
    yield "start-signed-out", window
    window.show_fleet()


def _dialogs(window: MainWindow, theme: Theme) -> Shown:
    rows, now = window.station.catalog.rows_of(LONG), window.station.now()
    makers: list[Callable[[], QDialog]] = [
        *(partial(_source, window, theme, kind) for kind in range(4)),
        partial(IdentifyDialog, LONG, window),
        partial(IntervalDialog, LONG, rows, window),
        partial(AxisDialog, "pulses", Scale(0, 4.3e9), window),
        partial(RangeDialog, (now - 3600, now), now, None, theme, window),
    ]
    for number, make in enumerate(makers):
        dialog = make()
        dialog.show()
        if isinstance(dialog, AxisDialog):
            dialog.low.setText("x")
            dialog.accept()
        yield f"dialog-{number}", dialog
        dialog.reject()
    for words in ("", "temp", "zzzz"):
        window.palette_.show_empty()
        window.palette_.query.setText(words)
        yield f"find-{words or 'all'}", window.palette_
    window.palette_.close()


def _source(window: MainWindow, theme: Theme, kind: int) -> QDialog:
    dialog = SourceDialog(theme, window)
    dialog.ask(kind, "https://thingsboard.subsidiary.example.com:8443", "")
    return dialog
