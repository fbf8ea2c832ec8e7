"""What turns a live inventory into the desired one, entity by entity and field by field."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

from papaya.engine.address import Address
from papaya.engine.attributes import attribute_changes
from papaya.engine.credentials import word_of
from papaya.engine.identity import folded
from papaya.engine.inventory import Entity, Inventory
from papaya.engine.match import Match, Matching
from papaya.engine.plan import Change, CredentialsWrite, FieldChange, ProfileChange, TokenState, Writes
from papaya.engine.record import covers, record_of
from papaya.kinds.registry import named_by_tree
from papaya.manifest.model import Json

_OBJECT_FIELDS = ("profile", "label", "description", "customer", "firmware", "software", "gateway")
# What a field that left the manifest becomes on the server, if it still is what papaya made it.
_RELEASABLE = ("label", "description", "customer", "firmware", "software", "gateway")


def diff(
    desired: Inventory,
    live: Inventory,
    matching: Matching,
    *,
    fleet: str,
    tokens: Mapping[Address, TokenState],
    doomed: Collection[Address] = (),
) -> tuple[Change, ...]:
    """Return the changes of every desired entity that is not as it should be, in the order of the manifest.

    `tokens` says for each desired entity with declared credentials how they compare with the live ones.
    `doomed` are the objects beside the tree that the same plan deletes.
    """
    changes: list[Change] = []
    for address, entity in desired.entities.items():
        match = matching.matches.get(address)
        if match is None:
            changes.append(_creation(entity, matching))
            continue
        if entity.shared_place:
            changes.extend(_shared_place(entity, match.live, matching, live, fleet))
            continue
        change = _change(entity, match, matching, live, fleet, tokens.get(address, "same"), doomed)
        if change is not None:
            changes.append(change)
    return tuple(changes)


def diff_profiles(desired: Inventory, live: Inventory) -> tuple[ProfileChange, ...]:
    """Return the profiles that are needed and missing."""
    return tuple(
        ProfileChange(profile)
        for address, profile in desired.profiles.items()
        if address not in live.profiles
    )


def _creation(entity: Entity, matching: Matching) -> Change:
    fields = [
        FieldChange(name, None, value)
        for name in _OBJECT_FIELDS
        if (value := getattr(entity, name)) is not None
    ]
    server = attribute_changes("SERVER_SCOPE", entity, None)
    shared = attribute_changes("SHARED_SCOPE", entity, None)
    fields += [*server.fields, *shared.fields]
    if entity.credentials is not None:
        fields.append(FieldChange(word_of(entity.credentials), None, None))
    writes = Writes(
        save=True,
        set_server=server.set,
        set_shared=shared.set,
        credentials="create" if entity.credentials is not None else "keep",
        relate=tuple(matching.live_name(parent) or parent for parent in entity.parents),
        record=not entity.shared_place,
    )
    return Change("create", entity.address, entity.role, entity.path, tuple(fields), writes, desired=entity)


def _change(
    entity: Entity,
    match: Match,
    matching: Matching,
    live: Inventory,
    fleet: str,
    token: TokenState,
    doomed: Collection[Address],
) -> Change | None:
    present = match.live
    parents = _parent_change(entity, present, matching, live, fleet)
    adopts = present.owner != fleet
    fields = [*_name_change(entity, match), *parents.fields, *_object_changes(entity, present, doomed)]
    save = any(change.field in ("name", *_OBJECT_FIELDS) for change in fields)
    server = attribute_changes("SERVER_SCOPE", entity, present)
    shared = attribute_changes("SHARED_SCOPE", entity, present)
    fields += [*server.fields, *shared.fields]
    credentials = _credentials_write(entity, token)
    if credentials == "replace" and entity.credentials is not None:
        fields.append(FieldChange(word_of(entity.credentials), "differs", None))
    if entity.protect != present.protect:
        fields.append(FieldChange("protect", present.protect or None, entity.protect or None))
    if not fields and not adopts and not _is_recorded(entity, match, token):
        fields.append(FieldChange("record", None, None))
    if not fields and not adopts:
        return None
    moved_from = parents.moved_from if not adopts else None
    return Change(
        action="update",
        address=entity.address,
        role=entity.role,
        path=entity.path,
        fields=tuple(fields),
        writes=Writes(
            save=save,
            set_server=server.set,
            set_shared=shared.set,
            delete_server=server.delete,
            delete_shared=shared.delete,
            credentials=credentials,
            relate=parents.relate,
            unrelate=parents.unrelate,
            record=True,
        ),
        desired=entity,
        live=present,
        adopts=adopts,
        moved_from=moved_from,
        renamed_from=next((str(change.before) for change in fields if change.field == "name"), None),
        notes=parents.notes,
    )


def _shared_place(
    entity: Entity, present: Entity, matching: Matching, live: Inventory, fleet: str
) -> Iterator[Change]:
    """Yield what a shared place needs: it is linked under its parent and left to whoever keeps it."""
    parents = _parent_change(entity, present, matching, live, fleet)
    if parents.relate:
        yield Change(
            "update", entity.address, entity.role, entity.path, parents.fields,
            Writes(relate=parents.relate), desired=entity, live=present,
        )  # fmt: skip
    if present.owner == fleet:
        # A mark from before it was shared would have it destroyed one day.
        yield release(present, entity.path, "shared with other fleets now")


def _is_recorded(entity: Entity, match: Match, token: TokenState) -> bool:
    present = match.live
    expected = record_of(entity, name=match.name(entity.address), id_=present.id)
    if not covers(present.applied, expected):
        return False
    recorded = present.applied.token if present.applied else None
    return entity.credentials is None or token != "same" or recorded is not None  # noqa: S105 - a word, not a secret


def _name_change(entity: Entity, match: Match) -> Iterator[FieldChange]:
    before, after = match.live.address.name, match.name(entity.address)
    if before != after:
        yield FieldChange("name", before, after)


def _object_changes(entity: Entity, present: Entity, doomed: Collection[Address]) -> Iterator[FieldChange]:
    known: Mapping[str, Json] = present.applied.fields if present.applied else {}
    for name in _OBJECT_FIELDS:
        wanted, found = getattr(entity, name), getattr(present, name)
        if wanted is not None:
            # An empty label and none are the same, and so are `gateway: false` and no gateway flag.
            if (wanted or None) != (found or None):
                yield FieldChange(name, found, wanted)
        elif not found or name not in _RELEASABLE:
            continue
        elif known.get(name) == found or (name in known and _goes(name, found, doomed)):
            yield FieldChange(name, found, None)


def _goes(name: str, found: str | bool, doomed: Collection[Address]) -> bool:
    """Return whether a field names an object that is to be deleted, which the server then refuses.

    After a run that broke off, the record has an older name in it.
    """
    kind = named_by_tree(name)
    return kind is not None and kind.address(str(found)) in doomed


def _credentials_write(entity: Entity, state: TokenState) -> CredentialsWrite:
    return "replace" if entity.credentials is not None and state == "differs" else "keep"


class _Parents:
    """What has to happen to the relations above an entity."""

    def __init__(self) -> None:
        self.fields: tuple[FieldChange, ...] = ()
        self.relate: tuple[str, ...] = ()
        self.unrelate: tuple[str, ...] = ()
        self.moved_from: str | None = None
        self.notes: tuple[str, ...] = ()


def _parent_change(
    entity: Entity, present: Entity, matching: Matching, live: Inventory, fleet: str
) -> _Parents:
    result = _Parents()
    wanted = entity.parents[0] if entity.parents else None
    # A place that is created now may have the present name of one that is renamed now: it is another place.
    there = matching.live_name(wanted) if wanted is not None else None
    others = [name for name in present.parents if name != there]
    moves = wanted is not None and there not in present.parents
    # Of the other relations papaya cuts the one that it made itself: the move that makes it obsolete may have
    # been interrupted after the new relation. A move also leaves the places of the fleet.
    result.unrelate = tuple(
        name
        for name in others
        if _is_recorded_parent(name, present, live) or (moves and _may_leave(name, live, matching, fleet))
    )
    before = result.unrelate[0] if result.unrelate else None
    if moves and wanted is not None:
        result.relate = (there or wanted,)
        result.moved_from = before
    if result.relate or result.unrelate:
        result.fields = (FieldChange("parent", before, there or wanted),)
    kept = [name for name in others if name not in result.unrelate]
    if kept:
        under = "also stands" if wanted is not None else "stands"
        result.notes = (f"{under} under {', '.join(kept)}: left alone",)
    return result


def _is_recorded_parent(name: str, present: Entity, live: Inventory) -> bool:
    """Return whether a live place is the one that the record names, whatever it is called since."""
    recorded = present.applied.fields.get("parent") if present.applied else None
    if not isinstance(recorded, str):
        return False
    place = live.entities.get(Address("asset", name))
    renamed = place is not None and place.formerly == recorded
    known_as = place.identity.name if place is not None else name
    return renamed or folded(known_as) == folded(recorded)


def _may_leave(name: str, live: Inventory, matching: Matching, fleet: str) -> bool:
    """Return whether a move may cut a relation that papaya did not make: to places of the fleet alone."""
    place = live.entities.get(Address("asset", name))
    if place is None or place.owner not in (None, fleet):
        return False
    return place.owner == fleet or name in matching.places


def release(entity: Entity, path: tuple[str, ...], reason: str) -> Change:
    """Return the change that stops managing a live entity without deleting it."""
    return Change("forget", entity.address, entity.role, path, live=entity, reason=reason)


def removal(entity: Entity, path: tuple[str, ...], reason: str) -> Change:
    """Return the change that destroys a live entity for good."""
    return Change("destroy", entity.address, entity.role, path, live=entity, reason=reason)
