"""Values that changed too little to be worth sending."""

from __future__ import annotations

from dataclasses import dataclass

from papaya.manifest.model import Sensor
from papaya.sensors.reading import Value


@dataclass(slots=True)
class _Sent:
    value: Value
    at: float


class Deadbands:
    """Remembers what was last sent of each sensor; `now` is a clock that never jumps."""

    def __init__(self) -> None:
        self._sent: dict[str, _Sent] = {}

    def is_worth_sending(self, sensor: Sensor, value: Value, now: float, silence: float) -> bool:
        """Note and return whether a value left its deadband, or nothing was sent for `silence` seconds."""
        last = self._sent.get(sensor.key)
        if last is not None and now - last.at < silence and _is_inside(sensor, last.value, value):
            return False
        self._sent[sensor.key] = _Sent(value, now)
        return True

    def forget(self, key: str) -> None:
        """Send the next value of a sensor, whatever it is."""
        self._sent.pop(key, None)


def _is_inside(sensor: Sensor, last: Value, value: Value) -> bool:
    if not sensor.deadband:
        return False
    if isinstance(last, bool | str) or isinstance(value, bool | str):
        # A text or a truth value has no distance, only change.
        return type(last) is type(value) and last == value
    return abs(value - last) < sensor.deadband
