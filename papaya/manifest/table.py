"""CSV text to rows that know their lines."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final, overload

from papaya.conflicts import CONFLICT, CONFLICT_REMEDY, conflict_in
from papaya.counting import counted
from papaya.manifest.characters import cleaned_cell
from papaya.manifest.extra_lines import is_total, without_titles
from papaya.manifest.report import Report
from papaya.manifest.source import Source, names_a_secret
from papaya.manifest.tree import Place

MOST_ROWS: Final = 1_000_000
_LONGEST_SHOWN: Final = 40
_NUL: Final = "\x00"
_TOTAL: Final = "the row is a total, not a device: it is left out"
# The header, below what spreadsheets declare and people write above it.
_HEAD_LINES = 5
_HEAD_CHARACTERS = 65_536
_NAMES_IN_HEADER = re.compile(r"[^\w.-]+")
_DELIMITERS = ",;\t|"
_JOINED = (*_DELIMITERS, "\n", "\r", '"')
# What spreadsheets write so that they know their own delimiter again.
_DECLARED = re.compile(r'"?sep=(.)"?[ \t]*(?:\r\n|\r|\n|$)')
_QUOTED = re.compile(r'"(?:[^"]|"")*"')


class Rows(Sequence[list[str]]):
    """Rows of cells; each is kept as one text, which takes a fifth of the memory of its cells."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def append(self, cells: Sequence[str]) -> None:
        """Add a row; no cell holds a NUL, or its text would be none."""
        self._texts.append(_NUL.join(cells))

    @overload
    def __getitem__(self, number: int) -> list[str]: ...

    @overload
    def __getitem__(self, number: slice) -> list[list[str]]: ...

    def __getitem__(self, number: int | slice) -> list[str] | list[list[str]]:
        if isinstance(number, slice):
            return [text.split(_NUL) for text in self._texts[number]]
        return self._texts[number].split(_NUL)

    def __iter__(self) -> Iterator[list[str]]:
        return (text.split(_NUL) for text in self._texts)

    def __len__(self) -> int:
        return len(self._texts)


@dataclass(frozen=True, slots=True)
class Table:
    """The header and the rows of a CSV text; `lines` are those on which the rows start, from 0.

    `decimal` is what numbers have between whole and fraction, `texts` are columns that are never numbers.
    """

    source: Source
    columns: tuple[str, ...]
    rows: Sequence[list[str]]
    lines: list[int]
    header_line: int = 0
    decimal: str = "."
    texts: frozenset[int] = frozenset()

    def place(self, number: int, column: int = -1) -> Place:
        """Return where a row, or one of its cells, is written."""
        return (self.source, self.lines[number], column)

    def shown(self, cell: str, column: int) -> str:
        """Return what may be told of a cell: nothing where it may be a secret."""
        return "" if self.hides(column, cell) else cell[:_LONGEST_SHOWN]

    def hides(self, column: int, cell: str = "") -> bool:
        """Return whether the cells of a column, or this one, may hold secrets, which are never shown.

        A quotation mark that nobody closed joins a cell with its neighbors.
        """
        if not self.source.confidential:
            return False
        return column < 0 or holds_secrets(self.columns[column]) or any(sign in cell for sign in _JOINED)


def holds_secrets(column: str) -> bool:
    """Return whether the cells of a column are secrets, and not references to them."""
    return names_a_secret(column) and not column.endswith((".env", ".file"))


def guarded_source(source: Source) -> Source:
    """Return a table's text; no line of it is ever shown where a column may hold secrets.

    The first lines are looked at as they stand: a text that is no table has secrets all the same.
    """
    head = source.text.removeprefix("\ufeff").lstrip().splitlines()[:_HEAD_LINES]
    names = (name for line in head for name in _NAMES_IN_HEADER.split(line))
    return replace(source, confidential=any(holds_secrets(name.strip()) for name in names))


def read_table(source: Source, report: Report) -> Table | None:
    """Return the rows of a CSV text; cells lose the blanks around them, and empty rows are left out.

    So are titles above the header and, with a warning, rows that are totals.
    None is returned where the header is of no use; rows that do not fit it are told and left out. Columns at
    the end that are empty in the header and in every row do not count.
    """
    source = guarded_source(source)
    text = source.text.removeprefix("\ufeff")
    conflict = conflict_in(text)
    if conflict is not None:
        report.add((source, conflict - 1, -1), CONFLICT, CONFLICT_REMEDY)
        return None
    if _NUL in text:
        report.add(
            (source, text[: text.index(_NUL)].count("\n"), -1), "this is no text", "save it as CSV, UTF-8"
        )
        return None
    declared = _DECLARED.match(text)
    skipped = 1 if declared else 0
    if declared:
        text = text[declared.end() :]
    delimiter = declared[1] if declared else detect_delimiter(text)
    records = without_titles(_records(source, text, delimiter, skipped, report), _HEAD_LINES - 1)
    header = next(records, None)
    if header is None:
        report.add((source, -1, 0), "the file is empty", "write a header, and a row for each device")
        return None
    header_line, columns = header
    width = len(columns)
    while columns and not columns[-1]:
        columns.pop()
    if not _check_header(source, header_line, columns, report):
        return None
    rows = Rows()
    lines: list[int] = []
    for line, row in records:
        if is_total(row, len(columns)):
            remedy = "if it is a device, fill in its other cells"
            report.add_once("total", (source, line, -1), _TOTAL, remedy, severity="warning")
            continue
        if len(row) > len(columns):
            unnamed = next((index for index in range(len(columns), len(row)) if row[index]), None)
            if unnamed is not None and unnamed < width:
                report.add((source, header_line, unnamed), "a column has no name", "name it in the header")
                return None
            if unnamed is None:
                del row[len(columns) :]
        if len(row) != len(columns):
            summary = f"the row has {counted(len(row), 'cell')}, the header has {len(columns)}"
            remedy = "a cell that holds the delimiter needs quotes around it"
            report.add_once(summary, (source, line, -1), summary, remedy)
            continue
        if len(rows) == MOST_ROWS:
            report.add((source, line, -1), f"there are more than {MOST_ROWS:,} rows", "split the fleet")
            return None
        rows.append(row)
        lines.append(line)
    return Table(source, tuple(columns), rows, lines, header_line)


def detect_delimiter(text: str) -> str:
    """Return the delimiter that the first line has most of; titles above the header are passed over.

    A title may hold commas itself. The delimiter is then the one that the header and the line after it have
    equally often, and no title has.
    """
    lines = [line for line in text[:_HEAD_CHARACTERS].splitlines() if line.strip()][:_HEAD_LINES]
    bare = [_QUOTED.sub("", line) for line in lines]
    first, second, *_ = [*bare, "", ""]
    usual = [max(_DELIMITERS, key=line.count) for line in (first, second)]
    if usual[0] in first and first.count(usual[0]) != second.count(usual[0]):
        for number, header in [*enumerate(bare)][1:-1]:
            for sign in _DELIMITERS:
                count = header.count(sign)
                if count > 1 and count == bare[number + 1].count(sign) and sign not in "".join(bare[:number]):
                    return sign
    return next(
        (sign for sign, line in zip(usual, (first, second), strict=True) if sign in line), _DELIMITERS[0]
    )


def _records(
    source: Source, text: str, delimiter: str, skipped: int, report: Report
) -> Iterator[tuple[int, list[str]]]:
    # newline="" keeps line breaks inside quotes as they are, and counts lines as the file has them.
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    except (TypeError, ValueError):
        report.add((source, 0, -1), f"{delimiter!r} cannot separate cells", "separate them by commas")
        return
    line = 0
    while True:
        line = reader.line_num
        try:
            row = next(reader, None)
        except csv.Error as error:
            report.add((source, line + skipped, -1), f"the row cannot be read: {error}", "check its quotes")
            return
        if row is None:
            return
        cells = [cleaned_cell(cell) for cell in row]
        if any(cells):
            yield line + skipped, cells


def _check_header(source: Source, line: int, columns: list[str], report: Report) -> bool:
    good = True
    for index, column in enumerate(columns):
        if not column:
            report.add((source, line, index), "a column has no name", "name it in the header")
            good = False
        elif column in columns[:index]:
            report.add((source, line, index), f'the column "{column}" is there twice', "rename one of them")
            good = False
    return good
