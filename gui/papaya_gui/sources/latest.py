"""The latest value of each sensor in what a file of many values says."""

from __future__ import annotations

from collections.abc import Sequence

from papaya.foreign import plain_number, shown
from papaya.manifest.model import Sensor
from papaya.sensors.reading import objection_to
from papaya_gui.sources.left_out import LeftOut
from papaya_gui.sources.polled import DeviceReading

_ANY = Sensor("")


def latest_of(readings: Sequence[DeviceReading], left_out: LeftOut) -> Sequence[DeviceReading]:
    """Return the newest usable reading of each sensor, in whatever order they stand.

    Among numbers, a text such as ERR is no value; what is left out is noted.
    """
    newest: dict[tuple[str, str], DeviceReading] = {}
    numbers: dict[tuple[str, str], DeviceReading] = {}
    counts: dict[tuple[str, str], list[int]] = {}
    for one in readings:
        objection = objection_to(one, _ANY)
        pair = one.device, one.name
        if objection is not None:
            left_out.add(f"{shown(one.name)} of {one.device}: {objection}")
            continue
        if pair not in newest or one.timestamp >= newest[pair].timestamp:
            newest[pair] = one
        is_text = isinstance(one.value, str) and plain_number(one.value) is None
        counts.setdefault(pair, [0, 0])[is_text] += 1
        if not is_text and (pair not in numbers or one.timestamp >= numbers[pair].timestamp):
            numbers[pair] = one
    for pair, (usual, odd) in counts.items():
        if usual > odd > 0:
            left_out.add(f"{shown(pair[1])} of {pair[0]} has a text among numbers, such as an error", odd)
            newest[pair] = numbers[pair]
    return tuple(newest.values())
