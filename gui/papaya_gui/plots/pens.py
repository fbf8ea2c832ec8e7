"""How curves are told apart: by colour, by the pattern of the line, and by a symbol."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QPainter, QPen, QPixmap, QPolygonF

from papaya_gui.theme import Theme

# Lengths of dashes and of the blanks between them, in pixels; the first line is solid.
PATTERNS: tuple[tuple[float, ...], ...] = ((), (9, 4), (3, 3), (10, 3, 2, 3), (16, 5))
SYMBOLS = ("circle", "square", "triangle", "diamond", "cross", "down", "plus")
_SHAPES: dict[str, tuple[tuple[float, float], ...]] = {
    "square": ((-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)),
    "triangle": ((0, -1.1), (1, 0.8), (-1, 0.8)),
    "diamond": ((0, -1.2), (1, 0), (0, 1.2), (-1, 0)),
    "down": ((0, 1.1), (1, -0.8), (-1, -0.8)),
}
_STROKES: dict[str, tuple[tuple[float, float, float, float], ...]] = {
    "cross": ((-0.8, -0.8, 0.8, 0.8), (-0.8, 0.8, 0.8, -0.8)),
    "plus": ((-1, 0, 1, 0), (0, -1, 0, 1)),
}


@dataclass(frozen=True, slots=True)
class Look:
    """The colour, the pattern and the symbol of one curve."""

    color: QColor
    pattern: tuple[float, ...]
    symbol: str
    # One pixel wide at any scale, which is also what is drawn fastest.
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
        was_smooth = painter.testRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setPen(QPen(self.color, 1.5))
        painter.setBrush(self.color if inside is None else inside)
        if self.symbol == "circle":
            painter.drawEllipse(QRectF(x - size, y - size, 2 * size, 2 * size))
        elif self.symbol in _SHAPES:
            painter.drawPolygon(
                QPolygonF([QPointF(x + size * a, y + size * b) for a, b in _SHAPES[self.symbol]])
            )
        else:
            if inside is not None:
                painter.drawEllipse(QRectF(x - size, y - size, 2 * size, 2 * size))
            for a, b, c, d in _STROKES[self.symbol]:
                painter.drawLine(QPointF(x + size * a, y + size * b), QPointF(x + size * c, y + size * d))
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, was_smooth)
        painter.setBrush(Qt.BrushStyle.NoBrush)


@lru_cache
def look_of(theme: Theme, number: int) -> Look:
    """Return the look of the curve with this number: the first 35 differ in colour and pattern or symbol."""
    color = QColor(theme.curves[number % len(theme.curves)])
    pattern = PATTERNS[number % len(PATTERNS)]
    pen = QPen(color, 1.0)
    pen.setCosmetic(True)
    if pattern:
        pen.setDashPattern(pattern)
    return Look(color, pattern, SYMBOLS[number % len(SYMBOLS)], pen)


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
    pen.setWidthF(1.5)
    painter.setPen(pen)
    painter.drawLine(QPointF(x, y), QPointF(x + width, y))
    look.draw_symbol(painter, x + width / 2, y, 4.0)
