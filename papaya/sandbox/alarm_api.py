"""Endpoints of alarms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from papaya.sandbox.alarms import (
    ORDERS,
    SEARCHES,
    SEVERITIES,
    STATUSES,
    Selection,
    acknowledge,
    clear,
    count_alarms,
    find_alarms,
    note_change,
    require_alarm,
    save_alarm,
    without_names,
)
from papaya.sandbox.core import Call
from papaya.sandbox.entities import NORMAL_NAMES, id_in, readable, reference_in
from papaya.sandbox.pages import check_page, page_text, read_page_link
from papaya.sandbox.query import EMPTY_PAGE, find, latest_values, read_query
from papaya.sandbox.query_keys import ENTITY_FIELD, read_keys
from papaya.sandbox.refusal import Refusal, invalid, missing
from papaya.sandbox.reply import Reply, json_text, json_value
from papaya.sandbox.routing import CUSTOMER_USER, Route
from papaya.sandbox.wire import dumps

_EVERY = 2**31


def _visible(call: Call) -> Selection:
    if call.sender.authority == CUSTOMER_USER:
        return Selection().also("e.customer_id = ?", call.sender.customer_id)
    return Selection()


def _of_entity(call: Call) -> Selection:
    kind = call.parameters["entityType"].upper()
    if kind not in NORMAL_NAMES:
        raise invalid(f"Unsupported EntityType: {kind}")
    entity = readable(call, kind, call.identifier("entityId"))
    return Selection().also("al.originator = ?", entity.number)


def _one_of(call: Call, known: dict[str, str], name: str) -> str:
    if name not in known:
        dialect = call.core.dialect
        message = f"No enum constant org.thingsboard.server.common.data.alarm.{name}"
        raise Refusal(dialect.bad_enum_status, dialect.bad_enum_code, message)
    return known[name]


def _by_query(call: Call, selection: Selection) -> Selection:
    """Return the selection narrowed by the parameters of both list versions."""
    search, status = call.argument("searchStatus"), call.argument("status")
    if search is not None and status is not None:
        raise invalid(
            "Invalid alarms search query: Both parameters 'searchStatus' and 'status' can't be "
            "specified at the same time!"
        )
    if search is not None:
        selection = selection.also(_one_of(call, SEARCHES, search))
    if status is not None:
        selection = selection.also(_one_of(call, STATUSES, status))
    body = {name: _several(call, name) for name in ("statusList", "severityList", "typeList")}
    selection = _by_lists(call, selection, body)
    for name, condition in (("startTime", "al.created_time >= ?"), ("endTime", "al.created_time <= ?")):
        text = call.argument(name)
        if text is not None and text.isdigit():
            selection = selection.also(condition, int(text))
    return selection


def _several(call: Call, name: str) -> list[str]:
    return [word for value in call.query.get(name, ()) for word in value.split(",") if word]


def _by_lists(call: Call, selection: Selection, body: dict[str, Any]) -> Selection:
    statuses = [name for name in body.get("statusList") or () if name != "ANY"]
    # Within a pair the server takes either, across pairs both.
    for pair in (("ACTIVE", "CLEARED"), ("ACK", "UNACK")):
        chosen = [_one_of(call, SEARCHES, name) for name in statuses if name in pair]
        if chosen:
            selection = selection.also(" OR ".join(chosen))
    severities, types = body.get("severityList"), body.get("typeList")
    if severities:
        selection = selection.also("al.severity IN (SELECT value FROM json_each(?))", dumps(severities))
    if types:
        selection = selection.also("al.type IN (SELECT value FROM json_each(?))", dumps(types))
    return selection


def _list(of_entity: bool, call: Call) -> Reply:
    link = read_page_link(call)
    selection = _by_query(call, _of_entity(call) if of_entity else _visible(call))
    if link.text_search is not None:
        pattern = f"%{link.text_search}%"
        matched = "ilike(al.type, ?) OR ilike(al.severity, ?) OR ilike(e.name, ?)"
        selection = selection.also(matched, pattern, pattern, pattern)
    order = "al.id"
    if link.sort_property is not None:
        if link.sort_property not in ORDERS:
            raise invalid(f"Unsupported sort property '{link.sort_property}'!")
        order = f"{ORDERS[link.sort_property]} {'DESC' if link.descending else 'ASC'}, al.id"
    alarms = find_alarms(call.core, selection, order, link.size, link.offset)
    return json_text(
        page_text(
            [dumps(alarm) for alarm in alarms], count_alarms(call.core, selection), link.size, link.number
        )
    )


def _checked(call: Call) -> dict[str, Any]:
    alarm = require_alarm(call.core, call.identifier("id"))
    originator = alarm["originator"]
    readable(call, originator["entityType"], originator["id"])
    return alarm


def _read(short: bool, call: Call) -> Reply:
    alarm = _checked(call)
    return json_value(without_names(alarm) if short else alarm)


def _save(call: Call) -> Reply:
    body = call.json_object()
    named = reference_in(body.get("originator"))
    if named is None:
        raise missing()
    identifier = id_in(body, "id", "ALARM")
    if identifier is not None:
        require_alarm(call.core, identifier)
    originator = readable(call, *named)
    return json_value(without_names(save_alarm(call.core, originator, identifier, body)))


def _acknowledge(call: Call) -> Reply:
    _checked(call)
    if not acknowledge(call.core, call.identifier("id"), call.core.now()):
        raise invalid("Alarm was already acknowledged!")
    return json_value(require_alarm(call.core, call.identifier("id")))


def _clear(call: Call) -> Reply:
    _checked(call)
    if not clear(call.core, call.identifier("id"), call.core.now()):
        raise invalid("Alarm was already cleared!")
    return json_value(require_alarm(call.core, call.identifier("id")))


def _delete(call: Call) -> Reply:
    _checked(call)
    note_change(call.core, call.identifier("id"))
    gone = call.core.store.connection.execute("DELETE FROM alarm WHERE id = ?", (call.identifier("id"),))
    return json_value(gone.rowcount > 0)


def _highest(call: Call) -> Reply:
    alarms = find_alarms(call.core, _by_query(call, _of_entity(call)))
    severities = [alarm["severity"] for alarm in alarms]
    return json_value(min(severities, key=SEVERITIES.index)) if severities else Reply()


def _types(call: Call) -> Reply:
    link = read_page_link(call)
    rows = call.core.store.rows(
        "SELECT DISTINCT type FROM alarm WHERE ilike(type, ?) ORDER BY type",
        (f"%{link.text_search or ''}%",),
    )
    tenant = {"entityType": "TENANT", "id": call.core.tenant_id}
    items = [dumps({"tenantId": tenant, "entityType": "ALARM", "type": row[0]}) for row in rows]
    part = items[link.offset : link.offset + link.size]
    return json_text(page_text(part, len(items), link.size, link.number))


def _queried(call: Call, body: dict[str, Any], link: dict[str, Any]) -> Selection:
    selection = _by_lists(call, _visible(call), link)
    if body.get("entityFilter") is not None:
        query = replace(
            read_query(call.core, {**body, "entityFields": [], "latestValues": []}, call.sender, paged=False),
            size=_EVERY,
        )
        numbers = [number for number, _ in find(call.core, query)[0]]
        selection = selection.also("al.originator IN (SELECT value FROM json_each(?))", dumps(numbers))
    window = int(link.get("timeWindow") or 0)
    start = call.core.now() - window if window else int(link.get("startTs") or 0)
    if start:
        selection = selection.also("al.created_time >= ?", start)
    if not window and link.get("endTs"):
        selection = selection.also("al.created_time <= ?", int(link["endTs"]))
    return selection


def page_of_query(call: Call, body: dict[str, Any]) -> str:
    """Return the JSON of the page that an alarm query finds."""
    link = body.get("pageLink")
    if not isinstance(link, dict):
        raise invalid("Alarm Data Page link must be specified.")
    size, number = int(link.get("pageSize") or 0), int(link.get("page") or 0)
    check_page(size, number)
    selection = _queried(call, body, link)
    sort = link.get("sortOrder") or {}
    column = ORDERS.get(str((sort.get("key") or {}).get("key")), "al.created_time")
    direction = "ASC" if sort.get("direction") == "ASC" else "DESC"
    alarms = find_alarms(call.core, selection, f"{column} {direction}, al.id", size, size * number)
    total = count_alarms(call.core, selection)
    if not total:
        return EMPTY_PAGE
    return page_text(_with_latest(call, alarms, body), total, size, number)


def count_of_query(call: Call, body: dict[str, Any]) -> int:
    """Return how many alarms an alarm query finds."""
    return count_alarms(call.core, _queried(call, body, body))


def _find(call: Call) -> Reply:
    return json_text(page_of_query(call, call.json_object()))


def _with_latest(call: Call, alarms: Sequence[dict[str, Any]], body: dict[str, Any]) -> list[str]:
    keys = [key for key in read_keys(body.get("latestValues")) if key.type != ENTITY_FIELD]
    wanted = dumps([alarm["originator"]["id"] for alarm in alarms])
    numbers = dict(
        call.core.store.rows(
            "SELECT id, number FROM entity WHERE id IN (SELECT value FROM json_each(?))", (wanted,)
        )
    )
    stored = latest_values(call.core, list(numbers.values()), keys)
    items = []
    for alarm in alarms:
        number = numbers[alarm["originator"]["id"]]
        by_type: dict[str, list[str]] = {}
        for key in keys:
            value = stored[key].get(number, '{"ts":0,"value":""}')
            by_type.setdefault(key.type, []).append(f"{dumps(key.name)}:{value}")
        latest = ",".join(f'"{kind}":{{{",".join(values)}}}' for kind, values in by_type.items())
        text = dumps({**alarm, "entityId": alarm["originator"]})
        items.append(f'{text[:-1]},"latest":{{{latest}}}}}')
    return items


def _count(call: Call) -> Reply:
    return json_value(count_of_query(call, call.json_object()))


ROUTES = (
    Route("POST", "/api/alarm", _save),
    Route("GET", "/api/alarm/{id}", partial(_read, True)),
    Route("GET", "/api/alarm/info/{id}", partial(_read, False)),
    Route("DELETE", "/api/alarm/{id}", _delete),
    Route("POST", "/api/alarm/{id}/ack", _acknowledge),
    Route("POST", "/api/alarm/{id}/clear", _clear),
    Route("GET", "/api/alarm/types", _types),
    Route("GET", "/api/alarm/{entityType}/{entityId}", partial(_list, True)),
    Route("GET", "/api/v2/alarm/{entityType}/{entityId}", partial(_list, True)),
    Route("GET", "/api/alarms", partial(_list, False)),
    Route("GET", "/api/v2/alarms", partial(_list, False)),
    Route("GET", "/api/alarm/highestSeverity/{entityType}/{entityId}", _highest),
    Route("POST", "/api/alarmsQuery/find", _find),
    Route("POST", "/api/alarmsQuery/count", _count),
)
