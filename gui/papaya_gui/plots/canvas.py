"""The surface that the picture is shown on, with the mouse, the keys and the cursor."""

from __future__ import annotations

from PyQt6.QtCore import QEvent, QPoint, QPointF, QRect, QRectF, QSize, Qt, pyqtSignal
from PyQt6.QtGui import (
    QColor,
    QContextMenuEvent,
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

from papaya_gui.models.measuring import Marks
from papaya_gui.models.picture import Axis, AxisKey, Picture
from papaya_gui.plots.cursor import Point, draw_cursor
from papaya_gui.plots.dropping import Target, target_at
from papaya_gui.plots.geometry import Geometry, Measures, Placed, PlacedPane
from papaya_gui.plots.grips import Grip, draw_grips
from papaya_gui.plots.overlay import draw_band, draw_current, draw_marks, draw_target, mark_at
from papaya_gui.plots.sheet import Layer, Sheet, shape_of
from papaya_gui.plots.watermark import draw_watermark
from papaya_gui.theme import Theme

WHEEL_FACTOR = 1.25
_LEAST = QSize(240, 140)
_NONE = Marks()
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

    Signals and their arguments:

    - `zoomed(factor, moment)`, `moved(part of the window)`, `chosen(start, end)`: the time window
    - `scaleZoomed(AxisKey, factor, value)`, `scaleMoved(AxisKey, part)`: one axis
    - `asked(name, factor)`: "all", "live" or "zoom"
    - `paneChosen(number)`, `paneMenuWanted(number, place on the screen)`: a pane
    - `paneDivided(upper, lower, part of the upper one, whether it goes on)`: the border of two panes
    - `markMoved(0 for A or 1 for B, moment)`: a measuring cursor
    - `menuWanted(place, place on the screen)`: the context menu
    - `cursorMoved`, `resized`: no arguments
    """

    zoomed = pyqtSignal(float, float)
    moved = pyqtSignal(float)
    chosen = pyqtSignal(float, float)
    asked = pyqtSignal(str, float)
    scaleZoomed = pyqtSignal(object, float, float)
    scaleMoved = pyqtSignal(object, float)
    paneChosen = pyqtSignal(int)
    paneMenuWanted = pyqtSignal(int, QPoint)
    markMoved = pyqtSignal(int, float)
    paneDivided = pyqtSignal(int, int, float, bool)
    menuWanted = pyqtSignal(QPointF, QPoint)
    cursorMoved = pyqtSignal()
    resized = pyqtSignal()

    def __init__(self, theme: Theme, parent: QWidget | None = None, *, smooth: bool = False) -> None:
        super().__init__(parent, background=theme.window)
        self.setObjectName("plot-canvas")
        self.setAccessibleName(self.tr("Curves over time"))
        self.setMinimumSize(_LEAST)
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Expanding)
        self._theme, self._smooth = theme, smooth
        self.message, self.watermark, self._heading = "", "", ""
        self._points: tuple[Point, ...] = ()
        self.marks = Marks()
        self._held: int | None = None
        self._grip: Grip | None = None
        self._goes_on = False
        self._cursor: float | None = None
        # Where the mouse is, None while the cursor is moved with keys.
        self._height: float | None = None
        self._band: tuple[float, float] | None = None
        self._pressed: QPointF | None = None
        self._key: object = None
        self._target: Target | None = None
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
        least = max(_LEAST.height(), Measures.of(self.font()).least_height(picture))
        if not self._smooth and least != self.minimumHeight():
            self.setMinimumHeight(least)
        geometry: Geometry = self._sheet.show_picture(picture)
        return geometry

    def show_target(self, place: QPointF | None) -> Target | None:
        """Show what a drop at a place does, or with None nothing; return it."""
        before = self._target
        self._target = None if place is None else target_at(self.placement, place.y(), QRectF(self.rect()))
        if self._target != before:
            self._show_cursor()
        return self._target

    def set_marks(self, marks: Marks) -> None:
        """Show measuring cursors."""
        self.marks = marks
        self._show_cursor()

    @property
    def pane(self) -> PlacedPane | None:
        """The panel under the mouse; while the cursor is moved with keys, the one that is marked."""
        panes = self.placement.panes
        if self._height is not None:
            return self.placement.pane_at(self._height)
        return next((one for one in panes if one.pane.is_current), panes[0] if panes else None)

    # The cursor

    @property
    def cursor_time(self) -> float | None:
        """The moment under the cursor; the cursor stays where it is while the picture moves on."""
        return None if self._cursor is None else self.placement.time(self._cursor)

    def place_cursor(self, x: float | None, y: float | None = None) -> None:
        """Put the cursor somewhere, or with None nowhere; `y` is where the mouse is."""
        plot = self.placement.plot
        if x is not None:
            x = min(max(x, plot.left()), plot.right())
        if (x, y) != (self._cursor, self._height):
            self._cursor, self._height = x, y
            self.cursorMoved.emit()
            self._show_cursor()

    def step_cursor(self, pixels: float) -> None:
        """Move the cursor; it begins in the middle."""
        plot = self.placement.plot
        self.place_cursor(plot.center().x() if self._cursor is None else self._cursor + pixels)

    def _show_cursor(self) -> None:
        self._over.show_drawn(QRectF(self.rect()), self._draw_over)

    def _draw_over(self, painter: QPainter) -> None:
        """Draw cursors and the span that is being chosen, or the message, and that the keys are heard."""
        theme, plot, whole = self._theme, self.placement.plot, QRectF(self.rect())
        if self._band is not None:
            draw_band(painter, plot, self._band, theme)
        if self.watermark and not self.message:
            draw_watermark(painter, plot, self.watermark, theme)
        if not self._smooth:
            draw_current(painter, self.placement, theme)
            draw_grips(painter, self.placement, theme)
        if self.message:
            painter.setPen(QColor(theme.muted))
            flags = Qt.AlignmentFlag.AlignCenter | Qt.TextFlag.TextWordWrap
            painter.drawText(whole.adjusted(30, 30, -30, -30), flags, self.message)
        else:
            draw_marks(painter, self.placement, self.marks, theme)
            if self._cursor is not None and self.pane is not None:
                box = self.pane.rect, self.pane.pane.number
                draw_cursor(plot, box, theme, self._cursor, self._heading, self._points, painter)
        if self._target is not None:
            draw_target(painter, self._target, theme)
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
        axis = self.axis_at(event.position())
        over = [] if axis is None else [axis]
        if axis is None and event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            over = self._axes_under(event.position())
        if over:
            for one in over:
                self.scaleZoomed.emit(key_of(one), factor, one.value(event.position().y()))
        elif event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self.moved.emit(-steps * 0.1)
        else:
            self.zoomed.emit(factor, self.placement.time(event.position().x()))
        event.accept()

    def mousePressEvent(self, event: QMouseEvent | None) -> None:
        """Choose the panel, and begin to drag the window or a measuring cursor, or to choose a span."""
        if event is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        place = event.position()
        self._grip, self._goes_on = Grip.at(self.placement, place), False
        pane = self.placement.pane_at(place.y()) if self._grip is None else None
        if pane is not None:
            self.paneChosen.emit(pane.pane.number)
            if pane.pane.title and pane.head.contains(place):
                self.paneMenuWanted.emit(pane.pane.number, event.globalPosition().toPoint())
                return
        self._held = mark_at(self.placement, self.marks, place.x())
        self._pressed = place
        if event.modifiers() & Qt.KeyboardModifier.ShiftModifier:
            self._held, self._band = None, (place.x(), place.x())

    def mouseMoveEvent(self, event: QMouseEvent | None) -> None:
        """Drag, or let the cursor follow the mouse."""
        if event is None:
            return
        position = event.position()
        if self._grip is not None:
            grip, goes_on, self._goes_on = self._grip, self._goes_on, True
            self.paneDivided.emit(grip.upper, grip.lower, grip.part(position.y()), goes_on)
        elif self._band is not None:
            self._band = (self._band[0], position.x())
            self._show_cursor()
        elif self._held is not None:
            plot = self.placement.plot
            x = min(max(position.x(), plot.left()), plot.right())
            self.markMoved.emit(self._held, self.placement.time(x))
        elif self._pressed is not None:
            self._drag(self._pressed, position)
        self.setCursor(self._shape_at(position))
        inside = self.placement.plot.contains(position)
        self.place_cursor(*((position.x(), position.y()) if inside else (None, None)))

    def _shape_at(self, position: QPointF) -> Qt.CursorShape:
        """Return how the mouse looks, which tells what a drag does."""
        if self._grip is not None or (not self._pressed and Grip.at(self.placement, position) is not None):
            return Qt.CursorShape.SizeVerCursor
        is_mark = self._held is not None or mark_at(self.placement, self.marks, position.x()) is not None
        return Qt.CursorShape.SizeHorCursor if is_mark else Qt.CursorShape.ArrowCursor

    def _drag(self, before: QPointF, position: QPointF) -> None:
        axis = self.axis_at(before)
        if axis is not None:
            self.scaleMoved.emit(key_of(axis), (position.y() - before.y()) / axis.rect.height())
        elif position.x() != before.x():
            self.moved.emit((before.x() - position.x()) / max(self.placement.plot.width(), 1.0))
        self._pressed = position

    def mouseReleaseEvent(self, event: QMouseEvent | None) -> None:
        """End what was begun."""
        if event is None or event.button() is not Qt.MouseButton.LeftButton:
            return
        band, self._pressed, self._band, self._held, self._grip = self._band, None, None, None, None
        if band is not None and abs(band[1] - band[0]) > 4:
            left, right = sorted(band)
            self.chosen.emit(self.placement.time(left), self.placement.time(right))
        self._show_cursor()

    def contextMenuEvent(self, event: QContextMenuEvent | None) -> None:
        """Ask for a menu: with the menu key, that of the panel that is marked."""
        if event is None:
            return
        place, pane = QPointF(event.pos()), self.pane
        if event.reason() is QContextMenuEvent.Reason.Keyboard and pane is not None:
            place = (
                pane.rect.center() if self._cursor is None else QPointF(self._cursor, pane.rect.center().y())
            )
        self.menuWanted.emit(place, self.mapToGlobal(place.toPoint()))
        event.accept()

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

    def axis_at(self, position: QPointF) -> Placed | None:
        """Return the axis whose numbers stand there."""
        items = self.items(position.toPoint())
        for row, area in zip(self._sheet.area_parts, self.placement.areas, strict=True):
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


def key_of(axis: Placed) -> AxisKey | None:
    """Return which axis it is, None of a lane."""
    return axis.shown.key if isinstance(axis.shown, Axis) else None


def print_picture(
    painter: QPainter, area: QRectF, picture: Picture, theme: Theme, watermark: str = "", marks: Marks = _NONE
) -> None:
    """Paint a picture into an area of any painter, whose font is used, with lines as wide as its units."""
    canvas = Canvas(theme, smooth=True)
    canvas.setFont(painter.font())
    size = QSize(round(area.width()), round(area.height()))
    canvas.setMinimumSize(1, 1)
    canvas.resize(size)
    canvas.marks = marks
    canvas.show_picture(picture, watermark=watermark)
    canvas.render(painter, area, QRect(0, 0, size.width(), size.height()))
    canvas.close()
