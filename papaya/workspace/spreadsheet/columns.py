"""Which column of a table is which field of a device: by what headers say, and by what cells hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from papaya.counting import are, counted
from papaya.errors import PapayaError
from papaya.foreign import ForeignValue, number_in
from papaya.manifest.table import holds_secrets
from papaya.remedies import nearest
from papaya.workspace.spreadsheet.words import FIELDS, is_exact, rank

NEEDED: Final = ("name", "country", "state")
# What a cell of a field says at most; tables have few models and places, and many devices.
_MOST_MODELS: Final = 40
_MOST_COUNTRIES: Final = 250
_MOST_STATES: Final = 2_000
_LIMITS: Final = {"latitude": 90.0, "longitude": 180.0}
# So many of the filled cells of a column have to be what its field holds.
_SHARE: Final = 0.9
_PAIR: Final = re.compile(r"\s*([-+]?\d{1,2}\.\d+)\s*[,; ]\s*([-+]?\d{1,3}\.\d+)\s*")
_COMMA: Final = re.compile(r"[-+]?\d+,\d+")
_POINT: Final = re.compile(r"[-+]?\d+\.\d+")


@dataclass(frozen=True, slots=True)
class Choice:
    """Where a field comes from: a column, or one text for all rows; `is_sure` says that nobody need be asked.

    `note` says what speaks against the choice.
    """

    field: str
    column: int | None = None
    text: str | None = None
    is_sure: bool = True
    note: str = ""

    @property
    def is_found(self) -> bool:
        """Whether the field has a value in each row."""
        return self.column is not None or self.text is not None


Choices = Mapping[str, Choice]


def decimal_sign(commas: Sequence[Sequence[str]], points: Sequence[Sequence[str]]) -> str:
    """Return what numbers have between whole and fraction: a comma where more cells are written so.

    Commas are looked for in the first rows and points in the second ones, which are the same cells.
    """
    with_comma = sum(bool(_COMMA.fullmatch(cell)) for row in commas for cell in row)
    with_point = sum(bool(_POINT.fullmatch(cell)) for row in points for cell in row)
    return "," if with_comma > with_point else "."


def is_header(row: Sequence[str], columns: Sequence[str]) -> bool:
    """Return whether two cells of a row or more say which field they are, and the same as their columns."""
    same = 0
    for cell, column in zip(row, columns, strict=True):
        ranks = [(rank(field, cell), rank(field, column)) for field in FIELDS]
        same += any(None not in pair and is_exact(pair[0] or 0) for pair in ranks)
    return same > 1


def guess(columns: Sequence[str], rows: Sequence[Sequence[str]], decimal: str) -> dict[str, Choice]:
    """Return a choice for each field; one without column and text was not found."""
    cells = [tuple(row[number] for row in rows) for number in range(len(columns))]
    found: dict[str, Choice] = {}
    taken: set[int] = {number for number, column in enumerate(columns) if holds_secrets(column)}
    for field in _BY_CERTAINTY:
        ranked = sorted(
            (rank_of, number)
            for number, column in enumerate(columns)
            if number not in taken and (rank_of := rank(field, column)) is not None
        )
        fitting = [
            (rank_of, number) for rank_of, number in ranked if not _objection(field, cells[number], decimal)
        ]
        if fitting:
            rank_of, number = fitting[0]
            found[field] = Choice(field, number, is_sure=is_exact(rank_of))
        else:
            found[field] = _without_header(field, cells, taken, ranked, decimal)
        if found[field].column is not None:
            taken.add(found[field].column or 0)
    if found["latitude"].column is None or found["longitude"].column is None:
        found["latitude"], found["longitude"] = Choice("latitude"), Choice("longitude")
    else:
        found["position"] = Choice("position")
    return {field: found[field] for field in FIELDS}


# Coordinates and serial numbers are told best; what is left is a name or a label more probably.
_BY_CERTAINTY: Final = (
    "latitude", "longitude", "position", "serial", "country", "state", "model", "name", "label",
)  # fmt: skip


def _without_header(
    field: str,
    cells: Sequence[Sequence[str]],
    taken: set[int],
    ranked: Sequence[tuple[int, int]],
    decimal: str,
) -> Choice:
    """Return a choice where no header says the field and its cells fit."""
    if field == "name":
        note = ""
        if ranked:
            note = _objection(field, cells[ranked[0][1]], decimal)
        unique = [number for number in range(len(cells)) if number not in taken and _is_key(cells[number])]
        return Choice(field, unique[0] if unique else None, is_sure=False, note=note)
    return Choice(field, is_sure=field not in NEEDED)


def _objection(field: str, cells: Sequence[str], decimal: str) -> str:
    """Return what speaks against cells as values of a field; nothing where they fit."""
    filled = [cell for cell in cells if cell]
    if not filled:
        return "all cells are empty"
    different = len(set(filled))
    if field == "name":
        if len(filled) < len(cells):
            empty = len(cells) - len(filled)
            return f"{counted(empty, 'cell')} {are(empty)} empty"
        if different < len(filled):
            twice = len(filled) - different
            return f"{counted(twice, 'name')} {are(twice)} there twice"
    elif field in _LIMITS:
        good = sum(_is_number(cell, decimal, _LIMITS[field]) for cell in filled)
        return "" if good >= _SHARE * len(filled) else "the cells are no degrees"
    elif field == "position":
        return "" if all(map(_PAIR.fullmatch, filled)) else "the cells are no pairs of degrees"
    most = {
        "model": _MOST_MODELS,
        "country": _MOST_COUNTRIES,
        "state": max(min(_MOST_STATES, len(filled) // 2), 3),
    }.get(field, different)
    return f"there are {different:,} different values" if different > most else ""


def _is_key(cells: Sequence[str]) -> bool:
    return all(cells) and len(set(cells)) == len(cells)


def _is_number(cell: str, decimal: str, limit: float) -> bool:
    try:
        return abs(number_in(cell, decimal=decimal)) <= limit
    except ForeignValue:
        return False


def told(choices: Choices, said: Sequence[str], columns: Sequence[str]) -> dict[str, Choice]:
    """Return choices with what a person said: `FIELD=COLUMN`, `FIELD==TEXT` for all rows, `FIELD=` for none.

    Raises `PapayaError` for a field or a column that there is not.
    """
    found = dict(choices)
    for one in said:
        field, sign, value = one.partition("=")
        field = field.strip().lower()
        if field not in FIELDS or not sign:
            raise PapayaError(
                f"--map {one}: write FIELD=COLUMN", remedy=f"the fields are: {', '.join(FIELDS)}"
            )
        found[field] = choice_of(field, value, columns) if value else Choice(field)
    return found


def choice_of(field: str, said: str, columns: Sequence[str]) -> Choice:
    """Return the choice of a person: a column, or with `=` before it a text for all rows."""
    if said.startswith("="):
        return Choice(field, text=said[1:].strip())
    return Choice(field, column_of(said, columns))


def column_of(said: str, columns: Sequence[str]) -> int:
    """Return the number of the column of a name; raises `PapayaError` where there is none."""
    for number, column in enumerate(columns):
        if column.casefold() == said.strip().casefold():
            return number
    near = nearest(said, list(columns))
    remedy = f'Did you mean "{near}"?' if near else f"The columns are: {', '.join(columns)}"
    raise PapayaError(f'there is no column "{said}"', remedy=remedy)


def pair_in(cell: str) -> tuple[float, float] | None:
    """Return latitude and longitude of a cell that holds both."""
    match = _PAIR.fullmatch(cell)
    return (float(match[1]), float(match[2])) if match else None
