"""What keeps a text from being YAML, in the words of the person who wrote it."""

from __future__ import annotations

import re

import yaml

from papaya.diagnostics import Diagnostic
from papaya.manifest.source import Source

_REMEDIES = {
    "mapping values are not allowed in this context": "quote a text with a colon, or check the indentation",
    "found character that cannot start any token": "quote a text that starts with @, ` or %",
    "could not find expected ':'": "write `key: value`, with a space after the colon",
    "did not find expected key": "check the indentation, the commas and the quotes above",
    "did not find expected '-' indicator": "check the indentation: items of one list start in one column",
    "did not find expected ',' or '}'": "close the { with } and separate its entries by commas",
    "did not find expected ',' or ']'": "close the [ with ] and separate its entries by commas",
    "found unexpected end of stream": "close the quotes",
    "control characters are not allowed": "the file holds bytes that are no text: save it as UTF-8 text",
}


# A value that begins with an expression and has no quotes.
_UNQUOTED = re.compile(r"(?:^|[:\-,{\[])\s+(\{\{[^#\n]*\}\}[^#\n,]*?)\s*(?:[,}\]]?\s*(?:#.*)?$)")


def explain_yaml(source: Source, error: yaml.YAMLError) -> Diagnostic:
    """Return what is wrong with a text that is no YAML, in the words of a person who wrote it."""
    mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "it cannot be read"
    line, column = (mark.line, mark.column) if mark is not None else _position(source, error)
    offending = source.lines[line] if 0 <= line < len(source.lines) else ""
    remedy = _REMEDIES.get(problem, "")
    if "\t" in offending[: column + 1] and ("token" in problem or "tab" in problem):
        return source.diagnostic(
            "a tab stands where YAML wants spaces", line=line, column=column, remedy="indent with spaces"
        )
    if problem.startswith("found undefined alias"):
        return source.diagnostic(
            "an alias (*) names an anchor (&) that is not defined above",
            line=line,
            column=column,
            remedy="quote the text if it is meant to start with *",
        )
    unquoted = _UNQUOTED.search(offending)
    if unquoted is not None:
        return source.diagnostic(
            f"{unquoted[1]} needs quotes",
            line=line,
            column=unquoted.start(1),
            remedy=f'quote it: "{unquoted[1]}"',
        )
    if "invalid Unicode character escape code" in problem:
        return source.diagnostic(
            "the text has a lone surrogate, which is no character",
            line=line,
            column=column,
            remedy="write the character itself",
        )
    return source.diagnostic(f"this is no YAML: {problem}", line=line, column=column, remedy=remedy)


def _position(source: Source, error: yaml.YAMLError) -> tuple[int, int]:
    position = getattr(error, "position", None)
    if not isinstance(position, int):
        return -1, 0
    # libyaml counts bytes, the pure reader characters; both agree where the text before is ASCII.
    before = source.text.removeprefix("\ufeff").encode()[:position].decode(errors="ignore")
    return before.count("\n"), len(before) - before.rfind("\n") - 1
