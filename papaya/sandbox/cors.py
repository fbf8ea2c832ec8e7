"""Requests of web pages from elsewhere: below /api/ all of them are allowed, as by ThingsBoard's default."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_VARY = {"Vary": "Origin, Access-Control-Request-Method, Access-Control-Request-Headers"}
_OPEN = "/api/"
_SECONDS = "1800"


@dataclass(frozen=True, slots=True)
class Cross:
    """The answer to a cross-origin request; `ends` if these headers are the whole answer."""

    headers: Mapping[str, str]
    ends: bool = False
    is_refused: bool = False


def cross_of(method: str, path: str, headers: Mapping[str, str]) -> Cross:
    """Return the headers for a request, and whether it only asks what it may ask."""
    # Browsers send ASCII only, and headers cannot carry anything else.
    origin = headers.get("Origin", "").encode("ascii", "ignore").decode()
    if not origin or origin.partition("://")[2] == headers.get("Host"):
        return Cross(_VARY)
    asked = headers.get("Access-Control-Request-Method")
    is_preflight = method == "OPTIONS" and bool(asked)
    if not path.startswith(_OPEN):
        return Cross(_VARY, ends=is_preflight, is_refused=is_preflight)
    told = {**_VARY, "Access-Control-Allow-Origin": origin, "Access-Control-Allow-Credentials": "true"}
    if is_preflight:
        told |= {"Access-Control-Allow-Methods": str(asked), "Access-Control-Max-Age": _SECONDS}
        wanted = headers.get("Access-Control-Request-Headers")
        if wanted:
            told["Access-Control-Allow-Headers"] = wanted
    return Cross(told, ends=is_preflight)
