"""Samples of the past as columns, from any source."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from papaya.foreign import plain_number
from papaya.manifest.model import Sensor
from papaya.sensors.reading import Value, is_numeric
from papaya_gui.models.batch import NUMBER, TEXT, TRUTH
from papaya_gui.models.texts import Texts
from papaya_gui.sources.supply import Past

# What ThingsBoard's own dashboards ask for at the most, and what is quickly brought here.
MOST_SAMPLES, FEW_SAMPLES = 50_000, 5_000
# What is not stored, either; no NaN is below it.
LARGEST = 2.0**63
_ANY = Sensor("")


def past_from(
    samples: Sequence[tuple[int, Value]], texts: Texts, sensor: Sensor = _ANY, *, by_most: bool = False
) -> Past:
    """Return samples of a sensor as columns; their times are milliseconds.

    For a sensor with a range or a threshold, a text is converted to a number or left out.

    A row has values of one kind. If a sender mixes kinds by mistake, the kind of the newest value decides,
    and values of other kinds are left out. Invalid values are left out as well. With `by_most`, numbers
    decide where most values are numbers: the last line of a file may be an error of its sensor.
    """
    if is_numeric(sensor):
        samples = [(ts, plain) for ts, value in samples if (plain := _plain(value)) is not None]
    usable = [(ts, value) for ts, value in samples if _is_usable(value)]
    if not usable:
        return Past(np.empty(0), np.empty(0))
    if by_most:
        numbers = [one for one in usable if not isinstance(one[1], str)]
        usable = numbers if 2 * len(numbers) > len(usable) else usable
    kind = _kind_of(usable[-1][1])
    own = [(ts, value) for ts, value in usable if _kind_of(value) == kind]
    values = [texts.number(value) if isinstance(value, str) else float(value) for _, value in own]
    times = np.array([ts for ts, _ in own], np.float64) / 1000
    return Past(times, np.array(values, np.float64), kind=kind)


def _plain(value: Value) -> Value | None:
    return plain_number(value) if isinstance(value, str) else value


def _is_usable(value: object) -> bool:
    return isinstance(value, str | bool) or (isinstance(value, int | float) and abs(value) < LARGEST)


def _kind_of(value: Value) -> int:
    if isinstance(value, bool):
        return TRUTH
    return TEXT if isinstance(value, str) else NUMBER
