"""What turns a live object beside the tree into the desired one: three sides, field by field.

A field is in sync where the manifest still says what was sent and the server still has what it made of that;
else where both sides are equal. So the server's own way of writing a value is no difference.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import replace

from papaya.engine.plan import FieldChange, ResourceChange
from papaya.kinds.address import Address
from papaya.kinds.form import is_kept_as, kept, same
from papaya.kinds.kind import Kind
from papaya.kinds.registry import KINDS
from papaya.kinds.resource import Applied, Desired, Fields, Live
from papaya.manifest.model import Fleet, Json, Resource

RECORD = "record"
_NAME = "name"


def desired_of(fleet: Fleet, names: Mapping[tuple[str, str], str] | None = None) -> tuple[Desired, ...]:
    """Return the objects that a fleet wants, in the order of its manifest.

    `names` are those of what their files name by its id, by entity type and id.
    """
    known = names or {}
    return tuple(_desired(KINDS[one.kind], one, fleet, known) for one in fleet.resources)


def _desired(kind: Kind, one: Resource, fleet: Fleet, names: Mapping[tuple[str, str], str]) -> Desired:
    wanted = kind.desired(one, fleet)
    return kind.resolved(wanted, lambda entity_type, id_: names.get((entity_type, id_)))


def names_others(desired: Desired, live: Live, ids: Mapping[Address, str]) -> bool:
    """Return whether an object names others than when it was applied, or one that is gone.

    What is deleted and made anew has another id under the same name, and the version of what names it stays.
    """
    if not _named_by(desired) <= ids.keys():
        return True
    known = live.applied.named if live.applied is not None else ""
    return bool(known) and known != named_ids(desired, ids)


def named_ids(desired: Desired, ids: Mapping[Address, str]) -> str:
    """Return what stands for the ids of all that an object names; empty where one has none yet."""
    named = _named_by(desired)
    if not named or not named <= ids.keys():
        return ""
    return hashlib.sha256(" ".join(sorted({ids[one] for one in named})).encode()).hexdigest()[:16]


def _named_by(desired: Desired) -> frozenset[Address]:
    """Return the addresses in the files of an object; its own is known once it is there."""
    in_files = (one.address for one in KINDS[desired.address.kind].references(desired))
    beside = (one for one in desired.references if one.kind in KINDS)
    return frozenset(one for one in (*in_files, *beside) if one is not None and one != desired.address)


def moved_since(desired: Desired, live: Live) -> bool:
    """Return whether an object has to be read in full: neither side is known to be as it was applied."""
    applied = live.applied
    if applied is None or live.version is None or live.version != applied.version:
        return True
    if desired.fields.keys() != applied.sent.keys() or _is_renamed(desired, live):
        return True
    return not all(_is_declared_as(value, applied, key) for key, value in desired.fields.items())


def change_of(
    desired: Desired, live: Live | None, fleet: str, doomed: Mapping[str, Address] | None = None
) -> ResourceChange | None:
    """Return what has to happen to an object, or None where it is as it should be.

    `doomed` are the objects that the same plan deletes, by id.
    """
    kind = KINDS[desired.address.kind]
    if live is None:
        fields = [FieldChange(key, None, value) for key, value in desired.fields.items() if value is not None]
        question = kind.question(desired, None)
        return ResourceChange("create", desired.address, tuple(fields), desired=desired, question=question)
    is_new = kind.is_part and live.owner is None and not kind.is_there(live)
    is_known = live.is_of(fleet) or (live.owner is None and kind.is_taken_unasked(desired))
    adopts = not is_new and not is_known
    fields = list(_fields(kind, desired, live))
    fields += _let_go(kind, {*desired.fields, *(one.field for one in fields)}, live, doomed or {})
    if not fields and not adopts and not is_new and not _is_recorded(desired, live, fleet):
        fields.append(FieldChange(RECORD, None, None))
    if not fields and not adopts and not is_new:
        return None
    question = kind.question(desired, live) if any(one.field != RECORD for one in fields) else ""
    return ResourceChange(
        "create" if is_new else "update",
        desired.address,
        tuple(fields),
        desired=desired,
        live=live,
        adopts=adopts,
        renamed_from=next((str(one.before) for one in fields if one.field == _NAME), None),
        question=question,
    )


def undeclared_change_of(
    live: Live, doomed: Mapping[str, Address], removal: ResourceChange | None
) -> ResourceChange | None:
    """Return what becomes of one of the fleet's own objects that its manifest does not declare.

    `removal` is the change that deletes or releases it, if there is one. What stays on the server loses what
    the same plan deletes, and nothing else.
    """
    fields = tuple(_let_go(KINDS[live.address.kind], (), live, doomed))
    if not fields or (removal is not None and removal.action == "destroy"):
        return removal
    if removal is not None:
        without = ", ".join(f"{one.field}/{one.before}" for one in fields)
        return replace(removal, fields=fields, reason=f"{removal.reason} without {without}")
    # A record would make the name on the server the one by which the fleet knows it.
    if live.known_as != live.address.name:
        return None
    desired = Desired(live.address, {}, protect=live.protect)
    return ResourceChange("update", live.address, fields, desired=desired, live=live)


def removal_of(live: Live, reason: str, *, forget: bool) -> ResourceChange:
    """Return the change that deletes a live object, or only gives up its management."""
    kind = KINDS[live.address.kind]
    why = reason if live.known_as == live.address.name else f"{reason}; applied as {live.known_as}"
    if not forget and kind.goes_with_it:
        why += f"; deletes {kind.goes_with_it}"
    return ResourceChange("forget" if forget else "destroy", live.address, live=live, reason=why)


def cost_of(change: ResourceChange) -> int:
    """Return how many requests carrying out a change sends: what it writes, what it reads back, the mark."""
    kind = KINDS[change.address.kind]
    if change.action in ("destroy", "forget"):
        leaves_mark = kind.mark_outlives_it or kind.is_part
        extra = leaves_mark if change.action == "destroy" else change.live_has_origin
        saves = kind.writes(Desired(change.address, {}), change.live) if change.fields else 0
        return 1 + extra + saves
    if not writes_object(change) or change.desired is None:
        return 1
    read_back = len(kind.details(change.live.id if change.live is not None else ""))
    return kind.writes(to_write(change, change.desired), change.live) + read_back + 1


def writes_object(change: ResourceChange) -> bool:
    """Return whether a change writes the object itself, not only its mark."""
    return change.action == "create" or any(one.field not in (RECORD, "protect") for one in change.fields)


def to_write(change: ResourceChange, desired: Desired) -> Desired:
    """Return what carrying out a change writes: every declared field, None for what is cleared."""
    cleared: dict[str, Json] = {
        one.field: None
        for one in change.fields
        if one.after is None and one.field not in desired.fields and one.field not in (RECORD, _NAME)
    }
    changed = frozenset(one.field for one in change.fields) if change.live is not None else None
    return replace(desired, fields={**desired.fields, **cleared}, changed=changed)


def record_of(desired: Desired, version: int | None, fields: Fields, ids: Mapping[Address, str]) -> Applied:
    """Return the record of an object that has been applied; `fields` is what the server has now.

    `ids` are those of all that is known, by the names of the manifest.
    """
    return Applied(
        desired.address.name,
        version,
        {key: kept(value) for key, value in desired.fields.items()},
        {key: kept(fields.get(key)) for key in desired.fields},
        named_ids(desired, ids),
    )


def recorded(applied: Applied | None, key: str) -> Json:
    """Return what the record says of a field: what was sent."""
    if applied is None:
        return None
    return applied.name if key == _NAME else applied.sent.get(key)


def is_as_applied(applied: Applied | None, key: str, *, manifest: Json, live: Json) -> tuple[bool, bool]:
    """Return whether manifest and server, each on its side, are as papaya left them."""
    if applied is None:
        return False, False
    if key == _NAME:
        return same(manifest, applied.name), same(live, applied.name)
    return _is_declared_as(manifest, applied, key), is_kept_as(live, applied.left.get(key))


def _fields(kind: Kind, desired: Desired, live: Live) -> Iterator[FieldChange]:
    if _is_renamed(desired, live):
        yield FieldChange(_NAME, live.address.name, desired.address.name)
    if live.fields is not None:
        yield from _values(kind, desired, live, live.fields)
    if desired.protect != live.protect:
        yield FieldChange("protect", live.protect or None, desired.protect or None)


def _is_renamed(desired: Desired, live: Live) -> bool:
    return desired.called is None and live.address.name != desired.address.name


def _values(kind: Kind, desired: Desired, live: Live, present: Fields) -> Iterator[FieldChange]:
    applied = live.applied
    sent: Mapping[str, Json] = applied.sent if applied is not None else {}
    left: Mapping[str, Json] = applied.left if applied is not None else {}
    for key, value in desired.fields.items():
        found = present.get(key)
        is_sent = key in sent and is_kept_as(value, sent[key])
        is_untouched = is_sent and (
            is_kept_as(found, left.get(key)) or kind.only_rewritten(key, value, found)
        )
        if not is_untouched and not same(value, found):
            yield FieldChange(key, found, value)
    for key, found in present.items():
        if key in desired.fields or same(found, None):
            continue
        # A field that left the manifest is cleared only while it still is what papaya made it.
        if key not in kind.optional or (key in sent and is_kept_as(found, left.get(key))):
            yield FieldChange(key, found, None)


def _let_go(
    kind: Kind, declared: Collection[str], live: Live, doomed: Mapping[str, Address]
) -> Iterator[FieldChange]:
    """Yield the fields by which an object still names what goes, though the manifest no longer says so.

    After a run that broke off, the record does not say that papaya wrote them. The server would refuse the
    deletion, and no manifest could say that the field is to be empty.
    """
    for key, id_ in kind.held(live.row).items():
        if id_ in doomed and key not in declared:
            yield FieldChange(key, doomed[id_].name, None)


def _is_recorded(desired: Desired, live: Live, fleet: str) -> bool:
    """Return whether the mark names the object; what it says of fields that are in sync follows a write.

    So a manifest that comes to declare what the server has anyway, as an export does, changes nothing.
    """
    applied = live.applied
    if live.owner != fleet or applied is None or applied.name != desired.address.name:
        return False
    if not KINDS[desired.address.kind].is_part:
        return True
    # What a run changed in a profile before it broke off is papaya's own. Without a new record it would look
    # like somebody else's once the manifest drops it.
    known = desired.fields.keys() & applied.sent.keys()
    return all(_is_declared_as(desired.fields[key], applied, key) for key in known)


def is_recorded(desired: Desired, live: Live) -> bool:
    """Return whether the manifest says what it said when the object was last applied."""
    applied = live.applied
    return (
        applied is not None
        and applied.sent.keys() == desired.fields.keys()
        and all(_is_declared_as(value, applied, key) for key, value in desired.fields.items())
    )


def _is_declared_as(value: Json, applied: Applied, key: str) -> bool:
    """Return whether the manifest says what was sent, or what the server made of that: an export does."""
    return is_kept_as(value, applied.sent.get(key)) or is_kept_as(value, applied.left.get(key))
