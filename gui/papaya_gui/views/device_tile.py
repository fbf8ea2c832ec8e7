"""One sensor of a device as a tile: its value, how it is in words and colour, and its last hour."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QPointF, QSize, Qt
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QFrame, QVBoxLayout, QWidget

from papaya_gui.labels import plain_label
from papaya_gui.models.batch import Floats
from papaya_gui.models.board import LIVE
from papaya_gui.models.catalog import Row
from papaya_gui.models.condition import Condition
from papaya_gui.station import Station
from papaya_gui.theme import Theme
from papaya_gui.views.drag_source import DragSource
from papaya_gui.views.symbols import color_of
from papaya_gui.views.wording import translated_words

HOUR = 3600.0
_MOST_POINTS = 300


class Sparkline(QWidget):
    """The course of some samples, without axes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(36)
        self._times: Floats = np.empty(0)
        self._values: Floats = np.empty(0)
        self._color = QColor()

    def sizeHint(self) -> QSize:
        """Return the size that it likes."""
        return QSize(160, 36)

    def show_samples(self, times: Floats, values: Floats, color: str) -> None:
        """Draw other samples; too many of them are thinned out."""
        step = max(len(times) // _MOST_POINTS, 1)
        keep = np.isfinite(values[::step])
        self._times, self._values = times[::step][keep], values[::step][keep]
        self._color = QColor(color)
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the line, as high and as wide as there is room."""
        if len(self._times) < 2:
            return
        span = max(float(self._times[-1] - self._times[0]), 1e-9)
        low = float(self._values.min())
        height = float(self._values.max()) - low
        x = 2 + (self._times - self._times[0]) / span * (self.width() - 4)
        share = (self._values - low) / height if height > 0 else np.full(len(x), 0.5)
        y = self.height() - 3 - share * (self.height() - 6)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._color, 1.5))
        painter.drawPolyline(QPolygonF([QPointF(*one) for one in zip(x.tolist(), y.tolist(), strict=True)]))
        painter.end()


class SensorTile(QFrame):
    """Follows one row of the station; `bring` draws it anew."""

    def __init__(self, station: Station, row: Row, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"tile-{row.index}")
        self._station, self._row = station, row
        DragSource(self, station.catalog, lambda _: [row.index], is_plain=True)
        self._words = translated_words()
        self._title, self.value, self.level = plain_label(row.title), plain_label(), plain_label()
        self._line = Sparkline()
        column = QVBoxLayout(self)
        column.setContentsMargins(12, 8, 12, 8)
        column.setSpacing(4)
        for label in (self._title, self.value, self.level):
            label.setTextFormat(Qt.TextFormat.PlainText)
            label.setWordWrap(True)
            column.addWidget(label)
        column.addWidget(self._line)

    def bring(self, theme: Theme) -> None:
        """Show the latest value and how it is to be read."""
        station, index, board = self._station, self._row.index, self._station.board
        if index >= len(board.times):
            return
        worst, freshness = board.worst_of(index), int(board.freshness[index])
        age = board.now - float(board.seen[index])
        own = self._words.condition(freshness, int(board.levels[index]), int(board.sides[index]), age)
        about = board.raised.of_row(self._row)
        word = self._words.raised_by(about) if about else own
        is_simulated = self._row.device in station.supply.simulated_devices
        self.level.setText(f"{self._words.simulated}: {word}" if is_simulated else word)
        text = board.text(index)
        self.value.setText(f"{text} {self._row.sensor.unit or ''}".strip() or "–")
        self.setAccessibleName(f"{self._row.title}: {self.value.text()}, {self.level.text()}")
        calm = theme.simulated if is_simulated else theme.good if freshness == LIVE else theme.stale
        color = color_of(Condition(worst), theme) if worst else calm
        self.setStyleSheet(
            f"#{self.objectName()} {{ background: {theme.base}; border: 1px solid {theme.line};"
            f" border-left: 4px solid {color}; border-radius: 4px }}"
        )
        self.value.setStyleSheet(f"color: {theme.text}; font-size: 20px; font-weight: bold")
        self.level.setStyleSheet(f"color: {color}")
        self._title.setStyleSheet(f"color: {theme.muted}")
        live = station.series(index).live
        begin = int(np.searchsorted(live.times, board.now - HOUR))
        self._line.show_samples(live.times[begin:], live.values[begin:], color)
