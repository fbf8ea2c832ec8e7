"""Which curve is under the mouse."""

from __future__ import annotations

import numpy as np

from papaya_gui.models.picture import Trace
from papaya_gui.plots.geometry import Geometry, Placed

# As near as the mouse has to be to a curve, in pixels.
NEAR = 7.0


def trace_at(geometry: Geometry, x: float, y: float) -> Trace | None:
    """Return the curve nearest to a place, or None if none is near."""
    found: tuple[float, Trace | None] = NEAR, None
    for placed in geometry.placed:
        if not placed.rect.adjusted(-NEAR, -NEAR, NEAR, NEAR).contains(x, y):
            continue
        for trace in placed.shown.traces:
            distance = _distance(geometry, placed, trace, x, y)
            if distance < found[0]:
                found = distance, trace
    return found[1]


def _distance(geometry: Geometry, placed: Placed, trace: Trace, x: float, y: float) -> float:
    """Return how far a place is from the pieces of a line that are around it."""
    first, last = np.searchsorted(trace.drawn.times, (geometry.time(x - NEAR), geometry.time(x + NEAR)))
    first, last = max(int(first) - 1, 0), int(last) + 1
    xs = geometry.xs(trace.drawn.times[first:last])
    ys = placed.ys(trace.drawn.values[first:last])
    if not len(xs):
        return np.inf
    points = np.hypot(xs - x, ys - y)
    if len(xs) > 1:
        across, up = np.diff(xs), np.diff(ys)
        length = np.maximum(across**2 + up**2, 1e-9)
        share = np.clip(((x - xs[:-1]) * across + (y - ys[:-1]) * up) / length, 0.0, 1.0)
        points = np.append(points, np.hypot(xs[:-1] + share * across - x, ys[:-1] + share * up - y))
    there = points[np.isfinite(points)]
    return float(there.min()) if len(there) else np.inf
