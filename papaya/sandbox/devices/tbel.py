"""A small part of TBEL, the server's expression language: assignments, `if`, `return` and expressions.

Loops, functions of one's own and most of its library are missing; such a script is a fault, never a guess.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

_TOKEN = re.compile(
    r"""\s*(?:(?P<number>\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+)|(?P<name>[A-Za-z_]\w*)"""
    r"""|(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')"""
    r"""|(?P<sign>===|!==|==|!=|<=|>=|&&|\|\||[-+*/%^<>!=?:.,;(){}\[\]]))"""
)
_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_WORDS: Mapping[str, Any] = {"true": True, "false": False, "null": None}
_LEVELS = (("||",), ("&&",), ("==", "!=", "===", "!=="), ("<", ">", "<=", ">="), ("+", "-"), ("*", "/", "%"))
_MAX_DEPTH = 60
# What a script may make: digits to round to, characters in a text, members of lists in lists.
_MOST_DIGITS, _MOST_TEXT, _MOST_MEMBERS = 300, 1_000_000, 100_000
_MOST_LONG = 2**63


class ScriptFault(Exception):
    """A script that cannot be read or carried out."""


class SyntaxFault(ScriptFault):
    """A script that does not parse, with any values."""


def _rounded(value: float, digits: int = 0) -> float | int:
    if not -_MOST_DIGITS <= digits <= _MOST_DIGITS:
        raise ScriptFault("too many digits")
    shifted = math.floor(value * 10**digits + 0.5)
    return shifted / 10**digits if digits else int(shifted)


_MATH: Mapping[str, Callable[..., Any]] = {
    "min": min,
    "max": max,
    "abs": abs,
    "sqrt": math.sqrt,
    "pow": math.pow,
    "floor": math.floor,
    "ceil": math.ceil,
    "round": _rounded,
    "log": math.log,
    "exp": math.exp,
    "sin": math.sin,
    "cos": math.cos,
    "toRadians": math.radians,
}
_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "toFixed": lambda value, digits: _rounded(float(value), int(digits)),
    "toInt": lambda value: _rounded(float(value)),
    "isNaN": lambda value: isinstance(value, float) and math.isnan(value),
    "parseFloat": lambda text: float(text),
    "parseInt": lambda text: int(float(text)),
    **_MATH,
}


@dataclass(slots=True)
class _Returned(Exception):
    value: Any


def run(script: str, arguments: Mapping[str, Any]) -> Any:
    """Return what a script returns: the value of `return`, else of its last expression."""
    try:
        return _Reader(script, dict(arguments)).run()
    except _Returned as returned:
        return returned.value
    except ScriptFault:
        raise
    except (ArithmeticError, TypeError, ValueError, LookupError, RecursionError) as error:
        raise ScriptFault(str(error)) from error


def check(script: str) -> None:
    """Read a script without carrying it out; raises `SyntaxFault` where it cannot be read."""
    try:
        _Reader(script, {}, live=False).run()
    except SyntaxFault:
        raise
    except (ScriptFault, ArithmeticError, TypeError, ValueError, LookupError, RecursionError):
        # A real server may know functions that the sandbox does not know.
        return


class _Reader:
    """Reads a script and carries it out at once; `live` is false in a branch that is not taken."""

    def __init__(self, script: str, values: dict[str, Any], *, live: bool = True) -> None:
        self._tokens = _tokens(_COMMENT.sub(" ", script))
        self._place = 0
        self._values = values
        self._live = live
        self._depth = 0
        # Members of each list with those inside, by its identity; the lists are kept, so that it lasts.
        self._members: dict[int, tuple[Any, int]] = {}

    def run(self) -> Any:
        result = None
        while not self._at_end():
            result = self._statement()
        return result

    def _at_end(self) -> bool:
        return self._place >= len(self._tokens)

    def _next(self) -> tuple[str, str]:
        return self._tokens[self._place] if not self._at_end() else ("end", "")

    def _take(self, sign: str) -> bool:
        if self._next() in (("sign", sign), ("name", sign)):
            self._place += 1
            return True
        return False

    def _expect(self, sign: str) -> None:
        if not self._take(sign):
            raise SyntaxFault(f"expected '{sign}' before '{self._next()[1] or 'the end'}'")

    def _statement(self) -> Any:
        if self._take("{"):
            return self._block()
        if self._take("if"):
            return self._branches()
        if self._take("return"):
            value = None if self._next() in (("sign", ";"), ("end", "")) else self._expression()
            self._take(";")
            if self._live:
                raise _Returned(value)
            return None
        declared = self._take("var") or self._take("let")
        kind, name = self._next()
        following = self._tokens[self._place + 1 : self._place + 2]
        if kind == "name" and (declared or following == [("sign", "=")]):
            self._place += 1
            value = self._expression() if self._take("=") else None
            if self._live:
                self._values[name] = value
        else:
            value = self._expression()
        self._take(";")
        return value

    def _block(self) -> Any:
        result = None
        while not self._take("}"):
            if self._at_end():
                raise SyntaxFault("a block has no end")
            result = self._statement()
        return result

    def _branches(self) -> Any:
        self._expect("(")
        chosen = bool(self._expression())
        self._expect(")")
        result = self._only_if(chosen, self._statement)
        if self._take("else"):
            other = self._only_if(not chosen, self._statement)
            return result if chosen else other
        return result

    def _only_if(self, condition: bool, read: Callable[[], Any]) -> Any:
        before = self._live
        self._live = before and condition
        try:
            return read()
        finally:
            self._live = before

    def _expression(self) -> Any:
        self._depth += 1
        if self._depth > _MAX_DEPTH:
            raise ScriptFault("the expression is nested too deeply")
        value = self._level(0)
        if self._take("?"):
            chosen = bool(value)
            first = self._only_if(chosen, self._expression)
            self._expect(":")
            second = self._only_if(not chosen, self._expression)
            value = first if chosen else second
        self._depth -= 1
        return value

    def _level(self, level: int) -> Any:
        if level == len(_LEVELS):
            return self._unary()
        value = self._level(level + 1)
        while True:
            sign = next((each for each in _LEVELS[level] if self._take(each)), None)
            if sign is None:
                return value
            if sign in ("&&", "||"):
                needed = bool(value) == (sign == "&&")
                other = self._only_if(needed, lambda: self._level(level + 1))
                value = bool(other) if needed else bool(value)
            else:
                other = self._level(level + 1)
                value = _combined(sign, value, other) if self._live else None

    def _unary(self) -> Any:
        if self._take("!"):
            return not self._unary()
        if self._take("-"):
            value = self._unary()
            return -value if self._live else None
        return self._power()

    def _power(self) -> Any:
        base = self._postfix()
        if self._take("^"):
            exponent = self._unary()
            return math.pow(base, exponent) if self._live else None
        return base

    def _postfix(self) -> Any:
        value = self._primary()
        while True:
            if self._take("."):
                kind, name = self._next()
                if kind != "name":
                    raise SyntaxFault(f"expected a name before '{name}'")
                self._place += 1
                if self._take("("):
                    value = self._called(_method(value, name) if self._live else None)
                else:
                    value = _member(value, name) if self._live else None
            elif self._take("["):
                key = self._expression()
                self._expect("]")
                value = value[key] if self._live else None
            else:
                return value

    def _primary(self) -> Any:
        kind, text = self._next()
        self._place += 1
        if kind == "number":
            return float(text) if any(letter in text for letter in ".eE") else _bounded(int(text))
        if kind == "text":
            return re.sub(r"\\(.)", lambda found: _ESCAPES.get(found[1], found[1]), text[1:-1])
        if kind == "name":
            return self._named(text)
        if text == "(":
            value = self._expression()
            self._expect(")")
            return value
        if text == "[":
            return self._listed("]")
        if text == "{":
            return self._object()
        raise SyntaxFault(f"unexpected '{text or 'end'}'")

    def _named(self, name: str) -> Any:
        if name in _WORDS:
            return _WORDS[name]
        if self._take("("):
            if name not in _FUNCTIONS:
                raise ScriptFault(f"the sandbox does not know the function {name}")
            return self._called(_FUNCTIONS[name])
        if name in self._values:
            return self._values[name]
        if name == "Math":
            return _MATH
        if self._live:
            raise ScriptFault(f"unresolvable property or identifier: {name}")
        return None

    def _called(self, function: Callable[..., Any] | None) -> Any:
        arguments = self._listed(")")
        return function(*arguments) if self._live and function is not None else None

    def _listed(self, end: str) -> list[Any]:
        values: list[Any] = []
        while not self._take(end):
            values.append(self._expression())
            if not self._take(",") and self._next() != ("sign", end):
                raise SyntaxFault(f"expected '{end}' before '{self._next()[1] or 'the end'}'")
        self._count(values, values)
        return values

    def _object(self) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while not self._take("}"):
            kind, text = self._next()
            if kind not in ("name", "text"):
                raise SyntaxFault(f"expected a key before '{text or 'the end'}'")
            self._place += 1
            self._expect(":")
            found[text[1:-1] if kind == "text" else text] = self._expression()
            if not self._take(",") and self._next() != ("sign", "}"):
                raise SyntaxFault(f"expected '}}' before '{self._next()[1] or 'the end'}'")
        self._count(found, found.values())
        return found

    def _count(self, made: Any, members: Iterable[Any]) -> None:
        """Count what a list holds as often as it would be written, so that `a = [a, a]` ends."""
        total = 1 + sum(self._members.get(id(member), (None, 1))[1] for member in members)
        if total > _MOST_MEMBERS:
            raise ScriptFault("a list has too many members")
        self._members[id(made)] = made, total


def _tokens(script: str) -> list[tuple[str, str]]:
    found, place, end = [], 0, len(script.rstrip())
    while place < end:
        match = _TOKEN.match(script, place)
        if match is None:
            raise SyntaxFault(f"unexpected '{script[place:].strip()[:1]}'")
        found.append((str(match.lastgroup), match[str(match.lastgroup)]))
        place = match.end()
    return found


def _member(value: Any, name: str) -> Any:
    if isinstance(value, dict):
        return value.get(name)
    raise ScriptFault(f"could not access: {name}")


def _method(value: Any, name: str) -> Callable[..., Any]:
    known = _MATH.get(name)
    if value is _MATH and known is not None:
        return known
    texts: dict[str, Callable[..., Any]] = {"toString": lambda: _shown(value)}
    if isinstance(value, str):
        texts |= {
            "contains": lambda part: part in value,
            "startsWith": value.startswith,
            "endsWith": value.endswith,
            "toLowerCase": value.lower,
            "toUpperCase": value.upper,
            "length": lambda: len(value),
        }
    method: Callable[..., Any] | None = texts.get(name)
    if method is not None:
        return method
    raise ScriptFault(f"the sandbox does not know the method {name}")


def _combined(sign: str, left: Any, right: Any) -> Any:
    if sign in ("==", "==="):
        return left == right
    if sign in ("!=", "!=="):
        return left != right
    if sign == "+" and (isinstance(left, str) or isinstance(right, str)):
        return _bounded(f"{_shown(left)}{_shown(right)}")
    if sign == "/":
        return left / right
    if not all(isinstance(each, (int, float, str)) for each in (left, right)):
        raise ScriptFault(f"'{sign}' needs numbers")
    if sign in "-*%" and (isinstance(left, str) or isinstance(right, str)):
        raise ScriptFault(f"'{sign}' needs numbers")
    operations: Mapping[str, Callable[[Any, Any], Any]] = {
        "<": lambda one, two: one < two,
        ">": lambda one, two: one > two,
        "<=": lambda one, two: one <= two,
        ">=": lambda one, two: one >= two,
        "+": lambda one, two: one + two,
        "-": lambda one, two: one - two,
        "*": lambda one, two: one * two,
        "%": _rest,
    }
    return _bounded(operations[sign](left, right))


def _bounded(value: Any) -> Any:
    """Return a value as it is kept: a whole number beyond a long is a double, and texts have an end."""
    if isinstance(value, str) and len(value) > _MOST_TEXT:
        raise ScriptFault("a text is too long")
    is_long = not isinstance(value, int) or -_MOST_LONG <= value < _MOST_LONG
    return value if is_long else float(value)


def _rest(left: Any, right: Any) -> Any:
    exact = math.fmod(left, right)
    return int(exact) if isinstance(left, int) and isinstance(right, int) else exact


def _shown(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else str(value)
