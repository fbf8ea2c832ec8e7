"""Subscriptions of alarms: the page that a query finds, or their number."""

from __future__ import annotations

import json
from typing import Any

from papaya.sandbox.query.alarms import count_of_query, page_of_query
from papaya.sandbox.store.changes import ALARMS, ANY, Change
from papaya.sandbox.websocket.subscription import (
    BAD_REQUEST,
    Command,
    CommandFailed,
    Peer,
    command_id,
    count_update,
    page_update,
)

_DATA, _COUNT, _COUNT_UPDATE = "ALARM_DATA", "ALARM_COUNT", "ALARM_COUNT_DATA"


# So often in a minute the server looks for alarms that have come or gone; then it waits for the next.
_MOST_LOOKS = 10


class AlarmSubscription:
    """Sends a page of alarms, then those of them that change, or a new page when others came or went.

    Without a time window the server sends no new alarms, only changes of alarms on the page.
    """

    def __init__(self, peer: Peer, identifier: int, query: Command) -> None:
        self._peer, self._identifier, self._query = peer, identifier, query
        self._known: dict[str, Any] = {}
        self._looks, self._is_due = 0, False
        link = query.get("pageLink")
        self._has_window = bool(isinstance(link, dict) and link.get("timeWindow"))
        self._send_page(self._load())
        peer.core.changes.watch(ANY, self)

    def changed(self, change: Change) -> None:
        """Send what an alarm's change means for the page."""
        if change.source != ALARMS:
            return
        before, page = self._known, self._load()
        if before.keys() - self._known.keys() or (self._has_window and before.keys() != self._known.keys()):
            if self._looks < _MOST_LOOKS:
                self._looks += 1
                self._send_page(page)
                return
            self._is_due = True
        update = [alarm for key, alarm in self._known.items() if key in before and before[key] != alarm]
        self._known = {key: self._known.get(key, alarm) for key, alarm in before.items()}
        if update:
            self._send(update=update, total=int(page["totalElements"]))

    def refresh(self) -> None:
        """Send what was not looked for any more in the last minute."""
        self._looks = 0
        if self._is_due:
            self._is_due = False
            self._send_page(self._load())

    def end(self) -> None:
        """Send no more."""
        self._peer.core.changes.unwatch(ANY, self)

    def _load(self) -> dict[str, Any]:
        page: dict[str, Any] = json.loads(page_of_query(self._peer.core, self._query, self._peer.user))
        self._known = {alarm["id"]["id"]: alarm for alarm in page["data"]}
        return page

    def _send_page(self, page: dict[str, Any]) -> None:
        self._send(data=page, total=int(page["totalElements"]))

    def _send(self, *, data: Any = None, update: Any = None, total: int = 0) -> None:
        self._peer.send(
            page_update(
                _DATA,
                self._identifier,
                data=data,
                update=update,
                allowedEntities=10_000,
                totalEntities=total,
            )
        )


class AlarmCountSubscription:
    """Sends how many alarms a query finds, again when that changes."""

    def __init__(self, peer: Peer, identifier: int, query: Command) -> None:
        self._peer, self._identifier, self._query = peer, identifier, query
        self._count = -1
        self.refresh()
        peer.core.changes.watch(ANY, self)

    def changed(self, change: Change) -> None:
        """Count again after an alarm's change."""
        if change.source == ALARMS:
            self.refresh()

    def refresh(self) -> None:
        """Count again."""
        counted = count_of_query(self._peer.core, self._query, self._peer.user)
        if counted != self._count:
            self._count = counted
            self._peer.send(count_update(_COUNT_UPDATE, self._identifier, counted))

    def end(self) -> None:
        """Send no more."""
        self._peer.core.changes.unwatch(ANY, self)


def subscribe_data(peer: Peer, command: Command) -> None:
    """Answer an ALARM_DATA command."""
    identifier, query = command_id(command), _query(command)
    peer.subscribe(_DATA, identifier, AlarmSubscription(peer, identifier, query))


def subscribe_count(peer: Peer, command: Command) -> None:
    """Answer an ALARM_COUNT command."""
    identifier, query = command_id(command), _query(command)
    peer.subscribe(_COUNT, identifier, AlarmCountSubscription(peer, identifier, query))


def fail_data(peer: Peer, identifier: int, code: int, message: str) -> None:
    """Answer that an ALARM_DATA command failed."""
    peer.send(page_update(_DATA, identifier, code=code, message=message, allowedEntities=0, totalEntities=0))


def fail_count(peer: Peer, identifier: int, code: int, message: str) -> None:
    """Answer that an ALARM_COUNT command failed."""
    peer.send(count_update(_COUNT_UPDATE, identifier, 0, code, message))


def _query(command: Command) -> Command:
    query = command.get("query")
    if not isinstance(query, dict):
        raise CommandFailed(BAD_REQUEST, "Query is empty!")
    return query
