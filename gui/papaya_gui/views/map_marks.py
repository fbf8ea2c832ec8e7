"""The devices of the map: a symbol for each that stands alone, a circle with a number for a cluster."""

from __future__ import annotations

import numpy as np
from PyQt6.QtCore import QPointF, QRectF, Qt
from PyQt6.QtGui import QColor, QFont, QPainter, QPainterPath, QPen, QTransform

from papaya_gui.models.clusters import Cluster, clusters
from papaya_gui.models.condition import Condition, Conditions
from papaya_gui.models.geography import Geography
from papaya_gui.theme import Theme
from papaya_gui.views.map_layer import MapLayer, in_pixels
from papaya_gui.views.symbols import color_of, is_filled, size_of, symbol_of

# So much of the view has its clusters found on each side of it.
_MARGIN = 0.5
_MOST_PIXELS = 32
# Where on its diagonal a cluster has the shape of its gravest device, in radii.
_BADGE = 0.75


class Marks(MapLayer):
    """Draws the devices; which of them make a cluster is found anew where the view leaves what is known."""

    def __init__(self, geography: Geography, theme: Theme) -> None:
        super().__init__()
        self.setZValue(10)
        self._geography, self._theme = geography, theme
        self._conditions: Conditions = np.zeros(len(geography.devices), np.int8)
        self._found: list[Cluster] = []
        self._worst: list[Condition] = []
        self._region: QRectF | None = None
        self._degrees = (0.0, 0.0)
        self._symbols = {one: symbol_of(one) for one in Condition}
        self.chosen: int | None = None

    def show_conditions(self, conditions: Conditions) -> None:
        """Draw devices in these conditions."""
        self._conditions = conditions
        self._rate()
        self.update()

    def set_theme(self, theme: Theme) -> None:
        """Take another look."""
        self._theme = theme
        self.update()

    def choose(self, number: int | None) -> None:
        """Mark one device, or none."""
        self.chosen = number
        self.update()

    def clusters(self) -> list[Cluster]:
        """Return the clusters in and around the view, a single device as one of one."""
        box = self.getViewBox()
        if box is not None:
            self._find(box.viewRect(), box.viewPixelSize())
        return self._found

    def at(self, place: QPointF) -> Cluster | None:
        """Return the cluster that is drawn at a place of the map, in degrees."""
        for cluster in self.clusters():
            across = (cluster.longitude - place.x()) / self._degrees[0]
            along = (cluster.latitude - place.y()) / self._degrees[1]
            if np.hypot(across, along) <= cluster.radius:
                return cluster
        return None

    def draw(self, painter: QPainter, shown: QRectF, degrees: tuple[float, float]) -> None:
        """Draw every cluster of the view in pixels."""
        self._find(shown, degrees)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing, True)
        with in_pixels(painter) as to_pixels:
            visible = to_pixels.mapRect(shown).adjusted(*(-_MOST_PIXELS,) * 2, *(_MOST_PIXELS,) * 2)
            for cluster, worst in sorted(zip(self._found, self._worst, strict=True), key=lambda one: one[1]):
                spot = to_pixels.map(QPointF(cluster.longitude, cluster.latitude))
                if visible.contains(spot):
                    self._draw(painter, spot, cluster, worst)

    def _draw(self, painter: QPainter, spot: QPointF, cluster: Cluster, worst: Condition) -> None:
        if cluster.count == 1:
            self._symbol(painter, spot, worst)
        else:
            painter.setPen(QPen(QColor(color_of(worst, self._theme)), 3.0))
            painter.setBrush(QColor(self._theme.base))
            painter.drawEllipse(spot, cluster.radius - 2, cluster.radius - 2)
            self._number(painter, spot, cluster)
            if worst >= Condition.DRIFTED:
                # Its shape says it too, for those who do not see its colour.
                self._symbol(painter, spot + QPointF(1, -1) * cluster.radius * _BADGE, worst)
        if self.chosen is not None and self.chosen in cluster.devices:
            painter.setPen(QPen(QColor(self._theme.accent), 2.0))
            painter.setBrush(Qt.BrushStyle.NoBrush)
            painter.drawEllipse(spot, cluster.radius + 3, cluster.radius + 3)

    def _symbol(self, painter: QPainter, spot: QPointF, condition: Condition) -> None:
        color, base = QColor(color_of(condition, self._theme)), QColor(self._theme.base)
        side = size_of(condition)
        path: QPainterPath = (
            QTransform.fromTranslate(spot.x(), spot.y()).scale(side, side).map(self._symbols[condition])
        )
        painter.setPen(QPen(base if is_filled(condition) else color, 1.4))
        painter.setBrush(color if is_filled(condition) else base)
        painter.drawPath(path)
        # Its edge must not close what is cut out of it.
        painter.setPen(Qt.PenStyle.NoPen)
        painter.drawPath(path)

    def _number(self, painter: QPainter, spot: QPointF, cluster: Cluster) -> None:
        font = QFont(painter.font())
        text = _short(cluster.count)
        # The circle is as wide as three figures of this size.
        font.setPixelSize(max(8, round((cluster.radius - 3) * 1.6 / max(len(text), 2))))
        painter.setFont(font)
        painter.setPen(QColor(self._theme.text))
        side = cluster.radius * 2
        area = QRectF(spot.x() - cluster.radius, spot.y() - cluster.radius, side, side)
        painter.drawText(area, Qt.AlignmentFlag.AlignCenter, text)

    def _find(self, shown: QRectF, degrees: tuple[float, float]) -> None:
        is_as_near = np.allclose(degrees, self._degrees, rtol=1e-6, atol=0.0)
        if self._region is not None and is_as_near and self._region.contains(shown):
            return
        across, along = shown.width() * _MARGIN, shown.height() * _MARGIN
        self._region = shown.adjusted(-across, -along, across, along)
        self._degrees = degrees
        longitudes, latitudes = self._geography.longitudes, self._geography.latitudes
        # NaN is inside nothing.
        inside = (longitudes >= self._region.left()) & (longitudes <= self._region.right())
        inside &= (latitudes >= self._region.top()) & (latitudes <= self._region.bottom())
        self._found = clusters(longitudes, latitudes, np.flatnonzero(inside), degrees)
        self._rate()

    def _rate(self) -> None:
        self._worst = [Condition(max(int(self._conditions[one.devices].max()), 0)) for one in self._found]


def _short(count: int) -> str:
    """Return a number in at most four characters where it is below ten million."""
    if count < 1000:
        return str(count)
    return f"{count / 1000:.1f}k" if count < 9950 else f"{count / 1000:.0f}k" if count < 999_500 else "1M+"
