"""Times as files have them: numbers since 1970, ISO 8601, and the dates of spreadsheets that mean one day.

`05/11/2026` may be May or November, and is no time: see `reckoning`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

import numpy as np

from papaya.foreign import ForeignValue, Unusable, number_in, shown
from papaya.sensors.backend import SensorFault
from papaya.sensors.reading import EARLIEST, LATEST, objection_to_time
from papaya_gui.models.batch import Floats

# How many milliseconds one is: milliseconds, seconds, microseconds and nanoseconds since 1970 are told apart
# by their size, from the year 2000 to the year 2200.
SCALES = (1.0, 1e3, 1e-3, 1e-6)
# 29.11.2026 10:00:00 and 2026/11/29 10:00.
_DOTTED = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?:[ T,]+(\d{1,2}:.*))?", re.ASCII)
_UTC = re.compile(r"\s*(?:Z|UTC|GMT)$")
_DOTTED_ALIKE = re.compile(r"\d\d\.\d\d\.\d{4}[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?", re.ASCII).fullmatch
_PLAIN = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d(?::\d\d(?:\.\d+)?)?", re.ASCII).fullmatch
_WITH_ZONE = re.compile(r"\d{4}-.*[+-]\d\d:\d\d", re.ASCII).fullmatch
_HALF_DAY = re.compile(r"(.*[ T])(\d{1,2})(:[\d:.]*\d) ?([AaPp])\.?[Mm]\.?", re.ASCII).fullmatch
_SLASHED = re.compile(r"(\d{4})/(\d{1,2})/(\d{1,2})(?:[ T,]+(\d{1,2}:.*))?", re.ASCII)


def milliseconds_of(moment: object) -> tuple[int, bool]:
    """Return milliseconds since 1970, and whether the zone was said; what has none is UTC.

    Raises SensorFault where it is no time.
    """
    if type(moment) is int and EARLIEST <= moment <= LATEST:
        return moment, True
    if isinstance(moment, str):
        parsed = _parsed(moment.strip())
        milliseconds = round((parsed if parsed.tzinfo else parsed.replace(tzinfo=UTC)).timestamp() * 1000)
        return _checked(milliseconds), parsed.tzinfo is not None
    if isinstance(moment, Unusable):
        raise SensorFault(f"{moment} is no time")
    if isinstance(moment, int | float) and not isinstance(moment, bool):
        for scale in SCALES:
            if EARLIEST <= moment * scale <= LATEST:
                return round(moment * scale), True
    return _checked(moment), True


def milliseconds_among(moments: Floats) -> Floats:
    """Return numbers as milliseconds since 1970, as `milliseconds_of` tells them; others stay as they are."""
    found = moments
    for scale in SCALES[1:]:
        scaled = np.rint(moments * scale)
        found = np.where((scaled >= EARLIEST) & (scaled <= LATEST), scaled, found)
    return found


def milliseconds_in_texts(moments: Sequence[str]) -> tuple[Floats, bool]:
    """Return times that are all written alike as milliseconds, and whether all say their zone.

    Raises ValueError where they are to be read one by one.
    """
    if all(map(_DOTTED_ALIKE, moments)):
        moments = [f"{one[6:10]}-{one[3:5]}-{one[:2]}T{one[11:]}" for one in moments]
    zones = [0.0]
    if all(one.endswith("Z") for one in moments):
        moments = [one[:-1] for one in moments]
    elif all(map(_WITH_ZONE, moments)):
        known = {zone: _minutes(zone) for zone in {one[-6:] for one in moments}}
        zones = [known[one[-6:]] for one in moments]
        moments = [one[:-6] for one in moments]
    elif not all(map(_PLAIN, moments)):
        raise ValueError("they are to be read one by one")
    else:
        return np.array(moments, "datetime64[ms]").astype(np.int64).astype(np.float64), False
    if not all(map(_PLAIN, moments)):
        raise ValueError("they are to be read one by one")
    found = np.array(moments, "datetime64[ms]").astype(np.int64).astype(np.float64)
    return found - np.array(zones) * 60_000, True


def _minutes(zone: str) -> float:
    return int(zone[0] + "1") * (int(zone[1:3]) * 60 + int(zone[4:]))


def is_moment(text: str) -> bool:
    """Return whether a text is a time."""
    try:
        milliseconds_of(number_in(text))
    except ForeignValue:
        pass
    except SensorFault:
        return False
    else:
        return True
    try:
        milliseconds_of(text)
    except SensorFault:
        return False
    return True


def _parsed(text: str) -> datetime:
    half = _HALF_DAY(text)
    if half is not None and 1 <= int(half[2]) <= 12:
        hour = int(half[2]) % 12 + (12 if half[4] in "Pp" else 0)
        text = f"{half[1]}{hour:02}{half[3]}"
    try:
        return datetime.fromisoformat(_UTC.sub("+00:00", _as_iso(text)))
    except (ValueError, OverflowError):
        raise SensorFault(f"{shown(text)} is no time in ISO 8601") from None


def _as_iso(text: str) -> str:
    for pattern, order in ((_DOTTED, (2, 1, 0)), (_SLASHED, (0, 1, 2))):
        found = pattern.fullmatch(text)
        if found is not None:
            year, month, day = (found.groups()[place] for place in order)
            clock = found.group(4) or "00:00"
            hour, _, rest = clock.partition(":")
            return f"{year}-{month:0>2}-{day:0>2}T{hour:0>2}:{rest.strip()}"
    return text


def _checked(moment: object) -> int:
    objection = objection_to_time(moment)
    if objection is not None or not isinstance(moment, int):
        raise SensorFault(objection or "a time is no number")
    return moment
