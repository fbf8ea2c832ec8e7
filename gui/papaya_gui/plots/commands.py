"""What can be done with the plot: its actions, and the menu of one curve."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QMenu

from papaya_gui.actions import Actions
from papaya_gui.models.curve import Aggregation

if TYPE_CHECKING:
    from papaya_gui.plots.panel import PlotPanel

_STEP = 8.0
# Its name, its text, what it does, its keys, and words that also find it.
_Command = tuple[str, str, Callable[[], object], str, str]
_ON_BAR = ("plot.live", "plot.all", "plot.limits", "plot.fixed", "plot.utc")


def _tr(text: str) -> str:
    return QCoreApplication.translate("PlotPanel", text)


def register(panel: PlotPanel, actions: Actions) -> list[QAction]:
    """Add every action of the plot; return those that the bar above it shows."""
    group = _tr("Plot")
    made = [
        actions.add(name, text, run, group=group, shortcut=shortcut, words=words)
        for name, text, run, shortcut, words in (*_of_time(panel), *_of_cursor(panel))
    ]
    for name, text, run, shortcut, is_on in _switches(panel):
        action = actions.add(name, text, run, group=group, shortcut=shortcut, checkable=True)
        action.blockSignals(True)
        action.setChecked(is_on)
        action.blockSignals(False)
        made.append(action)
    # On many keyboards + is = with Shift.
    actions["plot.in"].setShortcuts(["Ctrl++", "Ctrl+="])
    panel.addActions(made)
    return [actions[name] for name in _ON_BAR]


def _of_time(panel: PlotPanel) -> Iterable[_Command]:
    line = panel.timeline
    yield "plot.live", _tr("Live"), line.follow, "Ctrl+L", "follow now newest"
    yield "plot.all", _tr("View all"), line.show_all, "Ctrl+0", "everything autorange"
    yield "plot.in", _tr("Zoom in"), lambda: line.resize(0.5), "Ctrl++", ""
    yield "plot.out", _tr("Zoom out"), lambda: line.resize(2.0), "Ctrl+-", ""
    yield "plot.earlier", _tr("Earlier"), lambda: line.move(-0.25), "Alt+Left", "pan left past"
    yield "plot.later", _tr("Later"), lambda: line.move(0.25), "Alt+Right", "pan right"
    yield "plot.longer", _tr("Next longer time window"), lambda: line.step(1), "Ctrl+]", ""
    yield "plot.shorter", _tr("Next shorter time window"), lambda: line.step(-1), "Ctrl+[", ""
    yield "plot.custom", _tr("Time window of another length …"), panel.ask_window, "Ctrl+J", "custom span"


def _of_cursor(panel: PlotPanel) -> Iterable[_Command]:
    words = "crosshair values"

    def step(pixels: float) -> Callable[[], object]:
        return lambda: panel.canvas.step_cursor(pixels)

    yield "plot.aggregation", _tr("Next aggregation"), panel.next_aggregation, "Ctrl+G", "mean raw"
    left, right = _tr("Cursor to the left"), _tr("Cursor to the right")
    yield "plot.cursor-left", left, step(-_STEP), "Alt+Shift+Left", words
    yield "plot.cursor-right", right, step(_STEP), "Alt+Shift+Right", words


def _switches(panel: PlotPanel) -> Iterable[tuple[str, str, Callable[[bool], None], str, bool]]:
    wishes = panel.composer.wishes
    yield "plot.limits", _tr("Thresholds"), panel.set_limits, "Ctrl+Shift+T", wishes.shows_limits
    yield "plot.fixed", _tr("Fix values"), panel.set_fixed, "Ctrl+Y", wishes.is_fixed
    yield "plot.utc", _tr("UTC"), panel.set_utc, "Ctrl+U", wishes.zone is not None


def menu_of(panel: PlotPanel, row: int) -> QMenu:
    """Return the menu of one curve: how it is drawn, and whether."""
    menu = QMenu(panel)
    menu.setObjectName("plot-curve-menu")
    menu.setAccessibleName(_tr("Curve"))
    wishes = panel.composer.wishes
    hide = QAction(_tr("Show curve") if row in wishes.hidden else _tr("Hide curve"), menu)
    hide.triggered.connect(lambda: panel.toggle(row))
    menu.addAction(hide)
    menu.addSeparator()
    series = panel.station.series(row)
    if series.is_step:
        told = QAction(_tr("Drawn as steps: its values are never averaged"), menu)
        told.setEnabled(False)
        menu.addAction(told)
        return menu
    choices = QActionGroup(menu)
    current = wishes.own.get(row)
    for aggregation, text in (
        (None, _tr("As all others")),
        (Aggregation.AUTO, _tr("Auto")),
        (Aggregation.RAW, _tr("Raw")),
        (Aggregation.MEAN, _tr("Mean")),
        (Aggregation.RANGE, _tr("Min–max")),
    ):
        action = QAction(text, choices)
        action.setCheckable(True)
        action.setChecked(aggregation is current)
        action.triggered.connect(lambda _, one=aggregation: panel.set_own_aggregation(row, one))
        menu.addAction(action)
    return menu
