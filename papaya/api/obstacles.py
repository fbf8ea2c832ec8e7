"""What of others stands against deleting places, devices and customers: entity views, and what reads them.

The server refuses such a deletion with 400 in the middle of a run ("Can't delete device that has entity views
or is referenced in calculated fields!", `DeviceServiceImpl`, 4.0.1 to 4.3.1.3). The lists are read once,
however many deletions there are, and only where there is one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from papaya.api.fetch import listed_objects
from papaya.api.protocols import Server
from papaya.api.resources import ids_in, told
from papaya.engine.inventory import Inventory
from papaya.engine.standing_against import Obstacle
from papaya.kinds.kind import Asked, id_in
from papaya.kinds.registry import KINDS
from papaya.manifest.model import Json

_VIEWS = "/api/tenant/entityViews"
_PAGE = 1_000
# A server before 4.3 is asked for each profile: more would take longer than what is gained.
_MOST_PROFILES = 200


def read_obstacles(
    server: Server, ids: Collection[str], tree: Inventory, version: str
) -> dict[str, tuple[Obstacle, ...]]:
    """Return what stands against deleting the entities with these ids; nothing is sent where there is none.

    A server before 4.3 has no list of what reads entities. There papaya asks for the fields of profiles and
    of what it is to delete, not for those of other places and devices.
    """
    if not ids:
        return {}
    found: dict[str, list[Obstacle]] = {}
    for id_, obstacle in (*_views(server), *_readers(server, tree, version)):
        if id_ in ids:
            found.setdefault(id_, []).append(obstacle)
    return {id_: tuple(several) for id_, several in found.items()}


def _views(server: Server) -> Iterator[tuple[str, Obstacle]]:
    for row in listed_objects(server, _VIEWS, _PAGE, {}):
        reason = f"the entity view {row.get('name')} shows it"
        yield _id(row.get("entityId")), Obstacle(reason, id_in(row) or "")


def _readers(server: Server, tree: Inventory, version: str) -> Iterator[tuple[str, Obstacle]]:
    profiles = [(address, one.id) for address, one in tree.profiles.items() if one.id is not None]
    asked = Asked(version, dict(profiles[:_MOST_PROFILES]))
    for kind in KINDS.values():
        if not kind.leaves_first:
            continue
        for row in told(server, kind.rows(asked)):
            of = _owner(row, tree)
            for id_ in kind.stands_against(row):
                yield id_, Obstacle(f"the {kind.word} {kind.name(row)}{of} reads it", id_in(dict(row)) or "")


def _owner(row: Mapping[str, Json], tree: Inventory) -> str:
    """Return the entity of a live object, for a sentence about it."""
    name = row.get("entityName")
    if not isinstance(name, str):
        owner = _id(row.get("entityId"))
        name = next((address.name for address, id_ in ids_in(tree).items() if id_ == owner), None)
    return f" of {name}" if name else ""


def _id(value: Json) -> str:
    return str(value.get("id")) if isinstance(value, dict) else ""
