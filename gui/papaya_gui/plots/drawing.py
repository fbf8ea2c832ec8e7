"""Draws a picture with any painter: on the screen, into an image, into an SVG file."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pyqtgraph.functions
from PyQt6.QtCore import QLineF, QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF

from papaya_gui.models.batch import Floats
from papaya_gui.models.picture import Limit, Trace
from papaya_gui.models.ticks import local, time_ticks, value_ticks, zone_text
from papaya_gui.plots.geometry import AXIS_WIDTH, Geometry, PlacedAxis, PlacedLane, ys
from papaya_gui.plots.pens import look_of
from papaya_gui.theme import Theme

TICK_PIXELS, TIME_TICK_PIXELS = 42.0, 84.0
# So many pixels are between the symbols that tell crossing curves apart.
SYMBOL_PIXELS = 170.0

_LEFT = Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignVCenter
_RIGHT = Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter
_CENTRE = Qt.AlignmentFlag.AlignHCenter | Qt.AlignmentFlag.AlignTop


def draw(painter: QPainter, geometry: Geometry, theme: Theme) -> None:
    """Draw everything of a picture but the cursor."""
    painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
    _draw_grid(painter, geometry, theme)
    for area in geometry.areas:
        for axis in area:
            _draw_limits(painter, axis, theme)
    for area in geometry.areas:
        for axis in area:
            _clipped(painter, axis.rect, lambda axis=axis: _draw_curves(painter, geometry, axis, theme))  # type: ignore[misc]
    for lane in geometry.lanes:
        _draw_lane(painter, geometry, lane, theme)
    _draw_seams(painter, geometry, theme)
    for area in geometry.areas:
        for axis in area:
            _draw_axis(painter, axis, theme)
            for trace in axis.axis.traces:
                _draw_end(painter, geometry, trace, axis.rect, axis.y, theme)
    for lane in geometry.lanes:
        _draw_end(painter, geometry, lane.lane.trace, lane.rect, lane.y, theme)
    _draw_time_axis(painter, geometry, theme)


def _clipped(painter: QPainter, rect: QRectF, work: Callable[[], None]) -> None:
    painter.save()
    painter.setClipRect(rect)
    work()
    painter.restore()


def _rects(geometry: Geometry) -> list[QRectF]:
    return [area[0].rect for area in geometry.areas] + [lane.rect for lane in geometry.lanes]


def _draw_grid(painter: QPainter, geometry: Geometry, theme: Theme) -> None:
    picture = geometry.picture
    most = int(geometry.plot.width() / TIME_TICK_PIXELS)
    moments = [time for time, _ in time_ticks(picture.start, picture.end, most, picture.zone)]
    painter.setPen(QPen(QColor(theme.line), 1))
    for rect in _rects(geometry):
        painter.fillRect(rect, QColor(theme.base))
        for moment in moments:
            x = round(geometry.x(moment)) + 0.5
            painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
    for area in geometry.areas:
        for value, _ in _ticks_of(area[0]):
            y = round(area[0].y(value)) + 0.5
            painter.drawLine(QPointF(area[0].rect.left(), y), QPointF(area[0].rect.right(), y))


def _ticks_of(axis: PlacedAxis) -> list[tuple[float, str]]:
    scale = axis.axis.scale
    return value_ticks(scale.low, scale.high, max(int(axis.rect.height() / TICK_PIXELS), 2))


# Curves


def _draw_curves(painter: QPainter, geometry: Geometry, axis: PlacedAxis, theme: Theme) -> None:
    for trace in axis.axis.traces:
        look, drawn = look_of(theme, trace.look), trace.drawn
        if not len(drawn.times):
            continue
        xs = geometry.xs(drawn.times)
        if drawn.low is not None and drawn.high is not None:
            back = QColor(look.color)
            back.setAlpha(70)
            _draw_band(
                painter,
                xs,
                ys(axis.rect, axis.axis.scale, drawn.low),
                ys(axis.rect, axis.axis.scale, drawn.high),
                back,
            )
        places = ys(axis.rect, axis.axis.scale, drawn.values)
        _draw_line(painter, xs, places, look.pen())
        curves = len(geometry.picture.traces)
        if curves > 1:
            # Many curves have a symbol less often: where everything is marked, nothing is.
            for index in _symbol_places(xs, places, trace.look, SYMBOL_PIXELS * max(1.0, curves / 8)):
                look.draw_symbol(painter, xs[index], places[index], 3.0, filled=True)


def _draw_line(painter: QPainter, xs: Floats, places: Floats, pen: QPen) -> None:
    painter.setPen(pen)
    painter.setBrush(Qt.BrushStyle.NoBrush)
    painter.drawPath(line_path(xs, places))
    alone = _alone(places)
    if alone.any():
        # A sample with a break on both sides is no line, and still a sample.
        pen.setWidthF(3.0)
        pen.setStyle(Qt.PenStyle.SolidLine)
        painter.setPen(pen)
        painter.drawPoints(QPolygonF([QPointF(x, y) for x, y in zip(xs[alone], places[alone], strict=True)]))


def line_path(xs: Floats, places: Floats) -> QPainterPath:
    """Return a line through points, broken where one is no number."""
    path: QPainterPath = pyqtgraph.functions.arrayToQPath(xs, places, connect="finite")
    return path


def _alone(places: Floats) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    there = np.isfinite(places)
    before, after = np.append(False, there[:-1]), np.append(there[1:], False)
    alone: np.ndarray[tuple[int], np.dtype[np.bool_]] = there & ~before & ~after
    return alone


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


# Thresholds


def _draw_limits(painter: QPainter, axis: PlacedAxis, theme: Theme) -> None:
    rect, scale = axis.rect, axis.axis.scale
    for limit in axis.axis.limits:
        reaches = scale.high > limit.value if limit.is_above else scale.low < limit.value
        if not reaches:
            continue
        y = min(max(axis.y(limit.value), rect.top()), rect.bottom())
        band = QRectF(rect.left(), rect.top(), rect.width(), y - rect.top())
        if not limit.is_above:
            band = QRectF(rect.left(), y, rect.width(), rect.bottom() - y)
        color = QColor(theme.alarm if limit.is_alarm else theme.warn)
        _draw_hatched(painter, band, color, is_alarm=limit.is_alarm)
        if scale.low < limit.value < scale.high:
            _draw_limit_line(painter, axis, limit, color, y, theme)


def _draw_hatched(painter: QPainter, band: QRectF, color: QColor, *, is_alarm: bool) -> None:
    back, lines = QColor(color), QColor(color)
    back.setAlpha(16)
    lines.setAlpha(44)
    painter.fillRect(band, back)
    painter.save()
    painter.setClipRect(band)
    painter.setPen(QPen(lines, 1))
    # Lines and not one of Qt's patterns: those do not become larger with the image.
    step, height = (9.0, band.height()) if is_alarm else (18.0, band.height())
    strokes = []
    for left in np.arange(band.left() - height, band.right(), step):
        strokes.append(QLineF(left, band.bottom(), left + height, band.top()))
    if strokes:
        painter.drawLines(*strokes)
    painter.restore()


def _draw_limit_line(
    painter: QPainter, axis: PlacedAxis, limit: Limit, color: QColor, y: float, theme: Theme
) -> None:
    pen = QPen(color, 1)
    if not limit.is_alarm:
        pen.setDashPattern([6, 4])
    painter.setPen(pen)
    painter.drawLine(QPointF(axis.rect.left(), y), QPointF(axis.rect.right(), y))
    above = y - 16 >= axis.rect.top() and limit.is_above or y + 16 > axis.rect.bottom()
    rect = QRectF(axis.rect.left() + 8, y - 16 if above else y + 1, axis.rect.width() - 16, 15)
    _draw_text(painter, rect, _LEFT, limit.text, color, theme)


def _draw_text(
    painter: QPainter, rect: QRectF, flags: Qt.AlignmentFlag, text: str, color: QColor, theme: Theme
) -> QRectF:
    """Write on a plate of the background, so that nothing behind it disturbs; return where it stands."""
    metrics = QFontMetricsF(painter.font())
    width, height = metrics.horizontalAdvance(text), metrics.height()
    left = rect.left() if flags & Qt.AlignmentFlag.AlignLeft else rect.right() - width
    top = rect.center().y() - height / 2
    plate = QColor(theme.base)
    plate.setAlpha(205)
    painter.fillRect(QRectF(left - 2, top, width + 4, height), plate)
    painter.setPen(color)
    painter.drawText(QRectF(left, top, width + 1, height), Qt.AlignmentFlag.AlignLeft, text)
    return QRectF(left, top, width, height)


# Lanes, seams and ends


def _draw_lane(painter: QPainter, geometry: Geometry, placed: PlacedLane, theme: Theme) -> None:
    rect, lane = placed.rect, placed.lane
    look = look_of(theme, lane.trace.look)
    painter.setPen(QPen(QColor(theme.line), 1))
    painter.drawRect(rect)
    painter.setPen(QColor(theme.muted))
    least = QFontMetricsF(painter.font()).height() * 0.8
    previous = rect.bottom() + least
    for place, label in enumerate(lane.labels):
        y = placed.y(place)
        if previous - y >= least:
            box = QRectF(rect.left() - AXIS_WIDTH, y - 8, AXIS_WIDTH - 7, 16)
            shown = QFontMetricsF(painter.font()).elidedText(label, Qt.TextElideMode.ElideRight, box.width())
            painter.drawText(box, _RIGHT, shown)
            painter.drawLine(QPointF(rect.left() - 4, y), QPointF(rect.left(), y))
            previous = y
    drawn = lane.trace.drawn
    if len(drawn.times):
        xs, places = geometry.xs(drawn.times), ys(rect, placed.scale, drawn.values)
        # In a lane of its own a line is alone.
        pen = QPen(look.color, 1)
        _clipped(painter, rect, lambda: _draw_line(painter, xs, places, pen))
    title = f"{lane.trace.title} · {lane.trace.device}"
    _draw_text(painter, QRectF(rect.left() + 6, rect.top() + 1, 400, 14), _LEFT, title, look.color, theme)


def _draw_seams(painter: QPainter, geometry: Geometry, theme: Theme) -> None:
    pen = QPen(QColor(theme.muted), 1)
    pen.setDashPattern([1, 3])
    row = 0
    for moment, text in geometry.picture.seams:
        x = geometry.x(moment)
        if not geometry.plot.left() <= x <= geometry.plot.right():
            continue
        painter.setPen(pen)
        for rect in _rects(geometry):
            painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
        width = QFontMetricsF(painter.font()).horizontalAdvance(text)
        left = x + 5 if x + 8 + width < geometry.plot.right() else x - width - 6
        top = geometry.plot.top() + 2 + 16 * row
        _draw_text(painter, QRectF(left, top, width, 14), _LEFT, text, QColor(theme.muted), theme)
        row = (row + 1) % 3


def _draw_end(
    painter: QPainter,
    geometry: Geometry,
    trace: Trace,
    rect: QRectF,
    place: Callable[[float], float],
    theme: Theme,
) -> None:
    """Mark the newest sample: filled while it is live, hollow and with words when it is stale."""
    if trace.end is None:
        return
    x, y = geometry.x(trace.end[0]), place(trace.end[1])
    if not (rect.left() <= x <= rect.right() + 1 and rect.top() - 1 <= y <= rect.bottom() + 1):
        return
    look = look_of(theme, trace.look)
    look.draw_symbol(painter, x, y, 4.5, filled=not trace.stale)
    if not trace.stale:
        return
    width = QFontMetricsF(painter.font()).horizontalAdvance(trace.stale)
    is_right = x + width + 14 < rect.right()
    box = QRectF(
        x + 9 if is_right else x - width - 9, min(max(y - 8, rect.top()), rect.bottom() - 16), width, 16
    )
    _draw_text(painter, box, _LEFT, trace.stale, look.color, theme)


# Axes


def _draw_axis(painter: QPainter, placed: PlacedAxis, theme: Theme) -> None:
    rect, is_left = placed.rect, placed.place == 0
    x = rect.left() if is_left else rect.right() + (placed.place - 1) * AXIS_WIDTH
    sign = -1 if is_left else 1
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.drawLine(QPointF(x, rect.top()), QPointF(x, rect.bottom()))
    painter.drawLine(rect.bottomLeft(), rect.bottomRight())
    painter.setPen(QColor(theme.text))
    unit = placed.axis.unit or "–"
    head = QRectF(x + 3, rect.top() - 9, AXIS_WIDTH - 4, 16)
    if is_left:
        head = QRectF(x - AXIS_WIDTH + 2, rect.top() - 9, AXIS_WIDTH - 9, 16)
    font = painter.font()
    font.setBold(True)
    painter.save()
    painter.setFont(font)
    painter.drawText(head, _RIGHT if is_left else _LEFT, unit)
    painter.restore()
    painter.setPen(QColor(theme.muted))
    for value, label in _ticks_of(placed):
        y = placed.y(value)
        painter.drawLine(QPointF(x, y), QPointF(x + 4 * sign, y))
        # The unit stands at the top.
        if y < rect.top() + 12:
            continue
        box = QRectF(x + 7, y - 8, AXIS_WIDTH - 10, 16)
        if is_left:
            box = QRectF(x - AXIS_WIDTH + 2, y - 8, AXIS_WIDTH - 9, 16)
        painter.drawText(box, _RIGHT if is_left else _LEFT, label)


def _draw_time_axis(painter: QPainter, geometry: Geometry, theme: Theme) -> None:
    picture, plot = geometry.picture, geometry.plot
    painter.setPen(QPen(QColor(theme.muted), 1))
    painter.drawLine(plot.bottomLeft(), plot.bottomRight())
    most = int(plot.width() / TIME_TICK_PIXELS)
    for moment, label in time_ticks(picture.start, picture.end, most, picture.zone):
        x = geometry.x(moment)
        painter.drawLine(QPointF(x, plot.bottom()), QPointF(x, plot.bottom() + 4))
        painter.drawText(QRectF(x - 60, plot.bottom() + 5, 120, 16), _CENTRE, label)
    date = local(picture.start, picture.zone)
    below = QRectF(plot.left(), plot.bottom() + 20, plot.width(), 16)
    painter.drawText(below, _LEFT, f"{date:%a} {date.day} {date:%b %Y}")
    painter.drawText(below, _RIGHT, zone_text(picture.end, picture.zone))
