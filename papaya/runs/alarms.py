"""The server's alarms of a fleet's devices: listed, acknowledged, cleared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from papaya.api.alarms import (
    MOST_BY_DEVICE,
    MOST_LOOKED_AT,
    acknowledge_alarm,
    alarms_of,
    clear_alarm,
)
from papaya.api.session import Session
from papaya.counting import counted
from papaya.errors import PapayaError
from papaya.observer import SILENT, Observer
from papaya.render.devices import rank_of
from papaya.render.outcomes import AlarmRow
from papaya.runs.meant import Meant
from papaya.runs.progress import rows_told

STEP = "changing alarms"


@dataclass(frozen=True, slots=True)
class Alarms:
    """Alarms of devices, and how many older ones of the tenant nobody looked at."""

    rows: tuple[AlarmRow, ...]
    unread: int = 0


def alarms_in(
    session: Session, devices: Sequence[Meant], observer: Observer = SILENT, *, most: int = MOST_LOOKED_AT
) -> Alarms:
    """Return the active or unacknowledged alarms of devices: active and grave ones first, then new ones.

    The observer is warned where the tenant has more than `most` alarms of a status, and others were not read.
    """
    names = {one.id: one.name for one in devices if one.id is not None}
    unread: list[int] = []
    with rows_told(session, observer, "alarms"):
        found = alarms_of(session, names.keys(), most=most, left_out=unread.append)
    rows = [
        AlarmRow(
            one.id,
            names[one.device],
            one.kind,
            one.severity,
            one.created,
            one.is_cleared,
            one.is_acknowledged,
            one.details,
        )
        for one in found
    ]
    if unread:
        observer.warned(
            f"{session.url} has {counted(sum(unread), 'more alarm')}: papaya reads the newest {most:,} of "
            "the tenant. Older alarms of this fleet are not listed. "
            f"Name up to {MOST_BY_DEVICE} devices to list all of theirs."
        )
    ordered = sorted(rows, key=lambda one: (one.is_cleared, rank_of(one.severity), -one.created))
    return Alarms(tuple(ordered), sum(unread))


def severities_by_device(
    session: Session, devices: Sequence[Meant], observer: Observer = SILENT
) -> dict[str, list[str]]:
    """Return the severities of the active alarms of devices, by name."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in alarms_in(session, devices, observer).rows:
        if not one.is_cleared:
            found[one.device].append(one.severity)
    return dict(found)


def change_alarms(
    session: Session,
    alarms: Sequence[AlarmRow],
    *,
    acknowledge: bool,
    clear: bool,
    observer: Observer = SILENT,
) -> list[tuple[AlarmRow, str]]:
    """Acknowledge or clear alarms; return those that could not be changed, each with why."""

    def change(alarm: AlarmRow) -> str:
        try:
            if acknowledge and not alarm.is_acknowledged:
                acknowledge_alarm(session, alarm.id)
            if clear and not alarm.is_cleared:
                clear_alarm(session, alarm.id)
        except PapayaError as error:
            return error.message
        return ""

    failed: list[tuple[AlarmRow, str]] = []
    observer.began(STEP, len(alarms))
    try:
        with ThreadPoolExecutor(session.concurrency) as pool:
            for done, (alarm, reason) in enumerate(zip(alarms, pool.map(change, alarms), strict=True), 1):
                if reason:
                    failed.append((alarm, reason))
                observer.progressed(STEP, done, len(alarms))
    finally:
        observer.ended(STEP)
    return failed
