"""Countries and States as rows or devices spell them, with the center of what stands in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from papaya.manifest.center import Point, center_of

_DIGITS = 4


@dataclass(eq=False)
class SpelledPlace:
    """A Country or a State: its spellings, the points in it in degrees, and a Country's States."""

    spellings: Counter[str] = field(default_factory=Counter)
    points: list[Point] = field(default_factory=list)
    states: dict[str, SpelledPlace] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The most frequent spelling."""
        return self.spellings.most_common(1)[0][0]

    @property
    def aliases(self) -> tuple[str, ...]:
        """Its other spellings."""
        return tuple(sorted(one for one in self.spellings if one != self.name))

    @property
    def center(self) -> Point | None:
        """The center of its points; None where there is none."""
        return center_of(self.points, _DIGITS)


def unspelled(name: str) -> str:
    """Return what spellings have in common that differ by case and blanks only."""
    return " ".join(name.casefold().split())


def note_place(
    countries: dict[str, SpelledPlace], country: str, state: str, points: Iterable[Point] = ()
) -> None:
    """Take in that something stands in a State of a Country; both are kept by what is not spelling."""
    above = countries.setdefault(unspelled(country), SpelledPlace())
    below = above.states.setdefault(unspelled(state), SpelledPlace())
    above.spellings[country] += 1
    below.spellings[state] += 1
    for point in points:
        above.points.append(point)
        below.points.append(point)
