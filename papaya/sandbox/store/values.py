"""Typed values of attributes and time series, and the ways in which the server writes them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from papaya.sandbox.lenient import device_json
from papaya.sandbox.wire import Numeral, dumps, loads, quote

BOOLEAN, LONG, DOUBLE, TEXT, JSON = "b", "l", "d", "s", "j"
Typed = tuple[str, Any]

MIN_LONG, MAX_LONG = -(2**63), 2**63 - 1
_MAX_SCALE = 16
_MOST_DIGITS = 4_000
# What Apache's NumberUtils.isParsable accepts: no exponent, no sign but minus, no trailing point.
_PARSABLE = re.compile(r"-?(?:\d+|\d*\.\d+)")
_CREATABLE = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?[fFdDlL]?|-?0[xX][0-9a-fA-F]+")


class Unparsable(ValueError):
    """A value that the server's converter refuses."""


class Wordless(Unparsable):
    """A value that the server stumbles over; its HTTP API of devices has no words for it."""


class NoNumber(Wordless):
    """A value that is no number where the server expects one."""


class BigInteger(ValueError):
    """An integer beyond 64 bits, where the server does not turn it into text."""


def parse_cast(value: Any) -> Typed:
    """Return the value as JsonConverter types it: numeric text becomes a number."""
    if isinstance(value, str):
        return cast_text(value)
    if isinstance(value, bool):
        return BOOLEAN, int(value)
    if isinstance(value, int):
        return (LONG, value) if MIN_LONG <= value <= MAX_LONG else (TEXT, str(value))
    if isinstance(value, Numeral):
        return _cast_number(value.text)
    if isinstance(value, (dict, list)):
        return JSON, dumps(value)
    raise Unparsable(f"Can't parse value: {dumps(value)}")


def parse_object(payload: bytes) -> dict[str, Any]:
    """Return the JSON object that a device sent."""
    value = device_json(payload)
    if not isinstance(value, dict):
        raise Unparsable("no JSON object")
    return value


def cast_attributes(given: Mapping[str, Any]) -> dict[str, Typed]:
    """Return the attributes that a device sent; like its transport, pass over nulls."""
    return {key: parse_cast(value) for key, value in given.items() if value is not None}


def without_nulls(typed: Typed) -> Typed:
    """Return a value as the server writes it into a message: null members of objects are left out."""
    kind, value = typed
    return (JSON, dumps(_members(loads(value)))) if kind == JSON and "null" in value else typed


def _members(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _members(member) for key, member in value.items() if member is not None}
    return [_members(member) for member in value] if isinstance(value, list) else value


def parse_exact(value: Any) -> Typed | None:
    """Return the value with its JSON type, None for null, as 4.0 does with REST attributes."""
    if value is None:
        return None
    if isinstance(value, str):
        return TEXT, _storable(value)
    if isinstance(value, bool):
        return BOOLEAN, int(value)
    if isinstance(value, int):
        if not MIN_LONG <= value <= MAX_LONG:
            raise BigInteger("Big integer values are not supported!")
        return LONG, value
    if isinstance(value, float):
        return DOUBLE, float(value)
    return JSON, dumps(value)


def cast_text(text: str) -> Typed:
    """Return numeric text as a number and other text as it is."""
    if _PARSABLE.fullmatch(text) is None:
        return TEXT, _storable(text)
    return _cast_number(text)


def _storable(text: str) -> str:
    # PostgreSQL cannot store the character; the server drops it from texts, but not from JSON.
    return text.replace("\0", "")


def _cast_number(text: str) -> Typed:
    try:
        number = Decimal(text)
    except ArithmeticError as error:
        raise Unparsable(f"Can't parse value: {text}") from error
    if number.adjusted() > _MOST_DIGITS:
        # A real 4.0.1 stores it and its rule engine never gets over that.
        raise Unparsable(f"Can't parse value: {text}")
    scale = _scale(number.normalize())
    if scale <= 0 and not _is_simple_double(text):
        if MIN_LONG <= number <= MAX_LONG:
            return LONG, int(number)
        return TEXT, format(number, "f")
    if _scale(number) <= _MAX_SCALE:
        return DOUBLE, float(number)
    return TEXT, format(number, "f")


def cast_csv(text: str, *, with_json: bool) -> Typed:
    """Return a CSV cell as the bulk import types it: numbers, then true and false, then JSON."""
    dotted = text.replace(",", ".")
    if _CREATABLE.fullmatch(dotted) is not None:
        try:
            number = Decimal(dotted)
        except ArithmeticError:
            return TEXT, text
        if _scale(number.normalize()) <= 0 and not _is_simple_double(dotted):
            return (LONG, int(number)) if MIN_LONG <= number <= MAX_LONG else (TEXT, text)
        return (DOUBLE, float(number)) if _scale(number) <= _MAX_SCALE else (TEXT, text)
    if text.lower() in ("true", "false"):
        return BOOLEAN, int(text.lower() == "true")
    if with_json:
        return _json_cell(text)
    return TEXT, text


def _json_cell(text: str) -> Typed:
    trimmed = text.strip()
    if (trimmed[:1], trimmed[-1:]) not in (("{", "}"), ("[", "]")):
        return TEXT, text
    try:
        return JSON, dumps(loads(trimmed))
    except ValueError:
        return TEXT, text


def _scale(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return -exponent if isinstance(exponent, int) else 0


def _is_simple_double(text: str) -> bool:
    return "." in text and "e" not in text and "E" not in text


def wire(kind: str, value: Any) -> str:
    """Return the JSON text of a typed value."""
    if kind == TEXT:
        return quote(value)
    if kind == BOOLEAN:
        return "true" if value else "false"
    return java_double(value) if kind == DOUBLE else str(value)


def as_text(kind: str, value: Any) -> str:
    """Return a value as time-series answers write it: doubles in Java's notation."""
    if kind == BOOLEAN:
        return "true" if value else "false"
    return java_double(value) if kind == DOUBLE else str(value)


def java_double(value: float) -> str:
    """Return what Java's Double.toString gives."""
    if value == 0 or 1e-3 <= abs(value) < 1e7:
        return format(Decimal(repr(value)), "f") if "e" in repr(value) else repr(value)
    digits = Decimal(repr(value)).normalize().as_tuple()
    mantissa = "".join(map(str, digits.digits))
    exponent = len(mantissa) - 1 + int(digits.exponent)
    sign = "-" if digits.sign else ""
    return f"{sign}{mantissa[0]}.{mantissa[1:] or '0'}E{exponent}"


def shown(kind: str, value: Any) -> str:
    """Return a value as entity queries write it: text whose numbers are reformatted.

    PostgreSQL casts the value to text. Then the server rewrites text that looks like a number: "1.50" becomes
    1.5 and 25.0 becomes 25, but "007" stays.
    """
    if kind == BOOLEAN:
        return "true" if value else "false"
    text = _postgres_double(value) if kind == DOUBLE else str(value)
    if kind == LONG or _PARSABLE.fullmatch(text) is None:
        return text
    if text.startswith("0") and not text.startswith("0."):
        return text
    if "." not in text:
        return str(int(text))
    number = float(text)
    return repr(number) if number == 0 or 1e-3 <= abs(number) < 1e7 else text


def _postgres_double(value: float) -> str:
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    text = repr(value)
    if "e" in text or abs(value) < 1e15:
        return text
    digits = Decimal(text).normalize().as_tuple()
    mantissa = "".join(map(str, digits.digits))
    exponent = len(mantissa) - 1 + int(digits.exponent)
    fraction = f".{mantissa[1:]}" if len(mantissa) > 1 else ""
    return f"{'-' if digits.sign else ''}{mantissa[0]}{fraction}e+{exponent}"
