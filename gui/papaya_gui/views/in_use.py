"""Whether a person is busy in a view, whose rows then stay where they are."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QObject, QTimer, pyqtSignal
from PyQt6.QtWidgets import QAbstractItemView

# So long after the last movement of the mouse, or the last key, rows stay where they are.
READING_MILLISECONDS = 3000
_BUSY = {
    QEvent.Type.MouseMove,
    QEvent.Type.MouseButtonPress,
    QEvent.Type.MouseButtonRelease,
    QEvent.Type.Wheel,
    QEvent.Type.KeyPress,
    QEvent.Type.DragMove,
    QEvent.Type.ContextMenu,
}


class InUse(QObject):
    """Watches mouse and keys in a view. Signal: `ended` when a person has left it alone for a while."""

    ended = pyqtSignal()

    def __init__(self, view: QAbstractItemView, milliseconds: int = READING_MILLISECONDS) -> None:
        super().__init__(view)
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(milliseconds)
        self._rest.timeout.connect(self.ended)
        room = view.viewport()
        for widget in (view, room):
            if widget is not None:
                widget.installEventFilter(self)
        if room is not None:
            room.setMouseTracking(True)

    def __bool__(self) -> bool:
        return self._rest.isActive()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Note what a person does, and leave it to the view."""
        if event is not None and event.type() in _BUSY:
            self._rest.start()
        elif event is not None and event.type() is QEvent.Type.Leave and self._rest.isActive():
            # Nobody points at a row any more.
            self._rest.start(self._rest.interval() // 4)
        return False
