"""The live objects beside the tree: which there are, whose they are, and what they are like.

One request reads every mark, a list for each kind its objects. Only where an object may have changed since it
was applied, or where the manifest has, what its list leaves out is read, too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from papaya.api.budget import Budget, Charged
from papaya.api.fetch import listed_objects, profile_names
from papaya.api.malformed import malformed
from papaya.api.protocols import Server
from papaya.api.referred import read_referred, tenant_named
from papaya.diagnostics import Diagnostic, Mark
from papaya.engine.address import Address
from papaya.engine.inventory import Inventory
from papaya.engine.resource_diff import desired_of, is_recorded, moved_since, names_others
from papaya.engine.resource_match import match_resources
from papaya.engine.resource_plan import ids_of
from papaya.errors import NotFound, ServerError
from papaya.kinds.kind import ANOTHER_SECRET, Asked, Kind, NameOf, id_in
from papaya.kinds.mark import Marked, marks_in, marks_request
from papaya.kinds.registry import KINDS, with_referred
from papaya.kinds.request import Conversation, Request, Result
from papaya.kinds.resource import Desired, Fields, Live, LiveObjects
from papaya.kinds.tree import ENTITY_TYPES
from papaya.manifest.model import Fleet, Json, SecretReference

_PAGE = 1_000


def read_objects(
    server: Server,
    fleet: Fleet,
    tenant: str,
    tree: Inventory,
    *,
    version: str = "",
    called: Mapping[Address, str] | None = None,
    concurrency: int = 4,
    budget: Budget | None = None,
    resolve: Callable[[SecretReference], str | None] = lambda reference: None,
) -> LiveObjects:
    """Return the objects of every kind that a fleet declares or owns; nothing is sent if it declares none.

    `version` is the server's. `called` are the ids of live places and devices by the manifest's names. What
    is kept of the answers is charged to the `budget`. `resolve` returns the value of a secret, or None where
    it has none here: then it is not compared.
    """
    if not fleet.kinds:
        return LiveObjects()
    server = Charged(server, budget or Budget())
    with ThreadPoolExecutor(max(1, concurrency)) as pool:
        kinds = list(with_referred(fleet.kinds))
        marking = pool.submit(_marks, server, tenant, tuple(kinds))
        listing = {kind.key: pool.submit(_rows, server, kind) for kind in kinds if not kind.lists_itself}
        marks = marking.result()
        for kind in with_referred(_owned(marks, fleet.name)):
            if kind not in kinds:
                kinds.append(kind)
                if not kind.lists_itself:
                    listing[kind.key] = pool.submit(_rows, server, kind)
        rows = {key: several.result() for key, several in listing.items()}
        found = [_live(kind, row, marks) for kind in kinds for row in rows.get(kind.key, ())]
        referred = read_referred(server, fleet, tenant, found, tree, called or {})
        for kind in kinds:
            if kind.lists_itself:
                mine = tuple(_marked(marks, kind, fleet.name))
                asked = Asked(version, referred.ids, mine, all_types=True)
                found += [_live(kind, row, marks) for row in told(server, kind.rows(asked))]
        objects = replace(referred, objects=tuple(found), version=version)
        matching = match_resources(desired_of(fleet), objects, fleet.name)
        names = names_of(found, tree, matching.matches, referred.names, called)
        chosen = _chosen(fleet, objects, {**ids_in(tree), **(called or {}), **referred.ids})
        facts = facts_about(server, chosen)
        whole = pool.map(lambda one: _in_full(server, one, names, facts), chosen)
        by_id = {(one.address.kind, one.id): one for one in whole}
        by_id |= _with_secrets_compared(desired_of(fleet), matching.matches, by_id, resolve)
        going = _before_deletion(server, pool, leaving_of(fleet, objects))
        by_id |= {(one.address.kind, one.id): one for one in going}
        faults = _faults(server, fleet, objects, matching.matches)
    return replace(
        objects,
        objects=tuple(by_id.get((one.address.kind, one.id), one) for one in found),
        faults=faults,
    )


def every_object(
    server: Server, tenant: str, keys: Iterable[str], tree: Inventory, *, version: str = ""
) -> LiveObjects:
    """Return every live object of some kinds, in full; `version` is the server's."""
    server = Charged(server, Budget())
    wanted = set(keys)
    kinds = list(with_referred(wanted))
    marks = _marks(server, tenant, kinds)
    if any(kind.lists_itself for kind in kinds):
        profiles = {**profile_names(server, "assetProfile"), **profile_names(server, "deviceProfile")}
        tree = replace(tree, profiles={**profiles, **tree.profiles})
    found: list[Live] = []
    for kind in kinds:
        if kind.lists_itself:
            asked = Asked(version, ids_in(tree), tuple(_marked(marks, kind, None)))
            found += [_live(kind, row, marks) for row in told(server, kind.rows(asked))]
        else:
            found += [_live(kind, row, marks) for row in _rows(server, kind)]
    names = names_of(found, tree, referred=tenant_named(tenant).names)
    facts = facts_about(server, [one for one in found if one.address.kind in wanted])
    return LiveObjects(
        tuple(_for_export(server, one, names, facts) if one.address.kind in wanted else one for one in found)
    )


def _for_export(server: Server, live: Live, names: NameOf, facts: Mapping[str, Json]) -> Live:
    whole = _in_full(server, live, names, facts)
    more = tuple(_answer(server, request) for request in KINDS[live.address.kind].for_export(live.row))
    return replace(whole, details=(*whole.details, *more))


def names_of(
    objects: Iterable[Live],
    tree: Inventory,
    matches: Mapping[Address, Live] | None = None,
    referred: Mapping[tuple[str, str], str] | None = None,
    called: Mapping[Address, str] | None = None,
) -> NameOf:
    """Return what finds the name of a live object by its type and id.

    An object that the manifest declares has its name there, whatever it is called on the server: so a rename
    changes nothing in what refers to it.
    """
    known = dict(referred or {})
    known |= {(KINDS[one.address.kind].entity_type, one.id): one.address.name for one in objects}
    for address, one in (matches or {}).items():
        known[(KINDS[address.kind].entity_type, one.id)] = address.name
    for address, entity in tree.entities.items():
        known[(ENTITY_TYPES[address.kind], entity.id or "")] = address.name
    for address, profile in tree.profiles.items():
        known.setdefault((ENTITY_TYPES[address.kind], profile.id or ""), address.name)
    for address, id_ in (called or {}).items():
        known[(ENTITY_TYPES[address.kind], id_)] = address.name
    return lambda entity_type, id_: known.get((entity_type, id_))


def read_details(server: Server, kind: Kind, id_: str) -> tuple[Json, ...]:
    """Return what the normal form of an object needs beside its row."""
    return tuple(_answer(server, request) for request in kind.details(id_))


def facts_about(server: Server, objects: Sequence[Live]) -> dict[str, Json]:
    """Return by kind what the normal forms of some objects need, read once for all of a kind."""
    rows: dict[str, list[Fields]] = {}
    for one in objects:
        rows.setdefault(one.address.kind, []).append(one.row)
    return {key: told(server, KINDS[key].facts(several)) for key, several in rows.items()}


def changed_objects(
    server: Server, changes: Mapping[str, Live], tenant: str, fleet: str, pool: ThreadPoolExecutor
) -> Iterator[tuple[str, str]]:
    """Yield by id what somebody else did to objects since they were read: saved, deleted or marked them.

    Deletions and marks carry no version, so that this look, just before them, is all that guards them. The
    `pool` has the threads that ask.
    """
    marking = pool.submit(_marks, server, tenant, [KINDS[live.address.kind] for live in changes.values()])
    saved = pool.map(lambda asked: _saved_since(server, *asked), list(changes.items()))
    marks = marking.result()
    for (id_, live), conflict in zip(changes.items(), saved, strict=True):
        kind = KINDS[live.address.kind]
        mark = marks.get((kind.entity_type, id_, kind.part))
        owner = mark.fleet if mark is not None else None
        if owner not in (live.owner, fleet):
            yield id_, f"it is managed by {f'the fleet {owner}' if owner else 'no fleet'} now"
        elif conflict:
            yield id_, conflict


def _saved_since(server: Server, id_: str, live: Live) -> str:
    kind = KINDS[live.address.kind]
    row = _present(server, kind, id_)
    if row is None:
        return "somebody else deleted it since it was read"
    if kind.version(row) != live.version and not _is_same(server, kind, live, row):
        return f"somebody else saved it since it was read (version {live.version}, now {kind.version(row)})"
    return ""


def _is_same(server: Server, kind: Kind, live: Live, row: Fields) -> bool:
    """Return whether an object is what was read though its version moved."""
    if kind.has_same_row(live.row, row):
        return True
    return bool(live.details) and kind.has_same_content(live, read_details(server, kind, live.id))


def _present(server: Server, kind: Kind, id_: str) -> Mapping[str, Json] | None:
    try:
        row = _answer(server, kind.one(id_))
    except NotFound:
        return None
    return row if isinstance(row, dict) else None


def _chosen(fleet: Fleet, found: LiveObjects, ids: Mapping[Address, str]) -> Sequence[Live]:
    """Return the objects that have to be read in full: those that neither side is known to have left.

    So are those that name an object that is gone, or was made anew, with another id. `ids` are those of all
    that is not of these kinds.
    """
    desired = desired_of(fleet, found.names)
    matching = match_resources(desired, found, fleet.name)
    known = {**ids, **ids_of(matching, desired, found)}
    return [
        matching.matches[one.address]
        for one in desired
        if one.address in matching.matches
        # A secret may have got another value without a trace in the manifest.
        and (
            moved_since(one, matching.matches[one.address])
            or names_others(one, matching.matches[one.address], known)
            or KINDS[one.address.kind].secrets(one)
        )
    ]


def _with_secrets_compared(
    desired: Sequence[Desired],
    matches: Mapping[Address, Live],
    read: Mapping[tuple[str, str], Live],
    resolve: Callable[[SecretReference], str | None],
) -> dict[tuple[str, str], Live]:
    """Return the objects that have secrets with what comparing these has told, in the place of a value."""
    told: dict[tuple[str, str], Live] = {}
    for one in desired:
        kind = KINDS[one.address.kind]
        secrets = kind.secrets(one)
        found = matches.get(one.address)
        live = read.get((found.address.kind, found.id)) if found is not None else None
        if not secrets or live is None or live.fields is None:
            continue
        fields = dict(live.fields)
        for field, reference in secrets.items():
            value, present = resolve(reference), kind.live_secret(live.row, field)
            is_same = value == present or (value is None and present is not None)
            fields[field] = one.fields.get(field) if is_same else (ANOTHER_SECRET if present else None)
        told[(live.address.kind, live.id)] = replace(live, fields=fields)
    return told


def leaving_of(fleet: Fleet, found: LiveObjects) -> Sequence[Live]:
    """Return the fleet's own objects that its manifest does not have."""
    matching = match_resources(desired_of(fleet), found, fleet.name)
    return [one for one in matching.unmatched if one.is_of(fleet.name)]


def _before_deletion(server: Server, pool: ThreadPoolExecutor, leaving: Sequence[Live]) -> Iterator[Live]:
    """Yield objects with what tells what stands against deleting them; a list for several is read once."""
    asked = [(one, KINDS[one.address.kind].before_deletion(one.id)) for one in leaving]
    different = {_key(request): request for _, requests in asked for request in requests}
    answers = dict(
        zip(different, pool.map(lambda one: _answer(server, one), different.values()), strict=True)
    )
    for one, requests in asked:
        yield replace(one, before_deletion=tuple(answers[_key(request)] for request in requests))


def _key(request: Request) -> tuple[str, str]:
    return request.path, str(sorted(request.parameters.items()))


def _in_full(server: Server, live: Live, names: NameOf, facts: Mapping[str, Json]) -> Live:
    kind = KINDS[live.address.kind]
    details = read_details(server, kind, live.id)
    if facts[kind.key] is not None:
        details = (*details, facts[kind.key])
    origin = kind.created_by(live.row, details)
    return replace(
        live,
        details=details,
        fields=kind.fields(live.row, details, names),
        created_by=origin.fleet if origin is not None else None,
    )


def _live(kind: Kind, row: Mapping[str, Json], marks: Mapping[tuple[str, str, str], Marked]) -> Live:
    id_ = id_in(dict(row)) or ""
    mark = marks.get((kind.entity_type, id_, kind.part))
    origin = kind.created_by(row, ())
    return Live(
        Address(kind.key, kind.name(row)),
        id_,
        kind.version(row),
        row,
        owner=mark.fleet if mark is not None else None,
        created_by=origin.fleet if origin is not None else None,
        applied=mark.applied if mark is not None else None,
        protect=mark is not None and mark.protect,
    )


def _marks(server: Server, tenant: str, kinds: Iterable[Kind]) -> dict[tuple[str, str, str], Marked]:
    """Return the marks of the tenant, and those of parts of objects where kinds of parts are meant."""
    request = marks_request(tenant, of_parts=any(kind.is_part for kind in kinds))
    marks = marks_in(_answer(server, request))
    if marks is None:
        raise malformed(server, "GET", request.path, "the relations of the tenant are not a list")
    return marks


def ids_in(tree: Inventory) -> dict[Address, str]:
    """Return the ids of places, devices and profiles by their addresses."""
    ids = {address: one.id for address, one in tree.entities.items() if one.id is not None}
    return ids | {address: one.id for address, one in tree.profiles.items() if one.id is not None}


def _owned(marks: Mapping[tuple[str, str, str], Marked], fleet: str) -> Iterator[str]:
    for entity_type in {one.entity_type for one in marks.values() if not one.part and one.fleet == fleet}:
        for kind in KINDS.values():
            if kind.entity_type == entity_type and not kind.is_part:
                yield kind.key


def _marked(marks: Mapping[tuple[str, str, str], Marked], kind: Kind, fleet: str | None) -> Iterator[str]:
    """Yield the ids of marked objects of a kind's entity type, of one fleet or of all."""
    for one in marks.values():
        if one.entity_type == kind.entity_type and one.part == kind.part and fleet in (None, one.fleet):
            yield one.id


def _faults(
    server: Server, fleet: Fleet, objects: LiveObjects, matches: Mapping[Address, Live]
) -> dict[Address, tuple[Diagnostic, ...]]:
    """Return what the server finds wrong with objects that are to be written as they never were before."""
    found: dict[Address, tuple[Diagnostic, ...]] = {}
    for declared, wanted in zip(fleet.resources, desired_of(fleet, objects.names), strict=True):
        live = matches.get(wanted.address)
        if live is not None and is_recorded(wanted, live):
            continue
        faults = told(server, KINDS[declared.kind].tried(declared))
        if faults:
            found[wanted.address] = tuple(
                Diagnostic(one.summary, one.mark or declared.mark or Mark(""), remedy=one.remedy)
                for one in faults
            )
    return found


def _rows(server: Server, kind: Kind) -> list[dict[str, Json]]:
    listing = kind.listing
    return [
        row
        for row in listed_objects(server, listing.path, _PAGE, listing.parameters)
        if id_in(row) is not None and kind.includes(row)
    ]


def told(server: Server, conversation: Conversation[Result]) -> Result:
    """Return the result of a conversation that changes nothing."""
    try:
        request = next(conversation)
        while True:
            try:
                answer = _answer(server, request)
            except ServerError as error:
                request = conversation.throw(error)
            else:
                request = conversation.send(answer)
    except StopIteration as end:
        answer_of_all: Result = end.value
        return answer_of_all


def _answer(server: Server, request: Request) -> Json:
    if request.method == "POST":
        # A question that is too long for a URL: it changes nothing.
        return server.post(request.path, request.body, repeatable=True)
    try:
        return server.get(request.path, params=request.parameters or None)
    except NotFound:
        if request.absent_is_done:
            return None
        raise
