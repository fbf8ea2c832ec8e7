"""The alarms of all devices that a user sees, as a server's WebSocket tells them.

The server (4.0 to 4.3) sends a page for each query, then what changes in it. It looks for new alarms at most
ten times a minute, so that a burst reaches the subscription late. To have all of it, read the alarms over
REST from time to time, and give them to `reset`. A device that is created later is not in the subscription
until it is renewed.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable
from typing import cast

from papaya.api.alarms import ServerAlarm, alarm_in
from papaya.manifest.model import Json

# Command ids of a connection; those of values count from one.
ACTIVE, OVER = 2_000_001, 2_000_002
_STATUSES: dict[int, list[str]] = {ACTIVE: ["ACTIVE"], OVER: ["CLEARED", "UNACK"]}
PAGE_SIZE = 1_000
# What is older is told of by no update; without a window there would be no updates at all. Ten years.
_WINDOW = 10 * 365 * 86_400_000


class AlarmFeed:
    """Those alarms that are active or not acknowledged; safe to share between threads.

    `on_change` is called from the connection's thread when there are others, and when it begins or ends to
    be told.
    """

    def __init__(self, on_change: Callable[[], None]) -> None:
        self._on_change = on_change
        self._lock = threading.Lock()
        self._known: dict[str, ServerAlarm] = {}
        self._complete: set[int] = set()
        self._refused = False
        # What was told since somebody began to read in another way; None while nobody does.
        self._since: dict[str, ServerAlarm] | None = None
        self.version = 0

    @property
    def is_live(self) -> bool:
        """Whether the server tells of every alarm by itself."""
        with self._lock:
            return not self._refused and self._complete == set(_STATUSES)

    def known(self) -> tuple[ServerAlarm, ...]:
        """Return the alarms that are known, newest first."""
        with self._lock:
            return tuple(sorted(self._known.values(), key=lambda alarm: alarm.created, reverse=True))

    def begin_reset(self) -> None:
        """Take note that somebody begins to read the alarms in another way."""
        with self._lock:
            self._since = {}

    def reset(self, alarms: Iterable[ServerAlarm]) -> None:
        """Take what was read in another way; what was told meanwhile is newer."""
        with self._lock:
            since, self._since = self._since, None
            self._known = {alarm.id: alarm for alarm in alarms}
            for alarm in (since or {}).values():
                self._note(alarm)

    def renew(self) -> None:
        """Subscribe anew: there are other devices."""
        self.version += 1

    def commands(self) -> list[Json]:
        """Return what is sent to subscribe, or to subscribe anew."""
        return [_command(number, statuses) for number, statuses in _STATUSES.items()]

    def lost(self) -> None:
        """Take note that the connection has ended."""
        with self._lock:
            was_live = bool(self._complete)
            self._complete, self._refused = set(), False
        if was_live:
            self._on_change()

    def refuse(self) -> None:
        """Take note that the server does not let this user subscribe."""
        with self._lock:
            self._refused = True
        self._on_change()

    def take(self, number: int, rows: Json, page: Json) -> None:
        """Take a message: with a `page` all alarms of a query, else those that changed."""
        alarms = [one for row in rows if (one := alarm_in(row)) is not None] if isinstance(rows, list) else []
        with self._lock:
            if isinstance(page, dict):
                self._begin_page(number, page)
            for alarm in alarms:
                self._note(alarm)
                if self._since is not None:
                    self._since[alarm.id] = alarm
        self._on_change()

    def _note(self, alarm: ServerAlarm) -> None:
        # An update also tells of what the query would find no more.
        if alarm.is_cleared and alarm.is_acknowledged:
            self._known.pop(alarm.id, None)
        else:
            self._known[alarm.id] = alarm

    def _begin_page(self, number: int, page: dict[str, Json]) -> None:
        is_complete = page.get("hasNext") is not True
        if is_complete:
            self._complete.add(number)
            is_over = number == OVER
            self._known = {key: one for key, one in self._known.items() if one.is_cleared != is_over}
        else:
            self._complete.discard(number)


def _command(number: int, statuses: list[str]) -> Json:
    order = {"key": {"type": "ALARM_FIELD", "key": "createdTime"}, "direction": "DESC"}
    fields = ("createdTime", "originator", "type", "severity", "status")
    link = {
        "page": 0,
        "pageSize": PAGE_SIZE,
        "timeWindow": _WINDOW,
        "searchPropagatedAlarms": False,
        "statusList": statuses,
        "severityList": [],
        "typeList": [],
        "sortOrder": order,
    }
    query = {
        "entityFilter": {"type": "entityType", "entityType": "DEVICE"},
        "keyFilters": [],
        "entityFields": [],
        "latestValues": [],
        "alarmFields": [{"type": "ALARM_FIELD", "key": field} for field in fields],
        "pageLink": link,
    }
    return cast(Json, {"cmdId": number, "type": "ALARM_DATA", "query": query})
