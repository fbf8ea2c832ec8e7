"""Who created an object: the fleet and the run that a creating request writes into it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from papaya.manifest.model import Json

# The member of additional information, and of a dashboard's configuration, that holds the origin.
OWN: Final = "papaya"


@dataclass(frozen=True, slots=True)
class Origin:
    """The fleet and the run that create an object: a creating request writes them into it where it can."""

    fleet: str
    run: str


def origin_in(value: Json) -> Origin | None:
    """Return the origin that stands in additional information."""
    own = value.get(OWN) if isinstance(value, dict) else None
    fleet, run = (own.get("fleet"), own.get("run")) if isinstance(own, dict) else (None, None)
    return Origin(fleet, run) if isinstance(fleet, str) and isinstance(run, str) else None


def with_origin(value: Json, origin: Origin) -> dict[str, Json]:
    """Return additional information with the origin in it."""
    info = dict(value) if isinstance(value, dict) else {}
    return {**info, OWN: {"fleet": origin.fleet, "run": origin.run}}
