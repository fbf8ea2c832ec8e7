"""The fleet by its coordinates: plain axes in degrees, a shape for each device, and a list beside them."""

from __future__ import annotations

import numpy as np
import pyqtgraph
from PyQt6.QtCore import QEvent, QModelIndex, QObject, QPoint, QPointF, Qt, QTimer
from PyQt6.QtGui import QKeyEvent, QShowEvent
from PyQt6.QtWidgets import QLabel, QListView, QSplitter, QVBoxLayout, QWidget
from pyqtgraph import mkBrush, mkPen

from papaya.counting import counted, have
from papaya_gui.actions import Actions
from papaya_gui.models.alarms import raised_lines
from papaya_gui.models.geography import Condition, Conditions, Geography, counts
from papaya_gui.station import Station
from papaya_gui.theme import Theme
from papaya_gui.views.map_list import DeviceModel
from papaya_gui.views.map_symbols import color_of, is_filled, size_of, symbol_of
from papaya_gui.views.throttle import Throttle
from papaya_gui.views.wording import tool_tip

REACH = 10.0
# How many devices on each other are counted, in squares of how many pixels, and in how many squares at most.
_CROWD, _SQUARE, _COUNTED = 3, 60.0, 60
_NAMED = 3
# Ten thousand points take so long to draw that nobody would get to anything else.
_REST_MILLISECONDS = 500
_MOVES = {
    Qt.Key.Key_Left: (-0.1, 0.0),
    Qt.Key.Key_Right: (0.1, 0.0),
    Qt.Key.Key_Up: (0.0, 0.1),
    Qt.Key.Key_Down: (0.0, -0.1),
}
_ZOOMS = {Qt.Key.Key_Plus: 0.8, Qt.Key.Key_Equal: 0.8, Qt.Key.Key_Minus: 1.25}


class MapView(QWidget):
    """A map of points and a list of the same devices; what is chosen in either is turned to."""

    def __init__(
        self,
        station: Station,
        theme: Theme,
        actions: Actions,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self.setObjectName("map")
        self.setAccessibleName(self.tr("Map of devices"))
        self._station, self._theme = station, theme
        self.geography = Geography(station.catalog)
        self.conditions: Conditions = np.full(len(self.geography.devices), -1, np.int8)
        self._is_drawn = False
        self._seldom = Throttle(self._show_conditions, _REST_MILLISECONDS, self)
        self._build()
        actions.add(
            "map-all",
            self.tr("Show all devices on the map"),
            self.show_all,
            group=self.tr("Map"),
            words="zoom out fit overview",
        )
        self.set_theme(theme)
        station.ticked.connect(self._seldom.ask)
        station.deviceChanged.connect(self._on_device)
        self._show_conditions()
        self.show_all()

    def _build(self) -> None:
        self.plot = pyqtgraph.PlotWidget()
        self.plot.setObjectName("map-plot")
        self.plot.setAccessibleName(self.tr("Devices by longitude and latitude"))
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        self.plot.showGrid(x=True, y=True, alpha=0.15)
        self.plot.setMouseTracking(True)
        self.plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plot.installEventFilter(self)
        located = self.geography.is_located
        middle = np.median(self.geography.latitudes[located]) if located.any() else 0.0
        # A degree of longitude is drawn as long as it is where most devices are.
        self.plot.getViewBox().setAspectLocked(True, 1 / max(np.cos(np.radians(middle)), 0.1))
        self._groups = {one: pyqtgraph.ScatterPlotItem(pxMode=True) for one in Condition}
        for condition, group in self._groups.items():
            group.setZValue(int(condition))
            self.plot.addItem(group)
        self._ring = pyqtgraph.ScatterPlotItem(pxMode=True)
        self._ring.setZValue(len(Condition))
        self.plot.addItem(self._ring)
        self._counts: list[pyqtgraph.TextItem] = []
        self._recount = QTimer(self)
        self._recount.setSingleShot(True)
        self._recount.setInterval(50)
        self._recount.timeout.connect(self.count_crowds)
        self.plot.getViewBox().sigRangeChanged.connect(self._on_range)
        self.plot.scene().sigMouseMoved.connect(self._on_moved)
        self.plot.scene().sigMouseClicked.connect(self._on_clicked)
        self._model = DeviceModel(self.geography, self)
        self.list = QListView()
        self.list.setObjectName("map-list")
        self.list.setAccessibleName(self.tr("The devices of the map"))
        self.list.setModel(self._model)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMinimumWidth(120)
        chosen = self.list.selectionModel()
        if chosen is not None:
            chosen.currentChanged.connect(self._on_current)
        self.words = QLabel()
        self.words.setObjectName("map-words")
        self.words.setAccessibleName(self.tr("The map in words"))
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("map-splitter")
        self.splitter.addWidget(self.plot)
        self.splitter.addWidget(self.list)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setSizes([640, 200])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(8, 8, 8, 8)
        layout.addWidget(self.splitter, 1)
        layout.addWidget(self.words)

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self._theme = theme
        self.plot.setBackground(theme.base)
        for name, title in (("bottom", self.tr("Longitude")), ("left", self.tr("Latitude"))):
            axis = self.plot.getAxis(name)
            axis.setPen(theme.line)
            axis.setTextPen(theme.text)
            axis.setLabel(title, units="°", unitPrefix="", siPrefixEnableRanges=())
        self._model.set_theme(theme)
        self._ring.setPen(mkPen(theme.accent, width=2))
        self._draw()
        self._recount.start()

    def show_all(self) -> None:
        """Show every device that has coordinates."""
        located = self.geography.is_located
        if located.any():
            across, along = self.geography.longitudes[located], self.geography.latitudes[located]
            self.plot.setRange(
                xRange=(across.min() - 0.01, across.max() + 0.01),
                yRange=(along.min() - 0.01, along.max() + 0.01),
                padding=0.08,
            )

    def eventFilter(self, watched: QObject | None, event: QEvent | None) -> bool:
        """Let keys move the map: arrows, plus, minus, and Home for all of it."""
        if isinstance(event, QKeyEvent) and event.type() == QEvent.Type.KeyPress:
            box = self.plot.getViewBox()
            shown = box.viewRect()
            if event.key() in _MOVES:
                across, along = _MOVES[Qt.Key(event.key())]
                box.translateBy(x=across * shown.width(), y=along * shown.height())
                return True
            if event.key() in _ZOOMS:
                box.scaleBy((_ZOOMS[Qt.Key(event.key())],) * 2)
                return True
            if event.key() == Qt.Key.Key_Home:
                self.show_all()
                return True
        return super().eventFilter(watched, event)

    # Drawing

    def _on_range(self) -> None:
        self._recount.start()

    def count_crowds(self) -> None:
        """Write beside devices that lie on each other how many they are."""
        box = self.plot.getViewBox()
        shown, degrees = box.viewRect(), box.viewPixelSize()
        found = self.geography.crowds(_CROWD, shown.left(), shown.top(), degrees, _SQUARE)
        crowds = [one for one in found if shown.contains(one[0], one[1])][:_COUNTED]
        while len(self._counts) < len(crowds):
            text = pyqtgraph.TextItem(anchor=(0.5, 1.3))
            text.setZValue(len(Condition) + 1)
            self.plot.addItem(text, ignoreBounds=True)
            self._counts.append(text)
        for index, text in enumerate(self._counts):
            text.setVisible(index < len(crowds))
            if index < len(crowds):
                longitude, latitude, count = crowds[index]
                text.setText(f"{count:,}", color=self._theme.text)
                text.fill, text.border = mkBrush(self._theme.base), mkPen(self._theme.line)
                text.setPos(longitude, latitude)

    def showEvent(self, event: QShowEvent | None) -> None:
        """Catch up with what was not drawn while nobody could see it."""
        super().showEvent(event)
        self._show_conditions()

    def _show_conditions(self) -> None:
        if not self.isVisible() and self._is_drawn:
            return
        self._is_drawn = True
        board = self._station.board
        found = self.geography.conditions(
            board.freshness, board.levels, self._station.silent, board.raised.by_device
        )
        if not np.array_equal(found, self.conditions):
            self.conditions = found
            self._model.show(found)
            self._model.redraw(*self._visible_span())
            self._draw()
            self._say()

    def _visible_span(self) -> tuple[int, int]:
        """Return the first and the last line of the list that can be seen."""
        viewport = self.list.viewport()
        if viewport is None:
            return 0, -1
        first, last = self.list.indexAt(QPoint(1, 1)), self.list.indexAt(QPoint(1, viewport.height() - 1))
        return max(first.row(), 0), last.row() if last.isValid() else len(self.conditions) - 1

    def _draw(self) -> None:
        for condition, group in self._groups.items():
            here = (self.conditions == condition) & self.geography.is_located
            color = color_of(condition, self._theme)
            group.setData(
                x=self.geography.longitudes[here],
                y=self.geography.latitudes[here],
                symbol=symbol_of(condition),
                size=size_of(condition),
                pen=mkPen(self._theme.base if is_filled(condition) else color, width=1.2),
                brush=mkBrush(color if is_filled(condition) else None),
            )

    def _say(self) -> None:
        parts = [
            f"{count} {self._model.word(condition)}" for condition, count in counts(self.conditions).items()
        ]
        words = self.tr("{}: {}").format(counted(len(self.geography.devices), "device"), ", ".join(parts))
        lost = int((~self.geography.is_located).sum())
        if lost:
            words = self.tr("{}. {} {} no coordinates, and {} State has none: see the list.").format(
                words, counted(lost, "device"), have(lost), "its" if lost == 1 else "their"
            )
        self.words.setText(words)

    # Choosing

    def near(self, place: QPointF) -> list[str]:
        """Return the devices that are drawn at a place of the plot's scene, the nearest first."""
        box = self.plot.getViewBox()
        if not box.sceneBoundingRect().contains(place):
            return []
        point = box.mapSceneToView(place)
        across, along = box.viewPixelSize()
        found = self.geography.near(point.x(), point.y(), (across, along), REACH)
        return [self.geography.devices[number] for number in found]

    def told(self, names: list[str]) -> str:
        """Return what is said of devices at one place."""
        lines = []
        for name in names[:_NAMED]:
            number = self.geography.numbers[name]
            word = self._model.word(Condition(int(self.conditions[number])))
            place = "" if self.geography.is_own[number] else self.tr(" (near its State's coordinates)")
            lines.append(f"{name}: {word}{place}")
            lines += raised_lines(self._station.board.raised.by_device.get(name, ()))
        if len(names) > _NAMED:
            lines.append(self.tr("and {} more").format(len(names) - _NAMED))
        return "\n".join(lines)

    def _on_moved(self, place: QPointF) -> None:
        self.plot.setToolTip(tool_tip(self.told(self.near(place))))

    def _on_clicked(self, event: pyqtgraph.GraphicsScene.mouseEvents.MouseClickEvent) -> None:
        if event.button() == Qt.MouseButton.LeftButton:
            names = self.near(event.scenePos())
            if names:
                self._station.focus(names[0])

    def _on_current(self, current: QModelIndex) -> None:
        if current.isValid():
            self._station.focus(self.geography.devices[current.row()])

    def _on_device(self, device: str) -> None:
        number = self.geography.numbers.get(device)
        if number is None or not self.geography.is_located[number]:
            self._ring.setData(x=[], y=[])
        else:
            spot = [self.geography.longitudes[number]], [self.geography.latitudes[number]]
            self._ring.setData(x=spot[0], y=spot[1], symbol="o", size=24, brush=None)
        if number is not None:
            self.list.setCurrentIndex(self._model.index(number))
        else:
            self.list.setCurrentIndex(QModelIndex())
