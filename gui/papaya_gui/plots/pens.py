"""Marks that distinguish curves: color, line pattern and symbol."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen, QPixmap
from pyqtgraph.graphicsItems.ScatterPlotItem import drawSymbol

from papaya_gui.models.picture import Trace
from papaya_gui.theme import Theme

# Lengths of dashes and of the blanks between them, in pixels; the first line is solid.
PATTERNS: tuple[tuple[float, ...], ...] = ((), (9, 4), (3, 3), (10, 3, 2, 3), (16, 5))
# The names of pyqtgraph's symbols, and characters that look like them.
SYMBOLS = (("o", "●"), ("s", "■"), ("t1", "▲"), ("d", "◆"), ("x", "×"), ("t", "▼"), ("+", "+"))


@dataclass(frozen=True, slots=True)
class Look:
    """The colour, the pattern and the symbol of one curve."""

    color: QColor
    pattern: tuple[float, ...]
    symbol: str
    glyph: str
    # One pixel wide at any scale, which is also what is drawn fastest, unless a person wants it wider.
    pen: QPen

    def broad_pen(self) -> QPen:
        """Return a pen whose line is as wide as the painter's unit, and so becomes wider with the image."""
        pen = QPen(self.pen)
        pen.setCosmetic(False)
        return pen

    def draw_symbol(
        self, painter: QPainter, x: float, y: float, size: float, *, inside: QColor | None = None
    ) -> None:
        """Draw its symbol around a point, filled, or hollow with another colour inside."""
        painter.save()
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.translate(x, y)
        # A symbol of pyqtgraph is one unit wide, and so is its pen.
        pen = QPen(self.color, 0.6 / size)
        drawSymbol(painter, self.symbol, 2 * size, pen, self.color if inside is None else inside)
        painter.restore()


def trace_look(theme: Theme, trace: Trace) -> Look:
    """Return the look of a curve in a picture."""
    return look_of(theme, trace.look, trace.color, trace.width)


@lru_cache
def look_of(theme: Theme, number: int, color_number: int = -1, width: float = 1.0) -> Look:
    """Return the look of the curve with this number: the first 35 differ in color and pattern or symbol.

    A person may have chosen another color and width.
    """
    color = QColor(theme.curves[(number if color_number < 0 else color_number) % len(theme.curves)])
    pattern = PATTERNS[number % len(PATTERNS)]
    pen = QPen(color, width)
    pen.setCosmetic(True)
    if pattern:
        pen.setDashPattern(pattern)
    return Look(color, pattern, *SYMBOLS[number % len(SYMBOLS)], pen)


def sample(look: Look, scale: float = 1.0) -> QPixmap:
    """Return a short piece of the line with its symbol, for a legend."""
    width, height = 44, 16
    pixmap = QPixmap(round(width * scale), round(height * scale))
    pixmap.setDevicePixelRatio(scale)
    pixmap.fill(Qt.GlobalColor.transparent)
    painter = QPainter(pixmap)
    draw_sample(painter, look, 0, height / 2, width)
    painter.end()
    return pixmap


def draw_sample(painter: QPainter, look: Look, x: float, y: float, width: float) -> None:
    """Draw a short piece of the line with its symbol, from a point to the right."""
    pen = look.broad_pen()
    pen.setWidthF(max(1.5, pen.widthF()))
    painter.setPen(pen)
    painter.drawLine(QPointF(x, y), QPointF(x + width, y))
    look.draw_symbol(painter, x + width / 2, y, 4.0)
