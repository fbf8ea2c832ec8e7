"""What a save of an entity needs besides the entity itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from papaya.engine.lease import Lease


@dataclass(frozen=True, slots=True)
class Marking:
    """Ids of profile and customer, and the fleet and run that a creating request writes into the object.

    `packages` are the ids of the packages that a device gets, by the field that names them (`firmware`).
    `marked` is false for places that no fleet owns. `lease` is that of the run, for a fleet's first place.
    `released` are the fields of a live object that the plan empties.
    """

    fleet: str
    run: str
    profile_id: str
    customer_id: str | None = None
    marked: bool = True
    packages: Mapping[str, str] = field(default_factory=dict)
    lease: Lease | None = None
    released: frozenset[str] = frozenset()
