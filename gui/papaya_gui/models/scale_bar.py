"""How long a round distance is on a map."""

from __future__ import annotations

import math
from typing import NamedTuple

# The mean of the Earth's circumferences: a degree of latitude in metres.
_DEGREE = 111_195.0
_LONGEST = 140.0


class ScaleBar(NamedTuple):
    """A bar of so many pixels, and the distance that it stands for."""

    pixels: float
    text: str


def scale_bar(degrees: float, latitude: float) -> ScaleBar:
    """Return the longest bar of a round distance where a pixel covers so many degrees of longitude."""
    metres = degrees * _DEGREE * max(math.cos(math.radians(latitude)), 0.01)
    most = metres * _LONGEST
    power = 10.0 ** math.floor(math.log10(most))
    distance = next(step * power for step in (5, 2, 1) if step * power <= most)
    text = f"{distance / 1000:,.0f} km" if distance >= 1000 else f"{distance:,.3g} m"
    return ScaleBar(distance / metres, text)
