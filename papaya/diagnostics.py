"""What papaya has to say about a text that a person wrote: where, what is wrong, what to do."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, order=True)
class Mark:
    """A place in a text; lines and columns count from 1, 0 means that only the file is known.

    For a CSV cell the line is the line of the file on which its row starts and the column is the number of
    the cell.
    """

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        if not self.line:
            return self.file
        if not self.column:
            return f"{self.file}:{self.line}"
        return f"{self.file}:{self.line}:{self.column}"


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One fault or warning.

    `summary` is one sentence that says what is wrong, and `remedy` says what to write or do instead. `path`
    is the key path inside the document (`countries[0].states[1].name`), `snippet` the offending line.
    `places` is the number of places that have this fault, of which `mark` is the first.
    """

    summary: str
    mark: Mark
    severity: Severity = "error"
    remedy: str = ""
    path: str = ""
    snippet: str = ""
    places: int = 1


def in_order(diagnostics: Iterable[Diagnostic]) -> tuple[Diagnostic, ...]:
    """Return the diagnostics without repetitions, by file, line, column and text."""
    return tuple(sorted(dict.fromkeys(diagnostics), key=lambda d: (d.mark, d.severity, d.summary, d.remedy)))


def has_errors(diagnostics: Iterable[Diagnostic]) -> bool:
    """Return whether any of the diagnostics is more than a warning."""
    return any(diagnostic.severity == "error" for diagnostic in diagnostics)
