"""The fleet as tiles, the worst first: for a first look, and for a screen on a wall."""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import partial

from PyQt6.QtCore import QModelIndex, QPointF, Qt, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import (
    QAbstractItemView,
    QButtonGroup,
    QHBoxLayout,
    QHeaderView,
    QPushButton,
    QTableView,
    QVBoxLayout,
    QWidget,
)

from papaya.counting import counted
from papaya_gui.labels import ElidedLabel, plain_label
from papaya_gui.models.condition import Condition
from papaya_gui.models.conditions import counts
from papaya_gui.models.overview import By, Overview, head_height, tile_size
from papaya_gui.models.shape import Kind
from papaya_gui.models.texts import shortened
from papaya_gui.models.tree import Tree
from papaya_gui.sources.supply import Simulated
from papaya_gui.station import Station
from papaya_gui.theme import Theme
from papaya_gui.tokens import S, Type, choice_style, inset, set_type
from papaya_gui.views.drag_source import DragSource
from papaya_gui.views.in_use import InUse
from papaya_gui.views.overview_tiles import TileModel, TilePainter
from papaya_gui.views.throttle import Throttle
from papaya_gui.views.wording import condition_words

_REST_MILLISECONDS = 500
_LONGEST_TITLE = 120


class OverviewPage(QWidget):
    """Tiles by place or by device; they are made when the page is first looked at.

    A place opens as the tiles of its devices. Signals: `deviceWanted(str)` and `placeWanted(tuple)` when a
    tile is opened; `fullScreenWanted`; `openWanted(str)` with what to open in place of an empty fleet.
    """

    deviceWanted = pyqtSignal(str)
    placeWanted = pyqtSignal(tuple)
    fullScreenWanted = pyqtSignal()
    openWanted = pyqtSignal(str)

    def __init__(self, station: Station, tree: Tree, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("overview")
        self.setAccessibleName(self.tr("Overview of the fleet"))
        self._station, self._theme = station, theme
        self.overview = Overview(tree)
        self.is_wall, self._is_made = False, False
        self._words = condition_words()
        self._seldom = Throttle(self._bring, _REST_MILLISECONDS, self)
        station.ticked.connect(self._seldom.ask)
        station.conditionChanged.connect(self._seldom.ask)

    def _make(self) -> None:
        self._is_made = True
        self.title = ElidedLabel(shortened(self._station.catalog.fleet.name, _LONGEST_TITLE))
        self.words, self.moment = plain_label(), plain_label()
        for label, name in ((self.title, "title"), (self.words, "words"), (self.moment, "moment")):
            label.setObjectName(f"overview-{name}")
            label.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        group = QButtonGroup(self)
        self.buttons: dict[By, QPushButton] = {}
        for by, text, tip in (
            (By.PLACE, self.tr("By place"), self.tr("A tile for each State")),
            (By.DEVICE, self.tr("By device"), self.tr("A tile for each device")),
        ):
            button = self._button(by.value, text, tip)
            button.setCheckable(True)
            button.clicked.connect(partial(self.show_by, by))
            group.addButton(button)
            self.buttons[by] = button
        self.buttons[self.overview.by].setChecked(True)
        self.full = self._button("full", self.tr("Full screen"), self.tr("Full screen (F11)"))
        self.full.clicked.connect(lambda: self.fullScreenWanted.emit())
        top = QHBoxLayout()
        inset(top, 0, gap=S)
        top.addWidget(self.title, 1)
        self.open = self._button("open", self.tr("Open manifest…"), self.tr("Open the manifest of a fleet"))
        self.open.clicked.connect(lambda: self.openWanted.emit("manifest"))
        self.open.setVisible(not self._station.catalog.devices)
        for widget in (self.moment, self.open, *self.buttons.values(), self.full):
            top.addWidget(widget)
        self._model = TileModel(self.overview, self._station.board, self)
        self.view = TileView(self._model, self._theme, self)
        self.view.opened.connect(self._on_opened)
        self.in_use = InUse(self.view)
        self.in_use.ended.connect(self._bring)
        DragSource(self.view.room(), self._station.catalog, self._rows_at)
        self.view.resized.connect(self._arrange)
        column = QVBoxLayout(self)
        inset(column, S, gap=S)
        column.addLayout(top)
        column.addWidget(self.words)
        column.addWidget(self.view, 1)
        self._set_sizes()
        self._style()

    def _style(self) -> None:
        for button in (self.open, *self.buttons.values(), self.full):
            button.setStyleSheet(choice_style(self._theme))

    def _button(self, name: str, text: str, tip: str) -> QPushButton:
        button = QPushButton(text)
        button.setObjectName(f"overview-{name}")
        button.setAccessibleName(tip)
        button.setToolTip(tip)
        return button

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self._theme = theme
        if self._is_made:
            self.view.set_theme(theme)
            self._style()

    def show_by(self, by: By, *_: bool) -> None:
        """Show a tile for each place, or for each device."""
        self._show(by, ())

    def _show(self, by: By, within: tuple[str, ...]) -> None:
        self.overview.show(by, within)
        if self._is_made:
            self.buttons[by].setChecked(True)
            title = ", ".join(reversed(within)) or self._station.catalog.fleet.name
            self.title.setText(shortened(title, _LONGEST_TITLE))
            self._arrange()
            self.view.setCurrentIndex(self._model.index(0, 0))
            self.view.scrollToTop()

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Go back with Escape: from the devices of a place to all places, and from the whole screen."""
        if event is not None and event.key() == Qt.Key.Key_Escape:
            if self.overview.within:
                self.show_by(By.PLACE)
            elif self.is_wall:
                self.fullScreenWanted.emit()
            return
        super().keyPressEvent(event)

    def set_wall(self, is_wall: bool) -> None:
        """Show all of it larger, for people who stand far away."""
        self.is_wall = is_wall
        if self._is_made:
            self.full.setText(self.tr("Leave full screen") if is_wall else self.tr("Full screen"))
            self._set_sizes()
            self._arrange()

    def _set_sizes(self) -> None:
        set_type(self.title, Type.WALL if self.is_wall else Type.TITLE)
        set_type(self.words, Type.TITLE if self.is_wall else Type.BODY)
        set_type(self.moment, Type.TITLE if self.is_wall else Type.BODY)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Make what is looked at for the first time, and catch up with the rest."""
        super().showEvent(event)
        if not self._is_made:
            self._make()
        self._bring()
        self._arrange()

    def _bring(self) -> None:
        if not self._is_made or not self.isVisible():
            return
        # No tile leaves a person who points at it.
        if not self.in_use and self.overview.bring():
            self._arrange()
        else:
            self.view.redraw()
        found = counts(self._station.judged().worst)
        told = [f"{count:,} {self._words[condition]}" for condition, count in found.items()]
        if not self._station.catalog.devices:
            self.words.setText(self.tr("This fleet has no devices. Open another one."))
            return
        devices = counted(len(self._station.catalog.devices), "device")
        self.words.setText(f"{devices}: {', '.join(told)}" if told else devices)
        now = time.strftime("%H:%M", time.localtime(self._station.now()))
        paused = self.tr("paused") if self._station.is_paused else ""
        self.moment.setText("   ".join(filter(None, (paused, self._source_state(), now))))

    def _source_state(self) -> str:
        """Return how readings come: nothing that is simulated or recorded is called live."""
        if self._station.recorded is not None:
            return self._words[Condition.RECORDED]
        if self._station.supply.simulated is Simulated.ALL:
            return self._words[Condition.SIMULATED]
        return self._station.condition.health.value

    def _rows_at(self, place: QPointF) -> Sequence[int]:
        """Return the sensors of the device whose tile is there; a place has too many to be plotted."""
        node = self._model.node(self.view.indexAt(place.toPoint()))
        if node < 0 or self.overview.tree.kinds[node] != Kind.DEVICE:
            return ()
        device = self.overview.tree.paths[node][-1]
        return [row.index for row in self._station.catalog.rows_of(device)]

    def _arrange(self) -> None:
        """Show the tiles in their order, in as many columns as it takes for all to fit."""
        # Without a scroll bar, which would make room for itself, and be gone again.
        room = self.view.maximumViewportSize()
        size = tile_size(len(self.overview.nodes), room.width(), room.height(), is_wall=self.is_wall)
        self._model.is_wall = self.is_wall
        self._model.head = head_height(room.width() // size[0], size[1], is_wall=self.is_wall)
        self.view.arrange(*size)

    def _on_opened(self, node: int) -> None:
        path = self.overview.tree.paths[node]
        if len(path) == Kind.DEVICE:
            self.deviceWanted.emit(path[-1])
        else:
            self._show(By.DEVICE, path)
            self.placeWanted.emit(path)


class TileView(QTableView):
    """Tiles in rows, with the keys of a table.

    Signals: `opened(int)`, the node of a tile, and `resized`.
    """

    opened = pyqtSignal(int)
    resized = pyqtSignal()

    def __init__(self, model: TileModel, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        # No name of a table of the layout: its columns follow the size of the window.
        self.setAccessibleName(self.tr("Tiles, the worst first; Enter opens one"))
        self._tiles = model
        self._painter = TilePainter(model, theme, self)
        self.setModel(model)
        self.setItemDelegate(self._painter)
        self.setShowGrid(False)
        self.setSelectionMode(QAbstractItemView.SelectionMode.NoSelection)
        self.setVerticalScrollMode(QAbstractItemView.ScrollMode.ScrollPerPixel)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.setTabKeyNavigation(False)
        self.setEditTriggers(QTableView.EditTrigger.NoEditTriggers)
        across, down = self.horizontalHeader(), self.verticalHeader()
        if across is not None and down is not None:
            for header in (across, down):
                header.hide()
                header.setMinimumSectionSize(1)
            across.setSectionResizeMode(QHeaderView.ResizeMode.Stretch)
            down.setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self.clicked.connect(lambda index: self._open(index))

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self._painter.set_theme(theme)
        self.redraw()

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Tell that there is other room."""
        super().resizeEvent(event)
        self.resized.emit()

    def room(self) -> QWidget:
        """Return what the tiles are drawn on."""
        return self.viewport() or self

    def arrange(self, columns: int, height: int) -> None:
        """Lay the tiles out; who is looked at stays so, and the first is where nobody is."""
        node = self._tiles.node(self.currentIndex())
        bar = self.verticalScrollBar()
        place = bar.value() if bar is not None else 0
        down = self.verticalHeader()
        if down is not None:
            down.setDefaultSectionSize(height)
        self._tiles.arrange(columns)
        index = self._tiles.index_of(node) if node >= 0 else self._tiles.index(0, 0)
        if index.isValid():
            self.setCurrentIndex(index)
        if bar is not None:
            bar.setValue(place)

    def redraw(self) -> None:
        """Draw the tiles that can be seen."""
        room = self.room()
        first, last = self.rowAt(0), self.rowAt(room.height() - 1)
        self._tiles.redraw(max(first, 0), last if last >= 0 else self._tiles.rowCount() - 1)

    def moveCursor(
        self, action: QAbstractItemView.CursorAction, modifiers: Qt.KeyboardModifier
    ) -> QModelIndex:
        """Go on to the next row behind the last tile of one."""
        step = {self.CursorAction.MoveRight: 1, self.CursorAction.MoveLeft: -1}.get(action)
        if step is None:
            return super().moveCursor(action, modifiers)
        current = self.currentIndex()
        found = self._tiles.at(current.row() * self._tiles.columns + current.column() + step)
        return found if found.isValid() else current

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Open a tile with Enter."""
        if event is not None and event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            self._open(self.currentIndex())
            return
        super().keyPressEvent(event)

    def _open(self, index: QModelIndex) -> None:
        node = self._tiles.node(index)
        if node >= 0:
            self.opened.emit(node)
