"""The window over the whole screen; with the overview on top nothing else is shown, as on a wall."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QObject, Qt
from PyQt6.QtWidgets import QMainWindow, QTabWidget, QWidget

from papaya_gui.views.overview import OverviewPage


class FullScreen(QObject):
    """Hides `others`, the menus and the tabs while the overview is on the whole screen."""

    def __init__(
        self,
        window: QMainWindow,
        pages: QTabWidget,
        overview: OverviewPage,
        others: Callable[[], Sequence[QWidget | None]],
    ) -> None:
        super().__init__(pages)
        self._window, self._pages, self._overview, self._others = window, pages, overview, others
        overview.fullScreenWanted.connect(self.toggle)
        pages.currentChanged.connect(lambda _: self._arrange())

    def toggle(self) -> None:
        """Fill the screen, or leave it."""
        self._window.setWindowState(self._window.windowState() ^ Qt.WindowState.WindowFullScreen)
        self._arrange()

    def _arrange(self) -> None:
        is_full = bool(self._window.windowState() & Qt.WindowState.WindowFullScreen)
        is_wall = is_full and self._pages.currentWidget() is self._overview
        if is_wall == self._overview.is_wall:
            return
        if not is_wall:
            # Before the others come back: beside them its large letters would widen the window.
            self._overview.set_wall(is_wall)
        for part in (self._window.menuBar(), self._pages.tabBar(), *self._others()):
            if part is not None:
                part.setVisible(not is_wall)
        if is_wall:
            self._overview.set_wall(is_wall)
