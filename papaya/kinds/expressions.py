"""Expressions of calculated fields of the type SIMPLE: what the server would save and never calculate.

The server reads them with exp4j (`CalculatedFieldCtx`), these functions and constants alone
(`ExpressionUtils` of 4.3.1.3, the same names in 4.0.1).
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Final

_FUNCTIONS: Final = {
    **dict.fromkeys(
        (
            *("ln", "lg", "sin", "cos", "tan", "cot", "log", "log2", "log10", "log1p", "abs", "acos"),
            *("asin", "atan", "cbrt", "floor", "sinh", "sqrt", "tanh", "cosh", "ceil", "exp", "expm1"),
            *("signum", "csc", "sec", "csch", "sech", "coth", "toradian", "todegree"),
        ),
        1,
    ),
    **dict.fromkeys(("logab", "pow", "logb"), 2),
}
_CONSTANTS: Final = frozenset(("pi", "π", "e", "φ"))
_TOKEN: Final = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)|(?P<name>[^\W\d]\w*)|(?P<sign>[-+*/%^(),]))"
)


@dataclass(frozen=True, slots=True)
class ExpressionFault:
    """What is wrong with an expression, and where: counted in characters from its beginning."""

    summary: str
    offset: int


def names_in(expression: str) -> Iterator[str]:
    """Yield the names in an expression that are no functions and no constants."""
    for kind, text, _, following in _tokens(expression):
        if kind == "name" and following != "(" and text not in _CONSTANTS:
            yield text


def expression_faults(expression: str, arguments: Collection[str]) -> Iterator[ExpressionFault]:
    """Yield what the server does not say about an expression when it saves it."""
    operand = True
    opened: list[int] = []
    for kind, text, offset, following in _tokens(expression):
        if kind == "other":
            yield ExpressionFault(
                f"{text} is not part of an expression: write numbers, arguments, + - * / % ^", offset
            )
            return
        if kind == "sign" and text in "+-" and operand:
            continue
        is_operand = kind in ("number", "name") or text == "("
        if is_operand is not operand:
            # exp4j reads `2 x` and `2(x)` as products.
            product = is_operand and kind != "number"
            if not product:
                what = "a value is missing" if operand else "an operator is missing"
                yield ExpressionFault(f"{what} before {text}", offset)
                return
        if kind == "name" and following == "(":
            if text not in _FUNCTIONS:
                yield ExpressionFault(f"there is no function {text}", offset)
            operand = True
            continue
        if kind == "name" and text not in _CONSTANTS and text not in arguments:
            yield ExpressionFault(f"the argument {text} is not defined", offset)
        if text == "(":
            opened.append(offset)
        elif text == ")":
            if not opened:
                yield ExpressionFault("a parenthesis closes that was not opened", offset)
                return
            opened.pop()
        elif text == "," and not opened:
            yield ExpressionFault("a comma stands outside a function; decimal numbers have a point", offset)
            return
        operand = (kind == "sign" and text != ")") or text == "("
    if opened:
        yield ExpressionFault("a parenthesis is not closed", opened[-1])
    elif operand:
        yield ExpressionFault("a value is missing at its end", len(expression.rstrip()))


def _tokens(expression: str) -> Iterator[tuple[str, str, int, str]]:
    """Yield the kind, the text and the offset of each token, and the character that follows it."""
    place, end = 0, len(expression.rstrip())
    while place < end:
        found = _TOKEN.match(expression, place)
        if found is None or found.lastgroup is None:
            offset = place + len(expression[place:]) - len(expression[place:].lstrip())
            yield "other", expression[offset], offset, ""
            return
        place = found.end()
        following = expression[place:].lstrip()[:1]
        yield found.lastgroup, found[found.lastgroup], found.start(found.lastgroup), following
