"""What a save of an entity needs besides the entity itself."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Marking:
    """Ids of profile and customer, and the fleet and run that a creating request writes into the object.

    `marked` is false for places that no fleet owns.
    """

    fleet: str
    run: str
    profile_id: str
    customer_id: str | None = None
    marked: bool = True
