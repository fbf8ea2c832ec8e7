"""The devices of the map in words, for those who look for one by its name, or see no map."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QAbstractListModel, QModelIndex, QObject, QSize, Qt
from PyQt6.QtGui import QBrush, QColor

from papaya_gui.models.condition import Condition, Conditions
from papaya_gui.models.geography import Geography
from papaya_gui.theme import LIGHT, Theme
from papaya_gui.views.marks import mark_icon
from papaya_gui.views.symbols import color_of
from papaya_gui.views.wording import condition_words

_ROLE = Qt.ItemDataRole


class DeviceModel(QAbstractListModel):
    """The devices with their conditions, in the order of the manifest."""

    def __init__(self, geography: Geography, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._geography = geography
        self._conditions: Conditions = np.zeros(len(geography.devices), np.int8)
        self._brushes: dict[Condition, QBrush] = {}
        self._words, self._theme = condition_words(), LIGHT
        self.row_size = QSize()

    def word(self, condition: Condition) -> str:
        """Return what a condition is called."""
        return self._words[condition]

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self._theme = theme
        self._brushes = {one: QBrush(QColor(color_of(one, theme))) for one in Condition}
        self.redraw(0, len(self._conditions) - 1)

    def show(self, conditions: Conditions) -> None:
        """Hold other conditions; `redraw` says which of them can be seen."""
        self._conditions = conditions

    def redraw(self, first: int, last: int) -> None:
        """Say that devices from one place to another have changed: Qt looks at each that it is told of."""
        if 0 <= first <= last < len(self._conditions):
            self.dataChanged.emit(self.index(first), self.index(last))

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return how many devices there are."""
        return 0 if parent is not None and parent.isValid() else len(self._conditions)

    def data(self, index: QModelIndex, role: int = _ROLE.DisplayRole) -> object:
        """Return a device with its condition in words."""
        if not index.isValid():
            return None
        condition = Condition(max(int(self._conditions[index.row()]), 0))
        if role == _ROLE.DisplayRole:
            return f"{self._geography.devices[index.row()]}: {self._words[condition]}"
        if role == _ROLE.SizeHintRole:
            return self.row_size
        if role == _ROLE.DecorationRole:
            # A long name leaves no room for the word, and color alone says nothing to many.
            return mark_icon(condition, self._theme)
        return self._brushes.get(condition) if role == _ROLE.ForegroundRole else None
