"""Two cursors on the time axis, and the differences between them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marks:
    """The two measuring cursors as seconds since 1970, None where one is not set."""

    times: tuple[float | None, float | None] = (None, None)

    @property
    def span(self) -> float | None:
        """The seconds from A to B."""
        first, second = self.times
        return None if first is None or second is None else second - first

    def with_mark(self, place: int, moment: float | None) -> Marks:
        """Return them with one set, or with None removed."""
        first, second = self.times
        return Marks((moment, second) if place == 0 else (first, moment))
