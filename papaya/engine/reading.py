"""What was read from a server for one fleet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from papaya.engine.address import Address
from papaya.engine.desire import desire
from papaya.engine.inventory import Inventory
from papaya.engine.match import Matching, match
from papaya.engine.plan import ServerIdentity, TokenState
from papaya.engine.standing_against import Obstacle
from papaya.kinds.resource import LiveObjects
from papaya.manifest.model import Fleet


@dataclass(frozen=True, slots=True)
class Reading:
    """What was read from a server for one fleet.

    `inventory` holds the entities that the fleet wants, owns or could mean, and their neighbors in its
    places. `tokens` compares declared secrets with live ones: access tokens of devices, and provisioning
    secrets of profiles. `resources` are the objects beside the tree, of the kinds that the manifest declares.
    `obstacles` is, by id, what stands against deleting what the fleet has and its manifest does not.
    `devices` is how many devices the fleet has there, where not all of them were read. `desired` is what the
    server was compared with while it was read: what `fleet` wants, which need not be found out again.
    `matching` is the result, where the inventory is still the one that was compared.
    """

    inventory: Inventory
    server: ServerIdentity
    requests: int
    tokens: Mapping[Address, TokenState] = field(default_factory=dict)
    customer_titles: tuple[str, ...] = ()
    resources: LiveObjects = LiveObjects()
    obstacles: Mapping[str, tuple[Obstacle, ...]] = field(default_factory=dict)
    devices: int | None = None
    fleet: Fleet | None = None
    desired: Inventory | None = None
    matching: Matching | None = None

    def desired_by(self, fleet: Fleet) -> Inventory:
        """Return what a fleet wants."""
        return self.desired if self.desired is not None and fleet is self.fleet else desire(fleet)

    def matching_of(self, desired: Inventory, live: Inventory) -> Matching:
        """Return which of the live entities the desired ones are."""
        is_known = desired is self.desired and live is self.inventory
        return self.matching if is_known and self.matching is not None else match(desired, live)
