"""The server's own alarms of devices: those that ask for attention, and what somebody does about them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass

from papaya.api.paging import pages
from papaya.api.protocols import Server
from papaya.errors import Rejected
from papaya.foreign import moment
from papaya.manifest.model import Json

LISTED = "/api/alarms"
OF_DEVICE = "/api/alarm/DEVICE"
# Between them they have every alarm that is active or not acknowledged, and none twice.
_WANTED: tuple[Mapping[str, str], ...] = ({"searchStatus": "ACTIVE"}, {"status": "CLEARED_UNACK"})
_PAGE_SIZE = 500
# In some tenants nobody has acknowledged an alarm for years.
MOST_LOOKED_AT = 10_000
# So many devices are asked for one by one where the list of the tenant is longer than that.
MOST_BY_DEVICE = 50


@dataclass(frozen=True, slots=True)
class ServerAlarm:
    """One alarm; `device` is an id, `created` in milliseconds since 1970, `details` what a rule wrote."""

    id: str
    device: str
    kind: str
    severity: str
    created: int
    is_cleared: bool
    is_acknowledged: bool
    details: Json = None


def alarms_of(
    server: Server,
    devices: Collection[str],
    *,
    most: int = MOST_LOOKED_AT,
    left_out: Callable[[int], object] = lambda _: None,
) -> tuple[ServerAlarm, ...]:
    """Return the alarms of these devices that are active or not acknowledged, newest first.

    The server lists those of the whole tenant; `most` is how many of each kind are looked at. `left_out`
    hears how many of a kind are not. Up to `MOST_BY_DEVICE` devices have all of theirs.
    """
    found = [
        alarm
        for wanted in _WANTED
        for alarm in _listed(server, wanted, devices, most, left_out)
        if alarm is not None and alarm.device in devices
    ]
    return tuple(sorted(found, key=lambda alarm: alarm.created, reverse=True))


def acknowledge_alarm(server: Server, alarm: str) -> None:
    """Take note of an alarm; nothing happens where somebody already has."""
    _change(server, f"/api/alarm/{alarm}/ack", "already acknowledged")


def clear_alarm(server: Server, alarm: str) -> None:
    """End an alarm; nothing happens where it has ended already."""
    _change(server, f"/api/alarm/{alarm}/clear", "already cleared")


def _change(server: Server, path: str, done: str) -> None:
    try:
        server.post(path, None, repeatable=True)
    except Rejected as failure:
        if done not in failure.message:
            raise


def _listed(
    server: Server,
    wanted: Mapping[str, str],
    devices: Collection[str],
    most: int,
    left_out: Callable[[int], object],
) -> Iterator[ServerAlarm | None]:
    looked_at = 0
    for rows, total in _pages(server, LISTED, wanted):
        if total > most and len(devices) <= MOST_BY_DEVICE:
            for device in devices:
                for of_device, _ in _pages(server, f"{OF_DEVICE}/{device}", wanted):
                    yield from map(alarm_in, of_device)
            return
        yield from map(alarm_in, rows)
        looked_at += len(rows)
        if looked_at >= most:
            if total > looked_at:
                left_out(total - looked_at)
            return


def _pages(server: Server, path: str, wanted: Mapping[str, str]) -> Iterator[tuple[list[Json], int]]:
    """Yield the pages of a list of alarms, newest first, each with the number of alarms in the list."""
    order = {**wanted, "sortProperty": "createdTime", "sortOrder": "DESC"}
    total = 0

    def ask(number: int, size: int) -> Json:
        nonlocal total
        answer = server.get(path, params={**order, "pageSize": size, "page": number})
        told = answer.get("totalElements") if isinstance(answer, dict) else None
        total = told if isinstance(told, int) else 0
        return answer

    for rows in pages(server, ask, _PAGE_SIZE, method="GET", path=path):
        yield rows, total


def alarm_in(row: Json) -> ServerAlarm | None:
    """Return an alarm of a device; what else has alarms is no concern of a fleet of devices."""
    match row:
        case {
            "id": {"id": str(id_)},
            "originator": {"entityType": "DEVICE", "id": str(device)},
            "type": str(kind),
            "severity": str(severity),
            "createdTime": created,
            **others,
        } if (at := moment(created)) is not None:
            return ServerAlarm(
                id_,
                device,
                kind,
                severity,
                at,
                is_cleared=others.get("cleared") is True,
                is_acknowledged=others.get("acknowledged") is True,
                details=_details(others.get("details")),
            )
    return None


def _details(value: object) -> Json:
    # A rule writes an object, people a text, and programs whatever JSON has; an empty one says nothing.
    return value if isinstance(value, dict | list | str) and value else None
