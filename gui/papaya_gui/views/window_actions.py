"""Actions for the window itself: its theme, its size and its end."""

from __future__ import annotations

from collections.abc import Callable

from PyQt6.QtCore import QCoreApplication, QEvent, QObject
from PyQt6.QtGui import QAction
from PyQt6.QtWidgets import QSplitter, QWidget

from papaya_gui.actions import Actions
from papaya_gui.theme import DARK, LIGHT, Theme


def _tr(text: str) -> str:
    return QCoreApplication.translate("MainWindow", text)


def add_window_actions(
    actions: Actions,
    theme: Theme,
    set_theme: Callable[[Theme], None],
    toggle_full_screen: Callable[[], object],
    close: Callable[[], object],
) -> None:
    """Add what changes the look and the size of the window, and what ends it."""
    view = _tr("View")
    actions.add(
        "dark",
        _tr("Dark theme"),
        lambda dark: set_theme(DARK if dark else LIGHT),
        group=view,
        shortcut="Ctrl+T",
        words="theme light colours night look",
        checkable=True,
    ).setChecked(theme.is_dark)
    actions.add("full-screen", _tr("Full screen"), toggle_full_screen, group=view, shortcut="F11")
    actions.add("quit", _tr("Quit"), close, group=_tr("Window"), shortcut="Ctrl+Q", words="exit close")


def add_left_action(actions: Actions, sides: QSplitter, show: Callable[[bool], None]) -> None:
    """Add what hides the fleet and its readings, and shows them again."""
    left = actions.add(
        "left-pane",
        _tr("Fleet and readings"),
        show,
        group=_tr("View"),
        shortcut="Ctrl+B",
        words="left pane sidebar tree table collapse",
        checkable=True,
    )

    left.setChecked(True)
    pane = sides.widget(0)
    if pane is not None:
        _Shown(left, sides, pane)


class _Shown(QObject):
    """Keeps an action checked while the first part of a splitter is shown, whoever hides or shows it.

    A splitter tells of its handles alone, but not of sizes that a layout or the window gives it. It moves
    a part that has no width out of sight.
    """

    def __init__(self, action: QAction, sides: QSplitter, pane: QWidget) -> None:
        super().__init__(pane)
        self._action, self._sides = action, sides
        pane.installEventFilter(self)

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Look at the sizes once the part has another place or size."""
        if event is not None and event.type() in (QEvent.Type.Move, QEvent.Type.Resize):
            sizes = self._sides.sizes()
            if sum(sizes) > 0:
                self._action.blockSignals(True)
                self._action.setChecked(sizes[0] > 0)
                self._action.blockSignals(False)
        return False
