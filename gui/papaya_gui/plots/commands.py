"""What can be done with the plot: its actions, and the menu of one curve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtGui import QAction, QActionGroup
from PyQt6.QtWidgets import QMenu

from papaya_gui.actions import Actions
from papaya_gui.models.curve import Aggregation

if TYPE_CHECKING:
    from papaya_gui.plots.panel import PlotPanel

_STEP = 8.0
_ON_BAR = ("plot.live", "plot.all", "plot.limits", "plot.fixed", "plot.utc")


def _tr(text: str) -> str:
    return QCoreApplication.translate("PlotPanel", text)


def register(panel: PlotPanel, actions: Actions) -> list[QAction]:
    """Add every action of the plot; return those that the bar above it shows."""
    group = _tr("Plot")
    made = [
        actions.add(name, text, run, group=group, shortcut=shortcut, words=words)
        for name, text, run, shortcut, words in (
            ("plot.live", _tr("Live"), panel.go_live, "Ctrl+L", "follow now newest"),
            ("plot.all", _tr("View all"), panel.view_all, "Ctrl+0", "everything autorange"),
            ("plot.in", _tr("Zoom in"), lambda: panel.resize_window(0.5), "Ctrl++", ""),
            ("plot.out", _tr("Zoom out"), lambda: panel.resize_window(2.0), "Ctrl+-", ""),
            ("plot.earlier", _tr("Earlier"), lambda: panel.move_by(-0.25), "Alt+Left", "pan left past"),
            ("plot.later", _tr("Later"), lambda: panel.move_by(0.25), "Alt+Right", "pan right"),
            ("plot.longer", _tr("Next longer time window"), lambda: panel.step_window(1), "Ctrl+]", ""),
            ("plot.shorter", _tr("Next shorter time window"), lambda: panel.step_window(-1), "Ctrl+[", ""),
            (
                "plot.custom",
                _tr("Time window of another length …"),
                panel.ask_window,
                "Ctrl+J",
                "custom span",
            ),
            ("plot.aggregation", _tr("Next aggregation"), panel.next_aggregation, "Ctrl+G", "mean raw"),
            (
                "plot.cursor-left",
                _tr("Cursor to the left"),
                lambda: panel.canvas.step_cursor(-_STEP),
                "Alt+Shift+Left",
                "crosshair values",
            ),
            (
                "plot.cursor-right",
                _tr("Cursor to the right"),
                lambda: panel.canvas.step_cursor(_STEP),
                "Alt+Shift+Right",
                "crosshair values",
            ),
        )
    ]
    wishes = panel.composer.wishes
    for name, text, run, shortcut, is_on in (
        ("plot.limits", _tr("Thresholds"), panel.set_limits, "Ctrl+Shift+T", wishes.shows_limits),
        ("plot.fixed", _tr("Fix values"), panel.set_fixed, "Ctrl+Y", wishes.is_fixed),
        ("plot.utc", _tr("UTC"), panel.set_utc, "Ctrl+U", wishes.zone is not None),
    ):
        action = actions.add(name, text, run, group=group, shortcut=shortcut, checkable=True)
        action.blockSignals(True)
        action.setChecked(is_on)
        action.blockSignals(False)
        made.append(action)
    panel.addActions(made)
    return [actions[name] for name in _ON_BAR]


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
