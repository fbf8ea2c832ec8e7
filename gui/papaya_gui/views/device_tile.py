"""One sensor of a device as a tile: its value, how it is in words and colour, and its last hour."""

from __future__ import annotations

import math

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, QSize
from PyQt6.QtGui import QColor, QPainter, QPaintEvent, QPen, QPolygonF
from PyQt6.QtWidgets import QFrame, QSizePolicy, QVBoxLayout, QWidget

from papaya_gui.labels import plain_label
from papaya_gui.models.batch import TRUTH, Floats
from papaya_gui.models.board import LIVE
from papaya_gui.models.catalog import Row
from papaya_gui.models.condition import Condition
from papaya_gui.models.level_bar import LevelBar, level_bar
from papaya_gui.sources.supply import Past
from papaya_gui.station import Station
from papaya_gui.theme import LIGHT, Theme
from papaya_gui.tokens import XS, M, S, Type, card_style, ink_style, inset, set_type
from papaya_gui.views.drag_source import DragSource
from papaya_gui.views.symbols import color_of
from papaya_gui.views.wording import translated_words

HOUR = 3600.0
_MOST_POINTS = 300
_BAR_HEIGHT = 12


class Sparkline(QWidget):
    """The course of some samples, without axes."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(36)
        self.times: Floats = np.empty(0)
        self._values: Floats = np.empty(0)
        self._color = QColor()

    def sizeHint(self) -> QSize:
        """Return the size that it likes."""
        return QSize(160, 36)

    def show_samples(self, times: Floats, values: Floats, color: str) -> None:
        """Draw other samples; too many of them are thinned out."""
        step = max(len(times) // _MOST_POINTS, 1)
        keep = np.isfinite(values[::step])
        self.times, self._values = times[::step][keep], values[::step][keep]
        self._color = QColor(color)
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw the line, as high and as wide as there is room."""
        if len(self.times) < 2:
            return
        span = max(float(self.times[-1] - self.times[0]), 1e-9)
        values = self._values
        if not math.isfinite(float(values.max()) - float(values.min())):
            # Between the largest numbers that there are lies none.
            values = values / 4
        low = float(values.min())
        height = float(values.max()) - low
        x = 2 + (self.times - self.times[0]) / span * (self.width() - 4)
        share = (values - low) / height if height > 0 else np.full(len(x), 0.5)
        y = self.height() - 3 - share * (self.height() - 6)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(self._color, 1.5))
        painter.drawPolyline(QPolygonF([QPointF(*one) for one in zip(x.tolist(), y.tolist(), strict=True)]))
        painter.end()


class Bar(QWidget):
    """From the least to the most that is expected, with the thresholds and the present value."""

    def __init__(self, bar: LevelBar, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setFixedHeight(_BAR_HEIGHT)
        self._bar = bar
        self._value, self._theme = math.nan, LIGHT

    def show_value(self, value: float, theme: Theme) -> None:
        """Draw another value; what is no number is not drawn."""
        self._value, self._theme = value, theme
        self.update()

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Draw zones, and a needle where the value is."""
        painter, theme = QPainter(self), self._theme
        width = self.width() - 1
        for first, last, condition in self._bar.zones:
            color = QColor(color_of(condition, theme))
            color.setAlphaF(0.35 if condition is Condition.ONLINE else 0.6)
            area = QRectF(first * width, 3, (last - first) * width, self.height() - 6)
            painter.fillRect(area, color)
            if first > 0:
                # Thresholds are told by a line, too, not by colour alone.
                painter.fillRect(QRectF(first * width - 0.5, 1, 1, self.height() - 2), QColor(theme.muted))
        if math.isfinite(self._value):
            spot = self._bar.place(self._value) * width
            painter.fillRect(QRectF(max(spot - 1.5, 0), 0, 3, self.height()), QColor(theme.text))
        painter.end()


class SensorTile(QFrame):
    """Follows one row of the station; `bring` draws it anew.

    `past` is what the source remembers of the last hour, once somebody has asked for it.
    """

    def __init__(self, station: Station, row: Row, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName(f"tile-{row.index}")
        # Tiles beside each other are equally wide, however long their names are.
        self.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Preferred)
        self._station, self.row = station, row
        self.past: Past | None = None
        DragSource(self, station.catalog, lambda _: [row.index], is_plain=True)
        self._words = translated_words()
        self._title, self.value, self.level = plain_label(row.title), plain_label(), plain_label()
        set_type(self.value, Type.HEADING)
        self.line = Sparkline()
        found = level_bar(row.sensor)
        self.bar = Bar(found) if found is not None else None
        column = QVBoxLayout(self)
        inset(column, M, S, gap=XS)
        for label in (self._title, self.value, self.level):
            label.setWordWrap(True)
            column.addWidget(label)
        column.addStretch(1)
        if self.bar is not None:
            column.addWidget(self.bar)
        column.addWidget(self.line)

    def bring(self, theme: Theme) -> None:
        """Show the latest value and how it is to be read."""
        station, index, board = self._station, self.row.index, self._station.board
        if index >= len(board.times):
            return
        worst, freshness = board.worst_of(index), int(board.freshness[index])
        age = board.now - float(board.seen[index])
        own = self._words.condition(freshness, int(board.levels[index]), int(board.sides[index]), age)
        about = board.raised.of_row(self.row)
        word = self._words.raised_by(about) if about else own
        judged = station.judged()
        is_simulated = bool(judged.is_simulated[judged.numbers[self.row.device]])
        if is_simulated:
            # What is simulated is not called live.
            word = self._words.simulated if word == self._words.live else f"{self._words.simulated}: {word}"
        self.level.setText(word)
        text = board.text(index)
        self.value.setText(f"{text} {self.row.sensor.unit or ''}".strip() if text else "–")
        self.setAccessibleName(f"{self.row.title}: {self.value.text()}, {self.level.text()}")
        calm = theme.simulated if is_simulated else theme.good if freshness == LIVE else theme.stale
        color = color_of(Condition(worst), theme) if worst else calm
        self.setStyleSheet(card_style(self.objectName(), theme, color))
        self.value.setStyleSheet(ink_style(theme.text))
        self.level.setStyleSheet(ink_style(color))
        self._title.setStyleSheet(ink_style(theme.muted))
        if self.bar is not None:
            is_number = int(board.kinds[index]) < TRUTH
            self.bar.show_value(float(board.values[index]) if is_number else math.nan, theme)
            self.bar.setAccessibleName(f"{self.row.title}: {self.level.text()}")
        self.line.show_samples(*self._last_hour(), color)

    def _last_hour(self) -> tuple[Floats, Floats]:
        """Return times and values: what came live, and before it what the source remembers."""
        begin = self._station.board.now - HOUR
        live = self._station.series(self.row.index).live
        first = int(np.searchsorted(live.times, begin))
        times, values = live.times[first:], live.values[first:]
        if self.past is None or self.past.kind >= TRUTH:
            return times, values
        until = times[0] if len(times) else np.inf
        is_before = (self.past.times >= begin) & (self.past.times < until)
        return np.append(self.past.times[is_before], times), np.append(self.past.values[is_before], values)
