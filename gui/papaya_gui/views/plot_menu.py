"""The entries of a context menu that add rows to the plot, or remove them."""

from __future__ import annotations

from collections.abc import Sequence

from PyQt6.QtCore import QCoreApplication
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QMenu

from papaya_gui.station import Station


def _tr(text: str) -> str:
    return QCoreApplication.translate("PlotMenu", text)


def offer_plot(menu: QMenu, station: Station, rows: Sequence[int]) -> QMenu:
    """Return the menu with "Add to plot" and "Remove from plot" above its other entries."""
    first = next(iter(menu.actions()), None)
    known = set(station.selection)
    add, remove = QAction(_tr("Add to plot"), menu), QAction(_tr("Remove from plot"), menu)
    add.setObjectName("plot-add")
    add.setEnabled(any(row not in known for row in rows))
    add.triggered.connect(lambda: station.add(rows))
    remove.setObjectName("plot-remove")
    remove.setEnabled(any(row in known for row in rows))
    remove.triggered.connect(lambda: station.remove(rows))
    for action in (add, remove):
        menu.insertAction(first, action)
    menu.insertSeparator(first)
    return menu
