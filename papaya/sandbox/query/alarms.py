"""Queries of alarms, as REST and the WebSocket ask them: a page, or a number."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from papaya.sandbox.numbers import whole
from papaya.sandbox.query.entities import EMPTY_PAGE, find, latest_values, read_query
from papaya.sandbox.query.keys import ENTITY_FIELD, read_keys
from papaya.sandbox.query.pages import check_page, page_text
from papaya.sandbox.refusal import invalid
from papaya.sandbox.store.alarms import (
    ASSIGNED_TO,
    ORDERS,
    SEARCHES,
    Selection,
    count_alarms,
    find_alarms,
    reached_by,
)
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import id_in
from papaya.sandbox.store.users import CUSTOMER_USER, User
from papaya.sandbox.wire import MOST_INT, dumps

_EVERY = 2**31


def visible(sender: User) -> Selection:
    """Return the alarms that the sender may see."""
    if sender.authority == CUSTOMER_USER:
        return Selection().also("e.customer_id = ?", sender.customer_id)
    return Selection()


def one_of(known: dict[str, str], name: str) -> str:
    """Return the condition for a name; refuse a name that the server does not know."""
    if name not in known:
        enumeration = "AlarmSearchStatus" if known is SEARCHES else "AlarmStatus"
        raise invalid(f"No enum constant org.thingsboard.server.common.data.alarm.{enumeration}.{name}")
    return known[name]


def by_lists(core: Core, selection: Selection, body: dict[str, Any]) -> Selection:
    """Return the selection narrowed by lists of statuses, severities and types."""
    statuses = [name for name in body.get("statusList") or () if name != "ANY"]
    # Within a pair the server takes either, across pairs both.
    for pair in (("ACTIVE", "CLEARED"), ("ACK", "UNACK")):
        chosen = [one_of(SEARCHES, name) for name in statuses if name in pair]
        if chosen:
            selection = selection.also(" OR ".join(chosen))
    assignee = id_in(body, "assigneeId", "USER")
    if assignee is not None:
        selection = selection.also(ASSIGNED_TO, assignee)
    severities, types = body.get("severityList"), body.get("typeList")
    if severities:
        selection = selection.also("al.severity IN (SELECT value FROM json_each(?))", dumps(severities))
    if types:
        selection = selection.also("al.type IN (SELECT value FROM json_each(?))", dumps(types))
    return selection


def page_of_query(core: Core, body: dict[str, Any], sender: User) -> str:
    """Return the JSON of the page that an alarm query finds."""
    link = body.get("pageLink")
    if not isinstance(link, dict):
        raise invalid("Alarm Data Page link must be specified.")
    size, number = whole(link.get("pageSize"), most=MOST_INT), whole(link.get("page"), most=MOST_INT)
    check_page(size, number)
    entities = _entities(core, body, sender)
    selection = _queried(core, entities, link, sender)
    sort = link.get("sortOrder") or {}
    column = ORDERS.get(str((sort.get("key") or {}).get("key")), "al.created_time")
    direction = "ASC" if sort.get("direction") == "ASC" else "DESC"
    alarms = find_alarms(core, selection, f"{column} {direction}, al.id", size, size * number)
    total = count_alarms(core, selection)
    if not total:
        return EMPTY_PAGE
    return page_text(_with_latest(core, alarms, body, entities), total, size, number)


def count_of_query(core: Core, body: dict[str, Any], sender: User) -> int:
    """Return how many alarms an alarm query finds."""
    return count_alarms(core, _queried(core, _entities(core, body, sender), body, sender))


def _entities(core: Core, body: dict[str, Any], sender: User) -> list[int] | None:
    """Return the numbers of the entities that a query is about, None for one about all."""
    if body.get("entityFilter") is None:
        return None
    query = read_query(core, {**body, "entityFields": [], "latestValues": []}, sender, paged=False)
    return [number for number, _ in find(core, replace(query, size=_EVERY))[0]]


def _queried(core: Core, entities: list[int] | None, link: dict[str, Any], sender: User) -> Selection:
    selection = by_lists(core, visible(sender), link)
    if entities is not None:
        wanted, every = dumps(entities), "SELECT value FROM json_each(?)"
        if link.get("searchPropagatedAlarms") is True:
            selection = selection.also(reached_by(every), wanted, wanted)
        else:
            selection = selection.also(f"al.originator IN ({every})", wanted)
    window = whole(link.get("timeWindow"))
    start = max(core.now() - window, 0) if window else whole(link.get("startTs"))
    if start:
        selection = selection.also("al.created_time >= ?", start)
    if not window and link.get("endTs"):
        selection = selection.also("al.created_time <= ?", whole(link["endTs"]))
    return selection


def _shown_at(core: Core, alarm: dict[str, Any], entities: list[int] | None) -> dict[str, Any]:
    """Return the entity that a query found an alarm by: its originator, or where it was propagated to."""
    originator: dict[str, Any] = alarm["originator"]
    if entities is None:
        return originator
    rows = core.store.rows(
        "SELECT e.kind, e.id FROM entity e WHERE e.number IN (SELECT value FROM json_each(?1)) AND (e.id = ?2"
        " OR e.number IN (SELECT number FROM propagated WHERE alarm = ?3)) ORDER BY e.id != ?2 LIMIT 1",
        (dumps(entities), originator["id"], alarm["id"]["id"]),
    )
    return {"entityType": rows[0][0], "id": rows[0][1]} if rows else originator


def _with_latest(
    core: Core, alarms: Sequence[dict[str, Any]], body: dict[str, Any], entities: list[int] | None
) -> list[str]:
    keys = [key for key in read_keys(body.get("latestValues")) if key.type != ENTITY_FIELD]
    wanted = dumps([alarm["originator"]["id"] for alarm in alarms])
    numbers = dict(
        core.store.rows(
            "SELECT id, number FROM entity WHERE id IN (SELECT value FROM json_each(?))", (wanted,)
        )
    )
    stored = latest_values(core, list(numbers.values()), keys)
    items = []
    for alarm in alarms:
        number = numbers[alarm["originator"]["id"]]
        by_type: dict[str, list[str]] = {}
        for key in keys:
            value = stored[key].get(number, '{"ts":0,"value":""}')
            by_type.setdefault(key.type, []).append(f"{dumps(key.name)}:{value}")
        latest = ",".join(f'"{kind}":{{{",".join(values)}}}' for kind, values in by_type.items())
        text = dumps({**alarm, "entityId": _shown_at(core, alarm, entities)})
        items.append(f'{text[:-1]},"latest":{{{latest}}}}}')
    return items
