"""`papaya show`: the fleet as the server has it, with who is online."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

import click

from papaya.commands.options.manifest import manifest_options
from papaya.commands.options.server import server_options
from papaya.commands.output.terminal import terminal_width, wants_color
from papaya.commands.running import running

if TYPE_CHECKING:
    from papaya.api.protocols import Server
    from papaya.api.query import Row
    from papaya.engine.address import Address
    from papaya.engine.inventory import Entity, Inventory
    from papaya.render.tree import Shown
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice

_LISTED_AT_ONCE = 500
_ACTIVE, _SEEN, _SERIAL = "active", "lastActivityTime", "serial"


@click.command()
@manifest_options
@server_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
@click.option("--full", is_flag=True, help="Print every device; fold nothing.")
def command(manifest: ManifestChoice, server: Options, as_json: bool, full: bool) -> None:
    """Print the fleet as the server has it.

    What carries the fleet's mark, the places above it, and what else stands in its places; devices with their
    profile, serial, label and whether they are online. Ten devices of a place and more come as one line.
    """
    from papaya.render.tree import fleet_tree, tree_json

    fleet = manifest.load()
    with running(fleet, server) as run:
        entities = list(_of_fleet(run.reading.inventory, fleet.name))
        rows = _activity(run.session, fleet.name, entities)
        shown = [_shown(entity, run.reading.inventory, rows) for entity in entities]
    where = run.session.url
    if as_json:
        click.echo(json.dumps(tree_json(shown, fleet=fleet.name, server=where), indent=2, ensure_ascii=False))
        return
    text = fleet_tree(
        shown, fleet=fleet.name, server=where, width=terminal_width(), color=wants_color(), full=full
    )
    click.echo(text.rstrip("\n"))


def _of_fleet(live: Inventory, fleet: str) -> Iterator[Entity]:
    """Yield what the fleet owns, the places above it and what stands in these without its mark."""
    from papaya.engine.address import Address

    places: set[Address] = set()
    for entity in live:
        if entity.owner == fleet:
            places |= {Address("asset", name) for name in _above(entity, live)}
            if entity.role != "device":
                places.add(entity.address)
    for entity in live:
        inside = any(Address("asset", parent) in places for parent in entity.parents)
        if entity.owner == fleet or entity.address in places or inside:
            yield entity


def _above(entity: Entity, live: Inventory) -> set[str]:
    """Return the names of all places above an entity, whichever way; a loop ends it."""
    from papaya.engine.address import Address

    found: set[str] = set()
    pending = list(entity.parents)
    while pending:
        name = pending.pop()
        if name not in found:
            found.add(name)
            place = live.entities.get(Address("asset", name))
            pending.extend(place.parents if place is not None else ())
    return found


def _activity(session: Server, fleet: str, entities: Iterable[Entity]) -> dict[str, Row]:
    """Return activity and serials by id: one query for the fleet's own devices, and one for strangers."""
    from papaya.api.fetch import chunks
    from papaya.api.query import Key, all_of, find, listed, owned_by
    from papaya.engine.inventory import FLEET_KEY

    keys = [Key("SERVER_SCOPE", name) for name in (_ACTIVE, _SEEN, _SERIAL)]
    own = owned_by(fleet, FLEET_KEY)
    rows = {row.id: row for row in find(session, all_of("DEVICE"), keys=keys, key_filters=(own,))}
    strangers = [
        entity.id
        for entity in entities
        if entity.role == "device" and entity.id is not None and entity.id not in rows
    ]
    for ids in chunks(strangers, _LISTED_AT_ONCE):
        rows.update((row.id, row) for row in find(session, listed("DEVICE", ids), keys=keys))
    return rows


def _shown(entity: Entity, live: Inventory, rows: Mapping[str, Row]) -> Shown:
    from papaya.api.query import Key
    from papaya.engine.planner import live_path
    from papaya.render.tree import Shown

    row = rows.get(entity.id or "")
    values = (
        {}
        if row is None
        else {name: row.values.get(Key("SERVER_SCOPE", name)) for name in (_ACTIVE, _SEEN, _SERIAL)}
    )
    active, seen, serial = values.get(_ACTIVE), values.get(_SEEN), values.get(_SERIAL)
    return Shown(
        path=live_path(entity, live),
        role=entity.role,
        name=entity.address.name,
        profile=entity.profile,
        label=entity.label,
        online=None if active is None else active == "true",
        last_active=int(seen) if seen is not None and seen.isdigit() and int(seen) else None,
        serial=str(serial) if serial is not None else None,
        owner=entity.owner,
    )
