"""Everything that can be done in the window, once: menus, shortcuts, palette and the list of keys show it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from PyQt6.QtCore import QObject
from PyQt6.QtGui import QAction, QKeySequence


@dataclass(frozen=True, slots=True)
class Listed:
    """An action with the group that it is listed in, and the words that also find it."""

    action: QAction
    group: str
    words: str = ""


class Actions(QObject):
    """The actions of the window by name; a view adds its own when it is made."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._listed: dict[str, Listed] = {}

    def add(
        self,
        name: str,
        text: str,
        run: Callable[..., object],
        *,
        group: str,
        shortcut: str = "",
        words: str = "",
        checkable: bool = False,
    ) -> QAction:
        """Return a new action; a checkable one gives `run` whether it is checked."""
        action = QAction(text, self)
        action.setObjectName(name)
        action.setCheckable(checkable)
        if shortcut:
            action.setShortcut(QKeySequence(shortcut))
            action.setToolTip(f"{text} ({QKeySequence(shortcut).toString()})")
        if checkable:
            action.toggled.connect(run)
        else:
            action.triggered.connect(lambda *_: run())
        self._listed[name] = Listed(action, group, words)
        return action

    def __iter__(self) -> Iterator[Listed]:
        return iter(self._listed.values())

    def __getitem__(self, name: str) -> QAction:
        return self._listed[name].action
