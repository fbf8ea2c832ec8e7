"""From a fleet and a reading of its server to a plan."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from papaya.counting import counted, first_of
from papaya.engine.address import Address, Role, natural, path_text
from papaya.engine.assigned import (
    missing_customers,
    missing_packages,
    packages_of,
    update_notes,
    with_names_to_come,
)
from papaya.engine.canonical import Untyped
from papaya.engine.contested import notes_on_names, taken, unclear
from papaya.engine.diff import diff, diff_profiles, release, removal
from papaya.engine.expiry import expiry_notes
from papaya.engine.guard import Consent, guard
from papaya.engine.inventory import PROVISIONED, Inventory
from papaya.engine.match import Matching
from papaya.engine.naming import Known, Names
from papaya.engine.naming import live_path as live_path
from papaya.engine.order import count_requests, ordered, with_detours
from papaya.engine.plan import (
    Change,
    Note,
    Plan,
    ProfileChange,
    Refusal,
    Requests,
    ResourceChange,
    WayOut,
)
from papaya.engine.reading import Reading
from papaya.engine.resource_diff import cost_of, desired_of
from papaya.engine.resource_match import match_resources
from papaya.engine.resource_plan import ids_of, leaving, plan_resources
from papaya.engine.scope import RunScope, select
from papaya.engine.standing_against import standing_against
from papaya.manifest.model import Fleet
from papaya.remedies import nearest, profile_not_found


def make_plan(
    fleet: Fleet,
    reading: Reading,
    *,
    consent: Consent | None = None,
    scope: RunScope | None = None,
    removes_all: bool = False,
) -> Plan:
    """Return the plan that makes the server what the fleet's manifest says.

    `removes_all` is meant by `papaya destroy`: then a manifest without countries is no accident.

    Nothing is refused here by an exception: what stands against the plan is part of it.
    """
    consent, scope = consent or Consent(), scope or RunScope()
    desired = reading.desired_by(fleet)
    objects = match_resources(desired_of(fleet, reading.resources.names), reading.resources, fleet.name)
    live = with_names_to_come(reading.inventory, objects)
    matching = reading.matching_of(desired, live)
    foreign = tuple(_foreign(desired, matching, fleet.name, consent))
    blocked = {address for refusal in foreign for address in refusal.addresses} | matching.disputed.keys()
    doomed = frozenset(
        one.address for one in leaving(fleet, objects, removes_all=removes_all) if one.action == "destroy"
    )
    wanted = diff(desired, live, matching, fleet=fleet.name, tokens=reading.tokens, doomed=doomed)
    if fleet.bundle is not None:
        # Its places are marked as shared so that nobody changes them, not because the fleet gave them up.
        wanted = tuple(change for change in wanted if change.action != "forget")
    reason = f"of the fleet {fleet.name}" if removes_all else "no longer in the manifest"
    copies = removes_all and fleet.safety.when_removed == "forget"
    gone = tuple(_gone(fleet, matching, live, reason, with_copies=copies))
    everything = (*(change for change in wanted if change.address not in blocked), *gone)
    names = Names(desired, live, matching)
    changes = ordered(with_detours(select(everything, scope, names.of)))
    left_out = {entity.address for entity in desired} - matching.matches.keys()
    left_out -= {change.address for change in changes}
    beside = plan_resources(
        fleet,
        reading.resources,
        objects,
        changes,
        consent=consent,
        scope=scope,
        left_out=left_out,
        removes_all=removes_all,
    )
    # What its own entry creates comes before the tree, with everything that the entry says.
    by_entries = {one.address for one in beside.changes if one.action in ("create", "update")}
    profiles = tuple(one for one in diff_profiles(desired, live) if one.desired.address not in by_entries)
    if scope:
        profiles = _needed(profiles, changes, beside.changes)
    # A profile that papaya may not create is refused below, and no part of what it would do.
    possible = profiles if fleet.profiles.create else ()
    live_devices = reading.devices
    if live_devices is None:
        live_devices = sum(found.live.role == "device" for found in matching.matches.values())
    refusals, questions = guard(
        changes,
        fleet,
        consent,
        live_devices=live_devices,
        removes_all=removes_all,
        resources=beside.changes,
    )
    named = {one for entity in desired for one in packages_of(entity)}
    return Plan(
        fleet=fleet.name,
        server=reading.server,
        manifest_digest=fleet.digest,
        environment=fleet.environment,
        profiles=possible,
        changes=changes,
        refusals=(
            *_missing_profiles(profiles, live, fleet),
            *missing_customers(desired, fleet, reading.customer_titles, changes, beside.changes),
            *missing_packages(desired, fleet, live.packages, changes, beside.changes),
            *unclear(matching, desired),
            *taken(changes, live, fleet.name),
            *foreign,
            *beside.refusals,
            *_orphans(changes, live),
            *standing_against(changes, beside.changes, reading.obstacles),
            *(() if removes_all else _emptied(fleet, gone, consent)),
            *refusals,
        ),
        questions=(*questions, *beside.questions),
        notes=(*_notes(fleet, desired, live, matching, changes, reading), *beside.notes),
        totals=totals_of(fleet),
        requests=Requests(
            reading.requests, count_requests(possible, changes) + sum(map(cost_of, beside.changes))
        ),
        ids=dict(_ids(live)),
        places={
            address: found.live.id
            for address, found in matching.matches.items()
            if address.kind == "asset" and found.live.id is not None
        },
        customer_ids={title: id_ for id_, title in live.customers.items()},
        resources=beside.changes,
        resource_ids={
            **{one: id_ for one, id_ in live.packages.items() if one in named},
            **ids_of(objects, desired_of(fleet, reading.resources.names), reading.resources),
        },
    )


def totals_of(fleet: Fleet) -> Mapping[str, int]:
    """Return how many countries, states, devices and objects of each kind a manifest has."""
    roles: dict[str, int] = {
        "country": len(fleet.countries),
        "state": sum(1 for _ in fleet.states()),
        "device": sum(1 for _ in fleet.devices()),
    }
    present = {role: number for role, number in roles.items() if number}
    return Counter(present) + Counter(one.kind for one in fleet.resources)


def _needed(
    profiles: Sequence[ProfileChange], changes: Sequence[Change], beside: Sequence[ResourceChange]
) -> tuple[ProfileChange, ...]:
    """Return the profiles that the chosen changes use."""
    used = {
        Address("deviceProfile" if change.role == "device" else "assetProfile", change.desired.profile)
        for change in changes
        if change.desired is not None and change.desired.profile is not None
    }
    used |= {address for one in beside if one.desired is not None for address in one.desired.references}
    return tuple(change for change in profiles if change.desired.address in used)


def _ids(live: Inventory) -> Iterator[tuple[Address, str]]:
    for address, entity in live.entities.items():
        if entity.role != "device" and entity.id is not None:
            yield address, entity.id
    for address, profile in live.profiles.items():
        if profile.id is not None:
            yield address, profile.id


def _gone(
    fleet: Fleet, matching: Matching, live: Inventory, reason: str, *, with_copies: bool
) -> Iterator[Change]:
    """Yield what leaves the fleet. Copied records are no claim to be deleted, but can be taken off."""
    if fleet.bundle is not None:
        # A bundle knows of one device: that it does not name the others says nothing about them.
        return
    disputed = {entity.address for entities in matching.disputed.values() for entity in entities}
    for entity in matching.unmatched:
        is_copy = with_copies and entity.copy_of is not None
        if (entity.owner != fleet.name and not is_copy) or entity.address in disputed:
            continue
        path = live_path(entity, live)
        known_as = entity.identity.name
        why = reason if known_as == entity.address.name else f"{reason}; applied as {known_as}"
        if fleet.safety.when_removed == "forget":
            yield release(entity, path, "a copy of papaya's attributes" if is_copy else why)
        else:
            yield removal(entity, path, why)


def _foreign(desired: Inventory, matching: Matching, fleet: str, consent: Consent) -> Iterator[Refusal]:
    for address, found in matching.matches.items():
        owner = found.live.owner
        entity = desired.entities[address]
        if owner in (None, fleet, PROVISIONED) or owner in consent.take_over or entity.shared_place:
            continue
        ways = [WayOut("to take it over", f"papaya apply --take-over {shlex.quote(owner)}")]
        if entity.role != "device":
            ways.insert(0, WayOut("to stand under it together", f"shared: true at {entity.path[-1]}"))
        ways.append(
            WayOut(
                "to stop managing it there",
                f"papaya forget {shlex.quote(path_text(entity.path))} with {owner}'s manifest",
            )
        )
        ways.append(WayOut("to have one of its own", "give it another name" + _asset_name(entity.role)))
        yield Refusal(
            "owner",
            f"{path_text(entity.path)} is managed by fleet {owner}",
            tuple(ways),
            entity.mark,
            (address,),
            entity.path,
        )


def _asset_name(role: Role) -> str:
    return "" if role == "device" else " (assetName keeps the name in the manifest)"


def _missing_profiles(profiles: Sequence[ProfileChange], live: Inventory, fleet: Fleet) -> Iterator[Refusal]:
    if fleet.profiles.create:
        return
    for change in profiles:
        address = change.desired.address
        kind = "asset profile" if address.kind == "assetProfile" else "device profile"
        names = sorted(present.name for present in live.profiles if present.kind == address.kind)
        near = nearest(address.name, names)
        yield Refusal(
            "profile",
            profile_not_found(kind, address.name, names).summary,
            (
                *((WayOut("if you mean this one", f"write {near} under profiles"),) if near else ()),
                WayOut("to let papaya create it", "profiles.create: true"),
                WayOut("to use another", "write its exact name under profiles"),
            ),
            fleet.profiles.mark,
            (address,),
        )


def known_names(fleet: Fleet, reading: Reading) -> Iterator[Known]:
    """Yield everything of a fleet or of its server that a person may mean, with its paths and addresses."""
    desired, live = reading.desired_by(fleet), reading.inventory
    yield from Names(desired, live, reading.matching_of(desired, live)).all()
    for one in desired_of(fleet):
        yield Known((((), one.address),))
    for present in reading.resources.objects:
        if present.owner == fleet.name:
            names = dict.fromkeys((present.address, Address(present.address.kind, present.known_as)))
            yield Known(tuple(((), address) for address in names))


def _orphans(changes: Sequence[Change], live: Inventory) -> Iterator[Refusal]:
    doomed = {
        change.address.name: change.path
        for change in changes
        if change.action == "destroy" and change.role != "device"
    }
    if not doomed:
        return
    leaving = {change.address for change in changes if change.action == "destroy"}
    left_by = {change.live.address: change.writes.unrelate for change in changes if change.live is not None}
    for name in sorted(doomed, key=natural):
        left = sorted(
            entity.address
            for entity in live
            if name in entity.parents
            and entity.address not in leaving
            and name not in left_by.get(entity.address, ())
        )
        if left:
            some = first_of([address.name for address in left])
            yield Refusal(
                "orphan",
                f"{name} would be deleted and {len(left)} in it would be left without a place: {some}",
                (
                    WayOut("to keep them", "move them to another place first"),
                    WayOut("to keep the place", f"papaya forget {shlex.quote(path_text(doomed[name]))}"),
                ),
                addresses=tuple(left),
            )


def _emptied(fleet: Fleet, gone: Sequence[Change], consent: Consent) -> Iterator[Refusal]:
    if not fleet.countries and gone:
        yield Refusal(
            "empty",
            f"the manifest names no country, and {fleet.name} has {len(gone)} on the server",
            (WayOut("to remove the whole fleet", "papaya destroy"),),
            fleet.mark,
        )
    # --allow-destroy is an answer for this run; safety.maxDestroy was written before the table was empty.
    lost = [
        one.address
        for one in gone
        if one.role == "device" and (one.action == "forget" or consent.destroy is None)
    ]
    for table in fleet.empty_tables if lost else ():
        yield Refusal(
            "empty",
            f"{table.file} has no rows, and {counted(len(lost), 'device')} would be removed from the fleet",
            (
                WayOut("to keep them", f"export {table.file} again"),
                WayOut("if it is empty on purpose", "write minRows: 0 beside csv"),
            ),
            table,
            tuple(lost),
        )


def _notes(
    fleet: Fleet,
    desired: Inventory,
    live: Inventory,
    matching: Matching,
    changes: Sequence[Change],
    reading: Reading,
) -> Iterator[Note]:
    for cells in fleet.missing_cells:
        what = f"{', '.join(cells.columns)}; {cells.field} stays unmanaged"
        rows = f"{counted(cells.rows, 'row')} {'lacks' if cells.rows == 1 else 'lack'}"
        yield Note(f"{rows} {what} (first: line {cells.first_line})", cells.file)
    for change in changes:
        for note in change.notes:
            yield Note(note, path_text(change.path))
    yield from notes_on_names(matching, changes, live)
    yield from _under_two(desired, matching, changes)
    yield from _compared_as_text(changes)
    yield from update_notes(changes)
    unread = [a for a, state in reading.tokens.items() if state == "unresolved" and a in matching.matches]
    if unread:
        some = first_of(sorted(address.name for address in unread))
        yield Note(f"tokens not compared, their secrets do not resolve here: {some}")
    yield from expiry_notes(fleet.devices())
    yield from _left_alone(matching, changes)


def _under_two(desired: Inventory, matching: Matching, changes: Sequence[Change]) -> Iterator[Note]:
    """Yield what stands under a second place and has no change that says so."""
    changed = {change.address for change in changes}
    for address, found in matching.matches.items():
        entity = desired.entities[address]
        there = matching.live_name(entity.parents[0]) if entity.parents else None
        others = [name for name in found.live.parents if name != there]
        if others and address not in changed:
            under = "also stands" if entity.parents else "stands"
            yield Note(f"{under} under {', '.join(others)}: left alone", path_text(entity.path))


def _compared_as_text(changes: Sequence[Change]) -> Iterator[Note]:
    unsure = [change for change in changes if change.adopts and _has_values_as_text(change)]
    if unsure:
        some = first_of([change.address.name for change in unsure])
        yield Note(f"Attributes of adopted entities compared as text, not by type: {some}.")


def _has_values_as_text(change: Change) -> bool:
    if change.live is None or change.desired is None:
        return False
    pairs = ((change.desired.server, change.live.server), (change.desired.shared, change.live.shared))
    return any(
        isinstance(live[key], Untyped) and not isinstance(value, str) and key not in change.writes.set_server
        for wanted, live in pairs
        for key, value in wanted.items()
        if key in live and key not in change.writes.set_shared
    )


def _left_alone(matching: Matching, changes: Sequence[Change]) -> Iterator[Note]:
    if not any(change.adopts for change in changes):
        return
    ours = {found.live.address.name for found in matching.matches.values() if found.live.role != "device"}
    alone = sorted(
        (path_text((entity.parents[0], entity.address.name)))
        for entity in matching.unmatched
        if entity.owner is None and entity.parents and entity.parents[0] in ours
    )
    if alone:
        some = ", ".join(alone[:5]) + (f" and {len(alone) - 5} more" if len(alone) > 5 else "")
        yield Note(f"Left alone, unmarked and not in the manifest: {some}.")
