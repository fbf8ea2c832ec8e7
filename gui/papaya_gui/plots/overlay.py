"""The overlay on the picture: cursors, the selected span, the drop target."""

from __future__ import annotations

from PyQt6.QtCore import QCoreApplication, QLineF, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter, QPen

from papaya_gui.models.measuring import Marks
from papaya_gui.models.window import duration_text
from papaya_gui.plots.dropping import Target
from papaya_gui.plots.geometry import Geometry
from papaya_gui.theme import Theme

NAMES = ("A", "B")
# As near as the mouse has to be to take hold of a measuring cursor, in pixels.
GRIP = 5.0


def mark_at(geometry: Geometry, marks: Marks, x: float) -> int | None:
    """Return which measuring cursor stands there."""
    for place, moment in enumerate(marks.times):
        if moment is not None and abs(geometry.x(moment) - x) <= GRIP:
            return place
    return None


def draw_marks(painter: QPainter, geometry: Geometry, marks: Marks, theme: Theme) -> None:
    """Draw the measuring cursors with their names, and the time between them."""
    plot, metrics = geometry.plot, QFontMetricsF(painter.font())
    height = metrics.height() + 2
    xs = [geometry.x(moment) for moment in marks.times if moment is not None]
    if len(xs) == 2:
        y = _row(plot, height) + height / 2
        left, right = (min(max(x, plot.left()), plot.right()) for x in sorted(xs))
        painter.setPen(QPen(QColor(theme.accent), 1))
        painter.drawLine(QPointF(left, y), QPointF(right, y))
    for name, moment in zip(NAMES, marks.times, strict=True):
        if moment is None:
            continue
        x = geometry.x(moment)
        if not plot.left() - 1 <= x <= plot.right() + 1:
            continue
        painter.setPen(QPen(QColor(theme.accent), 1.5))
        painter.drawLine(QLineF(x, plot.top(), x, plot.bottom()))
        width = metrics.horizontalAdvance(name) + 8
        _plate(painter, QRectF(x - width / 2, _row(plot, height), width, height), name, theme)
    if len(xs) == 2:
        # After the lines, which would else run through its letters.
        _write_span(painter, plot, marks.span or 0.0, (left, right), theme)


def _write_span(
    painter: QPainter, plot: QRectF, span: float, between: tuple[float, float], theme: Theme
) -> None:
    """Write how long it is from A to B, between the two or below them."""
    left, right = between
    metrics = QFontMetricsF(painter.font())
    height = metrics.height() + 2
    text = QCoreApplication.translate("PlotPanel", "B – A = {span}").format(span=duration_text(span))
    width = metrics.horizontalAdvance(text) + 12
    center = min(max((left + right) / 2, plot.left() + width / 2), plot.right() - width / 2)
    # Between two lines that are close there is no room: the text stands below their names.
    top = _row(plot, height) + (0.0 if right - left > width + 40 else height)
    _plate(painter, QRectF(center - width / 2, top, width, height), text, theme)


def _row(plot: QRectF, height: float) -> float:
    """Return where the names of the cursors begin: above the plot, beside the words of the time axis."""
    return max(plot.top() - height, 0.0)


def _plate(painter: QPainter, box: QRectF, text: str, theme: Theme) -> None:
    painter.fillRect(box, QColor(theme.accent))
    painter.setPen(QColor(theme.accent_text))
    painter.drawText(box, Qt.AlignmentFlag.AlignCenter, text)


def draw_band(painter: QPainter, plot: QRectF, band: tuple[float, float], theme: Theme) -> None:
    """Draw the span that is being chosen."""
    left, right = sorted(band)
    back = QColor(theme.accent)
    back.setAlpha(50)
    painter.fillRect(QRectF(left, plot.top(), right - left, plot.height()), back)


def draw_target(painter: QPainter, target: Target, theme: Theme) -> None:
    """Draw where something would be dropped, and what that does."""
    back = QColor(theme.accent)
    back.setAlpha(40)
    painter.fillRect(target.rect, back)
    painter.setPen(QPen(QColor(theme.accent), 2))
    painter.drawRect(target.rect)
    if target.number is None:
        text = QCoreApplication.translate("PlotPanel", "New panel")
        width = QFontMetricsF(painter.font()).horizontalAdvance(text) + 16
        height = QFontMetricsF(painter.font()).height() + 2
        box = QRectF(0, 0, width, height)
        box.moveCenter(target.rect.center())
        _plate(painter, box, text, theme)


def draw_current(painter: QPainter, geometry: Geometry, theme: Theme) -> None:
    """Mark the panel that gets what is added, where there are several."""
    for placed in geometry.panes:
        if placed.pane.is_current and placed.pane.title:
            painter.fillRect(
                QRectF(0.0, placed.whole.top(), 3.0, placed.whole.height()), QColor(theme.accent)
            )
