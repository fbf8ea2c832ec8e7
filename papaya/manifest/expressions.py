"""Jinja2 expressions over the cells of CSV rows and over the fields of a device.

They are evaluated in Jinja2's sandbox. The sandbox keeps them from the process, not from its time and memory:
`commands` hands `load` an evaluator that does the same in a child process with limits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from papaya.foreign import ForeignValue, number_in
from papaya.manifest.scalars import Scalar

_PLACEHOLDER = re.compile(r"\{\{-?\s*([A-Za-z_][A-Za-z0-9_]*)\s*-?\}\}")
_CONVERTED = re.compile(r"\{\{-?\s*([A-Za-z_][A-Za-z0-9_]*)\s*\|\s*(int|float)\s*-?\}\}")
_MARKUP = re.compile(r"\{\{|\{%|\{#|\}\}")
# Jinja2 reads these as something else than the name of a column.
_RESERVED = frozenset(
    {"true", "false", "none", "True", "False", "None", "not", "and", "or", "if", "else", "is", "in", "row"}
)
LONGEST_VALUE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Job:
    """Texts with expressions, and the rows over which each of them is evaluated.

    `decimal` is what `int` and `float` expect between whole and fraction.
    """

    texts: tuple[str, ...]
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]
    decimal: str = "."


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an expression has no value; `number` is the text that should have been a number, if that is why."""

    summary: str
    remedy: str = ""
    number: str | None = None


class Absent:
    """The value of an expression over an empty cell."""

    def __repr__(self) -> str:
        """Return the name of the one value."""
        return "ABSENT"


ABSENT: Final = Absent()
Result = Scalar | list[Any] | dict[str, Any] | Absent | Problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a job gave: for each text either a problem with the text itself, or one result a row.

    Without any results the job was not done, because another one used up what there is of time or memory.
    """

    results: tuple[Problem | Sequence[Result], ...] = ()


Evaluate = Callable[[Sequence[Job]], Sequence[Outcome]]


def is_expression(text: str) -> bool:
    """Return whether a text holds anything for Jinja2."""
    return "{{" in text or "{%" in text or "{#" in text


@dataclass(frozen=True, slots=True)
class Filler:
    """A text that only names columns: constants, and between them the numbers of columns."""

    constants: tuple[str, ...]
    columns: tuple[int, ...]

    def fill(self, row: Sequence[str]) -> str | Absent:
        """Return the text with the cells of a row in it; an empty cell makes it absent."""
        filled = self.constants[0]
        for constant, column in zip(self.constants[1:], self.columns, strict=True):
            cell = row[column]
            if not cell:
                return ABSENT
            filled += cell + constant
        return filled


def filler(text: str, columns: Sequence[str]) -> Filler | None:
    """Return how a text is filled in, or None if that takes more than names of columns.

    Nearly every field of nearly every export is of this kind, and needs neither Jinja2 nor a child process.
    """
    parts = _PLACEHOLDER.split(text)
    constants, names = tuple(parts[::2]), parts[1::2]
    if any(_MARKUP.search(constant) for constant in constants):
        return None
    if any(name in _RESERVED or name not in columns for name in names):
        return None
    return Filler(constants, tuple(columns.index(name) for name in names))


@dataclass(frozen=True, slots=True)
class NumberCell:
    """A text that is one column through the filter `int` or `float`, without arguments."""

    column: int
    is_whole: bool

    def read(self, row: Sequence[str], decimal: str) -> Result:
        """Return the number in the row's cell, as Jinja2's filter does; an empty cell makes it absent."""
        cell = row[self.column]
        if not cell:
            return ABSENT
        try:
            number = float(number_in(cell, decimal=decimal))
        except ForeignValue:
            return Problem(f"the expression fails: {not_a_number(cell)}", number=cell[:200])
        return int(number) if self.is_whole else number


def number_cell(text: str, columns: Sequence[str]) -> NumberCell | None:
    """Return how a text converts one column, or None if it is more than that.

    Coordinates and counts of nearly every export are of this kind.
    """
    found = _CONVERTED.fullmatch(text.strip())
    if found is None or found[1] in _RESERVED or found[1] not in columns:
        return None
    return NumberCell(columns.index(found[1]), found[2] == "int")


def not_a_number(value: str) -> str:
    """Return what is wrong with a text that `int` or `float` was asked to convert."""
    return f'"{value[:40]}" is not a number; with int(0) or float(0) it is 0'


def named_columns(text: str, columns: Sequence[str]) -> tuple[int, ...]:
    """Return the numbers of the columns whose names stand in the expressions of a text, in their order."""
    inside = " ".join(re.findall(r"\{[{%](.*?)[}%]\}", text, re.S))
    words = dict.fromkeys(re.findall(r"[A-Za-z_][A-Za-z0-9_]*", inside))
    quoted = dict.fromkeys(re.findall(r"row\[\s*['\"](.*?)['\"]\s*\]", inside))
    return tuple(columns.index(word) for word in (*words, *quoted) if word in columns)
