"""The surface that the picture is painted on, with the mouse, the keys and the cursor."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPointF, QRectF, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QPen,
    QPixmap,
    QResizeEvent,
    QWheelEvent,
)
from PyQt6.QtWidgets import QSizePolicy, QWidget

from papaya_gui.models.picture import Picture
from papaya_gui.plots.cursor import Point, draw_cursor
from papaya_gui.plots.drawing import draw
from papaya_gui.plots.geometry import Geometry, PlacedAxis, measures_of, placed
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


class Canvas(QWidget):
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

    def __init__(self, theme: Theme, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setObjectName("plot-canvas")
        self.setAccessibleName(self.tr("Curves over time"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setMouseTracking(True)
        self.setMinimumSize(240, 140)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self.setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)
        self._theme = theme
        self.placement: Geometry = self._placed(Picture(0.0, 1.0))
        self.message = ""
        self._layer: QPixmap | None = None
        self._cursor: float | None = None
        self._points: tuple[Point, ...] = ()
        self._heading = ""
        self._pressed: QPointF | None = None
        self._band: tuple[float, float] | None = None

    # What is shown

    @property
    def pixels(self) -> int:
        """How many columns of pixels a curve has, at the resolution of the screen."""
        most = max((len(area) for area in self.placement.picture.areas), default=1)
        return max(
            round(measures_of(self.font()).plot_width(self.width(), most) * self.devicePixelRatioF()), 10
        )

    @property
    def axes(self) -> int:
        """How many axes fit beside an area."""
        return measures_of(self.font()).axes_that_fit(self.width())

    def set_theme(self, theme: Theme) -> None:
        """Paint with other colours from now on."""
        self._theme = theme
        self._repaint()

    def show_picture(self, picture: Picture, message: str = "") -> None:
        """Show this from now on; the message is for a picture without a curve."""
        self.message = message
        self.placement = self._placed(picture)
        self._repaint()

    def set_points(self, heading: str, points: tuple[Point, ...]) -> None:
        """Show these values at the cursor."""
        self._heading, self._points = heading, points
        self.update()

    def _placed(self, picture: Picture) -> Geometry:
        return placed(picture, QRectF(self.rect()), measures_of(self.font()))

    def _repaint(self) -> None:
        self._layer = None
        self.update()

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
            self.update()

    def step_cursor(self, pixels: float) -> None:
        """Move the cursor; it begins in the middle."""
        plot = self.placement.plot
        self.place_cursor(plot.center().x() if self._cursor is None else self._cursor + pixels)

    # Painting

    def paintEvent(self, event: QPaintEvent | None) -> None:
        """Paint the picture, kept as pixels while only the cursor moves, and the cursor over it."""
        if self._layer is None:
            self._layer = self._painted()
        painter = QPainter(self)
        painter.drawPixmap(0, 0, self._layer)
        if self._band is not None:
            left, right = sorted(self._band)
            back = QColor(self._theme.accent)
            back.setAlpha(50)
            plot = self.placement.plot
            painter.fillRect(QRectF(left, plot.top(), right - left, plot.height()), back)
        if self._cursor is not None and not self.message:
            draw_cursor(painter, self.placement.plot, self._theme, self._cursor, self._heading, self._points)
        if self.hasFocus():
            painter.setPen(QPen(QColor(self._theme.accent), 1))
            painter.drawRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5))
        painter.end()

    def _painted(self) -> QPixmap:
        ratio = self.devicePixelRatioF()
        layer = QPixmap(round(self.width() * ratio), round(self.height() * ratio))
        layer.setDevicePixelRatio(ratio)
        layer.fill(QColor(self._theme.window))
        painter = QPainter(layer)
        painter.setFont(self.font())
        if self.message:
            painter.setPen(QColor(self._theme.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(QRectF(self.rect()).adjusted(30, 30, -30, -30), flags, self.message)
        else:
            draw(painter, self.placement, self._theme)
        painter.end()
        return layer

    # What a person does

    def resizeEvent(self, event: QResizeEvent | None) -> None:
        """Let another picture be made for another size."""
        self.placement = self._placed(self.placement.picture)
        self._repaint()
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
                self.scaleZoomed.emit(one.axis.unit, factor, one.value(event.position().y()))
        elif axis is not None:
            self.scaleZoomed.emit(axis.axis.unit, factor, axis.value(event.position().y()))
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
            self.update()
        elif self._pressed is not None:
            self._drag(self._pressed, position)
        inside = self.placement.plot.contains(position)
        self.place_cursor(position.x() if inside else None)

    def _drag(self, before: QPointF, position: QPointF) -> None:
        axis = self._axis_at(before)
        if axis is not None:
            self.scaleMoved.emit(axis.axis.unit, (position.y() - before.y()) / axis.rect.height())
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
        self.update()

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

    def _axis_at(self, position: QPointF) -> PlacedAxis | None:
        """Return the axis whose numbers stand there."""
        for axis in self._axes_under(position):
            if axis.left <= position.x() < axis.left + axis.measures.axis:
                return axis
        return None

    def _axes_under(self, position: QPointF) -> list[PlacedAxis]:
        """Return the axes of the area at that height."""
        return [
            axis
            for area in self.placement.areas
            for axis in area
            if axis.rect.top() <= position.y() <= axis.rect.bottom()
        ]
