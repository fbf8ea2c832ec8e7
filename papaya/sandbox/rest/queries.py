"""Endpoints of entity queries: find, count, and the keys to offer."""

from __future__ import annotations

from papaya.sandbox.query.entities import count, page_of, read_query
from papaya.sandbox.query.suggestions import suggested_keys
from papaya.sandbox.refusal import broken
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.reply import Reply, json_text, json_value
from papaya.sandbox.rest.routing import ANYONE, Route


def _find(call: Call) -> Reply:
    query = read_query(call.core, call.json_object(), call.sender, paged=True)
    return json_text(page_of(call.core, query))


def _count(call: Call) -> Reply:
    body = call.json_object()
    if not isinstance(body.get("entityFilter"), dict):
        raise broken("Query entity filter must be specified.")
    return json_value(count(call.core, read_query(call.core, body, call.sender, paged=False)))


def _find_keys(call: Call) -> Reply:
    found = suggested_keys(
        call.core,
        call.json_object(),
        call.sender,
        series=call.flag("timeseries"),
        attributes=call.flag("attributes"),
        scope=call.argument("scope"),
    )
    return json_value(found)


ROUTES = (
    Route("POST", "/api/entitiesQuery/find", _find, ANYONE),
    Route("POST", "/api/entitiesQuery/count", _count, ANYONE),
    Route("POST", "/api/entitiesQuery/find/keys", _find_keys),
)
