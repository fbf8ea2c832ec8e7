"""What spreadsheets do to cells: rounded numbers, errors of formulas, columns that were too narrow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from papaya.manifest.each import Leaf, Recipe, leaves
from papaya.manifest.report import Report
from papaya.manifest.table import Table

# A number that was shown with few digits, 8.60E+14: the others are gone. German tables have a comma.
_ROUNDED: Final = re.compile(r"[+-]?\d(?:[.,]\d+)?E\+\d{2,3}")
_ERRORS: Final = frozenset(
    (
        *("#N/A", "#N/V", "#NV", "#REF!", "#BEZUG!", "#NAME?", "#VALUE!", "#WERT!", "#VALEUR!", "#VALOR!"),
        *("#DIV/0!", "#NULL!", "#NUM!", "#ZAHL!", "#NOMBRE!", "#SPILL!", "#CALC!", "#FIELD!", "#BLOCKED!"),
        *("#CONNECT!", "#UNKNOWN!", "#GETTING_DATA", "#¡REF!", "#¡VALOR!", "#¡DIV/0!", "#¿NOMBRE?"),
    )
)
_NARROW: Final = re.compile("#{3,}")
_NAMES: Final = frozenset(
    {
        "name",
        "serial",
        "country",
        "state",
        "model",
        "profile",
        "customer",
        "firmware",
        "software",
        "formerly",
        "env",
        "file",
        "label",
    }
)
_AS_TEXT: Final = "format the column as text in the spreadsheet, enter the values again, and export the file"
_KINDS: Final = {
    "rounded": (
        ("is a number that a spreadsheet has rounded", "are numbers that a spreadsheet has rounded"),
        _AS_TEXT,
    ),
    "error": (
        ("is an error of a spreadsheet's formula", "are errors of a spreadsheet's formulas"),
        "correct the formula, or empty the cell, and export the file again",
    ),
    "narrow": (
        ("is what a spreadsheet shows in a narrow column", "are what a spreadsheet shows in a narrow column"),
        "widen the column, and export the file again",
    ),
}


def damaged_cells(recipe: Recipe, table: Table, report: Report) -> dict[int, set[int]]:
    """Tell the damaged cells of a table, by column and cause; return rows with the columns that are errors.

    Rounded numbers are errors in names and serials, and warnings in attributes.
    """
    used: dict[int, list[Leaf]] = {}
    for leaf in leaves(recipe.root):
        for column in leaf.columns:
            used.setdefault(column, []).append(leaf)
    damaged: dict[int, set[int]] = {}
    for column, of_column in sorted(used.items()):
        is_name = any(_is_name(leaf) for leaf in of_column)
        is_attribute = any(leaf.path and leaf.path[0] in _ATTRIBUTES for leaf in of_column)
        for number, cell, kind in _damage(table, column):
            if kind == "rounded" and not is_name and not is_attribute:
                continue
            is_error = kind != "rounded" or is_name
            words, remedy = _KINDS[kind]
            report.add_cell(
                table.place(number, column),
                table.columns[column],
                table.shown(cell, column),
                words,
                remedy,
                severity="error" if is_error else "warning",
            )
            if is_error:
                damaged.setdefault(number, set()).add(column)
    return damaged


_ATTRIBUTES: Final = ("attributes", "sharedAttributes")


def _is_name(leaf: Leaf) -> bool:
    return bool(leaf.path) and leaf.path[0] not in _ATTRIBUTES and leaf.path[-1] in _NAMES


def _damage(table: Table, column: int) -> Iterator[tuple[int, str, str]]:
    for number, row in enumerate(table.rows):
        cell = row[column]
        if cell[:1] == "#":
            if cell.upper() in _ERRORS:
                yield number, cell, "error"
            elif _NARROW.fullmatch(cell):
                yield number, cell, "narrow"
        elif "E+" in cell and _ROUNDED.fullmatch(cell):
            yield number, cell, "rounded"
