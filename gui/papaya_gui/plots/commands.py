"""The actions of the plot."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QWidget

from papaya_gui.actions import Actions
from papaya_gui.models.plotted import MOST_PANELS, Plotted
from papaya_gui.plots.plot import Plot

_STEP = 8.0
# So many times its share of the height a panel gets at a time.
_GROWS = 1.25
# Its name, its text, what it does, its keys, and words that also find it.
_Command = tuple[str, str, Callable[[], object], str, str]
# Its name, its text, what switches it, its keys, and whether it is on.
_Switch = tuple[str, str, Callable[[bool], None], str, Callable[[], bool]]
_ON_BAR = ("plot.live", "plot.all", "plot.limits", "plot.fixed", "plot.utc")


def _tr(text: str) -> str:
    return QCoreApplication.translate("PlotPanel", text)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """The widgets' functions that the actions use; the cursor steps by pixels."""

    panel: QWidget
    ask_window: Callable[[], None]
    step_cursor: Callable[[float], None]
    cursor_time: Callable[[], float | None]


def register(plot: Plot, actions: Actions, around: Surroundings) -> list[QAction]:
    """Add every action of the plot to the window's and to its panel; return those that the bar shows."""
    group, cursors = _tr("Plot"), _tr("Cursors")
    made = [
        actions.add(name, text, run, group=part, shortcut=shortcut, words=words)
        for part, commands in ((group, _of_time(plot, around)), (cursors, _of_cursor(plot, around)))
        for name, text, run, shortcut, words in commands
    ]
    made += _of_curves(plot, actions)
    made += _of_panels(plot, actions)
    for name, text, set_it, shortcut, is_on in _switches(plot):
        action = actions.add(name, text, set_it, group=group, shortcut=shortcut, checkable=True)
        _follow(action, plot, is_on)
        made.append(action)
    # On many keyboards + is = with Shift.
    actions["plot.in"].setShortcuts(["Ctrl++", "Ctrl+="])
    around.panel.addActions(made)
    return [actions[name] for name in _ON_BAR]


def _follow(action: QAction, plot: Plot, is_on: Callable[[], bool]) -> None:
    """Keep an action's check mark in sync with the plot."""

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
    yield (
        "plot.custom",
        _tr("Choose time range…"),
        around.ask_window,
        "Ctrl+J",
        "custom span from to calendar",
    )
    yield "plot.aggregation", _tr("Next aggregation"), plot.next_aggregation, "Ctrl+G", "mean raw"


def _of_cursor(plot: Plot, around: Surroundings) -> Iterable[_Command]:
    words = "crosshair values"

    def step(pixels: float) -> Callable[[], object]:
        return lambda: around.step_cursor(pixels)

    left, right = _tr("Cursor to the left"), _tr("Cursor to the right")
    yield "plot.cursor-left", left, step(-_STEP), "Alt+Shift+Left", words
    yield "plot.cursor-right", right, step(_STEP), "Alt+Shift+Right", words

    def put(place: int) -> Callable[[], object]:
        def run() -> None:
            moment, (start, end) = around.cursor_time(), plot.timeline.bounds
            plot.set_mark(place, start + (end - start) * (place + 1) / 3 if moment is None else moment)

        return run

    words = "measure difference delta"
    yield "plot.mark-a", _tr("Put cursor A at the cursor"), put(0), "Alt+A", words
    yield "plot.mark-b", _tr("Put cursor B at the cursor"), put(1), "Alt+B", words
    yield "plot.marks-off", _tr("Remove cursors A and B"), plot.remove_marks, "Alt+C", words


def _of_curves(plot: Plot, actions: Actions) -> list[QAction]:
    """Add what changes the list of curves; each is enabled while there is something to do."""
    station, plotted, group = plot.station, plot.station.plotted, _tr("Plot")
    undo = actions.add(
        "plot.undo",
        _tr("Undo change of curves"),
        lambda: station.rearrange(Plotted.undo),
        group=group,
        shortcut="Ctrl+Z",
    )
    redo = actions.add(
        "plot.redo",
        _tr("Redo change of curves"),
        lambda: station.rearrange(Plotted.redo),
        group=group,
        shortcut="Ctrl+Shift+Z",
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
    plot.changed.connect(show)
    return [undo, redo, clear]


def _of_panels(plot: Plot, actions: Actions) -> list[QAction]:
    """Add what changes panels; each is enabled while there is something to do."""
    station, plotted, group = plot.station, plot.plotted, _tr("Panels")

    def change(run: Callable[[Plotted], bool]) -> Callable[[], object]:
        return lambda: station.rearrange(run)

    def add(one: Plotted) -> bool:
        return one.put_apart((), one.place(one.current) + 1)

    made = [
        actions.add(
            f"plot.panel-{name}", text, run, group=group, shortcut=shortcut, words="panel stack split"
        )
        for name, text, run, shortcut in (
            ("add", _tr("Add panel"), change(add), "Alt+Insert"),
            ("remove", _tr("Remove panel"), change(lambda one: one.remove_panel(one.current)), "Alt+Delete"),
            ("up", _tr("Move panel up"), change(lambda one: one.shift(one.current, -1)), "Alt+Shift+Up"),
            ("down", _tr("Move panel down"), change(lambda one: one.shift(one.current, 1)), "Alt+Shift+Down"),
            ("taller", _tr("Make panel taller"), change(partial(_grow, _GROWS)), "Alt++"),
            ("lower", _tr("Make panel lower"), change(partial(_grow, 1 / _GROWS)), "Alt+-"),
            ("level", _tr("Make panels equally high"), change(Plotted.level), "Alt+0"),
            ("previous", _tr("Previous panel"), lambda: plot.step_current(-1), "Alt+Up"),
            ("next", _tr("Next panel"), lambda: plot.step_current(1), "Alt+Down"),
        )
    ]

    def show() -> None:
        count = len(plotted.panels)
        for action in made[2:]:
            action.setEnabled(count > 1)
        made[0].setEnabled(count < MOST_PANELS)
        made[1].setEnabled(count > 0)

    show()
    station.selectionChanged.connect(show)
    return made


def _grow(factor: float, plotted: Plotted) -> bool:
    return plotted.grow(plotted.current, factor)


def _switches(plot: Plot) -> Iterable[_Switch]:
    wishes = plot.wishes
    yield "plot.limits", _tr("Thresholds"), plot.set_limits, "Ctrl+Shift+T", lambda: wishes.shows_limits
    yield "plot.fixed", _tr("Lock Y axes"), plot.set_fixed, "Ctrl+Y", lambda: wishes.is_fixed
    yield "plot.linked", _tr("Link Y axes of panels"), plot.set_linked, "", lambda: wishes.is_linked
    yield "plot.utc", _tr("UTC"), plot.set_utc, "Ctrl+U", lambda: wishes.zone is not None
