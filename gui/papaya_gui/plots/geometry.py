"""The places of areas and axes on the canvas, and the conversion of times and values to pixels."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QFont, QFontMetricsF

from papaya_gui.models.batch import Floats
from papaya_gui.models.picture import Axis, Lane, Pane, Picture
from papaya_gui.models.scale import Scale

EDGE, BETWEEN = 14.0, 12.0
# An area and a lane are at least so many lines of text high; where the canvas is lower, it scrolls.
LEAST_LINES, LEAST_LANE_LINES = 4.7, 1.6
# An area keeps at least so many pixels for its curves beside its axes.
LEAST_WIDTH = 320.0
MOST_AXES = 3
# Values far outside are drawn at most so many pixels away: Qt's lines are slow and wrong at enormous ones.
_FAR = 20_000.0


@dataclass(frozen=True, slots=True)
class Measures:
    """How large things are that hold text, by the height of a line of it."""

    line: float

    @classmethod
    def of(cls, font: QFont) -> Self:
        """Return the measures for a font."""
        return cls(QFontMetricsF(font).height())

    @property
    def axis(self) -> float:
        """The width of an axis."""
        return 4.7 * self.line

    @property
    def time(self) -> float:
        """The height of the time axis without the date."""
        return 1.4 * self.line

    def least_height(self, picture: Picture) -> int:
        """Return how high a canvas has to be for a picture; any height will do for one area."""
        areas = sum(max(len(pane.areas), 0 if pane.lanes else 1) for pane in picture.panes)
        if areas + len(picture.lanes) < 2:
            return 0
        lines = areas * LEAST_LINES + len(picture.lanes) * LEAST_LANE_LINES + 2.4
        return round(lines * self.line)

    @property
    def lane(self) -> float:
        """The height of a lane."""
        return 3.6 * self.line

    def axes_that_fit(self, width: float) -> int:
        """Return how many axes an area of a canvas so wide has beside it."""
        return max(1, min(MOST_AXES, int((width - EDGE - LEAST_WIDTH) // self.axis)))


@dataclass(frozen=True, slots=True)
class Placed:
    """An axis or a lane with the rectangle of its curves."""

    shown: Axis | Lane
    rect: QRectF

    @property
    def scale(self) -> Scale:
        """Its lowest and highest value."""
        return self.shown.scale

    def y(self, value: float) -> float:
        """Return where a value stands."""
        return self.rect.bottom() - (value - self.scale.low) / self.scale.span * self.rect.height()

    def value(self, y: float) -> float:
        """Return the value that stands there."""
        return self.scale.low + (self.rect.bottom() - y) / self.rect.height() * self.scale.span

    def ys(self, values: Floats) -> Floats:
        """Return where values stand."""
        # Beside the largest numbers that there are an axis may be of ordinary ones.
        with np.errstate(over="ignore"):
            places = self.rect.bottom() - (values - self.scale.low) * (self.rect.height() / self.scale.span)
        return np.clip(places, -_FAR, _FAR)


@dataclass(frozen=True, slots=True)
class PlacedPane:
    """A panel with the rectangle of its curves, and the one of its title above them."""

    pane: Pane
    rect: QRectF
    head: QRectF

    @property
    def whole(self) -> QRectF:
        """Both rectangles."""
        return self.rect.united(self.head) if self.pane.title else self.rect


@dataclass(frozen=True, slots=True)
class Geometry:
    """Everything of a picture in its place; `plot` is the rectangle from the first area to the last lane."""

    picture: Picture
    plot: QRectF
    areas: tuple[tuple[Placed, ...], ...]
    lanes: tuple[Placed, ...]
    measures: Measures
    panes: tuple[PlacedPane, ...] = ()

    @property
    def placed(self) -> tuple[Placed, ...]:
        """Every axis and lane."""
        return tuple(axis for area in self.areas for axis in area) + self.lanes

    def pane_at(self, y: float) -> PlacedPane | None:
        """Return the panel at a height, with its title and half of the space around it."""
        if not self.panes:
            return None
        return min(self.panes, key=lambda one: max(one.whole.top() - y, y - one.whole.bottom()))

    def x(self, time: float) -> float:
        """Return where a moment stands."""
        share = (time - self.picture.start) / (self.picture.end - self.picture.start)
        return self.plot.left() + share * self.plot.width()

    def time(self, x: float) -> float:
        """Return the moment that stands there."""
        share = (x - self.plot.left()) / max(self.plot.width(), 1.0)
        return self.picture.start + share * (self.picture.end - self.picture.start)

    def xs(self, times: Floats) -> Floats:
        """Return where moments stand."""
        start, end = self.picture.start, self.picture.end
        xs = (times - start) * (self.plot.width() / (end - start)) + self.plot.left()
        return np.clip(xs, -_FAR, _FAR)
