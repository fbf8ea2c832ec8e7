"""The center of points on the globe."""

from __future__ import annotations

from collections.abc import Iterable

Point = tuple[float, float]


def center_of(points: Iterable[Point], digits: int) -> Point | None:
    """Return the center of points, latitude and longitude in degrees, rounded to so many digits.

    Points on both sides of the 180th meridian have their center near it, not at longitude 0. None where there
    is no point.
    """
    known = list(points)
    if not known:
        return None
    longitudes = [longitude for _, longitude in known]
    if max(longitudes) - min(longitudes) > 180:
        longitudes = [longitude % 360 for longitude in longitudes]
    middle = sum(longitudes) / len(known)
    latitude = sum(latitude for latitude, _ in known) / len(known)
    # Adding 0.0 makes -0.0 an ordinary zero.
    return round(latitude, digits) + 0.0, round(middle - 360 if middle > 180 else middle, digits) + 0.0
