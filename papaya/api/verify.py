"""Looks once more, just before writing, whether the server still is what the plan was made from.

The server guards saves of entities by their version; it guards neither attributes nor relations nor deletions
(tried on 4.0.1). For those this look is all there is: what changes between it and the write, a matter of
seconds, is not noticed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

from papaya.api.fetch import IDS_AT_ONCE, chunks, identifier, objects_by_id
from papaya.api.kinds import endpoints
from papaya.api.malformed import malformed
from papaya.api.protocols import Server
from papaya.api.query import Key, Row, find, listed
from papaya.api.resources import changed_objects
from papaya.counting import first_of
from papaya.engine.address import Address, Kind
from papaya.engine.canonical import Untyped, canonical
from papaya.engine.inventory import FLEET_KEY, LATITUDE_KEY, LONGITUDE_KEY, PROTECT_KEY, Entity, Scope
from papaya.engine.lease import same_but_for_lease
from papaya.engine.plan import Change, ResourceChange
from papaya.manifest.model import Json

Conflicts = Iterator[tuple[str, str]]

_AT_ONCE = 500
_KEYS_AT_ONCE = 12


def verify(
    server: Server,
    changes: Sequence[Change | ResourceChange],
    fleet: str,
    places: Mapping[Address, str],
    tenant: str,
    *,
    concurrency: int = 4,
) -> dict[Address, str]:
    """Return why changes must not be carried out: what somebody else did since they were planned.

    `places` are the ids of places by the names that they had then: the run itself may have renamed them.
    `tenant` is the tenant's id, whose relations mark the objects beside the tree. At most `concurrency`
    requests are under way at once; on a long line one by one would take longer than the changes themselves.
    """
    with ThreadPoolExecutor(max(1, concurrency)) as pool:
        return _looked_at(server, pool, changes, fleet, places, tenant)


def _looked_at(
    server: Server,
    pool: ThreadPoolExecutor,
    changes: Sequence[Change | ResourceChange],
    fleet: str,
    places: Mapping[Address, str],
    tenant: str,
) -> dict[Address, str]:
    conflicts: dict[Address, str] = {}
    beside = {
        change.live.id: change
        for change in changes
        if isinstance(change, ResourceChange) and change.live is not None
    }
    kinds: tuple[Kind, Kind] = ("asset", "device")
    found: list[tuple[Mapping[str, Change], Conflicts]] = []
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
            asked = _Asked(server, pool, kind, by_id)
            found.append((by_id, _changed_objects(asked)))
            found.append((by_id, _changed_attributes(asked, fleet)))
            found.append((by_id, _changed_edges(asked, names)))
    if beside:
        present = {id_: change.live for id_, change in beside.items() if change.live is not None}
        for id_, conflict in changed_objects(server, present, tenant, fleet, pool):
            gone = conflict.startswith("somebody else deleted") and beside[id_].action == "destroy"
            if not gone:
                conflicts[beside[id_].address] = conflict
    for of, some in found:
        for id_, conflict in some:
            conflicts.setdefault(of[id_].address, conflict)
    return conflicts


class _Asked:
    """The requests about the changes of one kind, under way in a pool."""

    def __init__(
        self, server: Server, pool: ThreadPoolExecutor, kind: Kind, by_id: Mapping[str, Change]
    ) -> None:
        self.by_id = by_id
        self.saved = sorted(id_ for id_, change in by_id.items() if _is_saved(change))
        self.touched = {id_: _touched(change) for id_, change in by_id.items()}
        self.objects = [
            pool.submit(lambda some: list(objects_by_id(server, kind, some)), some)
            for some in chunks(self.saved, IDS_AT_ONCE)
        ]
        keys = list(dict.fromkeys(key for some in self.touched.values() for key in some))
        entity_type = endpoints(kind).entity_type

        def rows(ids: list[str], some: list[Key]) -> list[Row]:
            return list(find(server, listed(entity_type, ids), keys=some, fields=("name",)))

        self.rows = [
            pool.submit(rows, ids, some)
            for ids in chunks(list(by_id), _AT_ONCE)
            for some in chunks(keys, _KEYS_AT_ONCE)
        ]
        self.above = {
            id_: pool.submit(_relations, server, {"toId": id_, "toType": entity_type})
            for id_, change in by_id.items()
            if change.writes.relate or change.writes.unrelate
        }
        self.below = {
            id_: pool.submit(_relations, server, {"fromId": id_, "fromType": entity_type})
            for id_, change in by_id.items()
            if change.action == "destroy" and kind == "asset"
        }


def _changed_edges(asked: _Asked, names: Mapping[str, str]) -> Conflicts:
    for id_, change in asked.by_id.items():
        if id_ in asked.above:
            conflict = _changed_parents(asked.above[id_].result(), change, names)
            if conflict:
                yield id_, conflict
        if id_ in asked.below:
            conflict = _contents(asked.below[id_].result())
            if conflict:
                yield id_, conflict


def _changed_objects(asked: _Asked) -> Conflicts:
    by_id = asked.by_id
    present = {identifier(body): body for some in asked.objects for body in some.result()}
    for id_ in asked.saved:
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


def _changed_attributes(asked: _Asked, fleet: str) -> Conflicts:
    names: dict[str, str] = {}
    values: dict[str, dict[Key, Untyped]] = {}
    for some in asked.rows:
        for row in some.result():
            values.setdefault(row.id, {}).update(row.values)
            names[row.id] = row.name
    for id_, change in asked.by_id.items():
        if change.live is None or id_ not in values:
            continue
        # Of a saved one the object itself says it, which is right even where queries lag behind.
        if not _is_saved(change) and names[id_] != change.live.address.name:
            yield id_, f"somebody else renamed it to {names[id_]} since it was read"
            continue
        for key in asked.touched[id_]:
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


def _relations(server: Server, of: Mapping[str, str]) -> list[dict[str, Json]]:
    """Return the relations by which places contain, on one side of an entity.

    The server ignores `relationType` in this request and answers with relations of every type (4.0.1,
    4.2.2.3 and 4.3.1.3).
    """
    path = "/api/relations/info"
    rows = server.get(path, params={**of, "relationType": "Contains"})
    if not isinstance(rows, list):
        raise malformed(server, "GET", path, "relations are no list")
    return [row for row in rows if isinstance(row, dict) and row.get("type") == "Contains"]


def _changed_parents(rows: Sequence[Mapping[str, Json]], change: Change, names: Mapping[str, str]) -> str:
    now = {_name_then(row, names) for row in rows}
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


def _contents(rows: Sequence[Mapping[str, Json]]) -> str:
    names = sorted(str(row.get("toName")) for row in rows)
    if not names:
        return ""
    return f"it still contains {first_of(names)}"
