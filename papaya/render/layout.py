"""Lines of text for a terminal: what may be shown, how wide it is, and how it stands in columns."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

# Symbols end in column 3, names begin in column 5, values in column 31.
MARGIN = 4
VALUES = 30
NARROWEST = 50
_STEP = 2
_GAP = 2

# Joiners that Indic and Persian scripts are written with, and the wide space of East Asia.
_HARMLESS = frozenset("\u200c\u200d\u3000")
_SHORT = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}
_COLOURS = {"+": "32", "~": "33", "->": "36", "=": "34", "-": "31", ".": "35", "!": "33"}


@dataclass(frozen=True, slots=True)
class Line:
    """One line; the symbol stands in the margin, and a line without one brings its own indentation.

    In color, `name` is the part of it that is bold.
    """

    text: str
    symbol: str = ""
    name: str = ""
    is_fault: bool = False

    def plain(self) -> str:
        """Return the line as it is printed without colour."""
        return f"{self.symbol:>3} {self.text}".rstrip() if self.symbol else self.text.rstrip()

    def coloured(self) -> str:
        """Return the line with its symbol in color, its name in bold, and a fault in red."""
        if self.is_fault:
            return paint_word(self.text.rstrip(), "red")
        text = self.text
        if self.name and self.name in text:
            before, _, after = text.partition(self.name)
            text = f"{before}{paint_word(self.name, 'bold')}{after}"
        if self.symbol:
            return f"{' ' * (3 - len(self.symbol))}{paint(self.symbol)} {text}".rstrip()
        if self.name:
            return text.rstrip()
        stripped = self.text.lstrip()
        if stripped.startswith("! "):
            return f"{self.text[: -len(stripped)] if stripped else ''}{paint('!')}{stripped[1:]}".rstrip()
        return self.text.rstrip()


def paint(symbol: str) -> str:
    """Return a symbol in its colour."""
    return f"\x1b[{_COLOURS[symbol]}m{symbol}\x1b[0m" if symbol in _COLOURS else symbol


_WORD_COLORS = {"bold": "1", "red": "31", "green": "32", "yellow": "33"}


def paint_word(text: str, color: str) -> str:
    """Return a text in bold, red, green or yellow; the spaces that pad it stay as they are."""
    bare = text.rstrip(" ")
    return f"\x1b[{_WORD_COLORS[color]}m{bare}\x1b[0m{text[len(bare) :]}" if bare else text


def printed(lines: Iterable[Line], *, color: bool = False) -> str:
    """Return the lines as one text that ends with a newline."""
    return "".join(f"{line.coloured() if color else line.plain()}\n" for line in lines)


def visible(text: str) -> str:
    """Return the text with everything escaped that could steer a terminal or hide in it."""
    if text.isprintable():
        return text
    return "".join(
        character if character.isprintable() or character in _HARMLESS else _escaped(character)
        for character in text
    )


def _escaped(character: str) -> str:
    code = ord(character)
    return _SHORT.get(character) or (f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}")


def cells(text: str) -> int:
    """Return how many columns a terminal gives the text."""
    return len(text) if text.isascii() else sum(map(_cells, text))


@lru_cache(maxsize=4096)
def _cells(character: str) -> int:
    if unicodedata.east_asian_width(character) in "WF":
        return 2
    # A selector may widen the sign before it, so it is counted itself.
    if character == "\ufe0f":
        return 1
    return 0 if unicodedata.category(character) in ("Mn", "Me", "Cf") else 1


def pad(text: str, width: int) -> str:
    """Return the text followed by spaces up to a width in columns."""
    return text + " " * (width - cells(text))


def wrap(text: str, first: int, rest: int | None = None) -> list[str]:
    """Return the text in pieces of at most `first` columns, then `rest`, broken at spaces where possible."""
    if cells(text) <= first:
        return [text]
    pieces: list[str] = []
    limit = max(first, 2)
    while text and cells(text) > limit:
        end = _fitting(text, limit)
        space = text.rfind(" ", 0, end + 1)
        if space > end // 3:
            pieces.append(text[:space])
            text = text[space + 1 :]
        else:
            pieces.append(text[:end])
            text = text[end:]
        limit = max(first if rest is None else rest, 2)
    if text:
        pieces.append(text)
    return pieces


def _fitting(text: str, limit: int) -> int:
    """Return how many characters fit, at least one."""
    used = 0
    for index, character in enumerate(text):
        used += _cells(character)
        if used > limit:
            return max(index, 1)
    return len(text)


def cut(text: str, limit: int) -> str:
    """Return the text, or its beginning and `…`."""
    if cells(text) <= limit:
        return text
    return text[: _fitting(text, max(limit - 1, 1))] + "…"


def entry(
    symbol: str, depth: int, name: str, description: str, width: int, *, column: int = VALUES
) -> Iterator[Line]:
    """Yield a name of the tree and, in its column or behind it, what there is to say of it."""
    indent = " " * (_STEP * depth)
    end = MARGIN + len(indent) + cells(name)
    if not description:
        yield from _name_lines(symbol, indent, name, width)
        return
    start = max(column, end + _GAP)
    if start == column or start + cells(description) <= width:
        pieces = wrap(description, width - start)
        yield _at_margin(symbol, pad(indent + name, start - MARGIN) + pieces[0], name)
        for piece in pieces[1:]:
            yield Line(" " * start + piece)
        return
    yield from _name_lines(symbol, indent, name, width)
    for piece in wrap(description, width - VALUES):
        yield Line(" " * VALUES + piece)


def _name_lines(symbol: str, indent: str, name: str, width: int) -> Iterator[Line]:
    first, *others = wrap(name, width - MARGIN - len(indent))
    yield _at_margin(symbol, indent + first, first)
    for piece in others:
        yield Line(" " * MARGIN + indent + piece)


def _at_margin(symbol: str, text: str, name: str) -> Line:
    return Line(text, symbol, name) if symbol else Line(" " * MARGIN + text, name=name)


def field_indent(depth: int) -> int:
    """Return in which column the fields of an entry begin."""
    return 2 * MARGIN + _STEP * depth


def value_lines(indent: int, label: str, text: str, width: int) -> Iterator[Line]:
    """Yield a field and its value in the column of values."""
    head = pad(" " * indent + label, VALUES if indent + cells(label) <= VALUES - _GAP else 0)
    if cells(head) > VALUES - _GAP and not head.endswith(" "):
        head += " " * _GAP
    if cells(head) + cells(text) <= width:
        yield Line(head + text)
        return
    if cells(head) > VALUES:
        for number, piece in enumerate(wrap(head.strip(), width - indent, width - indent - _STEP)):
            yield Line(" " * (indent + (_STEP if number else 0)) + piece)
        head = " " * VALUES
    first, *others = wrap(text, width - VALUES)
    yield Line(head + first)
    for piece in others:
        yield Line(" " * VALUES + piece)


def paragraph(
    text: str, width: int, *, first: str = "", rest: str = "", is_fault: bool = False
) -> Iterator[Line]:
    """Yield running text, indented; that of a fault is red where there is color."""
    pieces = wrap(text, width - cells(first), width - cells(rest))
    for number, piece in enumerate(pieces):
        yield Line((rest if number else first) + piece, is_fault=is_fault)
