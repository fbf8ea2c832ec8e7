"""Diagnostics as text, as one JSON document, and as annotations of a code review."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from papaya.counting import counted
from papaya.diagnostics import Diagnostic, has_errors, in_order
from papaya.render.layout import paint_word

FORMAT_VERSION: Final = "1"
# Room for the line of an ordinary manifest; longer lines are shown around the place that is meant.
_WIDTH = 110
_BEFORE = 40
# Of faults that read alike in one file, so many are shown in full.
_ALIKE = 20
_TABLES = (".csv", ".tsv", ".txt", ".xlsx", ".xlsm")


def as_text(diagnostics: Iterable[Diagnostic], *, fold: bool = True, color: bool = False) -> str:
    """Return diagnostics like a good compiler: place, what is wrong, the line with a caret, what to do.

    In color, places are bold and errors red. With `fold`, what reads alike many times in one file is shown
    twenty times and then counted.
    """
    ordered = in_order(diagnostics)
    shown: list[str] = []
    alike: dict[tuple[str, str, str], list[Diagnostic]] = {}
    for diagnostic in ordered:
        of_kind = alike.setdefault(_kind(diagnostic), [])
        of_kind.append(diagnostic)
        if not fold or len(of_kind) <= _ALIKE:
            shown.append(_one(diagnostic, color))
    for (file, _, _), of_kind in alike.items():
        more = len(of_kind) - _ALIKE
        if fold and more > 0:
            shown.append(f"{file}: and {more:,} more like this: {_visible(of_kind[0].summary)}")
    return "\n".join(shown)


def count(diagnostics: Sequence[Diagnostic]) -> str:
    """Return how many errors and warnings there are, in words."""
    errors = sum(diagnostic.severity == "error" for diagnostic in diagnostics)
    warnings = len(diagnostics) - errors
    parts = [counted(errors, "error")] if errors else []
    if warnings:
        parts.append(counted(warnings, "warning"))
    places = sum(diagnostic.places for diagnostic in diagnostics)
    told = ", ".join(parts) or "no faults"
    return f"{told} (in {counted(places, 'place')})" if places > len(diagnostics) else told


def as_document(diagnostics: Iterable[Diagnostic], **further: Any) -> dict[str, Any]:
    """Return the JSON document about a manifest; keys are only ever added under one format version."""
    ordered = in_order(diagnostics)
    errors = sum(diagnostic.severity == "error" for diagnostic in ordered)
    return {
        "formatVersion": FORMAT_VERSION,
        "valid": not has_errors(ordered),
        "errors": errors,
        "warnings": len(ordered) - errors,
        **further,
        "diagnostics": [
            {
                "severity": diagnostic.severity,
                "summary": diagnostic.summary,
                "remedy": diagnostic.remedy or None,
                "file": diagnostic.mark.file,
                "line": diagnostic.mark.line or None,
                "column": diagnostic.mark.column or None,
                "path": diagnostic.path or None,
                "snippet": diagnostic.snippet or None,
                **({"places": diagnostic.places} if diagnostic.places > 1 else {}),
            }
            for diagnostic in ordered
        ],
    }


def as_workflow_commands(diagnostics: Iterable[Diagnostic]) -> str:
    """Return diagnostics as GitHub shows them beside the lines of a change."""
    return "\n".join(_workflow_command(diagnostic) for diagnostic in in_order(diagnostics))


def _one(diagnostic: Diagnostic, color: bool) -> str:
    mark = diagnostic.mark
    place = f"{mark}: " if mark.file else ""
    severity = f"{diagnostic.severity}:"
    if color:
        place = f"{paint_word(place.rstrip(' '), 'bold')} " if place else ""
        severity = paint_word(severity, "red" if diagnostic.severity == "error" else "yellow")
    lines = [f"{place}{severity} {_visible(diagnostic.summary)}"]
    if diagnostic.snippet.strip():
        # The column of a table is the number of a cell, which is no place in the line.
        is_table = mark.file.lower().endswith(_TABLES)
        lines.extend(_snippet(diagnostic.snippet, 0 if is_table or not mark.line else mark.column))
    if diagnostic.remedy:
        lines.append(f"  = {_visible(diagnostic.remedy)}")
    return "\n".join(lines)


def _snippet(snippet: str, column: int) -> list[str]:
    first, *more = snippet.split("\n")
    indented = len(first) - len(first.lstrip(" "))
    start = min(indented, column - 1) if column else indented
    if column and column - start > _WIDTH - _BEFORE:
        start = column - 1 - _BEFORE
    cut = first[start : start + _WIDTH]
    lead = "…" if start > indented else ""
    tail = "…" if len(first) > start + _WIDTH else ""
    lines = [f"    {lead}{_visible(cut)}{tail}"]
    if column and column - 1 <= len(first):
        before = _visible(first[start : column - 1])
        lines.append(f"    {' ' * (len(lead) + len(before))}^")
    lines.extend(f"    {_visible(line[:_WIDTH])}" for line in more)
    return lines


def _visible(text: str) -> str:
    """Return a text in which nothing moves the cursor, colors the terminal or hides itself."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() else " " if character in "\t\n\r" else "�" for character in text
    )


def _kind(diagnostic: Diagnostic) -> tuple[str, str, str]:
    """Return what makes diagnostics read alike: the file, the last key of the path and the severity."""
    last = diagnostic.path.rpartition(".")[2]
    words = diagnostic.summary.split(" ")
    # Names differ from one to the next, so words with digits, quotes or capitals do not count.
    plain = " ".join(word for word in words if word.isalpha() and word.islower())
    return diagnostic.mark.file, f"{diagnostic.severity} {last}", plain


def _workflow_command(diagnostic: Diagnostic) -> str:
    mark = diagnostic.mark
    properties = {"file": mark.file, "line": mark.line, "col": mark.column, "title": "papaya"}
    named = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items() if value)
    message = diagnostic.summary + (f"\n{diagnostic.remedy}" if diagnostic.remedy else "")
    return f"::{diagnostic.severity} {named}::{_data(message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
