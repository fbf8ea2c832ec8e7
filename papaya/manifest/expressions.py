"""Jinja2 expressions over the cells of CSV rows and over the fields of a device.

They are evaluated in Jinja2's sandbox. The sandbox keeps them from the process, not from its time and memory:
`commands` hands `load` an evaluator that does the same in a child process with limits.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from papaya.manifest.scalars import Scalar

_ONE_EXPRESSION = re.compile(r"\s*\{\{(?P<inside>(?:(?!\{\{|\}\}).)*)\}\}\s*", re.S)
_PLACEHOLDER = re.compile(r"\{\{-?\s*([A-Za-z_]\w*)\s*-?\}\}")
_RESERVED = frozenset(
    {"true", "false", "none", "True", "False", "None", "not", "and", "or", "if", "is", "in", "row"}
)
LONGEST_VALUE: Final = 1_000_000


@dataclass(frozen=True, slots=True)
class Job:
    """Texts with expressions, and the rows over which each of them is evaluated."""

    texts: tuple[str, ...]
    columns: tuple[str, ...]
    rows: Sequence[Sequence[str]]


@dataclass(frozen=True, slots=True)
class Problem:
    """Why an expression has no value."""

    summary: str
    remedy: str = ""


class Absent:
    """The value of an expression over an empty cell."""

    def __repr__(self) -> str:
        return "ABSENT"


ABSENT: Final = Absent()
Result = Scalar | list[Any] | dict[str, Any] | Absent | Problem


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a job gave: for each text either a problem with the text itself, or one result a row."""

    results: tuple[Problem | Sequence[Result], ...]


Evaluate = Callable[[Sequence[Job]], Sequence[Outcome]]


def is_expression(text: str) -> bool:
    """Return whether a text holds anything for Jinja2."""
    return "{{" in text or "{%" in text or "{#" in text


def single_expression(text: str) -> str | None:
    """Return the expression if the text is nothing else: its value then keeps its type."""
    match = _ONE_EXPRESSION.fullmatch(text)
    return match["inside"].strip("-+ \t\n") if match else None


def fill_in(text: str, cells: Mapping[str, str]) -> Result | None:
    """Return the value of a text that only names columns, or None if it takes more than that.

    Nearly every field of nearly every export is of this kind, and needs neither Jinja2 nor a child process.
    """
    parts = _PLACEHOLDER.split(text)
    if any(is_expression(part) or "}}" in part for part in parts[::2]):
        return None
    filled = parts[::2]
    names = parts[1::2]
    if any(name in _RESERVED or name not in cells for name in names):
        return None
    values = [cells[name] for name in names]
    if not all(values):
        return ABSENT
    return "".join(part for pair in zip(filled, [*values, ""], strict=True) for part in pair)
