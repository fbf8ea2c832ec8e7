"""The server's alarms of a fleet's devices: listed, acknowledged, cleared."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from papaya.api.alarms import acknowledge_alarm, alarms_of, clear_alarm
from papaya.api.session import Session
from papaya.errors import PapayaError
from papaya.observer import SILENT, Observer
from papaya.render.devices import rank_of
from papaya.render.outcomes import AlarmRow
from papaya.runs.meant import Meant

STEP = "changing alarms"


def alarms_in(session: Session, devices: Sequence[Meant]) -> list[AlarmRow]:
    """Return the active or unacknowledged alarms of devices: active and grave ones first, then new ones."""
    names = {one.id: one.name for one in devices if one.id is not None}
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
        for one in alarms_of(session, names.keys())
    ]
    return sorted(rows, key=lambda one: (one.is_cleared, rank_of(one.severity), -one.created))


def severities_by_device(session: Session, devices: Sequence[Meant]) -> dict[str, list[str]]:
    """Return the severities of the active alarms of devices, by name."""
    found: dict[str, list[str]] = defaultdict(list)
    for one in alarms_in(session, devices):
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
