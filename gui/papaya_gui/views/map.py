"""The fleet on a base map: symbols and clusters, a card for the chosen device, and a list beside them."""

from __future__ import annotations

import threading
from collections.abc import Iterable

import numpy as np
import pyqtgraph
from numpy.typing import NDArray
from PyQt6.QtCore import QEvent, QModelIndex, QObject, QPoint, QPointF, QSize, Qt, QTimer, pyqtSignal
from PyQt6.QtGui import QKeyEvent, QResizeEvent, QShowEvent
from PyQt6.QtWidgets import QListView, QSplitter, QVBoxLayout, QWidget

from papaya.counting import counted, have
from papaya_gui.actions import Actions
from papaya_gui.labels import plain_label
from papaya_gui.models.alarms import raised_lines
from papaya_gui.models.base_map import base_map
from papaya_gui.models.clusters import Cluster
from papaya_gui.models.condition import Condition, Conditions
from papaya_gui.models.conditions import counts
from papaya_gui.station import Station
from papaya_gui.theme import Theme
from papaya_gui.tokens import ICON_SMALL, LIST, S
from papaya_gui.views.map_card import DeviceCard
from papaya_gui.views.map_ground import Ground
from papaya_gui.views.map_list import DeviceModel
from papaya_gui.views.map_marks import Marks
from papaya_gui.views.throttle import Throttle
from papaya_gui.views.wording import tool_tip

# Milliseconds until the window is usable, and has time for what may be wanted next.
_LOOK_AHEAD = 1000
_NAMED = 3
# Conditions of ten thousand devices are looked at so often, and the views that depend on them drawn.
_REST_MILLISECONDS = 500
_CARD_EDGE = 12
# How many degrees the map shows at least and at most, and around a device that stands alone.
_NEAREST, _FARTHEST, _AROUND = 2e-5, 400.0, 0.01
_MOVES = {
    Qt.Key.Key_Left: (-0.1, 0.0),
    Qt.Key.Key_Right: (0.1, 0.0),
    Qt.Key.Key_Up: (0.0, 0.1),
    Qt.Key.Key_Down: (0.0, -0.1),
}
_ZOOMS = {Qt.Key.Key_Plus: 0.8, Qt.Key.Key_Equal: 0.8, Qt.Key.Key_Minus: 1.25}


class MapView(QWidget):
    """A map of devices and a list of the same devices; what is chosen in either is turned to.

    The map is made when the page is first shown; the list beside it is there at once, so that a layout keeps
    their widths.

    `plotWanted(device)`, `pageWanted`, `acknowledgeWanted` and `clearWanted` are those of a device's card.
    """

    plotWanted = pyqtSignal(str)
    pageWanted = pyqtSignal(str)
    acknowledgeWanted = pyqtSignal(str)
    clearWanted = pyqtSignal(str)

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
        self.geography = station.catalog.geography
        self.conditions: Conditions = np.full(len(self.geography.devices), -1, np.int8)
        self._is_drawn = self._is_made = False
        self._seldom = Throttle(self._show_conditions, _REST_MILLISECONDS, self)
        self._build()
        QTimer.singleShot(_LOOK_AHEAD, self._read_world)
        actions.add(
            "map-all",
            self.tr("Show all devices on the map"),
            self.show_all,
            group=self.tr("Map"),
            words="zoom out fit overview",
        )
        self.set_theme(theme)
        station.ticked.connect(self._seldom.ask)
        station.conditionChanged.connect(self._seldom.ask)
        station.deviceChanged.connect(self._on_device)
        station.placeChanged.connect(self._on_place)
        self._show_conditions()

    def _build(self) -> None:
        self._model = DeviceModel(self.geography, self)
        self.list = QListView()
        self.list.setObjectName("map-list")
        self.list.setAccessibleName(self.tr("The devices of the map"))
        self._model.row_size = QSize(0, self.list.fontMetrics().height() + S)
        self.list.setModel(self._model)
        self.list.setUniformItemSizes(True)
        self.list.setIconSize(QSize(ICON_SMALL, ICON_SMALL))
        # Ten thousand devices are laid out in several turns of the event loop.
        self.list.setLayoutMode(QListView.LayoutMode.Batched)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setMinimumWidth(LIST)
        chosen = self.list.selectionModel()
        if chosen is not None:
            chosen.currentChanged.connect(self._on_current)
        self.words = plain_label()
        self.words.setObjectName("map-words")
        self.words.setAccessibleName(self.tr("The map in words"))
        self.words.setTextFormat(Qt.TextFormat.PlainText)
        self.words.setWordWrap(True)
        self._room = QWidget()
        room = QVBoxLayout(self._room)
        room.setContentsMargins(0, 0, 0, 0)
        self.splitter = QSplitter(Qt.Orientation.Horizontal)
        self.splitter.setObjectName("map-splitter")
        self.splitter.addWidget(self._room)
        self.splitter.addWidget(self.list)
        self.splitter.setStretchFactor(0, 1)
        self.splitter.setSizes([640, 200])
        layout = QVBoxLayout(self)
        layout.setContentsMargins(S, S, S, S)
        layout.addWidget(self.splitter, 1)
        layout.addWidget(self.words)

    def _make(self) -> None:
        """Make the map, as it would be had it followed place and device from the start."""
        self._is_made = True
        self.plot = pyqtgraph.PlotWidget()
        self.plot.setObjectName("map-plot")
        self.plot.setAccessibleName(self.tr("Devices by longitude and latitude"))
        self.plot.setMenuEnabled(False)
        self.plot.hideButtons()
        for side in ("bottom", "left"):
            self.plot.hideAxis(side)
        self.plot.setMouseTracking(True)
        self.plot.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.plot.installEventFilter(self)
        located = self.geography.is_located
        middle = np.median(self.geography.latitudes[located]) if located.any() else 0.0
        box = self.plot.getViewBox()
        # A degree of longitude is drawn as long as it is where most devices are.
        box.setAspectLocked(True, 1 / max(np.cos(np.radians(middle)), 0.1))
        box.setLimits(minXRange=_NEAREST, maxXRange=_FARTHEST, minYRange=_NEAREST, maxYRange=_FARTHEST)
        self.marks = Marks(self.geography, self._theme)
        self.ground = Ground(self._theme, self.marks.clusters)
        for item in (self.ground, self.marks):
            self.plot.addItem(item, ignoreBounds=True)
        self.plot.scene().sigMouseMoved.connect(self._on_moved)
        self.plot.scene().sigMouseClicked.connect(self._on_clicked)
        self.card = DeviceCard(self._theme, self.plot)
        self.card.plotWanted.connect(self.plotWanted)
        self.card.pageWanted.connect(self.pageWanted)
        self.card.acknowledgeWanted.connect(self.acknowledgeWanted)
        self.card.clearWanted.connect(self.clearWanted)
        self.card.closed.connect(self.plot.setFocus)
        room = self._room.layout()
        if room is not None:
            room.addWidget(self.plot)
        QWidget.setTabOrder(self._room, self.plot)
        self._paint_theme()
        self.marks.show_conditions(self.conditions)
        self._on_place(self._station.place)
        self._on_device(self._station.device)
        self._unpack_world()

    def _read_world(self) -> None:
        """Read the base map before somebody looks at it, beside the window."""
        threading.Thread(target=base_map, name="base-map", daemon=True).start()

    def _unpack_world(self) -> None:
        """Make the base map ready for whoever zooms in, beside the window."""
        threading.Thread(target=lambda: base_map().unpack(), name="base-map-scales", daemon=True).start()

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self._theme = theme
        self._model.set_theme(theme)
        if self._is_made:
            self._paint_theme()

    def _paint_theme(self) -> None:
        self.plot.setBackground(self._theme.sea)
        for part in (self.ground, self.marks, self.card):
            part.set_theme(self._theme)

    def show_all(self) -> None:
        """Show every device that has coordinates."""
        self.show_devices(np.flatnonzero(self.geography.is_located))

    def show_devices(self, numbers: NDArray[np.intp]) -> None:
        """Show some devices, as near as all of them fit; those without coordinates do not count."""
        numbers = numbers[self.geography.is_located[numbers]]
        if self._is_made and not self.geography.is_located.any():
            # With nothing to show, the whole world is of more use than the sea south of Ghana.
            self.plot.setRange(xRange=(-180, 180), yRange=(-60, 75), padding=0)
        elif self._is_made and len(numbers):
            across, along = self.geography.longitudes[numbers], self.geography.latitudes[numbers]
            self.plot.setRange(
                xRange=(across.min() - _AROUND, across.max() + _AROUND),
                yRange=(along.min() - _AROUND, along.max() + _AROUND),
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

    def showEvent(self, event: QShowEvent | None) -> None:
        """Catch up with what was not drawn while nobody could see it."""
        super().showEvent(event)
        if not self._is_made:
            self._make()
        self._show_conditions()

    def _show_conditions(self) -> None:
        if not self.isVisible() and self._is_drawn:
            return
        self._is_drawn = True
        found = self._station.judged().worst
        if not np.array_equal(found, self.conditions):
            self.conditions = found
            self._model.show(found)
            self._model.redraw(*self._visible_span())
            if self._is_made:
                self.marks.show_conditions(found)
            self._say()
        self._fill_card()

    def _visible_span(self) -> tuple[int, int]:
        """Return the first and the last line of the list that can be seen."""
        viewport = self.list.viewport()
        if viewport is None:
            return 0, -1
        first, last = self.list.indexAt(QPoint(1, 1)), self.list.indexAt(QPoint(1, viewport.height() - 1))
        return max(first.row(), 0), last.row() if last.isValid() else len(self.conditions) - 1

    def _say(self) -> None:
        parts = [
            f"{count:,} {self._model.word(condition)}" for condition, count in counts(self.conditions).items()
        ]
        words = self.tr("{}: {}").format(counted(len(self.geography.devices), "device"), ", ".join(parts))
        lost = int((~self.geography.is_located).sum())
        if lost:
            words = self.tr("{}. {} {} no coordinates, and {} State has none: see the list.").format(
                words, counted(lost, "device"), have(lost), "its" if lost == 1 else "their"
            )
        self.words.setText(words)

    # Choosing

    def at(self, place: QPointF) -> Cluster | None:
        """Return the cluster, or the device as a cluster of one, at a place of the plot's scene."""
        box = self.plot.getViewBox()
        if not box.sceneBoundingRect().contains(place):
            return None
        return self.marks.at(box.mapSceneToView(place))

    def told(self, numbers: Iterable[int]) -> str:
        """Return what is said of the devices of one symbol, the gravest first."""
        ordered = sorted(numbers, key=lambda number: -int(self.conditions[number]))
        lines = []
        for number in ordered[:_NAMED]:
            lines += self._about(number, self.geography.devices[number] + ": ")
        if len(ordered) > _NAMED:
            lines.append(self.tr("and {} more").format(f"{len(ordered) - _NAMED:,}"))
        return "\n".join(lines)

    def _about(self, number: int, before: str = "") -> list[str]:
        word = self._model.word(Condition(max(int(self.conditions[number]), 0)))
        place = "" if self.geography.is_own[number] else self.tr(" (near its State's coordinates)")
        raised = self._station.board.raised.by_device.get(self.geography.devices[number], ())
        return [f"{before}{word}{place}", *raised_lines(raised)]

    def _on_moved(self, place: QPointF) -> None:
        cluster = self.at(place)
        self.plot.setToolTip(tool_tip(self.told(cluster.devices.tolist())) if cluster else "")

    def _on_clicked(self, event: pyqtgraph.GraphicsScene.mouseEvents.MouseClickEvent) -> None:
        if event.button() != Qt.MouseButton.LeftButton:
            return
        cluster = self.at(event.scenePos())
        if cluster is None:
            self.card.hide()
        elif cluster.count == 1:
            self._open(int(cluster.devices[0]))
        else:
            self._enter(cluster)

    def _open(self, number: int) -> None:
        device = self.geography.devices[number]
        if self._station.device != device:
            self._station.focus(device)
        self.card.device = device
        self.card.show()
        self._fill_card()

    def _enter(self, cluster: Cluster) -> None:
        """Show a cluster's devices apart from each other."""
        across = self.geography.longitudes[cluster.devices]
        along = self.geography.latitudes[cluster.devices]
        reach = max(float(np.ptp(across)), float(np.ptp(along)))
        box = self.plot.getViewBox()
        # What is nearer to each other than a symbol is wide needs more than a view that holds all of it.
        wide = max(reach * 1.3, _NEAREST * 2)
        wide = min(wide, box.viewRect().width() / 2)
        middle = (across.min() + across.max()) / 2, (along.min() + along.max()) / 2
        box.setRange(
            xRange=(middle[0] - wide / 2, middle[0] + wide / 2),
            yRange=(middle[1] - wide / 2, middle[1] + wide / 2),
            padding=0.0,
        )

    def _fill_card(self) -> None:
        if not self._is_made:
            return
        number = self.geography.numbers.get(self.card.device)
        if number is None or self.card.isHidden():
            return
        device = self._station.catalog.device(self.card.device)
        lines = [f"{device.state}, {device.country}", *self._about(number)]
        if device.model:
            lines.insert(1, self.tr("Model {}").format(device.model))
        if self.geography.is_own[number]:
            lines.append(f"{self.geography.latitudes[number]:.5f}, {self.geography.longitudes[number]:.5f}")
        has_alarms = bool(self._station.board.raised.by_device.get(device.name))
        self.card.show_device(device.name, lines, has_alarms=has_alarms)
        self._place_card()

    def _place_card(self) -> None:
        self.card.move(max(self.plot.width() - self.card.width() - _CARD_EDGE, 0), _CARD_EDGE)

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Keep the card in its corner."""
        super().resizeEvent(event)
        if self._is_made:
            self._place_card()

    def _on_current(self, current: QModelIndex) -> None:
        if current.isValid():
            self._station.focus(self.geography.devices[current.row()])

    def _on_place(self, place: tuple[str, ...]) -> None:
        """Show the devices of a Country or State that was turned to, or all of them."""
        devices = self.geography.devices
        owners = [self._station.catalog.device(name) for name in devices] if place else []
        inside = [(one.country, one.state)[: len(place)] == place for one in owners]
        self.show_devices(np.flatnonzero(inside) if place else np.flatnonzero(self.geography.is_located))

    def _on_device(self, device: str) -> None:
        number = self.geography.numbers.get(device)
        if self._is_made:
            is_placed = number is not None and bool(self.geography.is_located[number])
            self.marks.choose(number if is_placed else None)
            if number is not None and is_placed:
                self._bring_in(number)
        if number is not None:
            self.list.setCurrentIndex(self._model.index(number))
        else:
            self.list.setCurrentIndex(QModelIndex())
            if self._is_made:
                self.card.hide()

    def _bring_in(self, number: int) -> None:
        """Move the map as little as it takes for a device to be seen; it stays as near as it is."""
        box = self.plot.getViewBox()
        shown = box.viewRect()
        spot = QPointF(self.geography.longitudes[number], self.geography.latitudes[number])
        if not shown.contains(spot):
            box.translateBy(x=spot.x() - shown.center().x(), y=spot.y() - shown.center().y())
