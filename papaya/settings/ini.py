"""What ConfigUpdater says about a text, with the lines of the text."""

from __future__ import annotations

import configparser
from collections.abc import Iterator

from configupdater import ConfigUpdater, Section

from papaya.diagnostics import Diagnostic, Mark


def lines_of(updater: ConfigUpdater) -> dict[tuple[str, str], int]:
    """Return the line of every key, and of every section under an empty key."""
    found: dict[tuple[str, str], int] = {}
    line = 1
    for block in updater.iter_blocks():
        if isinstance(block, Section):
            found[block.name, ""] = line
            inside = line + 1
            for option in block.iter_blocks():
                if hasattr(option, "key"):
                    found[block.name, option.key] = inside
                inside += str(option).count("\n")
        line += str(block).count("\n")
    return found


def faults_of(error: configparser.Error, name: str, text: str) -> Iterator[Diagnostic]:
    """Yield what keeps ConfigUpdater from reading the text; its own messages quote lines with secrets."""
    lines = text.split("\n")
    match error:
        case configparser.MissingSectionHeaderError(lineno=line):
            yield _at(
                line,
                "this line stands before the first section",
                "Begin the file with [thingsboard]; comments begin with # or ;.",
                name,
                lines,
            )
        case configparser.ParsingError(errors=errors):
            for line, _ in errors:
                yield _at(line, "this line is no `key = value`", "Comments begin with # or ;.", name, lines)
        case configparser.DuplicateOptionError(lineno=line, section=section, option=option):
            yield _at(line or 0, f"[{section}] has {option} twice", "Remove one of them.", name, lines)
        case configparser.DuplicateSectionError(lineno=line, section=section):
            yield _at(line or 0, f"there are two sections [{section}]", "Make one of them.", name, lines)
        case _:
            yield Diagnostic("the file cannot be read as key = value lines in sections", Mark(name))


def _at(line: int, summary: str, remedy: str, name: str, lines: list[str]) -> Diagnostic:
    text = lines[line - 1].strip() if 0 < line <= len(lines) else ""
    # A line that begins with a word may be the rest of a secret.
    snippet = "" if text[:1].isalnum() else text
    return Diagnostic(summary, Mark(name, line, 1 if line else 0), "error", remedy, snippet=snippet)
