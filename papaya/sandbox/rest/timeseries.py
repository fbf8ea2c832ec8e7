"""REST endpoints of time series."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

from papaya.sandbox.lenient import device_json
from papaya.sandbox.refusal import PlainRefusal, Refusal, broken, invalid
from papaya.sandbox.rest.access import kind_of
from papaya.sandbox.rest.attributes import PREFIX, entity_of
from papaya.sandbox.rest.call import Call, checked_id
from papaya.sandbox.rest.profiled import unknown_constant
from papaya.sandbox.rest.reply import EMPTY, Reply, json_text, json_value
from papaya.sandbox.rest.routing import ANYONE, Route
from papaya.sandbox.store.calendar import MILLISECONDS, NOMINAL_MS
from papaya.sandbox.store.entities import find
from papaya.sandbox.store.series import (
    AGGREGATIONS,
    LAST_TS,
    Point,
    Window,
    delete_range,
    history,
    latest_points,
    read_entries,
    store_series,
)
from papaya.sandbox.store.values import Unparsable, as_text, wire
from papaya.sandbox.wire import MOST_INT, MOST_LONG, quote, whole_number


def _save(call: Call) -> Reply:
    try:
        payload = device_json(call.body)
    except ValueError as error:
        raise PlainRefusal(400, "Unable to parse time series payload: Invalid JSON body!") from error
    try:
        entries = read_entries(payload, call.core.now(), skip_nulls=False)
    except Unparsable as error:
        message = f"Unable to parse time series payload. Invalid JSON body: {error}"
        raise PlainRefusal(400, message) from error
    if not entries:
        raise PlainRefusal(400, "No time series data found in request body!")
    entity = entity_of(call, writes=True)
    if any(entry.ts > LAST_TS for entry in entries):
        raise PlainRefusal(500)
    store_series(call.core, entity.number, entries)
    return EMPTY


def _values(call: Call) -> Reply:
    keys, strict = call.keys(), call.flag("useStrictDataTypes")
    if "startTs" in call.query and "endTs" in call.query:
        return _answer(_past(call, keys), strict)
    entity = entity_of(call)
    latest = {key: [point] for key, point in latest_points(call.core, entity.number, keys)}
    now = call.core.now()
    # A named key without a value is answered with a null of now.
    return _answer(latest if not keys else {key: latest.get(key, [(now, "", None)]) for key in keys}, strict)


def _history(call: Call) -> Reply:
    for name in ("startTs", "endTs"):
        if name not in call.query:
            raise broken(f"Required request parameter '{name}' for method parameter type Long is not present")
    return _values(call)


def _past(call: Call, keys: Sequence[str]) -> dict[str, list[Point]]:
    # The server checks whether the sender may read time series, and ignores the result.
    entity, window = find(call.core, kind_of(call), checked_id(call.parameters["entityId"])), _window(call)
    if entity is None:
        return {}
    try:
        found = {key: history(call.core, entity.number, key, window) for key in keys}
    except Refusal as refusal:
        raise PlainRefusal(refusal.status, refusal.message) from refusal
    return {key: points for key, points in found.items() if points}


def _answer(found: dict[str, list[Point]], strict: bool) -> Reply:
    items = (
        f"{quote(key)}:[{','.join(_point(point, strict) for point in points)}]"
        for key, points in found.items()
    )
    return json_text(f"{{{','.join(items)}}}")


def _point(point: Point, strict: bool) -> str:
    ts, kind, value = point
    if value is None:
        return f'{{"ts":{ts},"value":null}}'
    written = wire(kind, value) if strict else quote(as_text(kind, value))
    return f'{{"ts":{ts},"value":{written}}}'


def _window(call: Call) -> Window:
    interval = _number(call, "interval", 0)
    aggregation = call.argument("agg") or "NONE"
    if aggregation not in AGGREGATIONS:
        dialect = call.core.dialect
        message = f"No enum constant org.thingsboard.server.common.data.kv.Aggregation.{aggregation}"
        raise Refusal(*dialect.bad_enum, message)
    kind = call.argument("intervalType")
    if kind not in (None, MILLISECONDS, *NOMINAL_MS):
        dialect = call.core.dialect
        told = unknown_constant("intervalType", "kv.IntervalType", str(kind), is_hidden=dialect.short_paths)
        raise Refusal(*dialect.bad_enum, told.message)
    calendar = kind in NOMINAL_MS
    window = Window(
        start=_number(call, "startTs", 0),
        end=_number(call, "endTs", 0),
        interval=interval,
        aggregation="NONE" if interval == 0 and not calendar else aggregation,
        limit=_number(call, "limit", 100),
        descending=(call.argument("orderBy") or "DESC").upper() != "ASC",
    )
    return window.in_calendar(kind, call.argument("timeZone"))


def _number(call: Call, name: str, default: int) -> int:
    text = call.first(name)
    if text is None:
        return default
    try:
        return whole_number(text, most=MOST_INT if name == "limit" else MOST_LONG)
    except ValueError as error:
        raise invalid(f"Method parameter '{name}': Failed to convert value '{text}'") from error


def _keys(call: Call) -> Reply:
    return json_value([key for key, _ in latest_points(call.core, entity_of(call).number)])


def _delete(call: Call) -> Reply:
    keys = call.keys()
    if not keys:
        raise PlainRefusal(400, "Empty keys: " + ("[]" if call.core.dialect.repeatable_key else ""))
    if call.flag("deleteAllDataForKeys"):
        start, end = 0, call.core.now()
    elif "startTs" in call.query and "endTs" in call.query:
        start, end = _number(call, "startTs", 0), _number(call, "endTs", 0)
    else:
        message = "When deleteAllDataForKeys is false, start and end timestamp values shouldn't be empty"
        raise PlainRefusal(400, message)
    entity = entity_of(call, writes=True)
    for key in keys:
        delete_range(
            call.core,
            entity.number,
            key,
            start,
            end,
            delete_latest=call.flag("deleteLatest", default=True),
            rewrite_latest=call.flag("rewriteLatestIfDeleted"),
        )
    return EMPTY


_ENTITY = f"{PREFIX}/{{entityType}}/{{entityId}}"
_route = partial(Route, authorities=ANYONE)
ROUTES = (
    _route("POST", f"{_ENTITY}/timeseries/{{scope}}", _save),
    _route("POST", f"{_ENTITY}/timeseries/{{scope}}/{{ttl}}", _save),
    _route("GET", f"{_ENTITY}/values/timeseries", _values),
    _route("GET", f"{_ENTITY}/keys/timeseries", _keys),
    _route("DELETE", f"{_ENTITY}/timeseries/delete", _delete),
)
HISTORY_ROUTES = (_route("GET", f"{_ENTITY}/values/timeseries/history", _history),)
