"""The base of all layers of the map: they fill the view, and write in pixels over it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pyqtgraph
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QPainter, QTransform
from PyQt6.QtWidgets import QStyleOptionGraphicsItem, QWidget


class MapLayer(pyqtgraph.UIGraphicsItem):  # type: ignore[misc]
    """Draws over whatever the view shows; a layer says how in `draw`."""

    def paint(
        self,
        painter: QPainter | None,
        option: QStyleOptionGraphicsItem | None = None,
        widget: QWidget | None = None,
    ) -> None:
        """Draw what the view shows now."""
        box = self.getViewBox()
        if painter is not None and box is not None:
            self.draw(painter, box.viewRect(), box.viewPixelSize())

    def draw(self, painter: QPainter, shown: QRectF, degrees: tuple[float, float]) -> None:
        """Draw a part of the map, in degrees; a pixel covers so much longitude and latitude."""
        raise NotImplementedError


@contextmanager
def in_pixels(painter: QPainter) -> Iterator[QTransform]:
    """Draw in pixels, in which texts stand upright: the map's own y axis points up.

    What is given says where a place of the map is in them.
    """
    to_pixels = painter.worldTransform()
    painter.save()
    painter.resetTransform()
    try:
        yield to_pixels
    finally:
        painter.restore()
