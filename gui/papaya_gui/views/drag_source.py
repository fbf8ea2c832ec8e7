"""Lets tiles be dragged to the plot."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QEvent, QMimeData, QObject, QPointF, Qt
from PyQt6.QtGui import QDrag, QMouseEvent
from PyQt6.QtWidgets import QApplication, QWidget

from papaya_gui.dragged import dragged
from papaya_gui.models.catalog import Catalog


def begin_drag(widget: QWidget, data: QMimeData) -> None:
    """Drag until the mouse lets go."""
    drag = QDrag(widget)
    drag.setMimeData(data)
    drag.exec(Qt.DropAction.CopyAction)


class DragSource(QObject):
    """Drags rows of the catalog once the mouse has pressed a widget and moved.

    `rows_at` returns the rows of what is at a place of the widget; where there are none nothing is dragged.
    A widget that does nothing with a press `is_plain`: it then hears of the moves that follow.
    """

    def __init__(
        self,
        widget: QWidget,
        catalog: Catalog,
        rows_at: Callable[[QPointF], Sequence[int]],
        begin: Callable[[QWidget, QMimeData], object] = begin_drag,
        *,
        is_plain: bool = False,
    ) -> None:
        super().__init__(widget)
        self._widget, self._catalog, self._rows_at, self._begin = widget, catalog, rows_at, begin
        self._is_plain = is_plain
        self._pressed: QPointF | None = None
        widget.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Watch the mouse."""
        if not isinstance(event, QMouseEvent):
            return False
        kind = event.type()
        if kind is QEvent.Type.MouseButtonPress and event.button() is Qt.MouseButton.LeftButton:
            self._pressed = event.position()
            return self._is_plain
        if kind is QEvent.Type.MouseButtonRelease:
            self._pressed = None
        elif kind is QEvent.Type.MouseMove and self._pressed is not None:
            way = event.position() - self._pressed
            if way.manhattanLength() >= QApplication.startDragDistance():
                rows, self._pressed = self._rows_at(self._pressed), None
                if rows:
                    self._begin(self._widget, dragged(self._catalog, rows))
                    return True
        return False
