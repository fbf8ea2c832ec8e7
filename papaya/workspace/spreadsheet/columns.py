"""Which column of a table is which field of a device: by what headers say, and by what cells hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from papaya.counting import are, counted, first_of
from papaya.errors import PapayaError
from papaya.foreign import ForeignValue, number_in
from papaya.manifest.table import holds_secrets
from papaya.remedies import nearest
from papaya.workspace.spreadsheet.words import FIELDS, is_exact, one_line, rank

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
_DATE: Final = re.compile(r"\d{1,4}([-/.])\d{1,2}\1\d{1,4}([T ]+\d{1,2}:\d{2}.*)?|\d{1,2}:\d{2}(:\d{2})?")
_DIGITS: Final = re.compile(r"\d+")


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


def is_device(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> bool:
    """Return whether what stands for a header is the first device of a table without one.

    No cell of it says a field, and one of them is a number, a date or coordinates, stands below itself, too,
    or differs in its digits alone from every cell below.
    """
    if any(rank_of is not None and is_exact(rank_of) for rank_of in _ranks(columns)):
        return False
    return any(
        _is_no_name(column)
        or bool(_PAIR.fullmatch(column))
        or _continues(column, [row[number] for row in rows])
        for number, column in enumerate(columns)
    )


def _ranks(columns: Sequence[str]) -> Iterator[int | None]:
    return (rank(field, column) for column in columns for field in FIELDS)


def _continues(column: str, cells: Sequence[str]) -> bool:
    if column in cells:
        return True
    shape = _DIGITS.sub("0", column)
    filled = [cell for cell in cells if cell]
    return shape != column and bool(filled) and all(_DIGITS.sub("0", cell) == shape for cell in filled)


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
            found[field] = _unfit(field, columns, cells, taken, ranked, decimal)
        if found[field].column is not None:
            taken.add(found[field].column or 0)
    if found["latitude"].column is None or found["longitude"].column is None:
        # One without the other is of no use; the note of the one that was left out says why.
        for field in _LIMITS:
            found[field] = Choice(field, note=found[field].note)
    else:
        found["position"] = Choice("position")
    return {field: found[field] for field in FIELDS}


# Coordinates and serial numbers are told best; what is left is a name or a label more probably.
_BY_CERTAINTY: Final = (
    "latitude", "longitude", "position", "serial", "country", "state", "model", "name", "label",
)  # fmt: skip


def _unfit(
    field: str,
    columns: Sequence[str],
    cells: Sequence[Sequence[str]],
    taken: set[int],
    ranked: Sequence[tuple[int, int]],
    decimal: str,
) -> Choice:
    """Return a choice where no header says the field and its cells fit; the note says what does not fit."""
    note = ""
    if ranked:
        objection = _objection(field, cells[ranked[0][1]], decimal)
        note = f"{one_line(columns[ranked[0][1]])}: {objection}"
    if field != "name":
        return Choice(field, is_sure=field not in NEEDED, note=note)
    for _, number in ranked:
        if any(cells[number]):
            # Another column would name the devices by something that is not their name, such as a date.
            return Choice(field, number, is_sure=False, note=note)
    unique = [number for number in range(len(cells)) if number not in taken and _is_key(cells[number])]
    return Choice(field, unique[0] if unique else None, is_sure=False, note=note)


def _objection(field: str, cells: Sequence[str], decimal: str) -> str:
    """Return what speaks against cells as values of a field; nothing where they fit."""
    filled = [cell for cell in cells if cell]
    if not filled:
        return "all cells are empty"
    different = len(set(filled))
    if field == "name":
        return _unnamed(cells)
    if field in _LIMITS:
        bad = [number for number, cell in enumerate(cells) if cell and not _is_degrees(field, cell, decimal)]
        return _too_many_bad(bad, len(filled), "not degrees")
    if field == "position":
        bad = [number for number, cell in enumerate(cells) if cell and not _PAIR.fullmatch(cell)]
        return _too_many_bad(bad, len(filled), "not a pair of degrees")
    most = {
        "model": _MOST_MODELS,
        "country": _MOST_COUNTRIES,
        "state": max(min(_MOST_STATES, len(filled) // 2), 3),
    }.get(field, different)
    return f"there are {different:,} different values" if different > most else ""


def _unnamed(cells: Sequence[str]) -> str:
    """Return which rows have no name, or one that another row has."""
    empty = [number for number, cell in enumerate(cells) if not cell]
    if empty:
        return f"{counted(len(empty), 'cell')} {are(len(empty))} empty ({_rows(empty)})"
    first: dict[str, int] = {}
    twice = [number for number, cell in enumerate(cells) if first.setdefault(cell, number) != number]
    if twice:
        return f"{counted(len(twice), 'name')} {are(len(twice))} there twice ({_rows(twice)})"
    return ""


def _too_many_bad(bad: Sequence[int], filled: int, what: str) -> str:
    """Return what is wrong with the cells of a column, unless they are few.

    A few are left for the check of the manifest, which names each of them. One is few in every table, if
    another cell is good.
    """
    if len(bad) <= max((1 - _SHARE) * filled, 1) and len(bad) < filled:
        return ""
    return f"{counted(len(bad), 'cell')} {are(len(bad))} {what} ({_rows(bad)})"


def _rows(numbers: Sequence[int]) -> str:
    """Return `row 3`, `rows 3, 4, 7, …`: rows of devices, counted from 1 below the header."""
    noun = "row" if len(numbers) == 1 else "rows"
    return f"{noun} {first_of([f'{number + 1:,}' for number in numbers])}"


def _is_key(cells: Sequence[str]) -> bool:
    return all(cells) and len(set(cells)) == len(cells) and not all(map(_is_no_name, cells))


def _is_no_name(cell: str) -> bool:
    """Return whether a cell is a date, a time or a decimal number."""
    return any(one.fullmatch(cell) for one in (_DATE, _COMMA, _POINT))


def _is_degrees(field: str, cell: str, decimal: str) -> bool:
    try:
        return abs(number_in(cell, decimal=decimal)) <= _LIMITS[field]
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
