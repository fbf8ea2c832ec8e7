"""Draws curves: lines that break, bands around them, symbols along them, and how they end."""

from __future__ import annotations

import numpy as np
import pyqtgraph.functions
from numpy.typing import NDArray
from PyQt6.QtCore import QPointF, Qt
from PyQt6.QtGui import QColor, QPainter, QPainterPath, QPen, QPolygonF

from papaya_gui.models.batch import Floats
from papaya_gui.models.picture import Lane, Trace
from papaya_gui.plots.geometry import Geometry, Placed
from papaya_gui.plots.lettering import Lettering
from papaya_gui.plots.pens import trace_look
from papaya_gui.theme import Theme
from papaya_gui.tokens import STROKE

# So many pixels are between the symbols that tell crossing curves apart.
SYMBOL_PIXELS = 170.0
# A line that goes so many times as far up and down as along fills an area.
DENSE = 4.0
# A piece of a line that is smaller than this, in pixels, is drawn as a dot of that size.
_DOT = 3.0


def draw_bands(painter: QPainter, geometry: Geometry, axis: Placed, theme: Theme) -> None:
    """Draw the bands between lowest and highest values; the more there are, the fainter is each."""
    bands = sum(trace.drawn.low is not None for trace in geometry.picture.traces)
    for trace in axis.shown.traces:
        low, high = trace.drawn.low, trace.drawn.high
        if low is not None and high is not None and len(low):
            back = QColor(trace_look(theme, trace).color)
            back.setAlpha(max(70 // max(bands // 3, 1), 14))
            xs = geometry.xs(trace.drawn.times)
            _draw_band(painter, xs, axis.ys(low), axis.ys(high), back)


def draw_curves(painter: QPainter, geometry: Geometry, axis: Placed, theme: Theme, *, smooth: bool) -> None:
    """Draw every line of an axis, with symbols where there are several."""
    # Many curves have a symbol less often: where everything is marked, nothing is.
    curves = len(geometry.picture.traces)
    distance = SYMBOL_PIXELS * max(1.0, curves / 8)
    for trace in axis.shown.traces:
        look, drawn = trace_look(theme, trace), trace.drawn
        if not len(drawn.times):
            continue
        xs, places = geometry.xs(drawn.times), axis.ys(drawn.values)
        draw_line(painter, xs, places, look.broad_pen() if smooth else look.pen, smooth=smooth)
        if curves > 1:
            for index in _symbol_places(xs, places, trace.look, distance):
                look.draw_symbol(painter, xs[index], places[index], 3.0)


def draw_line(painter: QPainter, xs: Floats, places: Floats, pen: QPen, *, smooth: bool = False) -> None:
    """Draw a line through points; what is hardly longer than a point between two breaks is a dot."""
    painter.setBrush(Qt.BrushStyle.NoBrush)
    path = line_path(xs, places)
    if smooth:
        painter.setPen(pen)
        painter.drawPath(path)
    else:
        _draw_fast(painter, path, pen, is_dense=_is_dense(xs, places))
    dots = _dots(xs, places)
    if len(dots):
        # A sample with a break on both sides is no line, and still a sample; so are two at the same pixel,
        # of which dashes show nothing.
        painter.setPen(QPen(pen.color(), _DOT))
        painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in zip(xs[dots], places[dots], strict=True)]))


def _is_dense(xs: Floats, places: Floats) -> bool:
    """Return whether a line goes up and down so much that it fills an area: wider, it would look the same."""
    steps = np.abs(np.diff(places))
    return bool(np.nansum(steps) > DENSE * (xs[-1] - xs[0])) if len(xs) > 1 else False


def _draw_fast(painter: QPainter, path: QPainterPath, pen: QPen, *, is_dense: bool) -> None:
    """Draw a path as wide as its pen, and on a screen of a high resolution never too fine to be seen.

    Qt draws one-pixel lines many times as fast as wider ones. So a wide line is several fine lines next to
    each other.
    """
    device = painter.device()
    ratio = 1.0 if device is None else device.devicePixelRatioF()
    fine = QPen(pen)
    fine.setWidthF(1.0)
    fine.setCosmetic(True)
    if pen.style() == Qt.PenStyle.CustomDashLine:
        # Dashes of a fine line are told in pixels of the screen.
        fine.setDashPattern([length * ratio for length in pen.dashPattern()])
    painter.setPen(fine)
    wanted = max(pen.widthF(), STROKE) if ratio >= STROKE else pen.widthF()
    count = 1 if is_dense else max(round(wanted * ratio), 1)
    for step in range(-((count - 1) // 2), count // 2 + 1):
        for across, up in ((step, 0), (0, step)) if step else ((0, 0),):
            painter.translate(across / ratio, up / ratio)
            painter.drawPath(path)
            painter.translate(-across / ratio, -up / ratio)


def line_path(xs: Floats, places: Floats) -> QPainterPath:
    """Return a line through points, broken where one is no number."""
    path: QPainterPath = pyqtgraph.functions.arrayToQPath(xs, places, connect="finite")
    return path


def _dots(xs: Floats, places: Floats) -> NDArray[np.intp]:
    """Return where the pieces between breaks begin that are smaller than a dot."""
    there = np.isfinite(places)
    if len(there) > 1 and there.all():
        return np.empty(0, np.intp)
    first = np.flatnonzero(there & ~np.append(False, there[:-1]))
    if not len(first):
        return first
    last = np.flatnonzero(there & ~np.append(there[1:], False))
    # Of the breaks between pieces, which are no numbers, neither knows anything.
    high, low = np.fmax.reduceat(places, first), np.fmin.reduceat(places, first)
    found: NDArray[np.intp] = first[(xs[last] - xs[first] < _DOT) & (high - low < _DOT)]
    return found


def _symbol_places(xs: Floats, places: Floats, number: int, distance: float) -> list[int]:
    """Return the points that get a symbol: a few, at other places for each curve."""
    offset = (number % 7) / 7 * distance
    wanted = np.arange(xs[0] - xs[0] % distance + offset, xs[-1], distance)
    found = np.unique(np.searchsorted(xs, wanted))
    return [int(index) for index in found if index < len(xs) and np.isfinite(places[index])]


def _draw_band(painter: QPainter, xs: Floats, low: Floats, high: Floats, color: QColor) -> None:
    painter.setPen(Qt.PenStyle.NoPen)
    painter.setBrush(color)
    for piece in np.split(np.arange(len(xs)), np.flatnonzero(~np.isfinite(low))):
        piece = piece[np.isfinite(low[piece])]
        if len(piece):
            around = np.concatenate((piece, piece[::-1]))
            edge = np.concatenate((high[piece], low[piece][::-1]))
            painter.drawPath(line_path(xs[around], edge))


def draw_end(
    painter: QPainter,
    geometry: Geometry,
    trace: Trace,
    placed: Placed,
    lettering: Lettering,
    theme: Theme,
) -> None:
    """Mark the newest sample: filled while it is live, hollow and with words when it is stale."""
    if trace.end is None:
        return
    rect = placed.rect
    x, y = geometry.x(trace.end[0]), placed.y(trace.end[1])
    if not (rect.left() <= x <= rect.right() + 1 and rect.top() - 1 <= y <= rect.bottom() + 1):
        return
    look = trace_look(theme, trace)
    look.draw_symbol(painter, x, y, 4.5, inside=QColor(theme.base) if trace.stale else None)
    if trace.stale:
        width = lettering.width(trace.stale)
        left = x + 9 if x + 9 + width <= rect.right() else x - 9 - width
        # The line of a step goes on for a while.
        above = y - lettering.height if isinstance(placed.shown, Lane) else y
        lettering.write(left, above, trace.stale, look.color, rect)
