"""Where a list opens its menu, by mouse and by keys."""

from __future__ import annotations

from PyQt6.QtCore import QModelIndex, QPoint
from PyQt6.QtGui import QContextMenuEvent
from PyQt6.QtWidgets import QAbstractItemView


def menu_wanted(
    view: QAbstractItemView, event: QContextMenuEvent | None
) -> tuple[QModelIndex, QPoint] | None:
    """Return what of a list a menu is asked for, and where on the screen it is due.

    The mouse means the row below it, a key means the current row.
    """
    viewport = view.viewport()
    if event is None or viewport is None:
        return None
    index, place = view.indexAt(event.pos()), event.globalPos()
    if event.reason() is QContextMenuEvent.Reason.Keyboard:
        index = view.currentIndex()
        place = viewport.mapToGlobal(view.visualRect(index).center())
    return (index, place) if index.isValid() else None
