"""The server's alarms as Qt's tables want them."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from PyQt6.QtCore import QAbstractTableModel, QModelIndex, QObject, Qt
from PyQt6.QtGui import QBrush, QColor

from papaya_gui.models.alarms import SEVERITIES, age_text, severity_text, status_text
from papaya_gui.sources.remote import Alarm
from papaya_gui.theme import Theme, severity_color
from papaya_gui.views.marks import severity_icon
from papaya_gui.views.wording import tool_tip

_ROLE = Qt.ItemDataRole


class AlarmModel(QAbstractTableModel):
    """Alarms, a row each."""

    DEVICE, KIND, DETAILS = 1, 2, 5

    def __init__(self, now: Callable[[], float], theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.alarms: Sequence[Alarm] = ()
        self._now = now
        self._titles = [
            self.tr("Severity"),
            self.tr("Device"),
            self.tr("Kind"),
            self.tr("Age"),
            self.tr("Status"),
            self.tr("Details"),
        ]
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self._theme, self._over = theme, QBrush(QColor(theme.muted))
        self._inks = {one: QBrush(QColor(severity_color(one, theme))) for one in SEVERITIES}
        if self.alarms:
            self.dataChanged.emit(self.index(0, 0), self.index(len(self.alarms) - 1, 0))

    def show(self, alarms: Sequence[Alarm]) -> None:
        """Hold other alarms."""
        self.beginResetModel()
        self.alarms = tuple(alarms)
        self.endResetModel()

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return how many alarms there are."""
        return 0 if parent is not None and parent.isValid() else len(self.alarms)

    def columnCount(self, parent: QModelIndex | None = None) -> int:
        """Return how many things are said of each."""
        return 0 if parent is not None and parent.isValid() else len(self._titles)

    def headerData(self, section: int, orientation: Qt.Orientation, role: int = _ROLE.DisplayRole) -> object:
        """Return what a column says."""
        if orientation is Qt.Orientation.Horizontal and role == _ROLE.DisplayRole:
            return self._titles[section]
        return None

    def data(self, index: QModelIndex, role: int = _ROLE.DisplayRole) -> object:
        """Return one cell."""
        if not index.isValid():
            return None
        alarm, column = self.alarms[index.row()], index.column()
        if role in (_ROLE.DisplayRole, _ROLE.ToolTipRole):
            text = self._text(alarm, column)
            if role == _ROLE.DisplayRole:
                return text
            # Where there is no room for the details, they are told here.
            return tool_tip("\n".join(filter(None, (text, alarm.details if column == self.KIND else ""))))
        if role == _ROLE.ForegroundRole and column == 0:
            if not alarm.is_active:
                return self._over
            return self._inks.get(alarm.severity)
        if role == _ROLE.DecorationRole and column == 0:
            return severity_icon(alarm.severity, self._theme, is_active=alarm.is_active)
        return None

    def _text(self, alarm: Alarm, column: int) -> str:
        texts = (
            lambda: severity_text(alarm),
            lambda: alarm.device,
            lambda: alarm.kind,
            lambda: age_text(self._now() - alarm.created),
            lambda: status_text(alarm),
            lambda: alarm.details,
        )
        return texts[column]()
