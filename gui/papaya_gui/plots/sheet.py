"""Pictures of one shape in pyqtgraph's layout: a box for each area and lane, with its axes around it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from html import escape

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
from papaya_gui.plots.geometry import BETWEEN, EDGE, Geometry, Measures, Placed, PlacedPane
from papaya_gui.theme import Theme

# Of each panel: how many axes each area has, how many lanes there are, and whether it has a title.
Shape = tuple[tuple[tuple[int, ...], int, bool], ...]
# Each area or lane has a row for the names of its units, one for its box and one for the time.
_ROWS = 3
# What opens the menu of a panel.
MENU_GLYPH = "…"


def shape_of(picture: Picture) -> Shape:
    """Return the shape of a picture."""
    return tuple(
        (tuple(len(area) for area in pane.areas), len(pane.lanes), bool(pane.title)) for pane in picture.panes
    )


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
        widest = max((count for counts, _, _ in shape for count in counts), default=1)
        self.setSpacing(0)
        self.setContentsMargins(0, 0, EDGE if widest <= 1 else 0, 0)
        # Every row from top to bottom, and those of each panel: its areas, then its lanes, and its title.
        self.parts: list[Row] = []
        self.area_parts: list[Row] = []
        self._lanes: list[Row] = []
        self._panes = [self._add_pane(*one) for one in shape]
        self._shared: object = None
        self.parts = self.parts or [Row(self, 0, 0, is_area=True)]
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

    def _add_pane(self, counts: tuple[int, ...], lanes: int, is_titled: bool) -> tuple[list[Row], LabelItem]:
        """Add the rows of a panel below those that are there; one without curves has an empty area."""
        theme, font, _ = self.look
        first, title = len(self.parts), made_label("left", theme.muted, font)
        if is_titled:
            self.addItem(title, _ROWS * first, 1)
        for count in counts or (() if lanes else (0,)):
            self.parts.append(Row(self, len(self.parts), count, is_area=True))
            if count:
                self.area_parts.append(self.parts[-1])
        for number in range(lanes):
            if counts and not number:
                self.layout.setRowFixedHeight(_ROWS * len(self.parts), BETWEEN)
            self.parts.append(Row(self, len(self.parts), 1, is_area=False))
            self._lanes.append(self.parts[-1])
        return self.parts[first:], title

    def show_picture(self, picture: Picture) -> Geometry:
        """Show a picture; return where everything stands."""
        theme, _, measures = self.look
        write(self._date, date_text(picture))
        self._size_lanes(measures)
        for (_, title), pane in zip(self._panes, picture.panes, strict=True):
            if pane.title:
                color = theme.text if pane.is_current else theme.muted
                weight = "bold" if pane.is_current else "normal"
                look = f"color: {color}; font-weight: {weight}"
                words = f'&nbsp;&nbsp;&nbsp;<span style="{look}">{escape(pane.title)}</span>'
                # On paper there is no menu to open.
                write(title, words if self._smooth else f"{words} &nbsp;<b>{MENU_GLYPH}</b>")
        self.layout.activate()
        self._share_out([pane.share for pane in picture.panes])
        geometry = self._placed(picture)
        placed: dict[int, Sequence[Placed]] = {
            id(row): area for row, area in zip(self.area_parts, geometry.areas, strict=True)
        }
        placed |= {id(row): (lane,) for row, lane in zip(self._lanes, geometry.lanes, strict=True)}
        for row in self.parts:
            row.show_marks(picture, placed.get(id(row), ()))
        self._drawing.show_drawn(self.rect(), partial(draw, geometry, theme, self._smooth))
        return geometry

    def _share_out(self, shares: Sequence[float]) -> None:
        """Let the areas of every panel have its share of the height that areas have together.

        Qt's stretch factors are no proportions: rows that want exactly the height that there is get it.
        """
        areas = [
            [number for number, row in enumerate(self.parts) if row in rows and row not in self._lanes]
            for rows, _ in self._panes
        ]
        room = sum(self.parts[number].box.geometry().height() for some in areas for number in some)
        key = tuple(shares), round(room)
        if key == self._shared or (self._shared is None and len(set(shares)) < 2):
            return
        self._shared = key
        whole = sum(share for share, some in zip(shares, areas, strict=True) if some)
        for share, some in zip(shares, areas, strict=True):
            for number in some:
                self.layout.setRowPreferredHeight(_ROWS * number + 1, room * share / whole / len(some))
        self.layout.activate()

    def _size_lanes(self, measures: Measures) -> None:
        """Give lanes a height; steps that have the plot for themselves have room for more of their words."""
        areas, lanes = len(self.parts) - len(self._lanes), len(self._lanes)
        share, height = self.rect().height() * (0.5 if areas else 0.8), measures.lane * (1 if areas else 3)
        for number, row in enumerate(self.parts):
            if row in self._lanes:
                self.layout.setRowFixedHeight(_ROWS * number + 1, min(height, share / lanes))

    def _placed(self, picture: Picture) -> Geometry:
        areas = tuple(
            tuple(Placed(axis, row.box.geometry()) for axis in area)
            for area, row in zip(picture.areas, self.area_parts, strict=True)
        )
        lanes = tuple(
            Placed(lane, row.box.geometry()) for lane, row in zip(picture.lanes, self._lanes, strict=True)
        )
        panes = []
        for pane, (rows, title) in zip(picture.panes, self._panes, strict=True):
            rect = QRectF(rows[0].box.geometry().topLeft(), rows[-1].box.geometry().bottomRight())
            head = QRectF(rect.left(), title.geometry().top(), rect.width(), title.geometry().height())
            panes.append(PlacedPane(pane, rect, head))
        first, last = self.parts[0].box.geometry(), self.parts[-1].box.geometry()
        plot = QRectF(first.topLeft(), last.bottomRight())
        return Geometry(picture, plot, areas, lanes, self.look[2], tuple(panes))
