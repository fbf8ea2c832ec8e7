"""Numbers, durations and switches as options, variables and files write them."""

from __future__ import annotations

import math
import re

from papaya.errors import SettingsError
from papaya.foreign import ForeignValue, shown, whole_in
from papaya.settings.model import Given

_UNITS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION = re.compile(r"([0-9]+(?:\.[0-9]+)?)\s*(ms|s|m|h|)")
_TRUE, _FALSE = frozenset({"1", "true", "yes", "on"}), frozenset({"0", "false", "no", "off"})


def seconds(given: Given, *, least: float) -> float:
    """Return a duration (`30`, `30s`, `5m`) in seconds."""
    match = _DURATION.fullmatch(given.value.strip().lower())
    value = float(match[1]) * _UNITS[match[2]] if match else math.nan
    if not least <= value <= 86400:
        raise SettingsError(
            f"{given.origin}: {shown(given.value)!r} is no duration from {least:g} s to a day",
            remedy="Write seconds, or a number with a unit: 30s, 5m.",
        )
    return value


def seconds_of(text: str, origin: str) -> float:
    """Return a duration that an option named `origin` says, in seconds; 0 is one."""
    return seconds(Given(text, origin), least=0)


def count(given: Given) -> int:
    """Return a whole number from 1 to 1000."""
    try:
        return whole_in(given.value, least=1, most=1000)
    except ForeignValue:
        raise SettingsError(
            f"{given.origin}: {shown(given.value)!r} is no whole number from 1 to 1000"
        ) from None


def switch(given: Given) -> bool:
    """Return true or false."""
    word = given.value.strip().lower()
    if word not in _TRUE | _FALSE:
        raise SettingsError(f"{given.origin}: {shown(given.value)!r} is neither true nor false")
    return word in _TRUE
