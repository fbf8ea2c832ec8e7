"""Who moved: manifest, last applied and live compared, field by field."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from papaya.engine.address import Address, natural, path_text
from papaya.engine.canonical import same_typed
from papaya.engine.credentials import CREDENTIAL_FIELDS
from papaya.engine.inventory import (
    LATITUDE_KEY,
    LONGITUDE_KEY,
    SENSORS_KEY,
    SERIAL_KEY,
    TUNNEL_PORT_KEY,
    Applied,
    Entity,
)
from papaya.engine.plan import Change, FieldChange, GuardName, Plan, Refusal, ResourceChange
from papaya.engine.resource_diff import is_as_applied, recorded
from papaya.kinds.resource import Applied as AppliedObject
from papaya.kinds.resource import Live
from papaya.manifest.model import Json

Mover = Literal["server", "manifest", "both"]
# These tell of the server. The others are limits of a run, or are about the manifest.
_OF_THE_SERVER: frozenset[GuardName] = frozenset({"owner", "name", "customer", "profile"})
_ROLES = {1: "country", 2: "state"}


@dataclass(frozen=True, slots=True)
class Difference:
    """One value on its three sides; `mover` is who left what was last applied."""

    field: str
    key: str
    part: str
    manifest: Json
    applied: Json
    live: Json
    mover: Mover


@dataclass(frozen=True, slots=True)
class Drifted:
    """One entity and its differences; `missing` ones are in the manifest and not on the server.

    `refused` says why apply would refuse the entity, as `managed by fleet others`. No fleet manages
    `unmarked` ones; of these, `released` ones were managed before: their mark was removed on the server.
    """

    address: Address
    role: str
    path: tuple[str, ...]
    differences: tuple[Difference, ...] = ()
    missing: bool = False
    unmarked: bool = False
    removed: bool = False
    released: bool = False
    refused: str = ""

    def by(self, *movers: Mover) -> tuple[Difference, ...]:
        """Return the differences that these have made."""
        return tuple(difference for difference in self.differences if difference.mover in movers)

    @property
    def is_drift(self) -> bool:
        """Whether the server is not as it was left, whatever the manifest has come to say since."""
        return self.missing or self.released or bool(self.refused) or bool(self.by("server", "both"))


@dataclass(frozen=True, slots=True)
class DriftReport:
    """Every entity that is not as the manifest says, drifted ones and ones with pending changes."""

    plan: Plan
    entities: tuple[Drifted, ...]

    @property
    def drifted(self) -> tuple[Drifted, ...]:
        """The entities that left what was last applied to them."""
        return tuple(entity for entity in self.entities if entity.is_drift)

    @property
    def pending(self) -> tuple[Drifted, ...]:
        """The entities that only the manifest has left."""
        return tuple(entity for entity in self.entities if not entity.is_drift)


def drift(plan: Plan) -> DriftReport:
    """Return the three-way report of a plan.

    What devices write themselves (client attributes, telemetry, keys that no manifest declared) is in no plan
    and so no drift. Entities without a record are told as unmarked or missing. What the server has made
    impossible to apply, as another fleet's mark on a device, is drift and in no change of the plan.
    """
    changed = (*_entities(plan.changes), *_objects(plan.resources))
    found = (*changed, *_refused(plan.refusals, {one.address for one in changed}))
    entities = sorted(found, key=lambda entity: [natural(name) for name in entity.path])
    return DriftReport(plan, tuple(entities))


def _entities(changes: Sequence[Change]) -> Iterator[Drifted]:
    for change in changes:
        if change.action == "create":
            yield Drifted(change.address, change.role, change.path, missing=True)
        elif change.action in ("destroy", "forget"):
            yield Drifted(change.address, change.role, change.path, removed=True)
        elif change.adopts:
            released = _is_released(change.live)
            yield Drifted(change.address, change.role, change.path, unmarked=True, released=released)
        elif not change.is_quiet:
            applied = change.live.applied if change.live and change.live.applied else Applied()
            differences = tuple(_difference(field, applied) for field in change.fields)
            yield Drifted(change.address, change.role, change.path, differences)


def _objects(changes: Sequence[ResourceChange]) -> Iterator[Drifted]:
    """Yield objects beside the tree, which have their address for a path."""
    for change in changes:
        address, live = change.address, change.live
        path = (address.kind, address.name)
        if change.action == "create":
            yield Drifted(address, change.role, path, missing=True)
        elif change.action in ("destroy", "forget"):
            yield Drifted(address, change.role, path, removed=True)
        elif change.adopts:
            yield Drifted(address, change.role, path, unmarked=True, released=_is_released(live))
        elif not change.is_quiet:
            applied = live.applied if live is not None else None
            told = tuple(_of_object(one, applied) for one in change.fields)
            yield Drifted(address, change.role, path, told)


def _is_released(live: Entity | Live | None) -> bool:
    """Return whether something has a fleet's record, and its mark was removed."""
    return live is not None and live.owner is None and live.applied is not None


def _refused(refusals: Sequence[Refusal], told: Collection[Address]) -> Iterator[Drifted]:
    """Yield the entities that the server keeps out of the plan, each once."""
    reasons: dict[Address, Refusal] = {}
    for refusal in refusals:
        if refusal.guard in _OF_THE_SERVER:
            for address in refusal.addresses:
                reasons.setdefault(address, refusal)
    for address, refusal in reasons.items():
        if address in told:
            continue
        path = refusal.path or (address.kind, address.name)
        role = (
            _ROLES.get(len(path), address.kind) if refusal.path and address.kind == "asset" else address.kind
        )
        named = (path_text(path), str(address))
        reason = next(
            (refusal.reason[len(name) + 4 :] for name in named if refusal.reason.startswith(f"{name} is ")),
            refusal.reason,
        )
        yield Drifted(address, role, path, refused=reason)


def _of_object(one: FieldChange, applied: AppliedObject | None) -> Difference:
    as_declared, as_left = is_as_applied(applied, one.field, manifest=one.after, live=one.before)
    mover: Mover = "server" if as_declared else "manifest" if as_left else "both"
    if one.field == "protect":
        # Protection is a mark of its own: the record does not repeat it.
        return Difference(one.field, "", "", one.after, one.before, one.before, "manifest")
    return Difference(one.field, "", "", one.after, recorded(applied, one.field), one.before, mover)


def _difference(change: FieldChange, applied: Applied) -> Difference:
    recorded = _recorded(change, applied)
    return Difference(
        change.field,
        change.key,
        change.part,
        change.after,
        recorded,
        change.before,
        _mover(change, recorded),
    )


def _mover(change: FieldChange, recorded: Json) -> Mover:
    if change.field in CREDENTIAL_FIELDS:
        # The fingerprint in the record says that the manifest's secret is another one than was applied.
        return "manifest"
    if same_typed(_comparable(change.after), _comparable(recorded)):
        return "server"
    if same_typed(_comparable(change.before), _comparable(recorded)):
        return "manifest"
    return "both"


def _comparable(value: Json) -> Json:
    # An empty text and none are the same to the server, as are false and no flag.
    if isinstance(value, dict) and "source" in value and "latitude" in value:
        return {key: member for key, member in value.items() if key != "source"}
    return None if value in ("", False) else value


def _recorded(change: FieldChange, applied: Applied) -> Json:
    """Return what the record says of a field."""
    match change.field:
        case "attributes":
            return applied.server.get(change.key)
        case "sharedAttributes":
            return applied.shared.get(change.key)
        case "serial":
            return applied.server.get(SERIAL_KEY)
        case "tunnel":
            return applied.server.get(TUNNEL_PORT_KEY)
        case "location":
            return _location(applied.server)
        case "sensors":
            return _sensor(applied.shared.get(SENSORS_KEY), change.key, change.part)
        case "protect":
            # Protection is a mark of its own: the record does not repeat it.
            return change.before
        case "name":
            # Records of older versions do not say the name: then only `formerly` can ask for another.
            return applied.name or change.before
        case field:
            return applied.fields.get(field)


def _location(values: Mapping[str, Json]) -> Json:
    if LATITUDE_KEY not in values or LONGITUDE_KEY not in values:
        return None
    return {"latitude": values[LATITUDE_KEY], "longitude": values[LONGITUDE_KEY]}


def _sensor(sensors: Json, key: str, part: str) -> Json:
    if not key:
        return sensors
    for sensor in sensors if isinstance(sensors, list) else []:
        if isinstance(sensor, dict) and sensor.get("key") == key:
            return sensor.get(part) if part else sensor
    return None
