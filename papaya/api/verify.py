"""Looks once more, just before writing, whether the server still is what the plan was made from.

The server guards saves of entities by their version; it guards neither attributes nor relations nor deletions
(tried on 4.0.1). For those this look is all there is: what changes between it and the write, a matter of
seconds, is not noticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from papaya.api.fetch import chunks, identifier, objects_by_id
from papaya.api.kinds import endpoints
from papaya.api.malformed import malformed
from papaya.api.protocols import Server
from papaya.api.query import Key, find, listed
from papaya.api.resources import changed_objects
from papaya.counting import first_of
from papaya.engine.address import Address, Kind
from papaya.engine.canonical import Untyped, canonical
from papaya.engine.inventory import FLEET_KEY, LATITUDE_KEY, LONGITUDE_KEY, PROTECT_KEY, Entity, Scope
from papaya.engine.lease import same_but_for_lease
from papaya.engine.plan import Change, ResourceChange
from papaya.manifest.model import Json

_AT_ONCE = 500
_KEYS_AT_ONCE = 12


def verify(
    server: Server,
    changes: Sequence[Change | ResourceChange],
    fleet: str,
    places: Mapping[Address, str],
    tenant: str,
) -> dict[Address, str]:
    """Return why changes must not be carried out: what somebody else did since they were planned.

    `places` are the ids of places by the names that they had then: the run itself may have renamed them.
    `tenant` is the tenant's id, whose relations mark the objects beside the tree.
    """
    conflicts: dict[Address, str] = {}
    beside = {
        change.live.id: change
        for change in changes
        if isinstance(change, ResourceChange) and change.live is not None
    }
    if beside:
        present = {id_: change.live for id_, change in beside.items() if change.live is not None}
        for id_, conflict in changed_objects(server, present, tenant, fleet):
            gone = conflict.startswith("somebody else deleted") and beside[id_].action == "destroy"
            if not gone:
                conflicts[beside[id_].address] = conflict
    kinds: tuple[Kind, Kind] = ("asset", "device")
    for kind in kinds:
        by_id = {
            change.live.id: change
            for change in changes
            if isinstance(change, Change)
            and change.address.kind == kind
            and change.live is not None
            and change.live.id is not None
        }
        if by_id:
            names = {id_: address.name for address, id_ in places.items() if address.kind == "asset"}
            for id_, conflict in _conflicts(server, kind, by_id, fleet, names):
                conflicts.setdefault(by_id[id_].address, conflict)
    return conflicts


def _conflicts(
    server: Server, kind: Kind, by_id: Mapping[str, Change], fleet: str, names: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    yield from _changed_objects(server, kind, by_id)
    yield from _changed_attributes(server, kind, by_id, fleet)
    for id_, change in by_id.items():
        if change.writes.relate or change.writes.unrelate:
            conflict = _changed_parents(server, kind, id_, change, names)
            if conflict:
                yield id_, conflict
        if change.action == "destroy" and kind == "asset":
            conflict = _contents(server, id_)
            if conflict:
                yield id_, conflict


def _changed_objects(server: Server, kind: Kind, by_id: Mapping[str, Change]) -> Iterator[tuple[str, str]]:
    asked = {id_ for id_, change in by_id.items() if _is_saved(change)}
    if not asked:
        return
    present = {identifier(body): body for body in objects_by_id(server, kind, asked)}
    for id_ in sorted(asked):
        live, body = by_id[id_].live, present.get(id_)
        if body is None:
            if by_id[id_].action != "destroy":
                yield id_, "somebody else deleted it since it was read"
        elif live is not None and body.get("version") != live.version and not _is_lease(live, body):
            yield id_, _who(live, body)


def _is_saved(change: Change) -> bool:
    """Return whether the object itself is written or goes, not only what hangs on it."""
    return change.writes.save or change.action != "update"


def _is_lease(live: Entity, body: Mapping[str, Json]) -> bool:
    """Return whether the version moved only because a run took its lease on this place."""
    return live.body is not None and same_but_for_lease(live.body, body)


def _who(live: Entity, body: Mapping[str, Json]) -> str:
    if body.get("name") != live.address.name:
        return f"somebody else renamed it to {body.get('name')} since it was read"
    return f"somebody else saved it since it was read (version {live.version}, now {body.get('version')})"


def _changed_attributes(
    server: Server, kind: Kind, by_id: Mapping[str, Change], fleet: str
) -> Iterator[tuple[str, str]]:
    touched = {id_: _touched(change) for id_, change in by_id.items()}
    names: dict[str, str] = {}
    keys = list(dict.fromkeys(key for some in touched.values() for key in some))
    values: dict[str, dict[Key, Untyped]] = {}
    for ids in chunks(list(by_id), _AT_ONCE):
        for some in chunks(keys, _KEYS_AT_ONCE):
            for row in find(server, listed(endpoints(kind).entity_type, ids), keys=some, fields=("name",)):
                values.setdefault(row.id, {}).update(row.values)
                names[row.id] = row.name
    for id_, change in by_id.items():
        if change.live is None or id_ not in values:
            continue
        # Of a saved one the object itself says it, which is right even where queries lag behind.
        if not _is_saved(change) and names[id_] != change.live.address.name:
            yield id_, f"somebody else renamed it to {names[id_]} since it was read"
            continue
        for key in touched[id_]:
            conflict = _difference(change, key, values[id_].get(key), fleet)
            if conflict:
                yield id_, conflict
                break


def _touched(change: Change) -> list[Key]:
    keys = [Key("SERVER_SCOPE", FLEET_KEY)]
    if change.action == "destroy":
        keys.append(Key("SERVER_SCOPE", PROTECT_KEY))
    scopes: tuple[tuple[Scope, Sequence[str]], ...] = (
        ("SERVER_SCOPE", (*change.writes.set_server, *change.writes.delete_server)),
        ("SHARED_SCOPE", (*change.writes.set_shared, *change.writes.delete_shared)),
    )
    keys += [Key(scope, name) for scope, names in scopes for name in names]
    return keys


def _difference(change: Change, key: Key, now: Untyped | None, fleet: str) -> str:
    live = change.live
    if live is None:
        return ""
    if key.name == FLEET_KEY:
        # A half-created entity is known by the mark inside its object and has no attribute yet.
        owner = str(now) if now else live.created_by
        if owner == live.owner or owner == fleet:
            return ""
        return f"it is managed by {f'fleet {owner}' if owner else 'no fleet'} now"
    if key.name == PROTECT_KEY:
        return "it is protected now" if now == "true" and not live.protect else ""
    before = (live.server if key.scope == "SERVER_SCOPE" else live.shared).get(key.name)
    if before is None and _was_not_read(change, key):
        return ""
    if (before is None) == (now is None) and (now is None or canonical(before) == canonical(now)):
        return ""
    return f"somebody else changed {key.name} since it was read: {_shown(before)} -> {_shown(now)}"


def _was_not_read(change: Change, key: Key) -> bool:
    """Return whether the plan knows a key by the record alone, so that its live value was never read."""
    deleted = change.writes.delete_server if key.scope == "SERVER_SCOPE" else change.writes.delete_shared
    # A device that finds its own place may have moved by a metre since; its position is no conflict.
    found = change.live is not None and change.live.role == "device"
    return key.name in deleted or (found and key.name in (LATITUDE_KEY, LONGITUDE_KEY))


def _shown(value: Json) -> str:
    text = "(none)" if value is None else canonical(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _changed_parents(server: Server, kind: Kind, id_: str, change: Change, names: Mapping[str, str]) -> str:
    path = "/api/relations/info"
    params: dict[str, str | int | bool] = {
        "toId": id_,
        "toType": endpoints(kind).entity_type,
        "relationType": "Contains",
    }
    rows = server.get(path, params=params)
    if not isinstance(rows, list):
        raise malformed(server, "GET", path, "relations are no list")
    now = {_name_then(row, names) for row in rows if isinstance(row, dict)}
    before = set(change.live.parents) if change.live else set()
    known = before | set(change.writes.relate) | set(change.writes.unrelate)
    came, went = (now & known) - before, before - now
    if not came and not went:
        return ""
    return f"somebody else moved it since it was read: under {', '.join(sorted(now)) or 'nothing'} now"


def _name_then(row: Mapping[str, Json], names: Mapping[str, str]) -> str:
    """Return the name that a place above had when the plan was made."""
    above = row.get("from")
    id_ = above.get("id") if isinstance(above, dict) else None
    return names.get(str(id_), str(row.get("fromName")))


def _contents(server: Server, id_: str) -> str:
    path = "/api/relations/info"
    params: dict[str, str | int | bool] = {"fromId": id_, "fromType": "ASSET", "relationType": "Contains"}
    rows = server.get(path, params=params)
    if not isinstance(rows, list):
        raise malformed(server, "GET", path, "relations are no list")
    names = sorted(str(row.get("toName")) for row in rows if isinstance(row, dict))
    if not names:
        return ""
    return f"it still contains {first_of(names)}"
