"""What is drawn, before any pixel: areas one above the other on one time axis, each with curves and axes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import tzinfo

from papaya_gui.models.curve import Drawn
from papaya_gui.models.scale import Scale


@dataclass(frozen=True, slots=True)
class Trace:
    """One row's curve; `look` is the number of its pen, `end` its newest sample, `stale` words about it."""

    row: int
    title: str
    device: str
    look: int
    drawn: Drawn
    end: tuple[float, float] | None = None
    stale: str = ""


@dataclass(frozen=True, slots=True)
class Limit:
    """A threshold of the manifest: everything on its side of `value` is a warning or an alarm."""

    value: float
    is_above: bool
    is_alarm: bool
    text: str


@dataclass(frozen=True, slots=True)
class Axis:
    """The scale of a unit with all curves that are measured in it."""

    unit: str
    scale: Scale
    traces: tuple[Trace, ...]
    limits: tuple[Limit, ...] = ()


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


@dataclass(frozen=True, slots=True)
class Picture:
    """A span of time with what is drawn in it; every area has the axes that fit beside it."""

    start: float
    end: float
    areas: tuple[tuple[Axis, ...], ...] = ()
    lanes: tuple[Lane, ...] = ()
    seams: tuple[tuple[float, str], ...] = ()
    zone: tzinfo | None = None

    @property
    def traces(self) -> tuple[Trace, ...]:
        """Every curve."""
        measured = tuple(trace for area in self.areas for axis in area for trace in axis.traces)
        return measured + tuple(lane.trace for lane in self.lanes)
