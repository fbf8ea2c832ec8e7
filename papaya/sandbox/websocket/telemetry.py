"""Subscriptions of one entity: its time series, its attributes, its history."""

from __future__ import annotations

from collections.abc import Sequence

from papaya.sandbox.numbers import whole
from papaya.sandbox.refusal import NO_PERMISSION
from papaya.sandbox.store.attributes import SCOPES, read_attributes
from papaya.sandbox.store.calendar import NOMINAL_MS
from papaya.sandbox.store.changes import SERIES, Change, Value
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import NORMAL_NAMES, Entity, find
from papaya.sandbox.store.series import Window, history, latest_points
from papaya.sandbox.store.users import may_read
from papaya.sandbox.websocket.subscription import (
    BAD_REQUEST,
    INTERNAL_ERROR,
    UNAUTHORIZED,
    Command,
    CommandFailed,
    Peer,
    command_id,
    telemetry_update,
)
from papaya.sandbox.wire import MOST_INT, MOST_LONG, is_uuid

_FAMILY = {True: "TIMESERIES", False: "ATTRIBUTES"}
_ANY_SCOPE = -1


class EntitySubscription:
    """Sends later values of one entity's series, or of its attributes."""

    def __init__(self, peer: Peer, identifier: int, number: int, source: int, keys: Sequence[str]) -> None:
        self._peer, self._identifier, self._number = peer, identifier, number
        self._source, self._keys = source, frozenset(keys)
        peer.core.changes.watch(number, self)

    def changed(self, change: Change) -> None:
        """Send what is subscribed to of a change."""
        wanted = change.source == self._source or (self._source == _ANY_SCOPE and change.source > SERIES)
        if not wanted:
            return
        values = change.values
        if self._keys:
            values = {key: found for key, found in values.items() if key in self._keys}
        if values:
            self._peer.send(telemetry_update(self._identifier, values=values))

    def refresh(self) -> None:
        """Changes say everything."""

    def end(self) -> None:
        """Send no more."""
        self._peer.core.changes.unwatch(self._number, self)


def subscribe_series(peer: Peer, command: Command) -> None:
    """Answer a TIMESERIES command: what there is, then what comes."""
    found = _begin(peer, command, is_series=True)
    if found is None:
        return
    identifier, entity = found
    keys = _keys(command)
    peer.send(telemetry_update(identifier, values=_series(peer.core, entity, keys, command)))
    subscription = EntitySubscription(peer, identifier, entity.number, SERIES, keys)
    peer.subscribe(_FAMILY[True], identifier, subscription)


def subscribe_attributes(peer: Peer, command: Command) -> None:
    """Answer an ATTRIBUTES command: what there is, then what comes."""
    found = _begin(peer, command, is_series=False)
    if found is None:
        return
    identifier, entity = found
    keys, scope = _keys(command), SCOPES.get(str(command.get("scope")))
    rows = read_attributes(peer.core, entity.number, scope, keys)
    values: dict[str, list[Value]] = {key: [(ts, kind, value)] for ts, key, kind, value in rows}
    peer.send(telemetry_update(identifier, values=values))
    source = _ANY_SCOPE if scope is None else scope
    subscription = EntitySubscription(peer, identifier, entity.number, source, keys)
    peer.subscribe(_FAMILY[False], identifier, subscription)


def send_history(peer: Peer, command: Command) -> None:
    """Answer a TIMESERIES_HISTORY command, once."""
    identifier, entity = command_id(command), _entity(peer, command)
    window = read_window(command, whole(command["startTs"]), whole(command["endTs"]))
    found = {key: history(peer.core, entity.number, key, window) for key in _keys(command)}
    peer.send(telemetry_update(identifier, values={key: points for key, points in found.items() if points}))


def fail(peer: Peer, identifier: int, code: int, message: str) -> None:
    """Answer that a command of this family failed."""
    peer.send(telemetry_update(identifier, code, message))


def read_window(command: Command, start: int, end: int) -> Window:
    """Return the window of a command that has interval, limit and agg beside its times."""
    interval, kind = whole(command.get("interval")), str(command.get("intervalType"))
    aggregation, zone = str(command.get("agg") or "NONE"), command.get("timeZoneId")
    window = Window(
        start=start,
        end=end,
        interval=interval,
        aggregation=aggregation if interval or kind in NOMINAL_MS else "NONE",
        limit=whole(command.get("limit"), most=MOST_INT) or 100,
    )
    return window.in_calendar(kind, zone if isinstance(zone, str) else None)


def _begin(peer: Peer, command: Command, *, is_series: bool) -> tuple[int, Entity] | None:
    identifier = command_id(command)
    if command.get("unsubscribe") is True:
        peer.unsubscribe(_FAMILY[is_series], identifier)
        return None
    return identifier, _entity(peer, command)


def _entity(peer: Peer, command: Command) -> Entity:
    kind, identifier = str(command.get("entityType")).upper(), command.get("entityId")
    if not identifier:
        raise CommandFailed(BAD_REQUEST, "Device id is empty!")
    if kind not in NORMAL_NAMES or not is_uuid(identifier):
        raise CommandFailed(BAD_REQUEST, "Failed to parse the payload")
    found = find(peer.core, kind, str(identifier).lower())
    if found is None:
        raise CommandFailed(INTERNAL_ERROR, "Failed to fetch data!")
    if not may_read(peer.user, found):
        raise CommandFailed(UNAUTHORIZED, NO_PERMISSION)
    return found


def _keys(command: Command) -> list[str]:
    return [key for key in str(command.get("keys") or "").split(",") if key]


def _series(core: Core, entity: Entity, keys: list[str], command: Command) -> dict[str, list[Value]]:
    span = whole(command.get("timeWindow"))
    if span and keys:
        start = whole(command.get("startTs"))
        window = read_window(command, start, min(start + span, MOST_LONG))
        return {key: history(core, entity.number, key, window) for key in keys}
    latest: dict[str, list[Value]] = {key: [point] for key, point in latest_points(core, entity.number, keys)}
    now = core.now()
    # A named key without a value comes as a null of now, as over REST.
    return {key: latest.get(key, [(now, "s", None)]) for key in keys} if keys else latest
