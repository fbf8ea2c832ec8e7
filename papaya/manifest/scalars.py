"""What a plain scalar means: the core schema of YAML 1.2, in which `NO` is text and nothing is a date."""

from __future__ import annotations

import re

Scalar = None | bool | int | float | str

_WORDS: dict[str, Scalar] = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL")),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_OCTAL = re.compile(r"0o[0-7]+")
_HEXADECIMAL = re.compile(r"0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)")
_NO_NUMBER = re.compile(r"\.(?:nan|NaN|NAN)")
_MAY_BE_SPECIAL = frozenset("0123456789+-.~nNtTfF")
# Longer integers fit into no double, and Python refuses to read those of more than 4,300 digits.
_LONGEST_NUMBER = 308
# Numbers of YAML 1.1 that are text in YAML 1.2: 22:30 (sexagesimal), 1_000, 0b11.
_NUMBER_ELSEWHERE = re.compile(
    r"[-+]?(?:[0-9][0-9_]*(?::[0-5]?[0-9])+(?:\.[0-9_]*)?|[0-9][0-9_]*_[0-9_]*(?:\.[0-9_]*)?|0b[01_]+)"
)
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_COMMA_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*),[0-9]+")
_SAME_TEXT_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]*[1-9])?")


def resolve(text: str) -> Scalar:
    """Return the value of a plain scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _MAY_BE_SPECIAL or len(text) > _LONGEST_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return _rare(text)


def is_number_elsewhere(text: str) -> bool:
    """Return whether a plain scalar is text here, but a number for a reader of YAML 1.1."""
    return _NUMBER_ELSEWHERE.fullmatch(text) is not None


def loses_zeros(text: str) -> bool:
    """Return whether a plain scalar is a whole number whose leading zeros do not survive."""
    return _LEADING_ZERO.fullmatch(text) is not None


def loses_spelling(text: str, value: float) -> bool:
    """Return whether a plain scalar is a number that is stored in another spelling: `1.10`, `12e5`, `0x1F`.

    Leading zeros are told where the text is read.
    """
    if isinstance(value, int):
        return text.startswith(("0x", "0o"))
    return repr(value) != text and (("." in text and text.endswith("0")) or "." not in text)


def read_cell(text: str, decimal: str = ".") -> Scalar:
    """Return the value of a CSV cell where any JSON value may stand.

    A cell is a number only if the number is written exactly so: `0012` and `1.10` stay text. A whole number
    of more than 64 bits stays text too, because no server stores it as a number. Where `decimal` is a comma,
    `11,50` is a number, too, and `11.5` is text.
    """
    if decimal != ".":
        if _COMMA_NUMBER.fullmatch(text) and len(text) <= _LONGEST_NUMBER:
            return float(text.replace(",", "."))
        if "." in text:
            return text
    if text in ("true", "false"):
        return text == "true"
    if len(text) > _LONGEST_NUMBER or not _SAME_TEXT_NUMBER.fullmatch(text) or text == "-0":
        return text
    if "." not in text:
        whole = int(text)
        return whole if -(2**63) <= whole < 2**63 else text
    number = float(text)
    return number if repr(number) == text else text


def _rare(text: str) -> Scalar:
    if _OCTAL.fullmatch(text):
        return int(text[2:], 8)
    if _HEXADECIMAL.fullmatch(text):
        return int(text[2:], 16)
    if _INFINITE.fullmatch(text):
        return float("-inf") if text[0] == "-" else float("inf")
    if _NO_NUMBER.fullmatch(text):
        return float("nan")
    return text
