"""Endpoints of entity queries: find, count, and the keys to offer."""

from __future__ import annotations

from papaya.sandbox.query.entities import count, page_of, read_query
from papaya.sandbox.query.suggestions import sampled_keys, suggested_keys
from papaya.sandbox.refusal import broken, invalid
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.profiled import unknown_constant
from papaya.sandbox.rest.reply import Reply, json_text, json_value
from papaya.sandbox.rest.routing import ANYONE, Route
from papaya.sandbox.store.attributes import SCOPES


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


def _find_keys_v2(call: Call) -> Reply:
    series, attributes = call.flag("includeTimeseries", True), call.flag("includeAttributes", True)
    if not series and not attributes:
        raise invalid("At least one of 'includeTimeseries' or 'includeAttributes' must be true")
    scopes = [each for text in call.query.get("scopes", ()) for each in text.split(",") if each]
    for each in scopes:
        if each not in SCOPES:
            raise unknown_constant("scopes", "AttributeScope", each, required="java.util.Set")
    found = sampled_keys(
        call.core,
        call.json_object(),
        call.sender,
        series=series,
        attributes=attributes,
        scopes=scopes,
        samples=call.flag("includeSamples"),
    )
    return json_value(found)


ROUTES = (
    Route("POST", "/api/entitiesQuery/find", _find, ANYONE),
    Route("POST", "/api/entitiesQuery/count", _count, ANYONE),
    Route("POST", "/api/entitiesQuery/find/keys", _find_keys),
)
V2_ROUTES = (Route("POST", "/api/v2/entitiesQuery/find/keys", _find_keys_v2),)
