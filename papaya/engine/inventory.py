"""The condition of a server, as wished or as found: one type for both sides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from papaya.diagnostics import Mark
from papaya.engine.address import Address, Role
from papaya.manifest.model import DeviceCredentials, Json

# Who owns a device that was provisioned without a manifest: nobody, until a fleet comes to name it. No fleet
# can be called so.
PROVISIONED = "(provisioned)"
FLEET_KEY = "papaya.fleet"
APPLIED_KEY = "papaya.applied"
PROTECT_KEY = "papaya.protect"
SENSORS_KEY = "papaya.sensors"
SERIAL_KEY = "serial"
LATITUDE_KEY = "latitude"
LONGITUDE_KEY = "longitude"
LOCATION_SOURCE_KEY = "location.source"
TUNNEL_PORT_KEY = "tunnel.remotePort"

Scope = Literal["SERVER_SCOPE", "SHARED_SCOPE"]


@dataclass(frozen=True, slots=True)
class Applied:
    """What papaya last applied to an entity, as its `papaya.applied` attribute says; values are typed.

    `fields["name"]` is the server name that it was left with and `id` the entity that it was written for;
    records of papaya 0.1 and before have neither.
    """

    server: Mapping[str, Json] = field(default_factory=dict)
    shared: Mapping[str, Json] = field(default_factory=dict)
    fields: Mapping[str, Json] = field(default_factory=dict)
    token: str | None = None
    id: str | None = None

    @property
    def name(self) -> str | None:
        """Return the server name that papaya left the entity with, if the record says it."""
        name = self.fields.get("name")
        return name if isinstance(name, str) and name else None


@dataclass(frozen=True, slots=True)
class Entity:
    """One Country, State or Device.

    On the desired side `None` means that the field is not managed and `server` and `shared` hold the declared
    attributes alone, without papaya's own. On the live side, values that a bulk read made text are `Untyped`.
    `owner` is the fleet that manages the entity, and `created_by` the fleet that the creating request named
    inside the object. `renaming` is the target of an interrupted rename. `formerly` is the name before papaya
    last renamed the entity, as the rename itself wrote it into the object. `copy_of` is the id that the
    record of an entity names when that is another entity: somebody copied its attributes. `keeps` are
    beginnings of keys of attributes that a run knows too little about to remove.
    """

    address: Address
    role: Role
    profile: str | None = None
    label: str | None = None
    description: str | None = None
    gateway: bool | None = None
    customer: str | None = None
    firmware: str | None = None
    software: str | None = None
    parents: tuple[str, ...] = ()
    server: Mapping[str, Json] = field(default_factory=dict)
    shared: Mapping[str, Json] = field(default_factory=dict)
    protect: bool = False
    formerly: str | None = None
    # What only a manifest says.
    credentials: DeviceCredentials | None = None
    shared_place: bool = False
    finds_itself: bool = False
    keeps: tuple[str, ...] = ()
    model: str | None = None
    sensor_sets: tuple[str, ...] = ()
    path: tuple[str, ...] = ()
    mark: Mark | None = None
    # What only a server says.
    id: str | None = None
    version: int | None = None
    body: Mapping[str, Json] | None = None
    owner: str | None = None
    created_by: str | None = None
    renaming: str | None = None
    applied: Applied | None = None
    online: bool | None = None
    last_active: int | None = None
    live_token: str | None = None
    copy_of: str | None = None

    @property
    def identity(self) -> Address:
        """Return the address by which the fleet knows the entity, whoever renamed it on the server."""
        recorded = self.applied.name if self.applied is not None else None
        return Address(self.address.kind, recorded) if recorded is not None else self.address

    @property
    def is_marked_inside(self) -> bool:
        """Whether the live object itself, not only its attributes, carries marks of papaya."""
        return self.created_by is not None or self.renaming is not None or self.formerly is not None


@dataclass(frozen=True, slots=True)
class Profile:
    """An asset or device profile that entities have: its name, and its id where the server has it."""

    address: Address
    id: str | None = None


@dataclass(frozen=True, slots=True)
class Inventory:
    """Entities by address, profiles by address.

    On the live side also the titles of customers by id, and by address the ids of packages that devices name.
    """

    entities: Mapping[Address, Entity] = field(default_factory=dict)
    profiles: Mapping[Address, Profile] = field(default_factory=dict)
    customers: Mapping[str, str] = field(default_factory=dict)
    packages: Mapping[Address, str] = field(default_factory=dict)

    def __iter__(self) -> Iterator[Entity]:
        return iter(self.entities.values())

    def __len__(self) -> int:
        return len(self.entities)

    def devices_of(self, fleet: str) -> int:
        """Return how many devices a fleet owns."""
        return sum(one.role == "device" and one.owner == fleet for one in self)


def inventory_of(entities: Iterable[Entity], profiles: Iterable[Profile] = ()) -> Inventory:
    """Return an inventory of these entities and profiles."""
    return Inventory(
        {entity.address: entity for entity in entities}, {profile.address: profile for profile in profiles}
    )
