"""Texts that a manifest is made of, and what is said about places in them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Literal

from papaya.diagnostics import Diagnostic, Mark, Severity

SourceKind = Literal["yaml", "csv"]

# The line breaks of YAML 1.1 that libyaml counts; str.splitlines also breaks at form feeds and others.
_LINE_BREAK = re.compile("\r\n|[\r\n\x85\u2028\u2029]")
_CSV_LINE_BREAK = re.compile("\r\n|[\r\n]")
_SECRECY = r"(?<![\w.-])[\w.-]*(?:password|passwd|passphrase|token|secret|api_?key)[\w.-]*"
# Somebody may write a secret where only a reference may stand; the line is shown without it.
_WRITTEN_SECRET = re.compile(
    rf"({_SECRECY}[\"']?\s*[:=]\s*)(?!\s*[{{\[&*#]|\s*$)(?:\"[^\"]*\"|'[^']*'|[^,}}#]+)", re.I
)
_SECRET_NAME = re.compile(rf"^{_SECRECY}$", re.I)
# A password may hold a / or a ?, which makes the URL none.
_IN_URL = re.compile(r"(://)[^\s\"']+@")
_QUERY_OF_URL = re.compile(r"(://(?:\(not shown\)@)?[^\s\"'?#]+[?#])[^\s\"',}\]]+")
# A port that is no number may be a secret in the wrong place.
_ODD_PORT = re.compile(
    r"(://(?:\(not shown\)@)?(?:\[[^\s\]]*\]|[^\s/:\"'?#\[\]]+):)"
    r"(?![0-9]{1,5}(?![^\s/\"',}\]?#]))[^\s/\"',}\]?#]+"
)
# A password in front of @ where the scheme is missing.
_BEFORE_HOST = re.compile(r"(?<![\w/])([\w.+-]{1,100}:)[^\s\"'/@]{1,200}@")
HIDDEN = "(not shown)"


@dataclass(frozen=True)
class Template:
    """The Jinja2 template that a text was rendered from; `lines[n]` is the template's line of line n + 1."""

    text: str
    lines: tuple[int, ...] = ()


@dataclass(frozen=True)
class Source:
    """One text with the name of its file; `template` says that the text was rendered from a template.

    Of a `confidential` text, such as a CSV file with a column of tokens, no line is ever shown.
    """

    name: str
    text: str
    kind: SourceKind = "yaml"
    template: Template | None = None
    confidential: bool = False

    @cached_property
    def lines(self) -> list[str]:
        """Return the lines of the text, without a byte-order mark."""
        line_break = _CSV_LINE_BREAK if self.kind == "csv" else _LINE_BREAK
        return line_break.split(self.text.removeprefix("\ufeff"))

    @cached_property
    def template_lines(self) -> list[str]:
        """Return the lines of the template, if there is one."""
        return _LINE_BREAK.split(self.template.text) if self.template else []

    def mark(self, line: int, column: int) -> Mark:
        """Return a mark for a line and a column that count from 0 in the text."""
        if self.template is None:
            return Mark(self.name, line + 1, column + 1)
        return Mark(self.name, self._template_line(line))

    def snippet(self, line: int) -> str:
        """Return the line that is meant, as the person wrote it, without any secret in it."""
        if self.confidential:
            return ""
        if self.template is None:
            return without_secrets(_line(self.lines, line))
        written = _line(self.template_lines, self._template_line(line) - 1)
        rendered = _line(self.lines, line)
        if written.strip() == rendered.strip():
            return without_secrets(written)
        return without_secrets(written) + "\nrendered: " + without_secrets(rendered.strip())

    def snippet_at(self, mark: Mark) -> str:
        """Return the line that a mark of this text stands in."""
        if not mark.line or self.confidential:
            return ""
        return without_secrets(_line(self.template_lines if self.template else self.lines, mark.line - 1))

    def diagnostic(
        self,
        summary: str,
        *,
        line: int = -1,
        column: int = 0,
        remedy: str = "",
        path: str = "",
        severity: Severity = "error",
    ) -> Diagnostic:
        """Return what there is to say about a place of this text, or about the whole text."""
        if line < 0:
            return Diagnostic(summary, Mark(self.name), severity, remedy, path)
        return Diagnostic(summary, self.mark(line, column), severity, remedy, path, self.snippet(line))

    def _template_line(self, line: int) -> int:
        known = self.template.lines if self.template else ()
        if not known:
            return 1
        return known[min(line, len(known) - 1)]


def without_secrets(line: str) -> str:
    """Return a line without what may be secret in it.

    That is what stands after a key that names a secret, in a URL before @ or after ? or #, and a port that is
    no number.
    """
    line = _IN_URL.sub(rf"\1{HIDDEN}@", line)
    line = _ODD_PORT.sub(rf"\1{HIDDEN}", line)
    line = _BEFORE_HOST.sub(rf"\1{HIDDEN}@", line)
    line = _QUERY_OF_URL.sub(rf"\1{HIDDEN}", line)
    return _WRITTEN_SECRET.sub(rf"\1{HIDDEN}", line)


def names_a_secret(name: str) -> bool:
    """Return whether a field or column of this name holds a secret."""
    return _SECRET_NAME.match(name) is not None


def _line(lines: list[str], index: int) -> str:
    return lines[index] if 0 <= index < len(lines) else ""
