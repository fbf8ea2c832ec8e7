"""Drawing as seldom as it may be, and never too late."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QObject, QTimer


class Throttle(QObject):
    """Does something at once; what is asked for within so many milliseconds is done once, at their end."""

    def __init__(self, do: Callable[[], None], milliseconds: int, parent: QObject) -> None:
        super().__init__(parent)
        self._do, self._is_due = do, False
        self._rest = QTimer(self)
        self._rest.setSingleShot(True)
        self._rest.setInterval(milliseconds)
        self._rest.timeout.connect(self._on_rested)

    def ask(self) -> None:
        """Have it done, now or when the rest is over."""
        self._is_due = self._rest.isActive()
        if not self._is_due:
            self._rest.start()
            self._do()

    def _on_rested(self) -> None:
        if self._is_due:
            self.ask()
