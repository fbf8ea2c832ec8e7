"""Which values an axis shows: what is visible, with a little room, and calm while values move."""

from __future__ import annotations

from dataclasses import dataclass

ROOM = 0.06
# An axis that shows more than so many times what is needed is fitted anew; a smaller change would be unrest.
SLACK = 1.6
# Noise is not blown up to more than this part of the range that the sensor can have.
LEAST_PART = 0.02
# What is farther away is drawn outside of every axis.
FARTHEST = 1e100


@dataclass(frozen=True, slots=True)
class Scale:
    """The lowest and the highest value of an axis."""

    low: float
    high: float

    @property
    def span(self) -> float:
        """How much it shows."""
        return self.high - self.low

    def zoomed(self, factor: float, at: float) -> Scale:
        """Return a scale `factor` times as long with one value where it was."""
        return _sound(at - (at - self.low) * factor, at + (self.high - at) * factor)

    def moved(self, part: float) -> Scale:
        """Return the scale moved by a part of its length."""
        return _sound(self.low + part * self.span, self.high + part * self.span)


def fitted(
    low: float,
    high: float,
    before: Scale | None = None,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
) -> Scale:
    """Return a scale for values between two others; `before` stays where it still serves.

    A sensor's minimum and maximum bound the room that is left around its values, not the values themselves.
    """
    low, high = max(min(low, FARTHEST), -FARTHEST), max(min(high, FARTHEST), -FARTHEST)
    span = high - low
    least = LEAST_PART * (maximum - minimum) if minimum is not None and maximum is not None else 0.0
    least = max(least, abs(high) * 1e-6)
    if span < least or span == 0:
        # Around a value that never changes nothing is worth a closer look.
        still = abs(high) * 0.05 or 0.5
        middle, half = (low + high) / 2, (max(least, still) if span == 0 else least) / 2
        low, high = min(low, middle - half), max(high, middle + half)
        span = high - low
    if before is not None and before.low <= low and high <= before.high:
        needed = span * (1 + 2 * ROOM)
        if before.span <= SLACK * needed:
            return before
    wanted = Scale(low - ROOM * span, high + ROOM * span)
    # A line at the very edge would lie on the frame.
    edge = ROOM * span / 3
    bottom, top = wanted.low, wanted.high
    if minimum is not None and low >= minimum:
        bottom = max(bottom, minimum - edge)
    if maximum is not None and high <= maximum:
        top = min(top, maximum + edge)
    return _sound(bottom, top)


def _sound(low: float, high: float) -> Scale:
    """Return a scale that can be drawn: neither endless nor finer than numbers of its size are."""
    low, high = max(min(low, FARTHEST), -FARTHEST), max(min(high, FARTHEST), -FARTHEST)
    least = max(abs(low), abs(high), 1e-200) * 1e-12
    return Scale(low, high) if high - low >= least else Scale(low - least, high + least)
