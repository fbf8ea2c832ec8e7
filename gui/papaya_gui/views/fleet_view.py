"""Qt's tree as the fleet is shown in it: what of it can be seen, and where keys and menus lead."""

from __future__ import annotations

from PyQt6.QtCore import QItemSelectionModel, QPoint, QRect, QSize, Qt, pyqtSignal
from PyQt6.QtGui import QContextMenuEvent, QKeyEvent, QResizeEvent
from PyQt6.QtWidgets import QHeaderView, QTreeView, QWidget

from papaya_gui.tokens import ICON_SMALL, M, S
from papaya_gui.views.asking import menu_wanted
from papaya_gui.views.fleet_model import FleetModel

# The part of the width that long names have at most in a tree that is wider than the sample.
_NAMES = 0.55
_NAME_SAMPLE = "Country, State, MTR-00042"


class FleetView(QTreeView):
    """Signals: `typed(str)` when somebody begins to type; `menuRequested(int, QPoint)` with a node;
    `plotWanted(int)` when Enter is pressed on a node.
    """

    typed = pyqtSignal(str)
    menuRequested = pyqtSignal(int, QPoint)
    plotWanted = pyqtSignal(int)

    def __init__(self, model: FleetModel, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._fleet = model
        model.row_size = QSize(0, self.fontMetrics().height() + S)
        self.chosen = QItemSelectionModel(model, self)
        self.setModel(model)
        self.setSelectionModel(self.chosen)
        # All rows are of one height, so that Qt measures one of them and not fifty thousand.
        self.setUniformRowHeights(True)
        self.setDragEnabled(True)
        self.setDragDropMode(QTreeView.DragDropMode.DragOnly)
        self.setEditTriggers(QTreeView.EditTrigger.NoEditTriggers)
        self.setAllColumnsShowFocus(True)
        self.setIndentation(M)
        header = QHeaderView(Qt.Orientation.Horizontal, self)
        self.setHeader(header)
        header.setStretchLastSection(True)
        header.setDefaultAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter)
        header.setSectionsMovable(False)
        header.resizeSection(0, self.fontMetrics().horizontalAdvance(_NAME_SAMPLE))
        self._sample = self._given = header.sectionSize(0)
        # How many names there were, and how wide the longest of them was.
        self._measured = 0, 0

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Give names their part of the width, until a person gives them another."""
        super().resizeEvent(event)
        header, viewport = self.header(), self.viewport()
        if header is None or viewport is None or header.sectionSize(0) != self._given:
            return
        self._given = max(self._sample, min(self._longest(), round(viewport.width() * _NAMES)))
        header.resizeSection(0, self._given)

    def _longest(self) -> int:
        """Return how wide the longest name is with what stands before it; conditions need the rest."""
        paths = self._fleet.tree.paths
        if len(paths) != self._measured[0]:
            # Of ten thousand devices that takes a while, and a window is resized in many steps.
            name = max((path[-1] for path in paths if path), key=len, default="")
            before = 3 * self.indentation() + ICON_SMALL + 2 * M
            self._measured = len(paths), self.fontMetrics().horizontalAdvance(name) + before
        return self._measured[1]

    def visible_nodes(self) -> list[int]:
        """Return the nodes that can be seen, from top to bottom; Qt would measure all that it is told of."""
        viewport, nodes = self.viewport(), []
        index = self.indexAt(QPoint(0, 0))
        bottom = viewport.height() if viewport is not None else 0
        while index.isValid() and self.visualRect(index).top() < bottom:
            nodes.append(self._fleet.node(index))
            index = self.indexBelow(index)
        return nodes

    def place(self) -> int:
        """Return how far it is scrolled."""
        bar = self.verticalScrollBar()
        return bar.value() if bar is not None else 0

    def height_of_current(self) -> int | None:
        """Return how many rows below the top the current one can be seen, None where it cannot."""
        index, viewport = self.currentIndex(), self.viewport()
        seen = self.visualRect(index) if index.isValid() else QRect()
        if viewport is None or seen.isEmpty() or not viewport.rect().contains(seen.center()):
            return None
        return seen.top() // seen.height()

    def return_to(self, place: int, height: int | None) -> None:
        """Scroll to where it was; the current row of a tree that was scrolled stays where it was seen."""
        bar = self.verticalScrollBar()
        if bar is None:
            return
        bar.setValue(place)
        now = self.visualRect(self.currentIndex())
        if place and height is not None and now.height():
            rows = now.top() // now.height() - height
            is_by_row = self.verticalScrollMode() is QTreeView.ScrollMode.ScrollPerItem
            bar.setValue(place + rows * (1 if is_by_row else now.height()))

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Let Enter add a device to the plot."""
        index = self.currentIndex()
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and index.isValid():
            self.plotWanted.emit(self._fleet.node(index))
            return
        super().keyPressEvent(event)

    def keyboardSearch(self, search: str | None) -> None:
        """Give what is typed away."""
        if search and search.isprintable():
            self.typed.emit(search)

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        """Ask for the menu of the node under the mouse, or of the current one."""
        wanted = menu_wanted(self, event)
        if wanted is not None:
            self.menuRequested.emit(self._fleet.node(wanted[0]), wanted[1])
