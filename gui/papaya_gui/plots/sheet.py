"""Pictures of one shape in pyqtgraph's layout: a box for each area and lane, with its axes around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QColor, QFont, QPainter, QPen
from PyQt6.QtWidgets import QGraphicsItem
from pyqtgraph import AxisItem, GraphicsLayout, GraphicsObject, LabelItem, ViewBox

from papaya_gui.models.picture import Lane, Picture
from papaya_gui.plots.axes import (
    date_text,
    made_axis,
    made_label,
    show_time,
    show_values,
    show_words,
    write,
)
from papaya_gui.plots.drawing import draw
from papaya_gui.plots.geometry import BETWEEN, EDGE, Geometry, Measures, Placed
from papaya_gui.theme import Theme

# How many axes each area has, and how many lanes there are.
Shape = tuple[tuple[int, ...], int]
# Each area or lane has a row for the names of its units, one for its box and one for the time.
_ROWS = 3


def shape_of(picture: Picture) -> Shape:
    """Return the shape of a picture."""
    return tuple(len(area) for area in picture.areas), len(picture.lanes)


class Layer(GraphicsObject):  # type: ignore[misc]
    """Something that pyqtgraph has no item for, in a rectangle of the scene."""

    def __init__(self, z: float, parent: QGraphicsItem | None = None) -> None:
        super().__init__(parent)
        self.setZValue(z)
        self._rect = QRectF()
        self._draw: Callable[[QPainter], None] = lambda painter: None

    def show_drawn(self, rect: QRectF, draw: Callable[[QPainter], None]) -> None:
        """Draw this from now on."""
        self.prepareGeometryChange()
        self._rect, self._draw = rect, draw
        self.update()

    def boundingRect(self) -> QRectF:
        """Return where it draws."""
        return self._rect

    def paint(self, painter: QPainter, *_: object) -> None:
        """Draw it."""
        self._draw(painter)


class Row:
    """One area, or one lane: its box, its axes with the names of their units, and its part of the grid."""

    def __init__(self, sheet: Sheet, number: int, count: int, *, is_area: bool) -> None:
        theme, font, _ = look = sheet.look
        self._look, top, line = look, _ROWS * number, QPen(QColor(theme.line), 1)
        self.box = ViewBox(enableMouse=False, enableMenu=False, border=None if is_area else line)
        self.box.setZValue(-300)
        self.box.disableAutoRange()
        self.box.setMinimumSize(1, 1)
        self.box.setBackgroundColor(theme.base)
        sheet.addItem(self.box, top + 1, 1)
        sheet.layout.setRowStretchFactor(top + 1, int(is_area))
        self.time = made_axis("bottom", *look, grid=True)
        self.time.setStyle(showValues=False)
        self.time.setHeight(0)
        if not is_area:
            self.time.setPen(line)
        sheet.addItem(self.time, top + 2, 1)
        self.axes: list[AxisItem] = []
        self._heads: list[LabelItem] = []
        for place in range(count):
            side, column = ("right", place + 1) if place else ("left", 0)
            self.axes.append(made_axis(side, *look, grid=is_area and not place))
            sheet.addItem(self.axes[-1], top + 1, column)
            self._heads.append(made_label("left" if place else "right", theme.text, font))
            if is_area:
                sheet.addItem(self._heads[-1], top, column)
        for axis in (self.time, *self.axes[:1]):
            axis.linkToView(self.box)

    def show_marks(self, picture: Picture, shown: Sequence[Placed]) -> None:
        """Show the marks of the time and of every axis."""
        _, font, measures = self._look
        self.box.setXRange(picture.start, picture.end, padding=0)
        show_time(self.time, picture, self.box.width(), measures)
        for axis, head, placed in zip(self.axes, self._heads, shown, strict=True):
            axis.setRange(placed.scale.low, placed.scale.high)
            if isinstance(placed.shown, Lane):
                show_words(axis, placed.shown, placed.rect.height(), font, measures)
            else:
                show_values(axis, head, placed.shown, placed.rect.height(), self._look)


class Sheet(GraphicsLayout):  # type: ignore[misc]
    """Shows pictures of one shape; `smooth` lines are as wide as the painter's unit, and cost much more."""

    def __init__(self, shape: Shape, theme: Theme, font: QFont, *, smooth: bool = False) -> None:
        super().__init__()
        self.look = theme, font, Measures.of(font)
        self._smooth = smooth
        counts, lanes = shape
        self.setSpacing(0)
        self.setContentsMargins(0, 0, EDGE if max(counts, default=1) <= 1 else 0, 0)
        self.parts = [Row(self, number, count, is_area=True) for number, count in enumerate(counts)]
        self.parts += [Row(self, len(counts) + number, 1, is_area=False) for number in range(lanes)]
        self.parts = self.parts or [Row(self, 0, 0, is_area=True)]
        if counts and lanes:
            self.layout.setRowFixedHeight(_ROWS * len(counts), BETWEEN)
        time = self.parts[-1].time
        time.setStyle(showValues=True)
        time.setPen(QPen(QColor(theme.muted), 1))
        time.setHeight(self.look[2].time)
        self._date = made_label("right", theme.muted, font)
        self.addItem(self._date, _ROWS * len(self.parts), 1)
        self._drawing = Layer(1, self)
        if not smooth:
            # What has been drawn is kept as pixels while only the cursor moves.
            self._drawing.setCacheMode(QGraphicsItem.CacheMode.DeviceCoordinateCache)

    def show_picture(self, picture: Picture) -> Geometry:
        """Show a picture; return where everything stands."""
        theme, _, measures = self.look
        write(self._date, date_text(picture))
        count, lanes = len(picture.areas), len(picture.lanes)
        # Steps that have the plot for themselves have room for more of their words.
        share, height = self.rect().height() * (0.5 if count else 0.8), measures.lane * (1 if count else 3)
        for number in range(count, count + lanes):
            self.layout.setRowFixedHeight(_ROWS * number + 1, min(height, share / lanes))
        self.layout.activate()
        rects = [row.box.geometry() for row in self.parts]
        areas = tuple(
            tuple(Placed(axis, rect) for axis in area)
            for area, rect in zip(picture.areas, rects, strict=False)
        )
        steps = tuple(map(Placed, picture.lanes, rects[count:]))
        plot = QRectF(rects[0].topLeft(), rects[-1].bottomRight())
        geometry = Geometry(picture, plot, areas, steps, measures)
        shown: list[Sequence[Placed]] = [*areas, *((step,) for step in steps)]
        for row, placed in zip(self.parts, shown or [()], strict=True):
            row.show_marks(picture, placed)
        self._drawing.show_drawn(self.rect(), partial(draw, geometry, theme, self._smooth))
        return geometry
