"""The context menus of the plot: of a curve, of an axis, and of a panel with what is at that moment."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtGui import QAction, QActionGroup, QColor, QIcon, QPixmap
from PyQt6.QtWidgets import QMenu, QWidget

from papaya_gui.actions import Actions
from papaya_gui.models.curve import Aggregation
from papaya_gui.models.picture import SHARED, AxisKey
from papaya_gui.models.plotted import MOST_PANELS
from papaya_gui.plots.plot import Plot
from papaya_gui.theme import Theme

_WIDTHS = (1.0, 2.0, 3.0)


def _tr(text: str) -> str:
    return QCoreApplication.translate("PlotPanel", text)


def _menu(name: str, title: str, parent: QWidget) -> QMenu:
    menu = QMenu(title, parent)
    menu.setObjectName(name)
    menu.setAccessibleName(title)
    return menu


def _add(menu: QMenu, text: str, run: Callable[[], object], *, is_on: bool = True, name: str = "") -> QAction:
    action = QAction(text.replace("&", "&&"), menu)
    action.setObjectName(name)
    action.setEnabled(is_on)
    action.triggered.connect(lambda *_: run())
    menu.addAction(action)
    return action


def _add_choice(menu: QMenu, text: str, is_chosen: bool, run: Callable[[], object]) -> QAction:
    action = _add(menu, text, run)
    action.setCheckable(True)
    action.setChecked(is_chosen)
    return action


def _add_inside(menu: QMenu, inside: QMenu) -> QMenu:
    menu.addMenu(inside)
    return inside


def curve_menu(
    plot: Plot,
    row: int,
    theme: Theme,
    parent: QWidget,
    copy: Callable[[], object],
    save: Callable[[], object],
) -> QMenu:
    """Return the menu of one curve; `copy` and `save` take its values."""
    catalog, wishes = plot.station.catalog, plot.wishes
    menu = _menu("plot-curve-menu", f"{catalog[row].title} · {catalog[row].device}", parent)
    _add(menu, menu.title(), lambda: None, is_on=False)
    menu.addSeparator()
    _add(menu, _tr("Show curve") if row in wishes.hidden else _tr("Hide curve"), lambda: plot.toggle(row))
    _add(menu, _tr("Remove from plot"), lambda: plot.station.remove([row]), name="plot-remove")
    _add_inside(menu, _panels_menu(plot, row, menu))
    menu.addSeparator()
    _add_inside(menu, _colors_menu(plot, row, theme, menu))
    _add_inside(menu, _widths_menu(plot, row, menu))
    if plot.station.series(row).is_step:
        _add(menu, _tr("Drawn as steps: its values are never averaged"), lambda: None, is_on=False)
    else:
        own = row in wishes.looks.apart
        _add_choice(menu, _tr("Own Y axis"), own, lambda: plot.set_apart(row, not own))
        _add_inside(menu, _aggregations_menu(plot, row, menu))
    menu.addSeparator()
    _add(menu, _tr("Copy values"), copy, name="plot-copy")
    _add(menu, _tr("Save values as CSV…"), save, name="plot-save")
    return menu


def _panels_menu(plot: Plot, row: int, parent: QWidget) -> QMenu:
    menu = _menu("plot-move-menu", _tr("Move to panel"), parent)
    station, panels, here = plot.station, plot.plotted.panels, plot.plotted.panel_of(row)
    for place, panel in enumerate(panels):
        action = _add(
            menu,
            _tr("Panel {number}").format(number=place + 1),
            partial(_put, plot, row, panel.number),
        )
        action.setEnabled(panel.number != here)
    is_alone = any(panel.number == here and len(panel.rows) == 1 for panel in panels)
    _add(
        menu,
        _tr("New panel"),
        lambda: station.rearrange(lambda plotted: plotted.put_apart([row], len(panels))),
        is_on=len(panels) < MOST_PANELS and not is_alone,
    )
    return menu


def _put(plot: Plot, row: int, number: int) -> None:
    plot.station.rearrange(lambda plotted: plotted.put([row], number))


def _colors_menu(plot: Plot, row: int, theme: Theme, parent: QWidget) -> QMenu:
    menu = _menu("plot-color-menu", _tr("Color"), parent)
    chosen = plot.wishes.looks.colors.get(row, -1)
    names = (
        *(_tr("Blue"), _tr("Orange"), _tr("Green"), _tr("Pink")),
        *(_tr("Yellow"), _tr("Light blue"), _tr("Violet"), _tr("Gray")),
    )
    group = QActionGroup(menu)
    group.addAction(_add_choice(menu, _tr("Automatic"), chosen < 0, lambda: plot.set_color(row, -1)))
    for number, (name, color) in enumerate(zip(names, theme.curves, strict=True)):
        action = _add_choice(menu, name, number == chosen, partial(plot.set_color, row, number))
        swatch = QPixmap(16, 16)
        swatch.fill(QColor(color))
        action.setIcon(QIcon(swatch))
        group.addAction(action)
    return menu


def _widths_menu(plot: Plot, row: int, parent: QWidget) -> QMenu:
    menu, group = _menu("plot-width-menu", _tr("Line width"), parent), QActionGroup(parent)
    chosen = plot.wishes.looks.widths.get(row, 1.0)
    for name, width in zip((_tr("Thin"), _tr("Medium"), _tr("Thick")), _WIDTHS, strict=True):
        group.addAction(_add_choice(menu, name, width == chosen, partial(plot.set_width, row, width)))
    return menu


def _aggregations_menu(plot: Plot, row: int, parent: QWidget) -> QMenu:
    menu, group = _menu("plot-aggregation-menu", _tr("Aggregation"), parent), QActionGroup(parent)
    current = plot.wishes.looks.own.get(row)
    for aggregation, text in (
        (None, _tr("As all others")),
        (Aggregation.AUTO, _tr("Auto")),
        (Aggregation.RAW, _tr("Raw")),
        (Aggregation.MEAN, _tr("Mean")),
        (Aggregation.RANGE, _tr("Min–max")),
    ):
        group.addAction(
            _add_choice(
                menu, text, aggregation is current, partial(plot.set_own_aggregation, row, aggregation)
            )
        )
    return menu


def axis_menu(
    plot: Plot, key: AxisKey, actions: Actions, parent: QWidget, ask_range: Callable[[], object]
) -> QMenu:
    """Return the menu of an axis."""
    menu = _menu("plot-axis-menu", _tr("Y axis {unit}").format(unit=key.unit).strip(), parent)
    _add(menu, menu.title(), lambda: None, is_on=False)
    menu.addSeparator()
    _add(menu, _tr("Fit to values"), lambda: plot.set_fixed(False))
    _add(menu, _tr("Set range…"), ask_range, name="plot-axis-range")
    if key.row != SHARED:
        _add(menu, _tr("Share axis with this unit"), lambda: plot.set_apart(key.row, False))
    menu.addSeparator()
    menu.addAction(actions["plot.fixed"])
    menu.addAction(actions["plot.linked"])
    return menu


def panel_menu(
    plot: Plot,
    number: int,
    moment: float | None,
    actions: Actions,
    parent: QWidget,
    copy: Callable[[], object],
) -> QMenu:
    """Return the menu of a panel, with what can be done at a moment of it; `copy` takes its values."""
    station, plotted = plot.station, plot.plotted
    place, count = plotted.place(number), len(plotted.panels)
    menu = _menu("plot-panel-menu", _tr("Panel {number}").format(number=max(place, 0) + 1), parent)
    if moment is not None:
        _add(menu, _tr("Put cursor A here"), lambda: plot.set_mark(0, moment))
        _add(menu, _tr("Put cursor B here"), lambda: plot.set_mark(1, moment))
        menu.addAction(actions["plot.marks-off"])
        menu.addSeparator()
    menu.addAction(actions["plot.live"])
    menu.addAction(actions["plot.all"])
    menu.addAction(actions["plot.limits"])
    menu.addSeparator()
    _add(
        menu,
        _tr("Add panel below"),
        lambda: station.rearrange(lambda plotted: plotted.put_apart((), place + 1)),
        is_on=count < MOST_PANELS,
    )
    _add(
        menu,
        _tr("Move panel up"),
        lambda: station.rearrange(lambda one: one.shift(number, -1)),
        is_on=place > 0,
    )
    _add(
        menu,
        _tr("Move panel down"),
        lambda: station.rearrange(lambda one: one.shift(number, 1)),
        is_on=0 <= place < count - 1,
    )
    _add(menu, _tr("Remove panel"), lambda: station.rearrange(lambda one: one.remove_panel(number)))
    menu.addSeparator()
    _add(menu, _tr("Copy values"), copy, is_on=place >= 0, name="plot-copy")
    for action in _exports(actions):
        menu.addAction(action)
    menu.setToolTipsVisible(True)
    return menu


def _exports(actions: Actions) -> Iterable[QAction]:
    """Return what saves the plot, where the window can."""
    return [listed.action for listed in actions if listed.action.objectName().startswith("export-")]
