"""Qt's way to the fleet tree: a node's number is its index, and what has changed is told parent by parent."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from PyQt6.QtCore import QAbstractItemModel, QMimeData, QModelIndex, QObject, QSize, Qt
from PyQt6.QtGui import QBrush, QColor, QFont

from papaya_gui.dragged import FORMAT, dragged
from papaya_gui.models.alarms import raised_lines
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.condition import Condition
from papaya_gui.models.shape import ROOT, Kind
from papaya_gui.models.tree import Tree
from papaya_gui.theme import Theme
from papaya_gui.views.marks import hatching, mark_icon
from papaya_gui.views.symbols import color_of
from papaya_gui.views.wording import tool_tip

NAME, CONDITION = 0, 1
_DISPLAY, _TOOL_TIP = int(Qt.ItemDataRole.DisplayRole), int(Qt.ItemDataRole.ToolTipRole)
_FONT, _DECORATION = int(Qt.ItemDataRole.FontRole), int(Qt.ItemDataRole.DecorationRole)
_FOREGROUND, _BACKGROUND = int(Qt.ItemDataRole.ForegroundRole), int(Qt.ItemDataRole.BackgroundRole)
_SIZE = int(Qt.ItemDataRole.SizeHintRole)
_ROOT = QModelIndex()
# Looked up once: Qt asks for them hundreds of times while it draws.
_DEVICE = int(Kind.DEVICE)
_PLACE_FLAGS = Qt.ItemFlag.ItemIsEnabled | Qt.ItemFlag.ItemIsSelectable
_DEVICE_FLAGS = _PLACE_FLAGS | Qt.ItemFlag.ItemNeverHasChildren | Qt.ItemFlag.ItemIsDragEnabled


class FleetModel(QAbstractItemModel):
    """The nodes of a `Tree` that its search leaves; `redraw` says which have changed."""

    def __init__(self, tree: Tree, catalog: Catalog, theme: Theme, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.tree, self._catalog = tree, catalog
        self._titles = self.tr("Fleet"), self.tr("Condition")
        # Qt measures the first row, and takes the others to be as high.
        self.row_size = QSize()
        self._italic = QFont()
        self._italic.setItalic(True)
        self.set_theme(theme)

    def set_theme(self, theme: Theme) -> None:
        """Take other colours."""
        self._theme = theme
        self._stale_back = hatching(theme)
        self._inks = {one: QBrush(QColor(color_of(one, theme))) for one in Condition}

    # Shape

    def node(self, index: QModelIndex) -> int:
        """Return the number of the node at an index."""
        return int(index.internalId())

    def index_of(self, node: int, column: int = NAME) -> QModelIndex:
        """Return the index of a node; none where the search hides it."""
        position = self.tree.position(node)
        return self.createIndex(position, column, node) if position >= 0 else QModelIndex()

    def index(self, row: int, column: int, parent: QModelIndex = _ROOT) -> QModelIndex:
        """Return the index of a cell below another."""
        if not 0 <= row < self.rowCount(parent) or not 0 <= column <= CONDITION:
            return QModelIndex()
        node = self.tree.child(self.node(parent), row) if parent.isValid() else ROOT
        return self.createIndex(row, column, node)

    def parent(self, child: QModelIndex | None = None) -> Any:
        """Return the index above one; without one Qt asks for the model's owner."""
        if child is None:
            return super().parent()
        above = self.tree.parent(self.node(child)) if child.isValid() else -1
        return QModelIndex() if above < 0 else self.index_of(above)

    def rowCount(self, parent: QModelIndex = _ROOT) -> int:
        """Return how many nodes are right below one; the fleet is alone at the top."""
        if not parent.isValid():
            return 1
        return self.tree.children(self.node(parent)) if parent.column() == NAME else 0

    def columnCount(self, parent: QModelIndex = _ROOT) -> int:
        """Return two: name and condition."""
        return 2

    def flags(self, index: QModelIndex) -> Qt.ItemFlag:
        """Return that a node can be chosen, and that a device has none below it."""
        if not index.isValid():
            return Qt.ItemFlag.NoItemFlags
        return _DEVICE_FLAGS if self.tree.kinds[index.internalId()] == _DEVICE else _PLACE_FLAGS

    def mimeTypes(self) -> list[str]:
        """Return what is dragged: the sensors of devices."""
        return [FORMAT]

    def mimeData(self, indexes: Iterable[QModelIndex]) -> QMimeData | None:
        """Return the sensors of the devices among these nodes."""
        nodes = dict.fromkeys(self.node(index) for index in indexes)
        devices = [self.tree.paths[node][-1] for node in nodes if self.tree.kinds[node] == _DEVICE]
        rows = (row.index for device in devices for row in self._catalog.rows_of(device))
        return dragged(self._catalog, rows)

    def search(self, text: str) -> None:
        """Show only what is known by a text."""
        self.beginResetModel()
        self.tree.search(text)
        self.endResetModel()

    def rearrange(self, how: Callable[[], object]) -> None:
        """Let the tree choose and order its nodes anew."""
        self.beginResetModel()
        how()
        self.endResetModel()

    def redraw(self, nodes: Iterable[int]) -> None:
        """Say that nodes have changed, given from top to bottom: once for neighbours below a parent."""
        runs: list[list[int]] = []
        for node in nodes:
            last = runs[-1][1] if runs else -1
            # The number of the next node shown tells neighbours, whatever the search hides between them.
            if last >= 0 and self.tree.is_next(last, node):
                runs[-1][1] = node
            else:
                runs.append([node, node])
        for first, last in runs:
            self.dataChanged.emit(self.index_of(first), self.index_of(last, CONDITION))

    # Cells

    def headerData(
        self, section: int, orientation: Qt.Orientation, role: int = Qt.ItemDataRole.DisplayRole
    ) -> Any:
        """Return the title of a column."""
        is_title = orientation is Qt.Orientation.Horizontal and role == _DISPLAY
        return self._titles[section] if is_title else None

    def data(self, index: QModelIndex, role: int = Qt.ItemDataRole.DisplayRole) -> Any:
        """Return what a cell shows, or how."""
        node, tree = self.node(index), self.tree
        if role == _DISPLAY:
            return tree.name(node) if index.column() == NAME else tree.text(node)
        if role == _DECORATION:
            return mark_icon(tree.worst(node), self._theme) if index.column() == NAME else None
        if role == _FOREGROUND:
            return self._inks[tree.worst(node)] if index.column() == CONDITION else None
        if role == _FONT:
            return self._italic if tree.is_offline(node) else None
        if role == _BACKGROUND:
            return self._stale_back if tree.is_offline(node) else None
        if role == _TOOL_TIP:
            return self._tool_tip(node)
        return self.row_size if role == _SIZE else None

    def _tool_tip(self, node: int) -> str:
        path = self.tree.paths[node]
        lines = ["/".join(path) or self.tree.name(node)]
        if self.tree.kinds[node] == Kind.DEVICE:
            device = self._catalog.device(path[-1])
            lines += [text for text in (device.label, device.serial) if text]
        return tool_tip("\n".join((*lines, self.tree.text(node), *raised_lines(self.tree.alarms(node)))))
