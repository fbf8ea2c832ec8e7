"""Subscriptions of a query: the entities it finds, with latest values and series; or their number."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from papaya.sandbox.numbers import whole
from papaya.sandbox.query.entities import count, find, read_query
from papaya.sandbox.query.keys import ANY_ATTRIBUTE, ENTITY_FIELD, SCOPE_OF, TIME_SERIES
from papaya.sandbox.store.changes import SERIES, Change, Value
from papaya.sandbox.store.series import history
from papaya.sandbox.websocket.subscription import (
    BAD_REQUEST,
    INTERNAL_ERROR,
    Command,
    CommandFailed,
    Peer,
    command_id,
    count_update,
    page_update,
    telemetry_update,
    text_of,
)
from papaya.sandbox.websocket.telemetry import read_window
from papaya.sandbox.wire import MOST_LONG

_DATA, _COUNT, _COUNT_UPDATE = "ENTITY_DATA", "ENTITY_COUNT", "COUNT_DATA"
# Sent to the client only: the server does not enforce it.
_ALLOWED = 10_000
_ONE_SHOT_OR_LIVE = ("historyCmd", "tsCmd", "latestCmd")
Rows = list[tuple[int, dict[str, Any]]]


@dataclass(slots=True)
class _Entity:
    """An entity of the page, with the newest value of each subscribed key that the client has."""

    reference: dict[str, str]
    latest: dict[str, dict[str, dict[str, Any]]]


class DataSubscription:
    """Sends later values of the entities on a page; which these are is settled at the beginning."""

    def __init__(self, peer: Peer, identifier: int, query: Command) -> None:
        self._peer, self._identifier, self._query = peer, identifier, query
        self._entities: dict[int, _Entity] = {}
        self._latest: dict[str, frozenset[str]] = {}
        self._series: frozenset[str] = frozenset()
        self.rows: Rows = []
        self.page: dict[str, Any] = {}

    def load(self) -> None:
        """Run the query and watch what it finds."""
        self.end()
        query = read_query(self._peer.core, self._query, self._peer.user, paged=True)
        found, total = find(self._peer.core, query)
        self.rows = [(number, json.loads(text)) for number, text in found]
        pages = -(-total // query.size)
        following = total > query.size * query.number + len(found)
        self.page = {"totalPages": pages, "totalElements": total, "hasNext": following}
        self._entities = {
            number: _Entity(row["entityId"], {kind: dict(keys) for kind, keys in row["latest"].items()})
            for number, row in self.rows
        }
        for number in self._entities:
            self._peer.core.changes.watch(number, self)

    def send_page(self) -> None:
        """Send the page as a whole."""
        self._send(data={"data": [row for _, row in self.rows], **self.page})

    def send_rows(self) -> None:
        """Send the rows again after the page, with the series that were asked for then."""
        self._send(update=[row for _, row in self.rows])

    def add_series(self, command: Command, start: int, end: int) -> None:
        """Put the series of a window into the rows."""
        window = read_window(command, start, end)
        for number, row in self.rows:
            row["timeseries"] = {
                key: [
                    {"ts": ts, "value": text_of(kind, value)}
                    for ts, kind, value in history(self._peer.core, number, key, window)
                ]
                for key in command.get("keys") or ()
            }

    def follow(self, latest: Command | None, series: Command | None) -> None:
        """Send later values of these keys."""
        if latest is not None:
            names: dict[str, set[str]] = {}
            for key in latest.get("keys") or ():
                names.setdefault(str(key["type"]), set()).add(str(key["key"]))
            names.pop(ENTITY_FIELD, None)
            self._latest = {kind: frozenset(keys) for kind, keys in names.items()}
        if series is not None:
            self._series = frozenset(series.get("keys") or ())

    def changed(self, change: Change) -> None:
        """Send what is followed of a change: latest values by kind, then series."""
        entity = self._entities.get(change.number)
        if entity is None:
            return
        for kind, names in self._latest.items():
            if change.source in _sources(kind):
                newer = _newer(change, names, entity.latest.setdefault(kind, {}))
                if newer:
                    self._send_entity(entity, latest={kind: newer}, timeseries=None)
        if change.source == SERIES and self._series:
            series = {
                key: [{"ts": ts, "value": text_of(value_kind, value)} for ts, value_kind, value in values]
                for key, values in change.values.items()
                if key in self._series and values[0][0]
            }
            if series:
                self._send_entity(entity, latest=None, timeseries=series)

    def refresh(self) -> None:
        """Ask again who belongs to the page, where the page link says that this may change."""
        if (self._query.get("pageLink") or {}).get("dynamic") is True:
            before = list(self._entities)
            self.load()
            if before != list(self._entities):
                self.send_page()

    def end(self) -> None:
        """Send no more."""
        for number in self._entities:
            self._peer.core.changes.unwatch(number, self)

    def _send_entity(self, entity: _Entity, **parts: object) -> None:
        self._send(update=[{"entityId": entity.reference, **parts, "aggLatest": None}])

    def _send(self, *, data: Any = None, update: Any = None) -> None:
        self._peer.send(
            page_update(_DATA, self._identifier, data=data, update=update, allowedEntities=_ALLOWED)
        )


class CountSubscription:
    """Sends how many entities a query finds, again when that changes; the server looks once a minute."""

    def __init__(self, peer: Peer, identifier: int, query: Command) -> None:
        self._peer, self._identifier, self._query = peer, identifier, query
        self._count = -1
        self.refresh()

    def changed(self, change: Change) -> None:
        """No change of values is told to this subscription."""

    def refresh(self) -> None:
        """Count again."""
        core = self._peer.core
        counted = count(core, read_query(core, self._query, self._peer.user, paged=False))
        if counted != self._count:
            self._count = counted
            self._peer.send(count_update(_COUNT_UPDATE, self._identifier, counted))

    def end(self) -> None:
        """Send no more."""


def subscribe_data(peer: Peer, command: Command) -> None:
    """Answer an ENTITY_DATA command; without a query it adds to the one of the same id."""
    identifier = command_id(command)
    parts = {name: command.get(name) for name in _ONE_SHOT_OR_LIVE}
    subscription = peer.subscriptions.get((_DATA, identifier))
    query = command.get("query")
    is_new = query is not None or not isinstance(subscription, DataSubscription)
    if is_new:
        if not isinstance(query, dict):
            raise CommandFailed(BAD_REQUEST, "Query is empty!")
        latest = parts["latestCmd"]
        if latest is not None:
            fault = _null_list(query, latest)
            if fault is not None:
                # The server stumbles, and answers in the form of another command.
                peer.send(telemetry_update(identifier, INTERNAL_ERROR, fault))
                return
            query = {**query, "latestValues": [*(query.get("latestValues") or ()), *_missing(query, latest)]}
        subscription = DataSubscription(peer, identifier, query)
        subscription.load()
        peer.subscribe(_DATA, identifier, subscription)
    assert isinstance(subscription, DataSubscription)  # noqa: S101 - narrows the type
    _run(peer, subscription, parts, is_new=is_new)


def _run(peer: Peer, subscription: DataSubscription, parts: dict[str, Any], *, is_new: bool) -> None:
    past, series, latest = (parts[name] for name in _ONE_SHOT_OR_LIVE)
    # With series alone the page waits for them; with latest values it comes first.
    if is_new and (latest is not None or (past is None and series is None)):
        subscription.send_page()
        is_new = False
    for command in (past, series):
        if command is None:
            continue
        start = whole(command["startTs"])
        end = whole(command["endTs"]) if command is past else start + whole(command["timeWindow"])
        subscription.add_series(command, start, min(end, MOST_LONG))
        subscription.send_page() if is_new else subscription.send_rows()
        is_new = False
    subscription.follow(latest, series)


def subscribe_count(peer: Peer, command: Command) -> None:
    """Answer an ENTITY_COUNT command."""
    identifier, query = command_id(command), command.get("query")
    if not isinstance(query, dict):
        raise CommandFailed(BAD_REQUEST, "Query is empty!")
    peer.subscribe(_COUNT, identifier, CountSubscription(peer, identifier, query))


def fail_data(peer: Peer, identifier: int, code: int, message: str) -> None:
    """Answer that an ENTITY_DATA command failed."""
    peer.send(page_update(_DATA, identifier, code=code, message=message, allowedEntities=0))


def fail_count(peer: Peer, identifier: int, code: int, message: str) -> None:
    """Answer that an ENTITY_COUNT command failed."""
    peer.send(count_update(_COUNT_UPDATE, identifier, 0, code, message))


def _null_list(query: Command, latest: Any) -> str | None:
    """Return the server's words for a list that a client left out, None if both are there."""
    cannot, is_null = 'Cannot invoke "java.util.List.', "because the return value of"
    if not isinstance(latest, dict) or not isinstance(latest.get("keys"), list):
        of = "org.thingsboard.server.service.ws.telemetry.cmd.v2.LatestValueCmd.getKeys()"
        return f'{cannot}forEach(java.util.function.Consumer)" {is_null} "{of}" is null'
    if latest["keys"] and not isinstance(query.get("latestValues"), list):
        of = "org.thingsboard.server.common.data.query.EntityDataQuery.getLatestValues()"
        return f'{cannot}contains(Object)" {is_null} "{of}" is null'
    return None


def _missing(query: Command, latest: Command) -> list[Any]:
    return [key for key in latest["keys"] if key not in query["latestValues"]]


def _sources(kind: str) -> tuple[int, ...]:
    if kind == TIME_SERIES:
        return (SERIES,)
    return tuple(SCOPE_OF.values()) if kind == ANY_ATTRIBUTE else (SCOPE_OF.get(kind, -1),)


def _newer(
    change: Change, names: frozenset[str], known: dict[str, dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """Return what is news to the client, and remember it; deleted keys come with the time 0."""
    news: dict[str, dict[str, Any]] = {}
    for key, values in change.values.items():
        if key not in names:
            continue
        newest: Value = max(values, key=lambda each: each[0])
        shown = {"ts": newest[0], "value": text_of(newest[1], newest[2])}
        before = known.get(key, {"ts": 0, "value": ""})
        if shown["ts"] and (shown["ts"] < before["ts"] or shown == before):
            continue
        known[key] = news[key] = shown
    return news
