"""What stands against carrying out a plan: limits, owners, consent. Every refusal says its ways out."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from papaya.counting import counted, first_of
from papaya.diagnostics import Mark
from papaya.engine.address import path_text
from papaya.engine.assigned import PACKAGES
from papaya.engine.inventory import SERIAL_KEY
from papaya.engine.plan import Change, Refusal, ResourceChange, WayOut
from papaya.manifest.model import Certificate, Fleet, SecretReference

_FEW_DEVICES = 10


@dataclass(frozen=True, slots=True)
class Consent:
    """What a person has agreed to beforehand; numbers are ceilings for one run.

    `confirm` holds the addresses of objects of which a plan asks something.
    """

    adopt: bool = False
    take_over: frozenset[str] = frozenset()
    destroy: int | None = None
    token_change: int = 0
    change_percent: float | None = None
    confirm: frozenset[str] = frozenset()


AnyChange = Change | ResourceChange


def guard(
    changes: Sequence[Change],
    fleet: Fleet,
    consent: Consent,
    *,
    live_devices: int,
    removes_all: bool = False,
    resources: Sequence[ResourceChange] = (),
) -> tuple[tuple[Refusal, ...], tuple[Refusal, ...]]:
    """Return what refuses the plan and what has to be asked first.

    `live_devices` is how many devices of the manifest are on the server, the base of `maxChangePercent`.
    `removes_all` says that the whole fleet is to be deleted, whatever its manifest holds. `resources` are the
    changes beside the tree; their deletions and adoptions count like those in it.
    """
    everything: Sequence[AnyChange] = (*changes, *resources)
    refusals = (
        *_protected(everything, removes_all=removes_all),
        *_looks_renamed(changes),
        *_destroys(everything, fleet, consent, removes_all=removes_all),
        *_share(changes, fleet, consent, live_devices),
        *_tokens(changes, consent),
        *_expired(changes),
        *_adoption(everything, fleet, consent, never=True),
    )
    return refusals, tuple(_adoption(everything, fleet, consent, never=False))


def _protected(changes: Sequence[AnyChange], *, removes_all: bool) -> Iterator[Refusal]:
    for change in changes:
        if change.action == "destroy" and change.live is not None and change.live.protect:
            path = _path(change)
            back = WayOut("to keep it managed", f"put {change.address.name} back into the manifest")
            yield Refusal(
                "protect",
                f"{path} is protected and would be deleted",
                (
                    *(() if removes_all else (back,)),
                    WayOut("to keep it, unmanaged", f"papaya forget {shlex.quote(path)}"),
                    WayOut("to delete it", "first apply it with protect: false"),
                ),
                addresses=(change.address,),
            )


def _looks_renamed(changes: Sequence[Change]) -> Iterator[Refusal]:
    created = {
        (change.role, str(serial)): change
        for change in changes
        if change.action == "create"
        and change.desired is not None
        and (serial := change.desired.server.get(SERIAL_KEY)) is not None
    }
    for change in changes:
        live = change.live
        if change.action not in ("destroy", "forget") or live is None or live.applied is None:
            continue
        serial = live.applied.server.get(SERIAL_KEY)
        twin = created.get((change.role, str(serial))) if serial is not None else None
        if twin is not None:
            old, new = change.address.name, twin.address.name
            goes = "deleted" if change.action == "destroy" else "forgotten"
            yield Refusal(
                "rename",
                f"{old} would be {goes} and {new} created with the same serial {serial}",
                (
                    WayOut(
                        "to rename it in place", f"formerly: {old} at {new}, or renamed: {{{old}: {new}}}"
                    ),
                    WayOut("to replace it for good", f"apply once without {new}, then with it"),
                ),
                twin.mark,
                (change.address, twin.address),
            )


def _destroys(
    changes: Sequence[AnyChange], fleet: Fleet, consent: Consent, *, removes_all: bool
) -> Iterator[Refusal]:
    doomed = [change for change in changes if change.action == "destroy"]
    allowed = fleet.safety.max_destroy if consent.destroy is None else consent.destroy
    if len(doomed) <= allowed:
        return
    command = "destroy" if removes_all else "apply"
    ways = [WayOut(f"to delete {_it(doomed)}", f"papaya {command} --allow-destroy {len(doomed)}")]
    if len(doomed) == 1:
        path = shlex.quote(_path(doomed[0]))
        ways.append(WayOut("to keep it and its history, unmanaged", f"papaya forget {path}"))
    else:
        how = "papaya forget '*'" if removes_all else "safety.whenRemoved: forget"
        ways.append(WayOut("to keep them and their history, unmanaged", how))
    limit = f"safety.maxDestroy is {allowed}" if consent.destroy is None else f"--allow-destroy is {allowed}"
    mark = fleet.safety.max_destroy_mark or fleet.safety.mark
    yield Refusal(
        "destroy",
        f"{counted(len(doomed), 'deletion')}, {limit}",
        tuple(ways),
        mark if consent.destroy is None else None,
        tuple(change.address for change in doomed),
    )


def _share(changes: Sequence[Change], fleet: Fleet, consent: Consent, live_devices: int) -> Iterator[Refusal]:
    if live_devices < _FEW_DEVICES:
        return
    touched = [change for change in changes if _is_deep(change)]
    limit = fleet.safety.max_change_percent if consent.change_percent is None else consent.change_percent
    percent = 100 * len(touched) / live_devices
    if percent > limit:
        updates = any(one.field in PACKAGES for change in touched for one in change.fields)
        packages = " or package" if updates else ""
        ceiling = min(100, int(percent) + 1)
        yield Refusal(
            "change-percent",
            f"{len(touched)} of {counted(live_devices, 'live device')} ({percent:.0f} %) would be moved, "
            f"renamed, re-profiled or given another token{packages}, safety.maxChangePercent is {limit:g}",
            (
                WayOut("to do it in this run", f"papaya apply --max-change-percent {ceiling}"),
                WayOut("to do it in parts", "papaya apply --target PATH"),
            ),
            fleet.safety.mark,
        )  # fmt: skip


def _is_deep(change: Change) -> bool:
    if change.role != "device" or change.action != "update" or change.live is None:
        return False
    return bool(
        change.moved_from
        or change.renamed_from
        or change.writes.credentials == "replace"
        or any(field.field in ("profile", *PACKAGES) for field in change.fields)
    )


def _tokens(changes: Sequence[Change], consent: Consent) -> Iterator[Refusal]:
    replaced = [change for change in changes if change.writes.credentials == "replace"]
    if len(replaced) <= consent.token_change:
        return
    first = replaced[0]
    declared = first.desired.credentials if first.desired else None
    where = declared.mark if declared is not None else None
    yield Refusal(
        "token-change",
        _replacements(replaced),
        (
            WayOut(f"to replace {_it(replaced)}", f"papaya apply --allow-token-change {len(replaced)}"),
            WayOut(f"to keep the live one{'' if len(replaced) == 1 else 's'}", _without(replaced, where)),
        ),
        where,
        tuple(change.address for change in replaced),
    )  # fmt: skip


def _expired(changes: Sequence[Change]) -> Iterator[Refusal]:
    """Refuse to give devices certificates with which the server would let none of them in."""
    given = [change for change in changes if change.writes.credentials != "keep" and _has_expired(change)]
    if not given:
        return
    first = given[0].desired.credentials if given[0].desired else None
    names = first_of([change.address.name for change in given])
    yield Refusal(
        "certificate",
        f"{counted(len(given), 'expired certificate')} would be registered: {names}",
        (
            WayOut("to go on", "replace the certificate files by new ones"),
            WayOut(
                "to leave them out of this run",
                f"papaya apply --exclude {shlex.quote(given[0].address.name)}",
            ),
        ),
        first.mark if first is not None else None,
        tuple(change.address for change in given),
    )


def _has_expired(change: Change) -> bool:
    declared = change.desired.credentials if change.desired else None
    return isinstance(declared, Certificate) and declared.days_left is not None and declared.days_left < 0


def _replacements(replaced: Sequence[Change]) -> str:
    """Return `2 replaced tokens`; with other kinds among them, `2 devices given other credentials`."""
    if all(isinstance(one.desired and one.desired.credentials, SecretReference) for one in replaced):
        return counted(len(replaced), "replaced token")
    return f"{counted(len(replaced), 'device')} given other credentials"


def _without(replaced: Sequence[Change], where: Mark | None) -> str:
    name = replaced[0].address.name if len(replaced) == 1 else f"{replaced[0].address.name} and the others"
    return f"remove credentials of {name}" + (f" ({where})" if where else "")


def _adoption(
    changes: Sequence[AnyChange], fleet: Fleet, consent: Consent, *, never: bool
) -> Iterator[Refusal]:
    # Who names a fleet to take its entities over has agreed to it.
    adopted = [
        change
        for change in changes
        if change.adopts and not (change.live is not None and change.live.owner in consent.take_over)
    ]
    if not adopted or fleet.safety.adopt == "always" or consent.adopt:
        return
    if (fleet.safety.adopt == "never") != never:
        return
    names = first_of([change.address.name for change in adopted])
    ways = (WayOut("to adopt unattended", "papaya apply --adopt"),)
    reason = f"{counted(len(adopted), 'live entity')} that no fleet manages would be adopted: {names}"
    if never:
        reason += "; safety.adopt is never"
    mark = fleet.safety.mark if never else None
    yield Refusal("adopt", reason, ways, mark, tuple(change.address for change in adopted))


def _path(change: AnyChange) -> str:
    """Return how a person names an entity: by its path in the tree, or by its address."""
    return path_text(change.path) if change.path else str(change.address)


def _it(changes: Sequence[AnyChange]) -> str:
    return "it" if len(changes) == 1 else "them"
