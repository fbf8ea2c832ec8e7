"""The lines of a CSV file with values of many devices; one that is none costs nothing but itself."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from itertools import islice
from pathlib import Path

from papaya.sensors.backend import SensorFault
from papaya.sensors.columns import Dialect, cell

# Where it stands, and its cells by name, or why it cannot be used.
Line = tuple[str, Mapping[str, object] | str]
# Names stay texts, whatever they look like.
_NAMES = ("device", "key")
_NULL = "null"
# Among so many lines the names stand, in one or several of them.
_HEAD = 1_000


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
    text = complete(text)
    head = list(islice(io.StringIO(text, newline="\n"), _HEAD))
    place, names, dialect = _names_of([line.removesuffix("\n") for line in head])
    before = 0
    if known:
        before, text, place = text.count("\n", 0, known), text[known:], 0
    physical = text.split("\n")[:-1]
    while place < len(physical):
        row, end, why = _row_at(physical, place, dialect.delimiter)
        number = f"line {before + place + 1}"
        is_blank = not any(one.strip() for one in row)
        if why is None and not is_blank:
            why = _misfit(row, names)
            if why is not None and end - place > 1:
                # A quote that is never closed would take all that follows it along.
                why, end = "has a quotation mark that is not closed", place + 1
        if why is not None:
            yield number, f"{number} {why}"
        elif not is_blank:
            yield number, _cells(row, names, dialect.decimal)
        place = end


def _names_of(physical: Sequence[str]) -> tuple[int, list[str], Dialect]:
    """Return the names of the columns, where the lines below them begin, and how columns are divided."""
    place = next((place for place, line in enumerate(physical) if line.strip()), len(physical))
    dialect = Dialect().of(physical[place] if place < len(physical) else "")
    row, end, _ = _row_at(physical, place, dialect.delimiter)
    names = [name.strip() for name in row]
    while names and not names[-1]:
        names.pop()
    if "device" not in names or len(set(names)) != len(names):
        raise SensorFault("it is no CSV whose first line names a column device, and none twice")
    return end, names, dialect


def _row_at(physical: Sequence[str], place: int, delimiter: str) -> tuple[list[str], int, str | None]:
    """Return the row that begins at a line, where the next one begins, and why it cannot be read."""
    if place < len(physical) and '"' not in physical[place]:
        return physical[place].removesuffix("\r").split(delimiter), place + 1, None
    taken = place

    def rest() -> Iterator[str]:
        nonlocal taken
        while taken < len(physical):
            taken += 1
            yield physical[taken - 1].removesuffix("\r") + "\n"

    try:
        # Strict, so that a quotation mark that nothing closes does not take the rest of the file along.
        row = next(csv.reader(rest(), strict=True, delimiter=delimiter), [])
    except csv.Error as error:
        if taken == len(physical) and "unexpected end" in str(error):
            return [], place + 1, "has a quotation mark that is not closed"
        return _lenient(physical[place], place + 1, delimiter)
    return row, max(taken, place + 1), None


def _lenient(line: str, end: int, delimiter: str) -> tuple[list[str], int, str | None]:
    """Return the row of one line, whatever stands around its quotation marks."""
    try:
        return next(csv.reader([line], delimiter=delimiter), []), end, None
    except csv.Error as error:
        return [], end, f"cannot be read: {error}"


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
