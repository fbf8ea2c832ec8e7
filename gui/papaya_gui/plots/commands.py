"""What can be done with the plot: its actions, and the menu of one curve."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QMenu, QWidget

from papaya_gui.actions import Actions
from papaya_gui.models.curve import Aggregation
from papaya_gui.plots.plot import Plot

_STEP = 8.0
# Its name, its text, what it does, its keys, and words that also find it.
_Command = tuple[str, str, Callable[[], object], str, str]
# Its name, its text, what switches it, its keys, and whether it is on.
_Switch = tuple[str, str, Callable[[bool], None], str, Callable[[], bool]]
_ON_BAR = ("plot.live", "plot.all", "plot.limits", "plot.fixed", "plot.utc")


def _tr(text: str) -> str:
    return QCoreApplication.translate("PlotPanel", text)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """What the actions need of the widgets; the cursor steps by pixels."""

    panel: QWidget
    ask_window: Callable[[], None]
    step_cursor: Callable[[float], None]


def register(plot: Plot, actions: Actions, around: Surroundings) -> list[QAction]:
    """Add every action of the plot to the window's and to its panel; return those that the bar shows."""
    group = _tr("Plot")
    made = [
        actions.add(name, text, run, group=group, shortcut=shortcut, words=words)
        for name, text, run, shortcut, words in (*_of_time(plot, around), *_of_cursor(plot, around))
    ]
    made += _of_curves(plot, actions)
    for name, text, set_it, shortcut, is_on in _switches(plot):
        action = actions.add(name, text, set_it, group=group, shortcut=shortcut, checkable=True)
        _follow(action, plot, is_on)
        made.append(action)
    # On many keyboards + is = with Shift.
    actions["plot.in"].setShortcuts(["Ctrl++", "Ctrl+="])
    around.panel.addActions(made)
    return [actions[name] for name in _ON_BAR]


def _follow(action: QAction, plot: Plot, is_on: Callable[[], bool]) -> None:
    """Keep an action checked while the plot is as the action says, whoever made it so."""

    def show() -> None:
        action.setChecked(is_on())

    show()
    plot.changed.connect(show)


def _of_time(plot: Plot, around: Surroundings) -> Iterable[_Command]:
    line = plot.timeline
    yield "plot.live", _tr("Live"), line.follow, "Ctrl+L", "follow now newest"
    yield "plot.all", _tr("View all"), line.show_all, "Ctrl+0", "everything autorange"
    yield "plot.in", _tr("Zoom in"), lambda: line.resize(0.5), "Ctrl++", ""
    yield "plot.out", _tr("Zoom out"), lambda: line.resize(2.0), "Ctrl+-", ""
    yield "plot.earlier", _tr("Earlier"), lambda: line.move(-0.25), "Alt+Left", "pan left past"
    yield "plot.later", _tr("Later"), lambda: line.move(0.25), "Alt+Right", "pan right"
    yield "plot.longer", _tr("Next longer time window"), lambda: line.step(1), "Ctrl+]", ""
    yield "plot.shorter", _tr("Next shorter time window"), lambda: line.step(-1), "Ctrl+[", ""
    yield "plot.custom", _tr("Time window of another length …"), around.ask_window, "Ctrl+J", "custom span"


def _of_cursor(plot: Plot, around: Surroundings) -> Iterable[_Command]:
    words = "crosshair values"

    def step(pixels: float) -> Callable[[], object]:
        return lambda: around.step_cursor(pixels)

    yield "plot.aggregation", _tr("Next aggregation"), plot.next_aggregation, "Ctrl+G", "mean raw"
    left, right = _tr("Cursor to the left"), _tr("Cursor to the right")
    yield "plot.cursor-left", left, step(-_STEP), "Alt+Shift+Left", words
    yield "plot.cursor-right", right, step(_STEP), "Alt+Shift+Right", words


def _of_curves(plot: Plot, actions: Actions) -> list[QAction]:
    """Add what changes the list of curves; each is enabled while there is something to do."""
    station, plotted, group = plot.station, plot.station.plotted, _tr("Plot")
    undo = actions.add(
        "plot.undo", _tr("Undo change of curves"), station.undo, group=group, shortcut="Ctrl+Z"
    )
    redo = actions.add(
        "plot.redo", _tr("Redo change of curves"), station.redo, group=group, shortcut="Ctrl+Shift+Z"
    )
    clear = actions.add(
        "plot.clear", _tr("Remove all curves"), lambda: station.select(()), group=group, words="empty delete"
    )

    def show() -> None:
        undo.setEnabled(plotted.can_undo)
        redo.setEnabled(plotted.can_redo)
        clear.setEnabled(bool(plotted.rows))

    show()
    station.selectionChanged.connect(show)
    return [undo, redo, clear]


def _switches(plot: Plot) -> Iterable[_Switch]:
    wishes = plot.wishes
    yield "plot.limits", _tr("Thresholds"), plot.set_limits, "Ctrl+Shift+T", lambda: wishes.shows_limits
    yield "plot.fixed", _tr("Fix values"), plot.set_fixed, "Ctrl+Y", lambda: wishes.is_fixed
    yield "plot.utc", _tr("UTC"), plot.set_utc, "Ctrl+U", lambda: wishes.zone is not None


def menu_of(plot: Plot, row: int, parent: QWidget) -> QMenu:
    """Return the menu of one curve: how it is drawn, and whether."""
    menu = QMenu(parent)
    menu.setObjectName("plot-curve-menu")
    menu.setAccessibleName(_tr("Curve"))
    wishes = plot.wishes
    hide = QAction(_tr("Show curve") if row in wishes.hidden else _tr("Hide curve"), menu)
    hide.triggered.connect(lambda: plot.toggle(row))
    menu.addAction(hide)
    remove = QAction(_tr("Remove from plot"), menu)
    remove.setObjectName("plot-remove")
    remove.triggered.connect(lambda: plot.station.remove([row]))
    menu.addAction(remove)
    menu.addSeparator()
    series = plot.station.series(row)
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
        action.triggered.connect(lambda _, one=aggregation: plot.set_own_aggregation(row, one))
        menu.addAction(action)
    return menu
