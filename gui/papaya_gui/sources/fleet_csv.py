"""The lines of a CSV file with values of many devices; one that is none costs nothing but itself."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from papaya.sensors.backend import SensorFault
from papaya.sensors.columns import Dialect, cell

# Where it stands, and its cells by name, or why it cannot be used.
Line = tuple[str, Mapping[str, object] | str]
# Names stay texts, whatever they look like.
_NAMES = ("device", "key")
_NULL = "null"
MOST_COLUMNS = 10_000
_MOST_LINES = 1_000
# Only blanks between line breaks; matched in C, since a file may have millions of such lines.
_BLANK = re.compile(r"(?:[ \t\r]*+\n)++")


def is_csv(path: Path) -> bool:
    """Return whether a file is CSV, by its name."""
    return path.suffix.lower() == ".csv"


def complete(text: str) -> str:
    """Return a text without its last line where the other program is still writing it."""
    return text[: text.rfind("\n") + 1]


def lines_in_csv(text: str, known: int = 0) -> Iterator[Line]:
    """Yield the lines below that of names, with their numbers; `known` characters have been read before.

    Columns are divided as in the line of names: by commas, semicolons or tabs. Blank lines say nothing.
    Raises SensorFault where the first line that is not blank has no names.
    """
    end = text.rfind("\n") + 1
    at, number, names, dialect = _names_of(text, end)
    if known:
        at, number = known, text.count("\n", 0, known) + 1
    while at < end:
        blank = _BLANK.match(text, at, end)
        if blank is not None:
            at, number = blank.end(), number + text.count("\n", at, blank.end())
            continue
        row, after, lines, why = _row_at(text, at, end, dialect.delimiter)
        place = f"line {number}"
        is_blank = not any(one.strip() for one in row)
        if why is None and not is_blank:
            why = _misfit(row, names)
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


def head_of(text: str) -> tuple[int, list[str], Dialect]:
    """Return where the lines below that of names begin in a text, the names, and how columns are divided.

    Raises SensorFault where the first line that is not blank has no names.
    """
    after, _, names, dialect = _names_of(text, text.rfind("\n") + 1)
    return after, names, dialect


def _names_of(text: str, end: int) -> tuple[int, int, list[str], Dialect]:
    """Return where the lines below the names begin, the number of the first, the names, and the dialect."""
    blank = _BLANK.match(text, 0, end)
    at = 0 if blank is None else blank.end()
    line = text[at : _line_end(text, at) - 1] if at < end else ""
    dialect = Dialect().of(line)
    if line.count(dialect.delimiter) >= MOST_COLUMNS:
        raise SensorFault(f"it has more than {MOST_COLUMNS:,} columns")
    row, after, lines, _ = _row_at(text, at, end, dialect.delimiter) if line else ([], end, 1, None)
    names = [name.strip() for name in row]
    while names and not names[-1]:
        names.pop()
    if "device" not in names or len(set(names)) != len(names):
        raise SensorFault("it is no CSV whose first line names a column device, and none twice")
    return after, text.count("\n", 0, at) + lines + 1, names, dialect


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


def _cells(row: Sequence[str], names: Sequence[str], decimals: str) -> dict[str, object]:
    return {
        name: text if name in _NAMES else cell(text, decimals)
        for name, text in zip(names, row, strict=False)
        if text.strip() and text.strip().lower() != _NULL
    }
