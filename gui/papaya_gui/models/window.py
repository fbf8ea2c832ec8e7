"""The span of time that is shown: the newest minutes, or a span that stands still."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from papaya.manifest.model import Json

# From the last minute to the last 30 days.
SPANS = (
    *(60.0, 300.0, 900.0, 1800.0, 3600.0, 10_800.0, 21_600.0, 43_200.0),
    *(86_400.0, 2 * 86_400.0, 7 * 86_400.0, 30 * 86_400.0),
)
USUAL_SPAN = 300.0
SHORTEST, LONGEST = 0.05, 50 * 366 * 86_400.0
# The end of the year 2199.
LATEST = 7_258_118_400.0
_WRITTEN = re.compile(r"(\d+\.?\d*)\s*(s|sec|m|min|h|d|days?)")
_UNITS = {"s": 1.0, "m": 60.0, "h": 3600.0, "d": 86_400.0}
_NAMES = ((86_400.0, "d"), (3600.0, "h"), (60.0, "min"))


@dataclass(frozen=True, slots=True)
class TimeWindow:
    """The newest `span` seconds while `start` is None, else so many seconds from `start` on."""

    span: float = USUAL_SPAN
    start: float | None = None

    @property
    def is_following(self) -> bool:
        """Whether it moves on with the time."""
        return self.start is None

    def bounds(self, now: float) -> tuple[float, float]:
        """Return its start and its end at a moment, in seconds since 1970."""
        start = now - self.span if self.start is None else self.start
        return start, start + self.span

    def following(self, span: float | None = None) -> TimeWindow:
        """Return the newest seconds, as many as before unless said otherwise."""
        return TimeWindow(_clamped(self.span if span is None else span))

    def standing(self, now: float) -> TimeWindow:
        """Return what is shown at a moment, standing still."""
        return replace(self, start=self.bounds(now)[0])

    def between(self, start: float, end: float) -> TimeWindow:
        """Return a span that stands still."""
        return _standing(end - start, start)

    def zoomed(self, factor: float, at: float, now: float) -> TimeWindow:
        """Return a span `factor` times as long that stands still, with a moment where it was."""
        start, _ = self.bounds(now)
        span = _clamped(self.span * factor)
        return _standing(span, at - (at - start) * span / self.span)

    def resized(self, factor: float, now: float) -> TimeWindow:
        """Return a span `factor` times as long: still following, or with its middle where it was."""
        if self.is_following:
            return self.following(self.span * factor)
        start, end = self.bounds(now)
        return self.zoomed(factor, (start + end) / 2, now)

    def moved(self, part: float, now: float) -> TimeWindow:
        """Return the span moved by a part of its length; it stands still."""
        return _standing(self.span, self.bounds(now)[0] + part * self.span)

    def stepped(self, direction: int) -> TimeWindow:
        """Return the next longer (1) or shorter (-1) one of the usual spans, following."""
        if direction > 0:
            longer = [span for span in SPANS if span > self.span * 1.001]
            return self.following(longer[0] if longer else SPANS[-1])
        shorter = [span for span in SPANS if span < self.span * 0.999]
        return self.following(shorter[-1] if shorter else SPANS[0])

    def as_json(self) -> dict[str, Json]:
        """Return it for a layout."""
        return {"span": self.span, "start": self.start}


def window_of(saved: Mapping[str, Json]) -> TimeWindow:
    """Return the window that a layout tells of, the usual one where it makes no sense."""
    span, start = saved.get("span"), saved.get("start")
    if not isinstance(span, int | float) or not span > 0:
        return TimeWindow()
    if isinstance(start, int | float):
        return _standing(float(span), float(start))
    return TimeWindow(_clamped(float(span)))


def span_text(seconds: float) -> str:
    """Return a length of time for people, in its largest unit: `4 min`, `1.5 h`, `30 d`."""
    for length, name in _NAMES:
        if seconds >= length:
            number = seconds / length
            return f"{number:.0f} {name}" if number >= 10 or number % 1 < 0.05 else f"{number:.1f} {name}"
    return f"{seconds:.0f} s" if seconds >= 10 or seconds % 1 == 0 else f"{seconds:.2g} s"


def duration_text(seconds: float) -> str:
    """Return a difference of times exactly, in its two largest units: `2 min 5 s`, `-3 d 4 h`, `250 ms`."""
    sign, left = ("-" if seconds < 0 else ""), abs(seconds)
    if left < 1:
        return f"{sign}{left * 1000:.0f} ms"
    if left < 60:
        return f"{sign}{left:.3f}".rstrip("0").rstrip(".") + " s"
    whole = round(left)
    units = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))
    place = next(place for place, (length, _) in enumerate(units) if whole >= length)
    parts = []
    for length, name in units[place : place + 2]:
        count, whole = divmod(whole, length)
        if count:
            parts.append(f"{count} {name}")
    return sign + " ".join(parts)


def parsed_span(text: str) -> float | None:
    """Return the seconds of a length of time as people write it: `90 s`, `45 min`, `1.5h`, `3 d`."""
    found = _WRITTEN.fullmatch(text.strip().lower().replace(",", "."))
    if found is None or not (seconds := float(found[1]) * _UNITS[found[2][0]]):
        return None
    return _clamped(seconds)


def _standing(span: float, start: float) -> TimeWindow:
    """Return a window that stands still, within the times that a clock can show."""
    span = _clamped(span)
    return TimeWindow(span, min(max(start, 0.0), LATEST - span))


def _clamped(span: float) -> float:
    return min(max(span, SHORTEST), LONGEST)
