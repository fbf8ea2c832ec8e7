"""Numbers and JSON that others wrote: servers, sensors, files, options. Finite and within bounds, or refused.

JSON and Python know numbers that nothing else keeps. `int("9" * 5000)` raises ValueError and `float(10**400)`
OverflowError; `float("1e999")` is infinite, `float("nan")` compares with nothing, `int("٣")` and `int("1_0")`
are accepted. Telemetry `1e100000` keeps the rule engine of ThingsBoard 4.0.1 busy until it is restarted.
Foreign values therefore go through this module, which raises `ForeignValue` and nothing else:

    finite(5.5)                          a number that JSON gave: finite, no truth value
    whole(5, least=0, most=65_535)       a whole number that JSON gave
    number_in(" 5.5 ")                   the number in a text; exponents up to 308
    number_in("5,5", decimal=",")        with a decimal comma
    whole_in("5")                        the whole number in a text
    plain_number("80.5")                 the number in a text as ThingsBoard recognizes one, else None
    json_in(text_or_bytes)               JSON of limited depth; NaN, 1e999 and 400 digits are refused
    json_in(text, unusable=Unusable)     the same, but such a number costs only its own place
    json_in(text, unusable=double_or_text)  for what a server keeps: 5e-324 is the double, 1e999 a text
    json_in(text, most_values=1_000_000) JSON of limited size in memory, too
    quick_json_in(text)                  a message of a broker, whose reader checks each value itself
    moment(1_700_000_000_000)            milliseconds since 1970, up to the year 9999, else None
    line_of(text)                        a text of others for one line of a message
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, cast

from papaya.errors import PapayaError

# A double has no more digits before its point.
MOST_DIGITS = 308
LARGEST = 1.7976931348623157e308
DEEPEST = 100
# The end of the year 9999, in milliseconds: Python has no dates beyond it.
LAST_MOMENT = 253_402_300_799_999
_LONGEST_SHOWN = 40
_NUMBER = re.compile(r"[+-]?(?P<whole>[0-9]*)(?:\.[0-9]*)?(?:[eE](?P<exponent>[+-]?[0-9]+))?", re.ASCII)
# Of nearly every cell; it needs no other check than the bounds.
_USUAL = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?", re.ASCII)
_WHOLE = re.compile(r"[+-]?[0-9]+", re.ASCII)
_PLAIN = re.compile(r"[+-]?(?:[0-9]+|[0-9]*\.[0-9]+)", re.ASCII)
# Half a surrogate pair; in JSON it is written as an escape.
_LONE = re.compile(r"[\ud800-\udfff]")
_STRING_OR_VALUE = re.compile(r'"(?:[^"\\]++|\\.)*+"|[\[{,]', re.DOTALL)
_quick = json.JSONDecoder(parse_constant=float).decode
# What an integer is written with, as zeros; everything else as blanks.
_DIGITS = bytes(48 if byte in b"-0123456789" else 32 for byte in range(256))
_TOO_LONG = b"0" * (MOST_DIGITS + 1)
_PIECE = 256 * 1024
_CONTAINERS = frozenset({dict, list})
# Longer than every number, and short enough for every pattern.
_LONGEST_NUMBER = 1_200


class ForeignValue(PapayaError, ValueError):
    """A value that somebody else wrote cannot be used; the message says what was met, in one short line."""


class NotJson(ForeignValue):
    """A text is no JSON; `line` and `column` count from 1."""

    def __init__(self, message: str, line: int, column: int) -> None:
        super().__init__(message)
        self.line = line
        self.column = column


class TooMuch(ForeignValue):
    """JSON that is nested too deeply or has too many values; it may be well-formed."""


@dataclass(frozen=True, slots=True)
class Unusable:
    """A number in JSON that nothing can keep, in the place of the number; `text` is how it was written."""

    text: str

    def __str__(self) -> str:
        return shown(self.text)


def finite(
    value: object, *, least: float = -LARGEST, most: float = LARGEST, what: str = "the value"
) -> int | float:
    """Return a number of JSON if it is finite and from `least` to `most`; raise ForeignValue otherwise."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise ForeignValue(f"{what} is {described(value)}, not a number")
    if isinstance(value, float) and not math.isfinite(value):
        raise ForeignValue(f"{what} is {value}, which is not a finite number")
    # Comparing an integer with a double is exact, whatever its length.
    if not least <= value <= most:
        raise ForeignValue(f"{what} is {described(value)}, {_outside(least, most)}")
    return value


def whole(value: object, *, least: int = -(2**63), most: int = 2**63 - 1, what: str = "the value") -> int:
    """Return a whole number of JSON from `least` to `most`, `5.0` included; raise ForeignValue otherwise."""
    number = finite(value, least=least, most=most, what=what)
    if isinstance(number, float) and not number.is_integer():
        raise ForeignValue(f"{what} is {number!r}, not a whole number")
    # The largest doubles are not exact, so that the bounds are checked on what is returned.
    return int(finite(int(number), least=least, most=most, what=what))


def moment(value: object) -> int | None:
    """Return milliseconds since 1970 up to the year 9999, which dates go to; None for another value."""
    try:
        return whole(value, least=0, most=LAST_MOMENT)
    except ForeignValue:
        return None


def number_in(
    text: str,
    *,
    decimal: str = ".",
    least: float = -LARGEST,
    most: float = LARGEST,
    what: str = "the value",
) -> int | float:
    """Return the number that a text is, blanks around it aside; `decimal` is a point or a comma.

    Digits are 0 to 9, without separators between thousands. The number is an int where the text has neither
    point nor exponent. Raises ForeignValue for another text, for more than 308 digits before the point, and
    for exponents beyond 308, also where the mantissa is 0.
    """
    written = text.strip()
    if decimal == "." and _USUAL.fullmatch(written):
        number = float(written) if "." in written else int(written)
        if least <= number <= most:
            return number
    found = _match(written.replace(",", ".") if decimal == "," and "." not in written else written)
    if found is None or (decimal == "," and "." in written):
        raise ForeignValue(f"{what} is {described(text)}, not a number{_hint(written, decimal)}")
    digits, exponent = found.group("whole").lstrip("0"), found.group("exponent")
    if len(digits) > MOST_DIGITS or abs(_exponent(exponent)) > MOST_DIGITS:
        raise ForeignValue(f"{what} is {described(written)}, a number that is too large or too small")
    numeral = found.group()
    is_whole = exponent is None and "." not in numeral
    return finite(int(numeral) if is_whole else float(numeral), least=least, most=most, what=what)


def whole_in(text: str, *, least: int = -(2**63), most: int = 2**63 - 1, what: str = "the value") -> int:
    """Return the whole number that a text is, blanks around it aside; raise ForeignValue otherwise."""
    written = text.strip()
    if len(written) > _LONGEST_NUMBER or _WHOLE.fullmatch(written) is None:
        raise ForeignValue(f"{what} is {described(text)}, not a whole number")
    return whole(number_in(written, what=what), least=least, most=most, what=what)


def plain_number(text: str) -> int | float | None:
    """Return the number that a text is in plain digits, None where it is another text.

    Plain is what ThingsBoard itself stores as a number (JsonConverter, NumberUtils.isParsable): digits, and
    one point with digits after it; no exponent, no comma. papaya allows a plus and blanks around it, too.
    """
    written = text.strip()
    if len(written) > _LONGEST_NUMBER or _PLAIN.fullmatch(written) is None:
        return None
    try:
        return number_in(written)
    except ForeignValue:
        return None


def json_in(
    text: str | bytes,
    *,
    deepest: int = DEEPEST,
    most_values: int | None = None,
    unusable: Callable[[str], object] | None = None,
    what: str = "it",
) -> object:
    """Return the document of a JSON text; raise ForeignValue where it is none, or is too deep.

    It also refuses a number that nothing can keep (`NaN`, `1e999`, 400 digits). If `unusable` is given, its
    result for the number's text takes the place of the number, so that no other value is lost. Bytes are
    UTF-8. Half a surrogate pair (`"\\ud83d"`), which nothing can write or send, becomes U+FFFD. Raises
    TooMuch where depth or the number of values is what is wrong: three bytes of JSON take a hundred in
    memory.
    """
    number = unusable or _refuse
    try:
        decoded = text if isinstance(text, str) else text.decode("utf-8")
        if most_values is not None and _has_more_values(decoded, most_values):
            raise TooMuch(f"{what} has more than {most_values:,} values")
        has_long_integers, has_halves = _suspected(decoded)
        decoder = _decoder(number, checks_integers=has_long_integers)
        document: object = decoder.decode(decoded.removeprefix("\ufeff"))
    except TooMuch:
        raise
    except ForeignValue as error:
        raise ForeignValue(f"{what} has a number that cannot be used: {error.message}") from None
    except UnicodeDecodeError:
        raise ForeignValue(f"{what} is no JSON: it is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise NotJson(f"{what} is no JSON: {error}", error.lineno, error.colno) from None
    except ValueError as error:
        raise ForeignValue(f"{what} is no JSON: {error}") from None
    except RecursionError:
        raise TooMuch(f"{what} is nested more than {deepest} levels deep") from None
    if _is_deeper(document, decoded, deepest):
        raise TooMuch(f"{what} is nested more than {deepest} levels deep")
    return _whole_characters(document) if has_halves else document


def quick_json_in(text: str) -> object:
    """Return the document of a short JSON text, faster than `json_in`; ValueError for another text.

    Numbers are what Python makes of them (`NaN`, infinity, integers of any length), and Python's stack limits
    the depth. The caller checks each value that it takes.
    """
    try:
        return _quick(text)
    except RecursionError:
        raise TooMuch("it is nested too deeply") from None


def double(numeral: str) -> float:
    """Return the double that a numeral of JSON is; raise ForeignValue where none is.

    For `unusable` of `json_in`, where a value is compared or shown and not sent on as telemetry.
    """
    number = float(numeral)
    return number if math.isfinite(number) else cast(float, _refuse(numeral))


def double_or_text(numeral: str) -> float | str:
    """Return the double that a numeral of JSON is, or the numeral itself, shortened, where none is."""
    number = float(numeral)
    return number if math.isfinite(number) else shown(numeral)


def described(value: object) -> str:
    """Return what a value is, in a few words of one line, whatever it is."""
    if isinstance(value, bool) or value is None:
        return json.dumps(value)
    if isinstance(value, int):
        # str() refuses long integers, and nobody reads them.
        digits = int(value.bit_length() * math.log10(2)) + 1
        return str(value) if digits <= _LONGEST_SHOWN else f"an integer of about {digits:,} digits"
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str):
        return f'"{shown(value)}"'
    if isinstance(value, Unusable):
        return str(value)
    if isinstance(value, list | dict):
        return "a list" if isinstance(value, list) else "an object"
    return f"a {type(value).__name__}"


def shown(text: str, most: int = _LONGEST_SHOWN) -> str:
    """Return a text in one line of at most `most` characters and an ellipsis."""
    cut = text[:most]
    line = "".join(character if character.isprintable() else ascii(character)[1:-1] for character in cut)
    return line if len(text) <= most else f"{line}… ({len(text):,} characters)"


def still_json(text: str) -> str:
    """Return JSON text with everything escaped that steers a terminal; a program reads the same document.

    Names of a server may turn the direction of writing around (U+202E), so that a line reads as another one.
    """
    if text.isascii():
        return text
    return "".join(
        character if character.isprintable() or character == "\n" else json.dumps(character)[1:-1]
        for character in text
    )


def line_of(text: str, most: int = 200) -> str:
    """Return a text of others for one line of a message: blanks folded, controls escaped, and bounded.

    What turns the direction of writing around is escaped, too, so that a line reads as it is.
    """
    return shown(" ".join(text[: most * 8].split()), most)


@lru_cache(maxsize=8)
def _decoder(number: Callable[[str], object], *, checks_integers: bool) -> json.JSONDecoder:
    """Return what decodes JSON with the result of `number` in the place of numerals that are no number.

    Integers that need no look at their length are made in C, which takes a fifth of the time.
    """
    return json.JSONDecoder(
        parse_int=(lambda numeral: _integer(numeral, number)) if checks_integers else None,
        parse_float=lambda numeral: _double(numeral, number),
        parse_constant=number,
    )


def _suspected(text: str) -> tuple[bool, bool]:
    """Return whether JSON may have integers that are too long, and halves of surrogate pairs."""
    has_long = has_halves = False
    # In pieces, since copies of whole pages would stay in memory; each has what begins in it.
    for start in range(0, len(text), _PIECE):
        piece = text[start : start + _PIECE + MOST_DIGITS]
        # Looking for bytes is ten times as fast as a pattern, and pages are large.
        try:
            written = piece.encode()
            has_halves = has_halves or (b"\\" in written and (b"\\ud" in written or b"\\uD" in written))
        except UnicodeEncodeError:
            written = piece.encode(errors="surrogatepass")
            has_halves = True
        is_long = len(written) > MOST_DIGITS and _TOO_LONG in written.translate(_DIGITS)
        has_long = has_long or is_long
    return has_long, has_halves


def _has_more_values(text: str, most: int) -> bool:
    if len(text) <= most or text.count(",") + text.count("[") + text.count("{") <= most:
        return False
    # Some may be inside of texts, where they cost nothing: now it is worth a closer look.
    values = 0
    for found in _STRING_OR_VALUE.finditer(text):
        values += found.group()[0] != '"'
        if values > most:
            return True
    return False


def _whole_characters(value: object) -> object:
    """Return the document with U+FFFD for halves of surrogate pairs; its depth is checked."""
    if isinstance(value, str):
        return _LONE.sub("\ufffd", value)
    if isinstance(value, list):
        return [_whole_characters(member) for member in value]
    if isinstance(value, dict):
        return {_LONE.sub("\ufffd", key): _whole_characters(member) for key, member in value.items()}
    return value


def _match(written: str) -> re.Match[str] | None:
    found = _NUMBER.fullmatch(written) if len(written) <= _LONGEST_NUMBER else None
    has_digits = found is not None and any("0" <= one <= "9" for one in re.split("[eE]", written)[0])
    return found if has_digits else None


def _exponent(written: str | None) -> int:
    digits = (written or "0").lstrip("+-").lstrip("0") or "0"
    return MOST_DIGITS + 1 if len(digits) > len(str(MOST_DIGITS)) else int(digits)


def _integer(numeral: str, refuse: Callable[[str], object]) -> object:
    return int(numeral) if len(numeral) <= MOST_DIGITS else refuse(numeral)


def _double(numeral: str, refuse: Callable[[str], object]) -> object:
    if len(numeral) <= MOST_DIGITS and "e" not in numeral and "E" not in numeral:
        return float(numeral)
    try:
        return number_in(numeral)
    except ForeignValue:
        return refuse(numeral)


def _refuse(numeral: str) -> object:
    raise ForeignValue(shown(numeral))


def _is_deeper(document: object, text: str, deepest: int) -> bool:
    if text.count("[") + text.count("{") <= deepest:
        return False
    level: list[Any] = [document] if isinstance(document, dict | list) else []
    for _ in range(deepest):
        # What JSON gives is a dict or a list itself: of a page with a million values each look counts.
        level = [
            member
            for one in level
            for member in (one.values() if type(one) is dict else one)
            if type(member) in _CONTAINERS
        ]
        if not level:
            return False
    return True


def _outside(least: float, most: float) -> str:
    if least == -LARGEST and most == LARGEST:
        return "which is too large"
    if least == -LARGEST:
        return f"above {most:g}"
    return f"below {least:g}" if most == LARGEST else f"outside of {least:.15g} to {most:.15g}"


def _hint(written: str, decimal: str) -> str:
    is_comma = decimal == "." and "." not in written and _match(written.replace(",", ".", 1)) is not None
    return "; write a decimal point" if is_comma and "," in written else ""
