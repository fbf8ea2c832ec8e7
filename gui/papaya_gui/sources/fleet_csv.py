"""The lines of a CSV file with values of many devices; one that is none costs nothing but itself."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from papaya.bounded_file import opened
from papaya.sensors.backend import SensorFault
from papaya.sensors.columns import Dialect, cell
from papaya_gui.sources.encodings import text_of
from papaya_gui.sources.headings import DELIMITERS, MOST_TITLES, Names, names_of, no_names
from papaya_gui.sources.reckoning import order_in

# Where it stands, and its cells by name, or why it cannot be used.
Line = tuple[str, Mapping[str, object] | str]
# Names stay texts, whatever they look like.
_NAMES = ("device", "key", "sensor", "unit")
_NULL = "null"
MOST_COLUMNS = 10_000
_MOST_LINES = 1_000
# So many lines tell which column has times.
_LOOKED_AT = 5
# Only blanks between line breaks; matched in C, since a file may have millions of such lines.
_BLANK = re.compile(r"(?:[ \t\r]*+\n)++")
# The first line of a file that a spreadsheet is to divide so.
_DIVIDED = re.compile(r"sep=(.)\r?\n", re.IGNORECASE)
# 1.234,5 and 1,234.5: with one kind of mark alone it could be either.
_GROUPED = re.compile(r"[+-]?[0-9]{1,3}(?:(?:\.[0-9]{3})+,[0-9]+|(?:,[0-9]{3})+\.[0-9]+)", re.ASCII)
_JSON, _TABLES = (".json", ".jsonl", ".ndjson"), (".csv", ".tsv", ".tab")
_SNIFFED, _SQLITE = 4096, b"SQLite format 3\0"


def is_database(path: Path) -> bool:
    """Return whether a file is an SQLite database, whatever it is called."""
    return _beginning_of(path).startswith(_SQLITE)


def is_csv(path: Path) -> bool:
    """Return whether a file is CSV: by its name, and where that says nothing by how it begins."""
    ending = path.suffix.lower()
    if ending in _JSON or ending in _TABLES:
        return ending in _TABLES
    try:
        start = text_of(_beginning_of(path)).lstrip()
    except SensorFault:
        # Reading it says what it is.
        return True
    return bool(start) and start[0] not in "{["


def _beginning_of(path: Path) -> bytes:
    try:
        with opened(path)[0] as file:
            return file.read(_SNIFFED)
    except (OSError, ValueError):
        return b""


def complete(text: str) -> str:
    """Return a text without its last line where the other program is still writing it."""
    return text[: text.rfind("\n") + 1]


def lines_in_csv(text: str, known: int = 0, owner: str = "", order: str = "") -> Iterator[Line]:
    """Yield the lines below that of names, with their numbers; `known` characters have been read before.

    Columns are divided as in the line of names: by commas, semicolons, tabs or bars. Blank lines say nothing.
    `owner` is the device of a file that has no column for it, `order` that of day and month in its dates,
    where a person has said it. Raises SensorFault where no line has names.
    """
    end = text.rfind("\n") + 1
    at, number, names, dialect = _names_of(text, end, owner, order or order_in(text))
    if known:
        at, number = known, text.count("\n", 0, known) + 1
    yield from lines_below(text, at, number, names, dialect)


def lines_below(text: str, at: int, number: int, names: Names, dialect: Dialect) -> Iterator[Line]:
    """Yield the lines from a place on, of which the first has this number."""
    end = text.rfind("\n") + 1
    while at < end:
        blank = _BLANK.match(text, at, end)
        if blank is not None:
            at, number = blank.end(), number + text.count("\n", at, blank.end())
            continue
        row, after, lines, why = _row_at(text, at, end, dialect.delimiter)
        place = f"line {number}"
        is_blank = not any(one.strip() for one in row)
        if why is None and not is_blank:
            why = _misfit(row, names.columns)
            if why is not None and lines > 1:
                # A quote that is never closed would take all that follows it along.
                why, after, lines = "has a quotation mark that is not closed", _line_end(text, at), 1
        if why is not None:
            yield place, f"{place} {why}"
        elif not is_blank:
            yield place, _cells(row, names, dialect.decimal)
        at, number = after, number + lines


def _line_end(text: str, at: int) -> int:
    return text.index("\n", at) + 1


def head_of(text: str, owner: str = "", order: str = "") -> tuple[int, Names, Dialect]:
    """Return where the lines below that of names begin in a text, the names, and how columns are divided.

    Raises SensorFault where no line has names.
    """
    after, _, names, dialect = _names_of(text, text.rfind("\n") + 1, owner, order)
    return after, names, dialect


def _names_of(text: str, end: int, owner: str, order: str) -> tuple[int, int, Names, Dialect]:
    """Return where the lines below the names begin, the number of the first, the names, and the dialect.

    Above the names may stand a title, comments, and the `sep=;` of a spreadsheet.
    """
    divided = _DIVIDED.match(text, 0, end)
    at = divided.end() if divided else 0
    for _ in range(MOST_TITLES):
        blank = _BLANK.match(text, at, end)
        at = at if blank is None else blank.end()
        if at >= end:
            break
        line = text[at : _line_end(text, at) - 1]
        dialect = _dialect_of(line, divided[1] if divided else "")
        if line.count(dialect.delimiter) >= MOST_COLUMNS:
            raise SensorFault(f"it has more than {MOST_COLUMNS:,} columns")
        row, after, lines, _ = _row_at(text, at, end, dialect.delimiter)
        found = names_of(row, _below(text, after, end, dialect.delimiter), owner, order)
        if found is not None:
            return after, text.count("\n", 0, at) + lines + 1, found, dialect
        at = _line_end(text, at)
    raise no_names(is_empty=not text.strip())


def _dialect_of(line: str, delimiter: str) -> Dialect:
    return Dialect(delimiter or max(DELIMITERS, key=line.count)).of(line)


def _below(text: str, at: int, end: int, delimiter: str) -> list[list[str]]:
    """Return the cells of the first lines of values."""
    rows: list[list[str]] = []
    while at < end and len(rows) < _LOOKED_AT:
        blank = _BLANK.match(text, at, end)
        if blank is not None:
            at = blank.end()
            continue
        row, at, _, _ = _row_at(text, at, end, delimiter)
        rows.append(row)
    return rows


def _row_at(text: str, at: int, end: int, delimiter: str) -> tuple[list[str], int, int, str | None]:
    """Return the row at a line, where the next one begins, its number of lines, and why it is unusable."""
    after = _line_end(text, at)
    line = text[at : after - 1].removesuffix("\r")
    if line.count(delimiter) >= MOST_COLUMNS:
        return [], after, 1, f"has more than {MOST_COLUMNS:,} cells"
    if '"' not in line:
        return line.split(delimiter), after, 1, None
    taken, lines = at, 0

    def rest() -> Iterator[str]:
        nonlocal taken, lines
        # No cell has so many lines, and a mark that nothing closes would take them all.
        while taken < end and lines < _MOST_LINES:
            begin, taken, lines = taken, _line_end(text, taken), lines + 1
            yield text[begin : taken - 1].removesuffix("\r") + "\n"

    try:
        # Strict, so that a quotation mark that nothing closes does not take the rest of the file along.
        row = next(csv.reader(rest(), strict=True, delimiter=delimiter), [])
    except csv.Error as error:
        if "unexpected end" in str(error):
            return [], after, 1, "has a quotation mark that is not closed"
        row, why = _lenient(line, delimiter)
        return row, after, 1, why
    return row, max(taken, after), max(lines, 1), None


def _lenient(line: str, delimiter: str) -> tuple[list[str], str | None]:
    """Return the row of one line, whatever stands around its quotation marks."""
    try:
        return next(csv.reader([line], delimiter=delimiter), []), None
    except csv.Error as error:
        return [], f"cannot be read: {error}"


def _misfit(row: Sequence[str], names: Sequence[str]) -> str | None:
    """Return why a row has other cells than the names say; empty ones at its end do not count."""
    if len(row) < len(names) or any(text.strip() for text in row[len(names) :]):
        return f"has {len(row)} {'cell' if len(row) == 1 else 'cells'}, and the first line {len(names)}"
    return None


def _cells(row: Sequence[str], names: Names, decimals: str) -> dict[str, object]:
    cells = {
        name: text if name in _NAMES else _cell(text, decimals)
        for name, text in zip(names.columns, row, strict=False)
        if name and text.strip() and text.strip().lower() != _NULL
    }
    return names.finished(cells)


def _cell(text: str, decimals: str) -> object:
    """Return what stands in a cell; a number with marks between thousands and before decimals is one, too."""
    found = cell(text, decimals)
    if isinstance(found, str) and _GROUPED.fullmatch(found):
        mark = found[max(found.rfind("."), found.rfind(","))]
        return float(found.replace(".,".replace(mark, ""), "").replace(mark, "."))
    return found
