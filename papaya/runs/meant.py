"""The devices and places of a server that names, paths and patterns mean, found with few requests."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from papaya.api.fetch import read_rows
from papaya.api.known import known_device
from papaya.api.protocols import Server
from papaya.api.query import Query, Row, all_of, find, named, owned_by
from papaya.engine.address import Address, natural
from papaya.engine.desire import desire
from papaya.engine.inventory import FLEET_KEY, inventory_of
from papaya.engine.match import match
from papaya.engine.meaning import in_full
from papaya.engine.naming import Known, Names
from papaya.engine.scope import RunScope, is_bare
from papaya.errors import PapayaError
from papaya.manifest.characters import composed
from papaya.manifest.model import Fleet
from papaya.remedies import DEVICE_MISSING, nearest

# So many are asked for by name; more are found among all of the fleet.
_BY_NAME = 50


@dataclass(frozen=True, slots=True)
class Meant:
    """A device or a place on the server; `id` is None where the manifest has it and the server does not."""

    name: str
    id: str | None
    kind: str = "device"


def devices_meant(server: Server, fleet: Fleet | None, targets: Sequence[str]) -> list[Meant]:
    """Return the devices that the targets mean, in natural order; without targets those of the fleet.

    Devices that the manifest has and the server does not are among them, without an id. Without a manifest,
    targets are names on the server. Raises `PapayaError` for a target that means no device.
    """
    if fleet is None:
        return [_on_server(server, name) for name in dict.fromkeys(targets)]
    names, strangers = _of_manifest(fleet, targets)
    found = [_on_server(server, name, fleet) for name in strangers]
    ids = _ids(server, fleet, names)
    found += [Meant(name, ids.get(composed(name))) for name in names]
    return sorted(found, key=lambda one: natural(one.name))


def one_meant(server: Server, fleet: Fleet | None, target: str) -> Meant:
    """Return the device or place that a target means; raises `PapayaError` where it is none or several."""
    if fleet is not None:
        known = list(_known(fleet))
        try:
            scope = in_full(RunScope(targets=(target,)), known)
        except PapayaError:
            scope = RunScope()
        hits = [
            one
            for one in known
            if scope and any(_is_exactly(scope, path, address) for path, address in one.names)
        ]
        if len(hits) == 1:
            _, address = hits[0].names[0]
            if address.kind == "device":
                id_ = known_device(server, address.name, fleet.name)
            else:
                id_ = next((row.id for row in _rows(server, "ASSET", [address.name])), None)
            if id_ is None:
                raise _missing(address.name, server)
            return Meant(address.name, id_, address.kind)
    name = target.removeprefix("device/").removeprefix("asset/")
    for kind in ("DEVICE", "ASSET"):
        rows = [row for row in _rows(server, kind, [name]) if composed(row.name) == composed(name)]
        if rows and not target.startswith("device/" if kind == "ASSET" else "asset/"):
            return Meant(rows[0].name, rows[0].id, kind.lower())
    raise _missing(target, server, fleet)


def _is_exactly(scope: RunScope, path: Sequence[str], address: Address) -> bool:
    """Return whether a scope of one target names this entity itself, and not a place above it."""
    return scope.covers(path, address) and not (
        len(path) > 1 and scope.covers(path[:-1], Address("asset", ""))
    )


def _of_manifest(fleet: Fleet, targets: Sequence[str]) -> tuple[list[str], list[str]]:
    """Return the names of devices that targets mean in a manifest, and bare names that it does not have."""
    if not targets:
        return [device.name for device in fleet.devices()], []
    known = list(_known(fleet))
    full: list[str] = []
    strangers: list[str] = []
    for target in dict.fromkeys(targets):
        try:
            full += in_full(RunScope(targets=(target,)), known).targets
        except PapayaError:
            name = target.removeprefix("device/")
            if not is_bare(name) or any(sign in name for sign in "*?"):
                raise
            strangers.append(name)
    scope = RunScope(targets=tuple(full))
    names = [
        one.names[0][1].name
        for one in known
        if full and one.names[0][1].kind == "device" and scope.covers_any(one.names)
    ]
    if not names and not strangers:
        raise PapayaError(f"no device of {fleet.name} matches {' or '.join(targets)}")
    return names, strangers


def _known(fleet: Fleet) -> Iterator[Known]:
    desired, live = desire(fleet), inventory_of(())
    return Names(desired, live, match(desired, live)).all()


def _ids(server: Server, fleet: Fleet, names: Sequence[str]) -> dict[str, str]:
    """Return the ids of the fleet's devices by name."""
    if len(names) == 1:
        id_ = known_device(server, names[0], fleet.name)
        return {composed(names[0]): id_} if id_ is not None else {}
    own = owned_by(fleet.name, FLEET_KEY)
    filters = (own, named(names)) if 0 < len(names) <= _BY_NAME else (own,)
    found: dict[str, str] = {}

    def take(rows: Iterable[Row]) -> None:
        found.update((composed(row.name), row.id) for row in rows)

    query = Query(server, all_of("DEVICE"), fields=("name",), key_filters=filters)
    read_rows(server, query, take)
    return found


def _on_server(server: Server, name: str, fleet: Fleet | None = None) -> Meant:
    id_ = known_device(server, name.removeprefix("device/"), None)
    if id_ is None:
        raise _missing(name, server, fleet)
    return Meant(name.removeprefix("device/"), id_)


def _rows(server: Server, kind: str, names: Iterable[str]) -> Iterator[Row]:
    return find(server, all_of(kind), fields=("name",), key_filters=(named(names),))


def _missing(name: str, server: Server, fleet: Fleet | None = None) -> PapayaError:
    near = nearest(name, (one.name for one in fleet.devices())) if fleet is not None else ""
    remedy = f"Did you mean {near}?" if near and near != name else DEVICE_MISSING
    return PapayaError(
        f"there is no device or place {name} on {getattr(server, 'url', 'the server')}", remedy=remedy
    )
