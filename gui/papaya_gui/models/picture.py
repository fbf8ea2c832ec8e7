"""The picture without pixels: panels one above the other on one time axis, each with curves and axes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo
from typing import NamedTuple

from papaya_gui.models.curve import Drawn
from papaya_gui.models.scale import Scale

# The panel of axes that show the same values in every panel, and the row of an axis that rows share.
LINKED, SHARED = -1, -1


class AxisKey(NamedTuple):
    """Which axis: the number of its panel, its unit, and the row that has it alone."""

    panel: int
    unit: str
    row: int = SHARED


@dataclass(frozen=True, slots=True)
class Trace:
    """One row's curve; `look` is the number of its pen, `end` its newest sample, `stale` words about it.

    `color` is the number of the color that a person chose, -1 for that of the pen; `width` is in pixels.
    """

    row: int
    title: str
    device: str
    look: int
    drawn: Drawn
    end: tuple[float, float] | None = None
    stale: str = ""
    color: int = -1
    width: float = 1.0


@dataclass(frozen=True, slots=True)
class Limit:
    """A threshold of the manifest: everything on its side of `value` is a warning or an alarm of `rows`."""

    value: float
    is_above: bool
    is_alarm: bool
    text: str
    rows: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Axis:
    """The scale of a unit with the curves of a panel that are measured in it, or of one curve alone."""

    key: AxisKey
    scale: Scale
    traces: tuple[Trace, ...]
    limits: tuple[Limit, ...] = ()

    @property
    def unit(self) -> str:
        """The unit of its values."""
        return self.key.unit


@dataclass(frozen=True, slots=True)
class Lane:
    """The steps of one row: its values are the places of `labels`, from the bottom."""

    trace: Trace
    labels: tuple[str, ...]

    @property
    def scale(self) -> Scale:
        """Its lowest and highest place, with room for its title above."""
        return Scale(-0.35, max(len(self.labels) - 1, 1) + 0.7)

    @property
    def traces(self) -> tuple[Trace, ...]:
        """Its only curve."""
        return (self.trace,)

    @property
    def unit(self) -> str:
        """Steps have no unit."""
        return ""

    @property
    def limits(self) -> tuple[Limit, ...]:
        """Steps have no thresholds."""
        return ()


Areas = tuple[tuple[Axis, ...], ...]


@dataclass(frozen=True, slots=True)
class Pane:
    """What is drawn in one panel; every area has the axes that fit beside it.

    The title is shown above it, the note where it has no curves. Its height is in proportion to its share.
    """

    number: int
    areas: Areas = ()
    lanes: tuple[Lane, ...] = ()
    title: str = ""
    note: str = ""
    is_current: bool = False
    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Picture:
    """A span of time with the panels that are drawn in it, from top to bottom."""

    start: float
    end: float
    panes: tuple[Pane, ...] = ()
    seams: tuple[tuple[float, str], ...] = ()
    zone: tzinfo | None = None

    @property
    def areas(self) -> Areas:
        """The areas of every panel."""
        return tuple(area for pane in self.panes for area in pane.areas)

    @property
    def lanes(self) -> tuple[Lane, ...]:
        """The lanes of every panel."""
        return tuple(lane for pane in self.panes for lane in pane.lanes)

    @property
    def traces(self) -> tuple[Trace, ...]:
        """Every curve."""
        measured = tuple(trace for area in self.areas for axis in area for trace in axis.traces)
        return measured + tuple(lane.trace for lane in self.lanes)
