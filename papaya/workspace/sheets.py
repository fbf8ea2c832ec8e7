"""Sheets of Excel workbooks (.xlsx) as tables: what a person sees in the cells, as a CSV text would say it.

openpyxl reads the workbook, row by row. A workbook is a ZIP archive, so that its size when unpacked is
bounded before anything is.
"""

from __future__ import annotations

import csv
import io
import itertools
import re
import zipfile
from collections.abc import Iterable, Iterator
from datetime import date, datetime, time
from typing import Any, Final

from papaya.bounded_file import MEBIBYTE
from papaya.foreign import line_of

ENDINGS: Final = (".xlsx", ".xlsm")
OTHER_ENDINGS: Final = (".xls", ".ods", ".xlsb", ".numbers")
_LARGEST_PART: Final = 256 * MEBIBYTE
# openpyxl keeps all texts of a workbook in memory.
_LARGEST_TEXTS: Final = 64 * MEBIBYTE
_TEXTS: Final = "xl/sharedstrings.xml"
_MOST_COLUMNS: Final = 1_000
_MOST_ROWS: Final = 1_000_000
# Excel keeps 15 digits of a number: what was longer is rounded.
_EXACT: Final = 10**15
_ZEROS: Final = re.compile("0+")
_HEAD = 4096
_MOST_NAMED = 20


class UnreadableSheet(Exception):
    """A workbook cannot be read; `summary` says why and `remedy` what to do."""

    def __init__(self, summary: str, remedy: str) -> None:
        super().__init__(summary)
        self.summary = summary
        self.remedy = remedy


def sheet_text(data: bytes, sheet: str | None, decimal: str = ".") -> str:
    """Return a sheet as a CSV text whose lines are its rows, with `decimal` in its numbers.

    Without a name the only visible sheet is meant. Raises `UnreadableSheet`.
    """
    try:
        import openpyxl
    except ImportError:
        raise UnreadableSheet(
            "reading Excel files needs a package that is not installed",
            "pip install 'papayameter[excel]', or save the sheet as CSV UTF-8",
        ) from None
    _check(data)
    try:
        book = openpyxl.load_workbook(io.BytesIO(data), read_only=True, data_only=True, keep_links=False)
        with io.StringIO(newline="") as text:
            # Every cell is quoted, so that none is taken for more than a cell.
            writer = csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\n")
            writer.writerows(_rows(_chosen(book, sheet), decimal))
            return text.getvalue()
    except UnreadableSheet:
        raise
    except Exception as error:  # A damaged workbook makes openpyxl raise nearly anything.
        raise UnreadableSheet(
            f"the workbook cannot be read ({type(error).__name__})", "save it again as .xlsx, or as CSV UTF-8"
        ) from error


def _check(data: bytes) -> None:
    """Refuse what is no workbook, and one that would fill the memory."""
    if data.startswith(b"\xd0\xcf\x11\xe0"):
        raise UnreadableSheet(
            "this is an old or an encrypted Excel file",
            "save it as .xlsx without a password, or as CSV UTF-8",
        )
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            parts = archive.infolist()
            if sum(part.file_size for part in parts) > _LARGEST_PART or any(
                part.file_size > _LARGEST_TEXTS for part in parts if part.filename.lower() == _TEXTS
            ):
                raise UnreadableSheet(
                    f"the workbook has more than {_LARGEST_PART // MEBIBYTE} MiB when it is unpacked",
                    "save the sheet alone, or as CSV UTF-8",
                )
            for part in parts:
                if part.filename.lower().endswith((".xml", ".rels")):
                    with archive.open(part) as file:
                        if b"<!DOCTYPE" in file.read(_HEAD):
                            raise UnreadableSheet("the workbook declares entities", "save it again as .xlsx")
    except UnreadableSheet:
        raise
    except (
        Exception
    ) as error:  # Damaged archives raise zlib's errors, struct's and others, by what is damaged.
        raise UnreadableSheet("this is no .xlsx file", "save it as .xlsx, or as CSV UTF-8") from error


def _chosen(book: Any, name: str | None) -> Any:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if name is not None:
        if name in sheets:
            return sheets[name]
        raise UnreadableSheet(f'there is no sheet "{name}"', f"its sheets are: {_listed(sheets)}")
    visible = [sheet for sheet in sheets.values() if sheet.sheet_state == "visible"] or list(sheets.values())
    if len(visible) != 1:
        raise UnreadableSheet(
            f"the workbook has several sheets: {_listed(s.title for s in visible)}", "name one: `sheet: NAME`"
        )
    return visible[0]


def _listed(names: Iterable[str]) -> str:
    return line_of(", ".join(itertools.islice(names, _MOST_NAMED))) or "none"


def _rows(sheet: Any, decimal: str) -> Iterator[list[str]]:
    # The dimensions that a workbook states may be wrong.
    sheet.reset_dimensions()
    width = 0
    for number, row in enumerate(sheet.iter_rows(max_col=_MOST_COLUMNS, max_row=_MOST_ROWS + 2)):
        if number > _MOST_ROWS:
            raise UnreadableSheet(f"the sheet has more than {_MOST_ROWS:,} rows", "split the fleet")
        cells = [_cell(cell, decimal) for cell in row]
        while cells and not cells[-1]:
            cells.pop()
        # The header says how many cells a row has; those at its end that are empty are not stored.
        width = width or len(cells)
        yield cells + [""] * (width - len(cells))


def _cell(cell: Any, decimal: str) -> str:
    """Return what a cell says, as text in one line."""
    match cell.value:
        case None:
            return ""
        case bool() as truth:
            return "true" if truth else "false"
        case int() | float() as number:
            return _number(number, str(cell.number_format or ""), decimal)
        case datetime() as moment:
            return moment.isoformat(sep=" ") if moment.time() != time() else moment.date().isoformat()
        case date() | time() as moment:
            return moment.isoformat()
        case value:
            return " ".join(str(value).splitlines())


def _number(number: float, shown_as: str, decimal: str) -> str:
    if abs(number) >= _EXACT:
        # In the form in which the spreadsheet shows it, which is told as a rounded number.
        return f"{number:.5E}".replace(".", decimal)
    if number == int(number):
        whole = int(number)
        # A format such as 00000 shows zeros in front, which belong to a serial number.
        return str(whole).zfill(len(shown_as)) if _ZEROS.fullmatch(shown_as) else str(whole)
    return repr(number).replace(".", decimal)
