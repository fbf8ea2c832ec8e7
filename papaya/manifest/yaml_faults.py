"""What keeps a text from being YAML, in the words of the person who wrote it."""

from __future__ import annotations

import re

import yaml

from papaya.diagnostics import Diagnostic
from papaya.manifest.characters import described
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


# Word processors and web pages put them in the place of blanks, quotation marks, hyphens and colons.
_LOOKS_LIKE_YAML = re.compile(
    "(?P<blank>[\xa0\u2000-\u200a\u202f\u205f\u3000])"
    "|(?:^|[\\s:,\\[{])(?P<quote>[\u2018-\u201f\u00ab\u00bb])"
    "|^\\s*(?P<dash>[\u2010-\u2015\u2212\u2022])\\s"
    "|(?P<colon>[\uff1a\ufe55])"
)
_INSTEAD = {
    "blank": "write an ordinary blank",
    "quote": 'write a straight quotation mark: "',
    "dash": "write an ordinary hyphen: -",
    "colon": "write an ordinary colon: `key: value`",
}
_LINES_ABOVE = 4


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
    odd = _odd_character(source, line)
    if odd is not None:
        return odd
    if "invalid Unicode character escape code" in problem:
        return source.diagnostic(
            "the text has a lone surrogate, which is no character",
            line=line,
            column=column,
            remedy="write the character itself",
        )
    return source.diagnostic(f"this is no YAML: {problem}", line=line, column=column, remedy=remedy)


def _odd_character(source: Source, line: int) -> Diagnostic | None:
    """Return what is told of the nearest character, up to this line, that is drawn like one of YAML's own."""
    for number in range(min(line, len(source.lines) - 1), max(line - _LINES_ABOVE, -1), -1):
        found = _LOOKS_LIKE_YAML.search(source.lines[number])
        if found is not None:
            kind = next(name for name, text in found.groupdict().items() if text is not None)
            return source.diagnostic(
                f"this is no YAML: the line holds {described(found[kind])}",
                line=number,
                column=found.start(kind),
                remedy=_INSTEAD[kind],
            )
    if "\x85" in source.text or "\u2028" in source.text or "\u2029" in source.text:
        return _line_break(source)
    return None


def _line_break(source: Source) -> Diagnostic | None:
    """Return what is told of a character that ends a line for YAML alone; editors show none."""
    ends = list(re.finditer("\r\n|[\r\n\x85\u2028\u2029]", source.text))
    line, end = next((line, end) for line, end in enumerate(ends) if end[0] not in ("\r\n", "\r", "\n"))
    return source.diagnostic(
        f"this is no YAML: the line ends with {described(end[0])}, which editors do not show",
        line=line,
        column=len(source.lines[line]),
        remedy="remove it",
    )


def _position(source: Source, error: yaml.YAMLError) -> tuple[int, int]:
    position = getattr(error, "position", None)
    if not isinstance(position, int):
        return -1, 0
    # libyaml counts bytes, the pure reader characters; both agree where the text before is ASCII.
    before = source.text.removeprefix("\ufeff").encode()[:position].decode(errors="ignore")
    return before.count("\n"), len(before) - before.rfind("\n") - 1
