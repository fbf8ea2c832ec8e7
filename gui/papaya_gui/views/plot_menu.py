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
    """Return the menu with entries on top that add rows, add them in a new panel, and remove them."""
    first = next(iter(menu.actions()), None)
    known = set(station.selection)
    add, remove = QAction(_tr("Add to plot"), menu), QAction(_tr("Remove from plot"), menu)
    add.setObjectName("plot-add")
    add.setEnabled(any(row not in known for row in rows))
    add.triggered.connect(lambda: station.add(rows))
    apart = QAction(_tr("Add in a new panel"), menu)
    apart.setObjectName("plot-add-apart")
    # Rows that are plotted move to it; a panel that would hold the same as before is no news.
    apart.setEnabled(bool(rows) and known - set(rows) != set())
    apart.triggered.connect(lambda: station.rearrange(lambda one: one.put_apart(rows, len(one.panels))))
    remove.setObjectName("plot-remove")
    remove.setEnabled(any(row in known for row in rows))
    remove.triggered.connect(lambda: station.remove(rows))
    for action in (add, apart, remove):
        menu.insertAction(first, action)
    menu.insertSeparator(first)
    return menu
