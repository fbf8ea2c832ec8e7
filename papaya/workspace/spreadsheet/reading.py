"""Reads a table of devices whatever wrote it: delimiter, encoding, decimal sign and sheet are found out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from papaya.bounded_file import UnusableFile, read_bytes
from papaya.diagnostics import has_errors
from papaya.errors import ManifestError, PapayaError
from papaya.manifest.report import Report
from papaya.manifest.source import Source
from papaya.manifest.table import Table, read_table
from papaya.workspace.files import read_file
from papaya.workspace.sheets import ENDINGS, UnreadableSheet, sheet_text
from papaya.workspace.spreadsheet.columns import decimal_sign, is_header


@dataclass(frozen=True, slots=True)
class Spreadsheet:
    """A table and how its file is to be read; None for `encoding` and `sheet` needs not be said."""

    path: Path
    table: Table
    encoding: str | None = None
    sheet: str | None = None

    @property
    def how(self) -> str:
        """How it is read, for people: encoding and decimal sign where they are not the usual ones."""
        said = [self.encoding] if self.encoding else []
        said += ["decimal comma"] if self.table.decimal == "," else []
        return f" ({', '.join(said)})" if said else ""


def read_spreadsheet(path: Path, sheet: str | None = None) -> Spreadsheet:
    """Return the table of a CSV file or an Excel workbook.

    Raises `PapayaError` for a file that cannot be read, and `ManifestError` for a table with faults.
    """
    is_workbook = path.suffix.lower() in ENDINGS
    text, encoding = (_of_workbook(path, sheet), None) if is_workbook else _of_text(path)
    report = Report()
    table = read_table(Source(str(path), text, "csv"), report)
    if table is None or has_errors(report.diagnostics):
        raise ManifestError(tuple(report.diagnostics))
    if not table.rows:
        told = tuple(report.finish())
        if has_errors(told):
            raise ManifestError(told)
        raise PapayaError(f"{path} has a header and no rows", remedy="export it again, with its devices")
    if is_header(table.rows[0], table.columns):
        raise PapayaError(
            f"{path}:{table.lines[0] + 1}: this row looks like a second header",
            remedy="remove one of the two header lines, and run the command again",
        )
    decimal = decimal_sign(table.rows, table.rows)
    if is_workbook:
        # Numbers of a workbook get any decimal sign that is asked for: only numbers that are text decide.
        other = read_table(Source(str(path), _of_workbook(path, sheet, ","), "csv"), Report())
        if other is not None and decimal_sign(table.rows, other.rows) == ",":
            table, decimal = other, ","
    return Spreadsheet(path, replace(table, decimal=decimal), encoding, sheet)


def _of_workbook(path: Path, sheet: str | None, decimal: str = ".") -> str:
    try:
        return sheet_text(read_bytes(path), sheet, decimal)
    except UnreadableSheet as error:
        remedy = error.remedy.replace("`sheet: NAME`", "--sheet NAME")
        raise PapayaError(f"{path}: {error.summary}", remedy=remedy) from error
    except (OSError, UnusableFile) as error:
        raise PapayaError(
            f"{path} cannot be read: {error.strerror or error}", remedy="check the path"
        ) from error


def _of_text(path: Path) -> tuple[str, str | None]:
    """Return the text and its encoding, None for UTF-8 and what a byte-order mark says."""
    found = read_file(path)
    if isinstance(found, str):
        return found, None
    if "UTF-8 text" not in found.summary:
        raise PapayaError(f"{path}: {found.summary}", remedy=found.remedy)
    for encoding in _encodings(path, found.remedy):
        text = read_file(path, encoding=encoding)
        if isinstance(text, str):
            return text, encoding
    raise PapayaError(f"{path}: {found.summary}", remedy=found.remedy)


def _encodings(path: Path, remedy: str) -> Iterator[str]:
    """Yield the encodings that a file probably has, the likeliest first."""
    if "cp1252" in remedy:
        yield "cp1252"
    from charset_normalizer import from_bytes

    best = from_bytes(read_bytes(path)).best()
    if best is not None:
        yield best.encoding.replace("_", "-")
    yield "cp1252"
