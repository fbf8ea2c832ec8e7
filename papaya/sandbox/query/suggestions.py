"""The keys that the entities of a query have, which windows offer for completion."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

from papaya.sandbox.query.entities import find, read_query
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.reply import Reply, json_value
from papaya.sandbox.rest.routing import Route
from papaya.sandbox.store.attributes import SCOPES
from papaya.sandbox.wire import dumps

# The server looks at no more entities than these.
_MAX_ENTITIES = 100


def _find_keys(call: Call) -> Reply:
    body = call.json_object()
    link = dict(body.get("pageLink") or {})
    link["pageSize"] = min(int(link.get("pageSize") or _MAX_ENTITIES), _MAX_ENTITIES)
    query = read_query(call.core, {**body, "pageLink": link}, call.sender, paged=True)
    items, _ = find(call.core, query)
    numbers = dumps([number for number, _ in items])
    inside = "number IN (SELECT value FROM json_each(?))"
    series: list[str] = []
    attributes: list[str] = []
    if call.flag("timeseries"):
        statement = f"SELECT DISTINCT key FROM latest WHERE {inside} ORDER BY key"
        series = [row[0] for row in call.core.store.rows(statement, (numbers,))]
    if call.flag("attributes"):
        scope = SCOPES.get(call.argument("scope") or "")
        narrowed = "" if scope is None else f" AND scope = {scope}"
        statement = f"SELECT DISTINCT key FROM attribute WHERE {inside}{narrowed} ORDER BY key"
        attributes = [row[0] for row in call.core.store.rows(statement, (numbers,))]
    kinds = call.core.store.rows(f"SELECT DISTINCT kind FROM entity WHERE {inside}", (numbers,))
    return json_value(
        {"entityTypes": [row[0] for row in kinds], "timeseries": series, "attribute": attributes}
    )


ROUTES = (Route("POST", "/api/entitiesQuery/find/keys", _find_keys),)
