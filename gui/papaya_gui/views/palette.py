"""Everything that can be found or done, a few letters away."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from PyQt6.QtCore import QAbstractListModel, QEvent, QModelIndex, QObject, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QColor, QKeyEvent, QPainter
from PyQt6.QtWidgets import (
    QDialog,
    QLineEdit,
    QListView,
    QStyle,
    QStyledItemDelegate,
    QStyleOptionViewItem,
    QVBoxLayout,
    QWidget,
)

from papaya_gui.actions import Actions
from papaya_gui.labels import plain_label
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.search import Entry, Finder, Kind, catalog_entries, find
from papaya_gui.station import Station
from papaya_gui.theme import Theme
from papaya_gui.tokens import DIALOG, LIST, L, M, S, frame_style, inset
from papaya_gui.workers import Worker

_ROLE = Qt.ItemDataRole
# What is said of a find besides its name has at least this share of the line.
_DETAIL = 0.35
# So many rows are made ready at once, more of them beside the window.
_AT_ONCE = 5_000
_MOVING = (Qt.Key.Key_Up, Qt.Key.Key_Down, Qt.Key.Key_PageUp, Qt.Key.Key_PageDown)


class Palette(QDialog):
    """Turns to devices, plots sensors, runs actions; what is found is made anew when there are more rows.

    Signals: `opened(Entry)` after what was chosen has been done.
    """

    opened = pyqtSignal(object)

    def __init__(
        self, station: Station, theme: Theme, actions: Actions, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, Qt.WindowType.Dialog | Qt.WindowType.FramelessWindowHint)
        self.setObjectName("palette")
        self.setAccessibleName(self.tr("Find devices, sensors and actions"))
        self.setWindowTitle(self.tr("Find"))
        self._station, self._actions = station, actions
        self._catalog: Finder | None = None
        self._awaited = -1
        self._worker = Worker("palette", self)
        self._worker.done.connect(self._on_read)
        self._all: tuple[Finder, ...] = ()
        self._model = _Finds(self)
        self.query = QLineEdit()
        self.query.setObjectName("palette-query")
        self.query.setAccessibleName(self.tr("What to find"))
        self.query.setPlaceholderText(self.tr("Device, sensor or action"))
        self.query.textChanged.connect(self._on_changed)
        self.query.installEventFilter(self)
        self.finds = QListView()
        self.finds.setObjectName("palette-finds")
        self.finds.setAccessibleName(self.tr("What was found"))
        self.finds.setModel(self._model)
        self.finds.setUniformItemSizes(True)
        self.finds.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._painter = _FindPainter(theme, self.finds)
        self.finds.setItemDelegate(self._painter)
        self.finds.clicked.connect(self._on_chosen)
        self.hint = plain_label()
        self.hint.setObjectName("palette-hint")
        self.hint.setAccessibleName(self.tr("How many were found"))
        layout = QVBoxLayout(self)
        inset(layout, M, gap=S)
        for widget in (self.query, self.finds, self.hint):
            layout.addWidget(widget)
        self.resize(*DIALOG)
        self.setAttribute(Qt.WidgetAttribute.WA_StyledBackground)
        self.set_theme(theme)
        station.catalogChanged.connect(self._forget)
        actions.add(
            "palette",
            self.tr("Find device, sensor or action…"),
            self.show_empty,
            group=self.tr("Find"),
            shortcut="Ctrl+K",
            words="search palette command",
        )

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self._painter.theme = theme
        # It has no frame of the desktop's, and would run into the window behind it.
        self.setStyleSheet(frame_style("palette", theme))
        self.finds.update()

    def show_empty(self) -> None:
        """Open with nothing looked for yet."""
        catalog = self._station.catalog
        if self._catalog is None and len(catalog) <= _AT_ONCE:
            self._catalog = _finder_of(catalog)
        # Actions are added and disabled while the window lives: they are looked at anew each time.
        self._all = (Finder(self._action_entries()), *([self._catalog] if self._catalog is not None else []))
        if self._catalog is None and self._awaited != len(catalog):
            self._awaited = len(catalog)
            self._worker.submit(len(catalog), partial(_finder_of, catalog))
        self.query.clear()
        self._on_changed("")
        parent = self.parentWidget()
        if parent is not None:
            top = parent.mapToGlobal(parent.rect().topLeft())
            self.move(top.x() + max(parent.width() - self.width(), 0) // 2, top.y() + parent.height() // 8)
        self.open()
        self.query.setFocus()

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Let the arrows of the line that is typed in move in the list below it."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            if event.key() in _MOVING:
                self.finds.keyPressEvent(event)
                return True
            if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
                self._on_chosen(self.finds.currentIndex())
                return True
        return super().eventFilter(watched, event)

    def _forget(self) -> None:
        self._catalog, self._awaited = None, -1

    def _on_read(self, count: int, finder: Finder) -> None:
        """Take the names of a large fleet, which were made ready beside the window."""
        if count != self._awaited:
            return
        self._catalog, self._awaited = finder, -1
        if self._all:
            self._all = self._all[0], finder
            self._on_changed(self.query.text())

    def stop(self) -> None:
        """End the thread."""
        self._worker.close(0.2)

    def _action_entries(self) -> list[Entry]:
        return [
            Entry(
                Kind.ACTION,
                listed.action.text().replace("&", ""),
                f"{listed.group} {listed.words}",
                listed.action.objectName(),
            )
            for listed in self._actions
            if listed.action.isEnabled() and listed.action.objectName() != "palette"
        ]

    def _on_changed(self, query: str) -> None:
        entries = find(self._all, query)
        self._model.show([(entry, self._detail(entry)) for entry in entries])
        self.finds.setCurrentIndex(self._model.index(0))
        if entries:
            self.hint.setText(self.tr("Enter opens, the arrows choose, Esc closes"))
        else:
            self.hint.setText(self.tr("Nothing has all of these letters: try fewer"))

    def _detail(self, entry: Entry) -> str:
        if entry.kind is Kind.ACTION:
            keys = self._actions[entry.target].shortcut().toString()
            return self.tr("action  {}").format(keys) if keys else self.tr("action")
        device = self._station.catalog.device(entry.target)
        place = f"{device.country}/{device.state}"
        if entry.kind is Kind.DEVICE:
            return self.tr("device  {}").format(place)
        return self.tr("sensor  {}").format(place)

    def _on_chosen(self, index: QModelIndex) -> None:
        entry = self._model.entry(index)
        if entry is None:
            return
        self.accept()
        if entry.kind is Kind.ACTION:
            self._actions[entry.target].trigger()
        elif entry.kind is Kind.DEVICE:
            self._station.focus(entry.target)
        else:
            self._station.focus(entry.target)
            self._station.add([entry.row])
        self.opened.emit(entry)


def _finder_of(catalog: Catalog) -> Finder:
    return Finder(catalog_entries(catalog))


class _Finds(QAbstractListModel):
    """What was found, each with what else is said of it."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self._found: Sequence[tuple[Entry, str]] = ()

    def show(self, found: Sequence[tuple[Entry, str]]) -> None:
        """Hold other finds."""
        self.beginResetModel()
        self._found = found
        self.endResetModel()

    def entry(self, index: QModelIndex) -> Entry | None:
        """Return what was found at an index, if that is one."""
        return self._found[index.row()][0] if index.isValid() else None

    def rowCount(self, parent: QModelIndex | None = None) -> int:
        """Return how many were found."""
        return 0 if parent is not None and parent.isValid() else len(self._found)

    def data(self, index: QModelIndex, role: int = _ROLE.DisplayRole) -> object:
        """Return the name, or for people who hear it what else is said of it too."""
        if not index.isValid():
            return None
        entry, detail = self._found[index.row()]
        if role == _ROLE.DisplayRole:
            return entry.name
        if role == _ROLE.AccessibleTextRole:
            return f"{entry.name}, {detail}"
        return detail if role == _ROLE.UserRole else None


class _FindPainter(QStyledItemDelegate):
    """Draws a name at the left and what else is said of it at the right."""

    def __init__(self, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.theme = theme

    def sizeHint(self, option: QStyleOptionViewItem, index: QModelIndex) -> QSize:
        """Return room for one line and some air."""
        return QSize(LIST, option.fontMetrics.height() + S)

    def paint(self, painter: QPainter | None, option: QStyleOptionViewItem, index: QModelIndex) -> None:
        """Draw one find."""
        if painter is None:
            return
        is_current = bool(option.state & QStyle.StateFlag.State_Selected)
        theme, area, align = self.theme, option.rect.adjusted(S, 0, -S, 0), Qt.AlignmentFlag.AlignVCenter
        painter.save()
        if is_current:
            painter.fillRect(option.rect, QColor(theme.selection))
        painter.setPen(QColor(theme.muted))
        letters, middle = option.fontMetrics, Qt.TextElideMode.ElideMiddle
        # What a thing is called comes first, and where it is leaves room for that. A name begins with the
        # device and ends with the sensor.
        name, detail = str(index.data()), str(index.data(_ROLE.UserRole))
        room = max(area.width() - L - letters.horizontalAdvance(name), int(area.width() * _DETAIL))
        detail = letters.elidedText(detail, middle, room)
        painter.drawText(area, align | Qt.AlignmentFlag.AlignRight, detail)
        painter.setPen(QColor(theme.text))
        width = area.width() - letters.horizontalAdvance(detail) - L
        painter.drawText(area, align | Qt.AlignmentFlag.AlignLeft, letters.elidedText(name, middle, width))
        painter.restore()
