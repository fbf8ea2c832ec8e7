"""Countries and States of a table, with the middle of their devices."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from papaya.foreign import ForeignValue, number_in
from papaya.manifest.center import Point
from papaya.manifest.spelled_places import SpelledPlace, note_place
from papaya.manifest.table import Table
from papaya.workspace.spreadsheet.columns import Choices, pair_in

UNKNOWN = "Unknown"


def places(tables: Sequence[tuple[Table, Choices]]) -> dict[str, SpelledPlace]:
    """Return the Countries of some tables; spellings that differ in case and blanks only are one place."""
    found: dict[str, SpelledPlace] = {}
    for table, choices in tables:
        for row in table.rows:
            country, state = text_of("country", row, choices), text_of("state", row, choices)
            note_place(found, country, state, points_of(row, table, choices))
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
