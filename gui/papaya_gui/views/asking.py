"""What lists that are looked through with keys and menus have in common."""

from __future__ import annotations

from PyQt6.QtCore import QModelIndex, QPoint
from PyQt6.QtGui import QContextMenuEvent
from PyQt6.QtWidgets import QAbstractItemView


def menu_wanted(
    view: QAbstractItemView, event: QContextMenuEvent | None
) -> tuple[QModelIndex, QPoint] | None:
    """Return what of a list a menu is asked for, and where on the screen it is due.

    With the mouse it is what lies under it, with a key the current one.
    """
    viewport = view.viewport()
    if event is None or viewport is None:
        return None
    index, place = view.indexAt(event.pos()), event.globalPos()
    if event.reason() is QContextMenuEvent.Reason.Keyboard:
        index = view.currentIndex()
        place = viewport.mapToGlobal(view.visualRect(index).center())
    return (index, place) if index.isValid() else None
