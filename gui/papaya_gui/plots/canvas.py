"""The surface that the picture is shown on, with the mouse, the keys and the cursor."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QFocusEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPen,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget
from pyqtgraph import GraphicsView

from papaya_gui.models.picture import Picture
from papaya_gui.plots.cursor import Point, draw_cursor
from papaya_gui.plots.geometry import Geometry, Measures, Placed
from papaya_gui.plots.sheet import Layer, Sheet, shape_of
from papaya_gui.plots.watermark import draw_watermark
from papaya_gui.theme import Theme

WHEEL_FACTOR = 1.25
_KEYS: dict[int, tuple[str, float]] = {
    Qt.Key.Key_Plus: ("zoom", 0.8),
    Qt.Key.Key_Equal: ("zoom", 0.8),
    Qt.Key.Key_Minus: ("zoom", 1.25),
    Qt.Key.Key_Left: ("move", -0.1),
    Qt.Key.Key_Right: ("move", 0.1),
    Qt.Key.Key_PageUp: ("move", -1.0),
    Qt.Key.Key_PageDown: ("move", 1.0),
    Qt.Key.Key_Home: ("all", 0.0),
    Qt.Key.Key_End: ("live", 0.0),
}


class Canvas(GraphicsView):  # type: ignore[misc]
    """Shows one picture at a time and tells what a person wants to see instead.

    Signals: `zoomed(factor, moment)`, `moved(part of the window)`, `chosen(start, end)`, for one axis
    `scaleZoomed(unit, factor, value)` and `scaleMoved(unit, part)`, `asked(name, factor)` for "all", "live"
    or "zoom", `cursorMoved`, `resized`.
    """

    zoomed = pyqtSignal(float, float)
    moved = pyqtSignal(float)
    chosen = pyqtSignal(float, float)
    asked = pyqtSignal(str, float)
    scaleZoomed = pyqtSignal(str, float, float)
    scaleMoved = pyqtSignal(str, float)
    cursorMoved = pyqtSignal()
    resized = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, smooth: bool = False) -> None:
        super().__init__(parent, background=theme.window)
        self.setObjectName("plot-canvas")
        self.setAccessibleName(self.tr("Curves over time"))
        self.setMinimumSize(240, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._theme, self._smooth = theme, smooth
        self.message, self.watermark, self._heading = "", "", ""
        self._points: tuple[Point, ...] = ()
        self._cursor: float | None = None
        self._band: tuple[float, float] | None = None
        self._pressed: QPointF | None = None
        self._key: object = None
        self._is_target = False
        # The panel takes what is dropped here.
        self.setAcceptDrops(False)
        self._over = Layer(10)
        self.scene().addItem(self._over)
        self.placement = self._placed(Picture(0.0, 1.0))

    # What is shown

    @property
    def pixels(self) -> int:
        """How many columns of pixels a curve has, at the resolution of the screen."""
        ratio: float = self.devicePixelRatioF()
        return max(round(self.placement.plot.width() * ratio), 10)

    @property
    def axes(self) -> int:
        """How many axes fit beside an area."""
        return Measures.of(self.font()).axes_that_fit(self.width())

    def set_theme(self, theme: Theme) -> None:
        """Paint with other colours from now on."""
        self._theme = theme
        self.setBackground(theme.window)
        self.placement = self._placed(self.placement.picture)

    def show_picture(self, picture: Picture, message: str = "", watermark: str = "") -> None:
        """Show this from now on, with a watermark; the message is for a picture without a curve."""
        self.message, self.watermark = message, watermark
        self.placement = self._placed(picture)
        self._show_cursor()

    def set_points(self, heading: str, points: tuple[Point, ...]) -> None:
        """Show these values at the cursor."""
        self._heading, self._points = heading, points
        self._show_cursor()

    def _placed(self, picture: Picture) -> Geometry:
        """Show a picture on a sheet of its shape, a new one where the last was of another."""
        key = shape_of(picture), self._theme, self.font().key()
        if key != self._key:
            self._key = key
            self._sheet = Sheet(key[0], self._theme, self.font(), smooth=self._smooth)
            self.setCentralItem(self._sheet)
        self._sheet.setVisible(not self.message)
        return self._sheet.show_picture(picture)

    def show_target(self, is_target: bool) -> None:
        """Show whether what is dragged can be dropped here."""
        self._is_target = is_target
        self._show_cursor()

    # The cursor

    @property
    def cursor_time(self) -> float | None:
        """The moment under the cursor; the cursor stays where it is while the picture moves on."""
        return None if self._cursor is None else self.placement.time(self._cursor)

    def place_cursor(self, x: float | None) -> None:
        """Put the cursor somewhere, or with None nowhere."""
        plot = self.placement.plot
        if x is not None:
            x = min(max(x, plot.left()), plot.right())
        if x != self._cursor:
            self._cursor = x
            self.cursorMoved.emit()
            self._show_cursor()

    def step_cursor(self, pixels: float) -> None:
        """Move the cursor; it begins in the middle."""
        plot = self.placement.plot
        self.place_cursor(plot.center().x() if self._cursor is None else self._cursor + pixels)

    def _show_cursor(self) -> None:
        self._over.show_drawn(QRectF(self.rect()), self._draw_over)

    def _draw_over(self, painter: QPainter) -> None:
        """Draw the cursor and the span that is being chosen, or the message, and that the keys are heard."""
        theme, plot, whole = self._theme, self.placement.plot, QRectF(self.rect())
        if self._band is not None:
            left, right = sorted(self._band)
            back = QColor(theme.accent)
            back.setAlpha(50)
            painter.fillRect(QRectF(left, plot.top(), right - left, plot.height()), back)
        if self.watermark and not self.message:
            draw_watermark(painter, plot, self.watermark, theme)
        if self.message:
            painter.setPen(QColor(theme.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(whole.adjusted(30, 30, -30, -30), flags, self.message)
        elif self._cursor is not None:
            draw_cursor(plot, theme, self._cursor, self._heading, self._points, painter)
        if self._is_target:
            painter.setPen(QPen(QColor(theme.accent), 3))
            painter.drawRect(whole.adjusted(1.5, 1.5, -1.5, -1.5))
        elif self.hasFocus():
            painter.setPen(QPen(QColor(theme.accent), 1))
            painter.drawRect(whole.adjusted(0.5, 0.5, -0.5, -0.5))

    def focusInEvent(self, event: QFocusEvent | None) -> None:
        """Show that the keys are heard."""
        super().focusInEvent(event)
        self._show_cursor()

    def focusOutEvent(self, event: QFocusEvent | None) -> None:
        """Show that they are not."""
        super().focusOutEvent(event)
        self._show_cursor()

    # What a person does

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Let another picture be made for another size."""
        super().resizeEvent(event)
        if event is not None:
            self.placement = self._placed(self.placement.picture)
            self.resized.emit()

    def wheelEvent(self, event: QWheelEvent | None) -> None:
        """Zoom in time around the mouse; over an axis, or with Ctrl, in values."""
        if event is None:
            return
        steps = (event.angleDelta().y() or event.angleDelta().x()) / 120
        factor = WHEEL_FACTOR**-steps
        axis = self._axis_at(event.position())
        if axis is None and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            for one in self._axes_under(event.position()):
                self.scaleZoomed.emit(one.shown.unit, factor, one.value(event.position().y()))
        elif axis is not None:
            self.scaleZoomed.emit(axis.shown.unit, factor, axis.value(event.position().y()))
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.moved.emit(-steps * 0.1)
        else:
            self.zoomed.emit(factor, self.placement.time(event.position().x()))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Begin to drag the window, or with Shift to choose a span."""
        if event is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        self._pressed = event.position()
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._band = (event.position().x(), event.position().x())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Drag, or let the cursor follow the mouse."""
        if event is None:
            return
        position = event.position()
        if self._band is not None:
            self._band = (self._band[0], position.x())
            self._show_cursor()
        elif self._pressed is not None:
            self._drag(self._pressed, position)
        inside = self.placement.plot.contains(position)
        self.place_cursor(position.x() if inside else None)

    def _drag(self, before: QPointF, position: QPointF) -> None:
        axis = self._axis_at(before)
        if axis is not None:
            self.scaleMoved.emit(axis.shown.unit, (position.y() - before.y()) / axis.rect.height())
        elif position.x() != before.x():
            self.moved.emit((before.x() - position.x()) / max(self.placement.plot.width(), 1.0))
        self._pressed = position

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """End what was begun."""
        if event is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        band, self._pressed, self._band = self._band, None, None
        if band is not None and abs(band[1] - band[0]) > 4:
            left, right = sorted(band)
            self.chosen.emit(self.placement.time(left), self.placement.time(right))
        self._show_cursor()

    def mouseDoubleClickEvent(self, event: QMouseEvent | None) -> None:
        """Show everything."""
        self.asked.emit("all", 0.0)

    def leaveEvent(self, event: QEvent | None) -> None:
        """Take the cursor away with the mouse."""
        self.place_cursor(None)

    def keyPressEvent(self, event: QKeyEvent | None) -> None:
        """Do what the mouse does: arrows and pages move, + and - zoom, with Shift arrows move the cursor."""
        if event is None:
            return
        # A number: a keyboard may have keys that Qt has no name for.
        key = event.key()
        is_shifted = bool(event.modifiers() & Qt.KeyboardModifier.ShiftModifier)
        if is_shifted and key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            self.step_cursor(-8.0 if key == Qt.Key.Key_Left else 8.0)
        elif key == Qt.Key.Key_Escape and self._cursor is not None:
            self.place_cursor(None)
        elif key in _KEYS:
            name, amount = _KEYS[key]
            if name == "move":
                self.moved.emit(amount)
            else:
                self.asked.emit(name, amount)
        else:
            super().keyPressEvent(event)

    def _axis_at(self, position: QPointF) -> Placed | None:
        """Return the axis whose numbers stand there."""
        items = self.items(position.toPoint())
        for row, area in zip(self._sheet.parts, self.placement.areas, strict=False):
            for item, axis in zip(row.axes, area, strict=True):
                if item in items:
                    return axis
        return None

    def _axes_under(self, position: QPointF) -> list[Placed]:
        """Return the axes of the area at that height."""
        return [
            axis
            for area in self.placement.areas
            for axis in area
            if axis.rect.top() <= position.y() <= axis.rect.bottom()
        ]


def print_picture(
    painter: QPainter, area: QRectF, picture: Picture, theme: Theme, watermark: str = ""
) -> None:
    """Paint a picture into an area of any painter, whose font is used, with lines as wide as its units."""
    canvas = Canvas(theme, smooth=True)
    canvas.setFont(painter.font())
    size = QSize(round(area.width()), round(area.height()))
    canvas.setMinimumSize(1, 1)
    canvas.resize(size)
    canvas.show_picture(picture, watermark=watermark)
    canvas.render(painter, area, QRect(0, 0, size.width(), size.height()))
    canvas.close()
