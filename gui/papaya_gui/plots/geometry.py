"""Where on the canvas each area and axis stands, and how times and values become pixels."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from PyQt6.QtCore import QRectF
from PyQt6.QtGui import QFont, QFontMetricsF

from papaya_gui.models.batch import Floats
from papaya_gui.models.picture import Axis, Lane, Picture
from papaya_gui.models.scale import Scale

EDGE, BETWEEN = 14.0, 12.0
# An area keeps at least so many pixels for its curves beside its axes.
LEAST_WIDTH = 320.0
MOST_AXES = 3
# Values far outside are drawn at most so many pixels away: Qt's lines are slow and wrong at enormous ones.
_FAR = 20_000.0


@dataclass(frozen=True, slots=True)
class Measures:
    """How large things are that hold text, by the height of a line of it."""

    line: float

    @property
    def axis(self) -> float:
        """The width of an axis."""
        return 4.7 * self.line

    @property
    def top(self) -> float:
        """The height above the first area, where its units stand."""
        return 0.7 * self.line

    @property
    def time(self) -> float:
        """The height of the time axis."""
        return 2.5 * self.line

    @property
    def lane(self) -> float:
        """The height of a lane."""
        return 3.6 * self.line

    def axes_that_fit(self, width: float) -> int:
        """Return how many axes an area of a canvas so wide has beside it."""
        return max(1, min(MOST_AXES, int((width - EDGE - LEAST_WIDTH) // self.axis)))

    def plot_width(self, width: float, axes: int) -> float:
        """Return how many pixels a canvas so wide leaves for curves, with so many axes in one area."""
        return max(width - self.axis - max((axes - 1) * self.axis, EDGE), 10.0)


def measures_of(font: QFont) -> Measures:
    """Return the measures for a font."""
    return Measures(QFontMetricsF(font).height())


@dataclass(frozen=True, slots=True)
class PlacedAxis:
    """An axis with the rectangle of its curves; `place` is 0 at the left, then 1 and more at the right."""

    axis: Axis
    rect: QRectF
    place: int
    measures: Measures

    @property
    def left(self) -> float:
        """Where the axis itself begins."""
        if self.place == 0:
            return self.rect.left() - self.measures.axis
        return self.rect.right() + (self.place - 1) * self.measures.axis

    def y(self, value: float) -> float:
        """Return where a value stands."""
        scale = self.axis.scale
        return self.rect.bottom() - (value - scale.low) / scale.span * self.rect.height()

    def value(self, y: float) -> float:
        """Return the value that stands there."""
        scale = self.axis.scale
        return scale.low + (self.rect.bottom() - y) / self.rect.height() * scale.span


@dataclass(frozen=True, slots=True)
class PlacedLane:
    """A lane with its rectangle."""

    lane: Lane
    rect: QRectF
    measures: Measures

    @property
    def scale(self) -> Scale:
        """Its lowest and highest place, with room for its title above."""
        return Scale(-0.35, max(len(self.lane.labels) - 1, 1) + 0.7)

    def y(self, value: float) -> float:
        """Return where a place stands."""
        return self.rect.bottom() - (value - self.scale.low) / self.scale.span * self.rect.height()


@dataclass(frozen=True, slots=True)
class Geometry:
    """Everything of a picture in its place; `plot` is the rectangle from the first area to the last lane."""

    picture: Picture
    plot: QRectF
    areas: tuple[tuple[PlacedAxis, ...], ...]
    lanes: tuple[PlacedLane, ...]
    measures: Measures

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


def ys(rect: QRectF, scale: Scale, values: Floats) -> Floats:
    """Return where values stand."""
    # Beside the largest numbers that there are an axis may be of ordinary ones.
    with np.errstate(over="ignore"):
        places = rect.bottom() - (values - scale.low) * (rect.height() / scale.span)
    return np.clip(places, -_FAR, _FAR)


def placed(picture: Picture, rect: QRectF, measures: Measures) -> Geometry:
    """Return where everything stands in a rectangle."""
    most = max((len(area) for area in picture.areas), default=1)
    left = rect.left() + measures.axis
    width = measures.plot_width(rect.width(), most)
    height = max(rect.height() - measures.top - measures.time, 20.0)
    lanes = len(picture.lanes)
    share = 0.5 if picture.areas else 1.0
    lane_height = min(measures.lane, height * share / lanes) if lanes else 0.0
    parts = len(picture.areas)
    blanks = BETWEEN * max(parts - 1 + bool(lanes and parts), 0)
    area_height = max((height - lanes * lane_height - blanks) / parts, 10.0) if parts else 0.0
    top = rect.top() + measures.top
    areas = []
    for axes in picture.areas:
        area = QRectF(left, top, width, area_height)
        areas.append(tuple(PlacedAxis(axis, area, place, measures) for place, axis in enumerate(axes)))
        top += area_height + BETWEEN
    placed_lanes = []
    for lane in picture.lanes:
        placed_lanes.append(PlacedLane(lane, QRectF(left, top, width, lane_height), measures))
        top += lane_height
    plot = QRectF(left, rect.top() + measures.top, width, height)
    return Geometry(picture, plot, tuple(areas), tuple(placed_lanes), measures)
