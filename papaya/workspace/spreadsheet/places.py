"""Countries and States of a table, with the middle of their devices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from papaya.foreign import ForeignValue, number_in
from papaya.manifest.center import Point, center_of
from papaya.manifest.table import Table
from papaya.workspace.spreadsheet.columns import Choices, pair_in

UNKNOWN = "Unknown"


@dataclass(eq=False)
class TablePlace:
    """A Country or a State as the rows spell it: the most frequent spelling, the others, the points."""

    spellings: Counter[str] = field(default_factory=Counter)
    points: list[Point] = field(default_factory=list)
    states: dict[str, TablePlace] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """How most rows spell it."""
        return self.spellings.most_common(1)[0][0]

    @property
    def aliases(self) -> tuple[str, ...]:
        """Its other spellings."""
        return tuple(sorted(one for one in self.spellings if one != self.name))

    @property
    def middle(self) -> Point | None:
        """The middle of its devices, in degrees; None where no device has coordinates."""
        return center_of(self.points, 4)


def places(tables: Sequence[tuple[Table, Choices]]) -> dict[str, TablePlace]:
    """Return the Countries of some tables; spellings that differ in case and blanks only are one place."""
    found: dict[str, TablePlace] = {}
    for table, choices in tables:
        for row in table.rows:
            country, state = text_of("country", row, choices), text_of("state", row, choices)
            owner = found.setdefault(_key(country), TablePlace())
            owner.spellings[country] += 1
            place = owner.states.setdefault(_key(state), TablePlace())
            place.spellings[state] += 1
            for point in points_of(row, table, choices):
                owner.points.append(point)
                place.points.append(point)
    return found


def text_of(name: str, row: Sequence[str], choices: Choices) -> str:
    """Return what a row says of a place."""
    choice = choices[name]
    if choice.text is not None:
        return choice.text
    return (row[choice.column] if choice.column is not None else "") or UNKNOWN


def points_of(row: Sequence[str], table: Table, choices: Choices) -> Iterator[Point]:
    """Yield the coordinates of a row, in degrees, if it has some."""
    latitude, longitude, position = (choices[one].column for one in ("latitude", "longitude", "position"))
    if latitude is not None and longitude is not None:
        try:
            point = (
                float(number_in(row[latitude], decimal=table.decimal)),
                float(number_in(row[longitude], decimal=table.decimal)),
            )
        except ForeignValue:
            return
        if abs(point[0]) <= 90 and abs(point[1]) <= 180:
            yield point
    elif position is not None:
        pair = pair_in(row[position])
        if pair is not None:
            yield pair


def _key(name: str) -> str:
    return " ".join(name.casefold().split())
