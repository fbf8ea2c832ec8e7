"""The values of a `config.properties`, taken one by one with a note of what is wrong with each."""

from __future__ import annotations

import configparser
import re
from collections.abc import Iterable, Mapping

from papaya.diagnostics import Diagnostic, Mark
from papaya.foreign import ForeignValue, number_in, shown, whole_in
from papaya.remedies import nearest

Key = tuple[str, str]
# What quotes begin and end with, those of word processors too.
_QUOTES = {
    '"': '"',
    "'": "'",
    "“": "”",
    "”": "”",
    "„": "“”",
    "‘": "’",
    "’": "’",
    "‚": "‘’",
    "«": "»",
    "»": "«",
}
_NO_QUOTES = "Remove the quotes: values of this file need none."


class Values:
    """Takes the values one by one and notes what is wrong with them."""

    def __init__(
        self,
        name: str,
        values: Mapping[tuple[str, str], str],
        lines: Mapping[tuple[str, str], int],
        found: list[Diagnostic],
    ) -> None:
        self.name = name
        self._values = values
        self.lines = lines
        self.found = found

    def report_unknown(self, sections: Iterable[str], known: Mapping[str, tuple[str, ...]]) -> None:
        """Warn about sections and keys that papaya does not read: they may be misspelt."""
        for section in sections:
            if section not in known:
                self._warn(section, "", f"there is no section [{section}]", section, known)
        for section, key in self._values:
            if section in known and key not in known[section]:
                self._warn(section, key, f"[{section}] has no {key}", key, known[section])

    def text(self, section: str, key: str) -> str | None:
        """Return a value, or None where it is left out or empty, or stands in quotes."""
        value = self._values.get((section, key)) or None
        if value is not None and len(value) > 1 and value[-1] in _QUOTES.get(value[0], ""):
            # A password may begin and end so; what else would never be found with its quotes.
            if key == "password":
                self._note(section, key, "the password stands in quotes, which are a part of it", _NO_QUOTES)
                return value
            self.complain(section, key, "the value stands in quotes", _NO_QUOTES)
            return None
        return value

    def line(self, section: str, key: str) -> str | None:
        """Return a value that may not go on in the next line."""
        value = self.text(section, key)
        if value is not None and "\n" in value:
            self.complain(
                section, key, "the value goes on in the next line", "Do not indent what follows it."
            )
            return None
        return value

    def word(self, section: str, key: str) -> str | None:
        """Return a value without spaces, which is never followed by a comment."""
        value = self.line(section, key)
        if value is not None and not re.fullmatch(r"\S+", value):
            self.complain(section, key, "the value has spaces in it", "A comment needs a line of its own.")
            return None
        return value

    def number(self, section: str, key: str, most: float) -> float | None:
        """Return degrees between minus and plus `most`."""
        value = self.text(section, key)
        if value is None:
            return None
        try:
            return float(number_in(value, least=-most, most=most))
        except ForeignValue:
            self.complain(
                section,
                key,
                f"{shown(value)!r} is no {key}",
                f"Write degrees from -{most} to {most} with a decimal point, as 12.97.",
            )
            return None

    def switch(self, section: str, key: str) -> bool | None:
        """Return true or false in any spelling that INI files have for them."""
        value = self.text(section, key)
        if value is None:
            return None
        meaning = configparser.RawConfigParser.BOOLEAN_STATES.get(value.lower())
        if meaning is None:
            self.complain(section, key, f"{shown(value)!r} is neither true nor false", "Write true or false.")
        return meaning

    def port(self, section: str, key: str) -> int | None:
        """Return a port; None also for `auto`."""
        value = self.text(section, key)
        if value is None or value.lower() == "auto":
            return None
        try:
            return whole_in(value, least=1, most=65535)
        except ForeignValue:
            summary = f"{shown(value)!r} is no port"
            self.complain(section, key, summary, "Write a number from 1 to 65535, or auto.")
            return None

    def complain(self, section: str, key: str, summary: str, remedy: str) -> None:
        """Note a fault of a value."""
        mark = Mark(self.name, self.lines.get((section, key), 0))
        self.found.append(
            Diagnostic(f"[{section}] {key}: {summary}", mark, "error", remedy, f"{section}.{key}")
        )

    def _note(self, section: str, key: str, summary: str, remedy: str) -> None:
        mark = Mark(self.name, self.lines.get((section, key), 0))
        told = Diagnostic(f"[{section}] {key}: {summary}", mark, "warning", remedy, f"{section}.{key}")
        if told not in self.found:
            self.found.append(told)

    def _warn(
        self, section: str, key: str, summary: str, word: str, known: Mapping[str, object] | tuple[str, ...]
    ) -> None:
        near = nearest(word, known)
        remedy = f"Did you mean {near}?" if near else "It is not read."
        mark = Mark(self.name, self.lines.get((section, key), 0))
        self.found.append(Diagnostic(summary, mark, "warning", remedy, f"{section}.{key}".rstrip(".")))
