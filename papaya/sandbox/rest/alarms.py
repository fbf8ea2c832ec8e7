"""Endpoints of alarms."""

from __future__ import annotations

import contextlib
from functools import partial
from typing import Any

from papaya.sandbox.numbers import whole
from papaya.sandbox.query.alarms import by_lists, count_of_query, one_of, page_of_query, visible
from papaya.sandbox.query.pages import page_text
from papaya.sandbox.refusal import broken, invalid, missing
from papaya.sandbox.rest.access import kind_of, readable
from papaya.sandbox.rest.alarm_comments import hand_over
from papaya.sandbox.rest.call import Call, checked_id
from papaya.sandbox.rest.paging import page_reply, read_page_link
from papaya.sandbox.rest.reply import Reply, json_text, json_value
from papaya.sandbox.rest.routing import Route
from papaya.sandbox.store.alarms import (
    ASSIGNED_TO,
    ORDERS,
    SEARCHES,
    SEVERITIES,
    STATUSES,
    Selection,
    acknowledge,
    clear,
    count_alarms,
    delete_alarm,
    find_alarms,
    reached_by,
    require_alarm,
    save_alarm,
    without_names,
)
from papaya.sandbox.store.entities import id_in, reference_in
from papaya.sandbox.store.forms import DATA
from papaya.sandbox.wire import dumps, whole_number


def _of_entity(call: Call) -> Selection:
    entity = readable(call, kind_of(call), call.identifier("entityId"))
    return Selection().also(reached_by("?"), entity.number, entity.number)


def _narrowed(call: Call, selection: Selection, version: int) -> Selection:
    """Return the selection narrowed by the parameters of a version of the lists."""
    selection = _by_lists(call, selection) if version > 1 else _by_status(call, selection)
    assignee = call.argument("assigneeId")
    if assignee is not None:
        selection = selection.also(ASSIGNED_TO, checked_id(assignee))
    for name, condition in (("startTime", "al.created_time >= ?"), ("endTime", "al.created_time <= ?")):
        text = call.argument(name)
        if text is not None:
            with contextlib.suppress(ValueError):
                selection = selection.also(condition, whole_number(text))
    return selection


def _by_status(call: Call, selection: Selection) -> Selection:
    search, status = call.argument("searchStatus"), call.argument("status")
    if search is not None and status is not None:
        raise invalid(
            "Invalid alarms search query: Both parameters 'searchStatus' and 'status' can't be "
            "specified at the same time!"
        )
    if search is not None:
        selection = selection.also(one_of(SEARCHES, search))
    if status is not None:
        selection = selection.also(one_of(STATUSES, status))
    return selection


def _by_lists(call: Call, selection: Selection) -> Selection:
    body = {name: _several(call, name) for name in ("statusList", "severityList", "typeList")}
    for severity in body["severityList"]:
        if severity not in SEVERITIES:
            raise invalid(f"No enum constant {DATA}.alarm.AlarmSeverity.{severity}")
    return by_lists(call.core, selection, body)


def _several(call: Call, name: str) -> list[str]:
    return [word for value in call.query.get(name, ()) for word in value.split(",") if word]


def _list(of_entity: bool, version: int, call: Call) -> Reply:
    # This endpoint names the parameter that is missing on every version.
    link = read_page_link(call, by_parameter=True)
    selection = _narrowed(call, _of_entity(call) if of_entity else visible(call.sender), version)
    if link.text_search is not None:
        # A list of one entity's alarms is not searched by the originator's name.
        columns = ["al.type", "al.severity", *([] if of_entity else ["e.name"])]
        matched = " OR ".join(f"ilike({column}, ?)" for column in columns)
        selection = selection.also(matched, *[link.pattern] * len(columns))
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
    assignee = id_in(body, "assigneeId", "USER")
    if assignee is not None:
        readable(call, "USER", assignee)
    alarm = save_alarm(call.core, originator, identifier, body, call.sender.id)
    if identifier is None and assignee is None and alarm["assigneeId"] is not None:
        # The server takes the alarm from its assignee by the id in the body.
        raise broken(
            'Cannot invoke "org.thingsboard.server.common.data.id.AlarmId.getId()" because "id" is null'
        )
    hand_over(call, str(alarm["id"]["id"]), assignee, whole(body.get("assignTs")))
    return json_value(without_names(require_alarm(call.core, alarm["id"]["id"])))


def _acknowledge(call: Call) -> Reply:
    _checked(call)
    if not acknowledge(call.core, call.identifier("id"), call.core.now(), call.sender.id):
        raise invalid("Alarm was already acknowledged!")
    return json_value(require_alarm(call.core, call.identifier("id")))


def _clear(call: Call) -> Reply:
    _checked(call)
    if not clear(call.core, call.identifier("id"), call.core.now(), call.sender.id):
        raise invalid("Alarm was already cleared!")
    return json_value(require_alarm(call.core, call.identifier("id")))


def _delete(call: Call) -> Reply:
    _checked(call)
    return json_value(delete_alarm(call.core, call.identifier("id")))


def _highest(call: Call) -> Reply:
    alarms = find_alarms(call.core, _by_status(call, _of_entity(call)))
    severities = [alarm["severity"] for alarm in alarms]
    return json_value(min(severities, key=SEVERITIES.index)) if severities else Reply()


def _types(call: Call) -> Reply:
    link = read_page_link(call)
    rows = call.core.store.rows(
        "SELECT DISTINCT type FROM alarm WHERE ilike(type, ?) ORDER BY type",
        (link.pattern,),
    )
    tenant = {"entityType": "TENANT", "id": call.core.tenant_id}
    return page_reply(
        link, rows, lambda row: dumps({"tenantId": tenant, "entityType": "ALARM", "type": row[0]})
    )


def _find(call: Call) -> Reply:
    return json_text(page_of_query(call.core, call.json_object(), call.sender))


def _count(call: Call) -> Reply:
    return json_value(count_of_query(call.core, call.json_object(), call.sender))


ROUTES = (
    Route("POST", "/api/alarm", _save),
    Route("GET", "/api/alarm/{id}", partial(_read, True)),
    Route("GET", "/api/alarm/info/{id}", partial(_read, False)),
    Route("DELETE", "/api/alarm/{id}", _delete),
    Route("POST", "/api/alarm/{id}/ack", _acknowledge),
    Route("POST", "/api/alarm/{id}/clear", _clear),
    Route("GET", "/api/alarm/types", _types),
    Route("GET", "/api/alarm/{entityType}/{entityId}", partial(_list, True, 1)),
    Route("GET", "/api/v2/alarm/{entityType}/{entityId}", partial(_list, True, 2)),
    Route("GET", "/api/alarms", partial(_list, False, 1)),
    Route("GET", "/api/v2/alarms", partial(_list, False, 2)),
    Route("GET", "/api/alarm/highestSeverity/{entityType}/{entityId}", _highest),
    Route("POST", "/api/alarmsQuery/find", _find),
    Route("POST", "/api/alarmsQuery/count", _count),
)
