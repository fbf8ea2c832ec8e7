"""Calls to devices, and their outcomes in words."""

from __future__ import annotations

import json
from dataclasses import dataclass
from itertools import islice

from papaya.errors import PapayaError
from papaya.manifest.model import Json
from papaya_gui.models.texts import bounded

# What the agent of papaya takes for a colour, beside `#RRGGBB`.
COLORS = ("white", "red", "green", "blue", "yellow", "orange", "purple", "cyan", "magenta")
_LONGEST = 160


@dataclass(frozen=True, slots=True)
class Call:
    """One call of a method; `seconds` is how long the device may take to answer."""

    device: str
    method: str
    parameters: Json = None
    seconds: float = 10.0

    @property
    def text(self) -> str:
        """The call as people write it, as `setInterval(key=temperature, seconds=5)`."""
        if not isinstance(self.parameters, dict):
            return self.method
        parameters = [f"{name}={_plain(value)}" for name, value in self.parameters.items()]
        return f"{self.method}({', '.join(parameters)})"


def ping(device: str) -> Call:
    """Return a call that asks whether the agent is there, and how it is doing."""
    return Call(device, "ping")


def get_readings(device: str) -> Call:
    """Return a call for the latest reading of each sensor."""
    return Call(device, "getReadings")


def identify(device: str, color: str, on: int, off: int, brightness: int) -> Call:
    """Return a call that lets the device show where it is; milliseconds on and off, brightness up to 255."""
    return Call(device, "identify", {"color": color, "onMs": on, "offMs": off, "brightness": brightness})


def set_interval(device: str, key: str, every: float | None) -> Call:
    """Return a call that lets a sensor be read so often, or with None at its own interval again."""
    return Call(device, "setInterval", {"key": key, "seconds": every})


def answer_text(answer: Json, seconds: float) -> str:
    """Return what a device answered, and how soon."""
    told = f"answered in {seconds:.1f} s"
    if answer is None or answer == {}:
        return told
    if isinstance(answer, dict):
        few = islice(answer.items(), _LONGEST)
        text = ", ".join(f"{bounded(name)} {bounded(_plain(value))}" for name, value in few)
    else:
        text = _plain(answer)
    return f"{told}: {text if len(text) <= _LONGEST else f'{text[:_LONGEST]}…'}"


def whole_answer(answer: Json) -> str:
    """Return what a device answered, a line for each part of it; nothing where it only answered."""
    if answer is None or answer == {}:
        return ""
    return bounded(answer if isinstance(answer, str) else json.dumps(answer, ensure_ascii=False, indent=2))


def failure_text(error: Exception, call: Call) -> str:
    """Return why a call had no answer, and what to do about it."""
    if isinstance(error, PapayaError):
        message, remedy = bounded(error.message), bounded(error.remedy)
        return f"{message}. {_sentence(remedy)}".strip() if remedy else message
    if isinstance(error, TimeoutError):
        return f"no answer within {call.seconds:g} s: the device is offline, or its agent is not running"
    return bounded(f"{type(error).__name__}: {error}")


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
