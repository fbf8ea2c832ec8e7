"""The settings of single curves: color, width, an axis of their own, how they are condensed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TypeVar

from papaya_gui.models.curve import Aggregation

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True)
class Looks:
    """By row: the number of a color, the width in pixels, the aggregation; `apart` have axes of their own.

    A row that is not named looks as all others.
    """

    colors: Mapping[int, int] = field(default_factory=dict)
    widths: Mapping[int, float] = field(default_factory=dict)
    own: Mapping[int, Aggregation] = field(default_factory=dict)
    apart: frozenset[int] = frozenset()

    def with_color(self, row: int, number: int) -> Looks:
        """Return the same with another color for a row, or with -1 that of its pen."""
        return replace(self, colors=_with(self.colors, row, number if number >= 0 else None))

    def with_width(self, row: int, pixels: float) -> Looks:
        """Return the same with another width for a row."""
        return replace(self, widths=_with(self.widths, row, pixels if pixels != 1.0 else None))

    def with_own(self, row: int, aggregation: Aggregation | None) -> Looks:
        """Return the same with a row condensed in a way of its own, or with None like all others."""
        return replace(self, own=_with(self.own, row, aggregation))

    def with_apart(self, row: int, is_so: bool) -> Looks:
        """Return the same with an axis for a row alone, or shared with its unit."""
        return replace(self, apart=self.apart | {row} if is_so else self.apart - {row})


def _with(known: Mapping[int, _Value], row: int, value: _Value | None) -> Mapping[int, _Value]:
    rest = {one: other for one, other in known.items() if one != row}
    return rest if value is None else {**rest, row: value}
