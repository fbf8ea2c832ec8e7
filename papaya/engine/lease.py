"""The lease that keeps order between two runs on one fleet, as it stands inside the object of a place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from papaya.manifest.model import Json

_OWN = "papaya"
_LEASE = "lease"


@dataclass(frozen=True, slots=True)
class Lease:
    """Who may change a fleet until when (seconds since 1970, by the server's clock)."""

    holder: str
    run: str
    until: float


def lease_in(body: Mapping[str, Json] | None) -> Lease | None:
    """Return the lease that an object carries."""
    match _own(body).get(_LEASE):
        case {"holder": str(holder), "run": str(run), "until": int(until)}:
            return Lease(holder, run, until / 1000)
    return None


def with_lease(body: Mapping[str, Json], lease: Lease | None) -> dict[str, Json]:
    """Return the object with this lease, or without any; nothing else in it changes."""
    rest = _without(body)
    if lease is None:
        return rest
    info = rest.get("additionalInfo")
    info = dict(info) if isinstance(info, dict) else {}
    told: Json = {"holder": lease.holder, "run": lease.run, "until": int(lease.until * 1000)}
    return {**rest, "additionalInfo": {**info, _OWN: {**_own(rest), _LEASE: told}}}


def same_but_for_lease(left: Mapping[str, Json] | None, right: Mapping[str, Json] | None) -> bool:
    """Return whether two readings of an object differ at most by a lease that came or went."""
    return _comparable(left) == _comparable(right)


def _own(body: Mapping[str, Json] | None) -> Mapping[str, Json]:
    info = body.get("additionalInfo") if body else None
    own = info.get(_OWN) if isinstance(info, dict) else None
    return own if isinstance(own, dict) else {}


def _without(body: Mapping[str, Json]) -> dict[str, Json]:
    info = body.get("additionalInfo")
    if not isinstance(info, dict) or _OWN not in info:
        return dict(body)
    kept = {key: value for key, value in _own(body).items() if key != _LEASE}
    others = {key: value for key, value in info.items() if key != _OWN}
    return {**body, "additionalInfo": {**others, _OWN: kept} if kept else others}


def _comparable(body: Mapping[str, Json] | None) -> dict[str, Json]:
    rest = _without(body or {})
    # The server answers an object without additional information now with null, now with {}.
    return {**{key: value for key, value in rest.items() if key != "version"}, "additionalInfo": _info(rest)}


def _info(body: Mapping[str, Json]) -> Json:
    return body.get("additionalInfo") or None
