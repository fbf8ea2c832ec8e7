"""Countries and states of coordinates, from the places of GeoNames; it needs no network.

The package reverse-geocode carries the places and finds the nearest one.
"""

from __future__ import annotations

from collections.abc import Sequence

from papaya.errors import PapayaError
from papaya.manifest.center import Point


def regions_of(points: Sequence[Point]) -> list[tuple[str, str]]:
    """Return country and state (region, province) of each point.

    They are those of the nearest town, so that a point at a border may be on the other side. A country that
    has no states, such as Singapore, has its towns instead. Raises
    `PapayaError` where the package is not installed.
    """
    if not points:
        return []
    try:
        import reverse_geocode
    except ImportError:
        raise PapayaError(
            "finding the countries and states of coordinates needs a package that is not installed",
            remedy="pip install 'papayameter[places]', or name an attribute: --map state=ATTRIBUTE",
        ) from None
    towns = reverse_geocode.search(points)
    return [(str(town["country"]), str(town.get("state") or town["city"])) for town in towns]


def is_installed() -> bool:
    """Return whether coordinates can be looked up here."""
    from importlib.util import find_spec

    return find_spec("reverse_geocode") is not None
