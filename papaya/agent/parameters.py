"""Parameters of calls, checked before anything is done with them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from papaya.agent.rpc import BadCall
from papaya.foreign import shown
from papaya.manifest.model import Json

_COLORS = ("red", "green", "blue", "yellow", "orange", "purple", "cyan", "magenta", "white", "off")
_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_DEFAULTS: dict[str, Json] = {"color": "white", "onMs": 500, "offMs": 500, "brightness": 255}


@dataclass(frozen=True, slots=True)
class Blink:
    """How a device shows where it is: a color, milliseconds on and off, a brightness up to 255."""

    color: str
    on: int
    off: int
    brightness: int

    def arguments(self, command: Sequence[str]) -> list[str]:
        """Return a command with its placeholders filled in; each stays within its argument."""
        values = {
            "{color}": self.color,
            "{on}": str(self.on),
            "{off}": str(self.off),
            "{brightness}": str(self.brightness),
        }
        arguments = list(command)
        for placeholder, value in values.items():
            arguments = [argument.replace(placeholder, value) for argument in arguments]
        return arguments


def mapping(params: Json, *known: str) -> dict[str, Json]:
    """Return parameters that are a mapping of known names; none are an empty one."""
    if params is None:
        return {}
    if not isinstance(params, dict):
        raise BadCall("params is no object")
    unknown = sorted(params.keys() - {*known})
    if unknown:
        expected = f"known are {', '.join(known)}" if known else "there are none"
        raise BadCall(f"there is no parameter {shown(unknown[0], 80)}: {expected}")
    return params


def blink_from(params: Json) -> Blink:
    """Return the parameters of `identify`."""
    given = {**_DEFAULTS, **mapping(params, *_DEFAULTS)}
    color = given["color"]
    if not isinstance(color, str) or not (color in _COLORS or _HEX.fullmatch(color)):
        raise BadCall(f"color is #RRGGBB or one of {', '.join(_COLORS)}")
    return Blink(
        color,
        _whole(given, "onMs", 1, 10_000),
        _whole(given, "offMs", 1, 10_000),
        _whole(given, "brightness", 0, 255),
    )


def _whole(given: dict[str, Json], name: str, least: int, most: int) -> int:
    value = given[name]
    if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
        raise BadCall(f"{name} is a whole number from {least} to {most}")
    return value
