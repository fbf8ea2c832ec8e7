"""The ground of the map: land, coasts, borders, and names that leave each other room."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pyqtgraph
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QFontMetricsF, QPainter, QPainterPath, QPen, QPolygonF, QTransform

from papaya_gui.models.base_map import BaseMap, Label, View, base_map
from papaya_gui.models.batch import Floats
from papaya_gui.models.clusters import Cluster
from papaya_gui.models.scale_bar import scale_bar
from papaya_gui.theme import Theme
from papaya_gui.views.map_layer import MapLayer, in_pixels
from papaya_gui.views.map_room import Room

# So much of the view is prepared on each side of it: a move within it needs no more than to draw.
_MARGIN = 0.5
# A picture is prepared anew when the map was zoomed by more than this since.
_ZOOMED = 1.4
# A country has its name where it is at least so many pixels wide.
_LEAST_COUNTRY = 90.0
_ROOM = 14.0
_DOT = 1.6
_EDGE = 12.0


@dataclass(frozen=True, slots=True)
class _Placed:
    """A name, how wide it is, and by how many pixels it makes room for devices."""

    label: Label
    width: float
    aside: QPointF


class Ground(MapLayer):
    """Draws the world under whatever the view shows; `set_theme` gives it another look.

    `marks` returns what names make room for.
    """

    def __init__(self, theme: Theme, marks: Callable[[], Sequence[Cluster]] = lambda: ()) -> None:
        super().__init__()
        self._marks = marks
        self.setZValue(-100)
        self._theme = theme
        self._world: BaseMap | None = None
        self._prepared: View | None = None
        self._degrees = 1.0
        self._land, self._coasts, self._borders = QPainterPath(), QPainterPath(), QPainterPath()
        self._tiles: dict[tuple[str, int, int], QPainterPath] = {}
        self.placed: list[_Placed] = []
        self._widths: dict[tuple[str, bool], float] = {}
        self._font = QFont()

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self._theme = theme
        self._prepared = None
        self.update()

    @property
    def names(self) -> list[str]:
        """The names that are drawn, in the order in which they found room."""
        return [one.label.name for one in self.placed]

    def draw(self, painter: QPainter, shown: QRectF, degrees: tuple[float, float]) -> None:
        """Draw what is prepared, which is done first where the view has left it."""
        self._prepare(View(shown.left(), shown.top(), shown.right(), shown.bottom()), degrees)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)
        painter.setPen(Qt.PenStyle.NoPen)
        painter.setBrush(QColor(self._theme.land))
        painter.drawPath(self._land)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        painter.setBrush(Qt.BrushStyle.NoBrush)
        painter.setPen(_cosmetic(self._theme.coast, 1.0))
        painter.drawPath(self._coasts)
        painter.setPen(_cosmetic(self._theme.border, 1.0))
        painter.drawPath(self._borders)
        with in_pixels(painter) as to_pixels:
            visible = to_pixels.mapRect(shown)
            self._write(painter, to_pixels, visible)
            self._write_scale(painter, visible, degrees, shown.center().y())

    # Preparing

    def _prepare(self, view: View, degrees: tuple[float, float]) -> None:
        is_near = 1 / _ZOOMED < self._degrees / degrees[1] < _ZOOMED
        if self._prepared is not None and is_near and _contains(self._prepared, view):
            return
        if self._world is None:
            self._world = base_map()
        across, along = (view.east - view.west) * _MARGIN, (view.north - view.south) * _MARGIN
        wide = View(view.west - across, view.south - along, view.east + across, view.north + along)
        self._prepared, self._degrees = wide, degrees[1]
        detail = self._world.detail(degrees[1])
        self._land = QPainterPath()
        self._land.setFillRule(Qt.FillRule.OddEvenFill)
        for tile in detail.tiles(wide):
            key = (detail.name, *tile)
            if key not in self._tiles:
                self._tiles[key] = path = QPainterPath()
                for ring in detail.rings(tile):
                    path.addPolygon(_polygon(ring))
            self._land.addPath(self._tiles[key])
        self._coasts, self._borders = QPainterPath(), QPainterPath()
        for number, is_border in detail.lines(wide):
            (self._borders if is_border else self._coasts).addPolygon(_polygon(detail.line(number)))
        self._place(self._world, wide, degrees)

    def _place(self, world: BaseMap, wide: View, degrees: tuple[float, float]) -> None:
        """Give names room in the order of their weight; who finds none has no name."""
        self.placed = []
        free = Room(self._marks(), degrees)
        countries, cities = self._metrics(is_country=True), self._metrics(is_country=False)
        found = [*world.countries(wide, _LEAST_COUNTRY * degrees[0]), *world.cities(wide)]
        for label in found:
            metrics = cities if label.population else countries
            width = self._width(label.name, metrics, is_country=not label.population)
            spot = QRectF(
                label.longitude / degrees[0] - (_DOT if label.population else width / 2),
                -label.latitude / degrees[1] - metrics.height() / 2,
                width + 3 * _DOT,
                metrics.height(),
            )
            for aside in free.asides(spot):
                moved = spot.translated(aside)
                room = moved.adjusted(-_ROOM, -_ROOM / 2, _ROOM, _ROOM / 2)
                # A name that need not move is covered by nothing.
                if not free.is_taken(room) and (aside.isNull() or not free.covers(moved)):
                    free.take(room)
                    self.placed.append(_Placed(label, width, aside))
                    break

    def _width(self, name: str, metrics: QFontMetricsF, *, is_country: bool) -> float:
        """Return how wide a name is; it is measured once."""
        key = name, is_country
        if key not in self._widths:
            self._widths[key] = metrics.horizontalAdvance(name)
        return self._widths[key]

    def _metrics(self, *, is_country: bool) -> QFontMetricsF:
        return QFontMetricsF(self._font_of(is_country=is_country))

    def _font_of(self, *, is_country: bool) -> QFont:
        font = QFont(self._font)
        if is_country:
            font.setCapitalization(QFont.Capitalization.AllUppercase)
            font.setLetterSpacing(QFont.SpacingType.AbsoluteSpacing, 1.5)
        return font

    # Writing

    def _write(self, painter: QPainter, to_pixels: QTransform, visible: QRectF) -> None:
        """Write the names that the view shows."""
        # The last line belongs to the scale and the sources.
        room = visible.adjusted(0, 0, 0, -3 * _EDGE)
        fonts = {is_country: self._font_of(is_country=is_country) for is_country in (True, False)}
        for placed in self.placed:
            label = placed.label
            spot = to_pixels.map(QPointF(label.longitude, label.latitude))
            if not room.contains(spot):
                continue
            painter.setFont(fonts[not label.population])
            metrics = painter.fontMetrics()
            if label.population:
                painter.setPen(Qt.PenStyle.NoPen)
                painter.setBrush(QColor(self._theme.muted))
                painter.drawEllipse(spot, _DOT, _DOT)
            spot += placed.aside
            baseline = spot.y() + (metrics.ascent() - metrics.descent()) / 2
            if label.population:
                start = QPointF(spot.x() + 3 * _DOT, baseline)
            else:
                start = QPointF(spot.x() - placed.width / 2, baseline)
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(start, label.name)

    def _write_scale(
        self, painter: QPainter, visible: QRectF, degrees: tuple[float, float], latitude: float
    ) -> None:
        bar = scale_bar(degrees[0], latitude)
        left, bottom = visible.left() + _EDGE, visible.bottom() - _EDGE
        painter.setFont(self._font)
        painter.setPen(QPen(QColor(self._theme.text), 1.5))
        painter.setBrush(Qt.BrushStyle.NoBrush)
        ends = [
            QPointF(left, bottom - 5), QPointF(left, bottom),
            QPointF(left + bar.pixels, bottom), QPointF(left + bar.pixels, bottom - 5),
        ]  # fmt: skip
        painter.drawPolyline(QPolygonF(ends))
        painter.drawText(QPointF(left + 4, bottom - 4), bar.text)
        sources = self.tr("Natural Earth, GeoNames")
        width = painter.fontMetrics().horizontalAdvance(sources)
        if visible.width() > bar.pixels + width + 4 * _EDGE:
            painter.setPen(QColor(self._theme.muted))
            painter.drawText(QPointF(visible.right() - width - _EDGE, bottom), sources)


def _polygon(points: Floats) -> QPolygonF:
    polygon: QPolygonF = pyqtgraph.functions.arrayToQPolygonF(points[:, 0], points[:, 1])
    return polygon


def _cosmetic(color: str, width: float) -> QPen:
    pen = QPen(QColor(color), width)
    pen.setCosmetic(True)
    return pen


def _contains(wide: View, view: View) -> bool:
    return (
        wide.west <= view.west
        and wide.south <= view.south
        and wide.east >= view.east
        and wide.north >= view.north
    )
