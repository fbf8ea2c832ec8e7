"""The keys that the entities of a query have, which windows offer for completion."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

from typing import Any

from papaya.sandbox.numbers import whole
from papaya.sandbox.query.entities import find, read_query
from papaya.sandbox.store.attributes import SCOPES
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.users import User
from papaya.sandbox.wire import MOST_INT, dumps

# The server looks at no more entities than these.
_MAX_ENTITIES = 100


def suggested_keys(
    core: Core, body: dict[str, Any], sender: User, *, series: bool, attributes: bool, scope: str | None
) -> dict[str, list[str]]:
    """Return kinds of the entities that a query finds, and their keys; an unknown scope means every scope."""
    link = dict(body.get("pageLink") or {})
    link["pageSize"] = min(whole(link.get("pageSize"), most=MOST_INT) or _MAX_ENTITIES, _MAX_ENTITIES)
    items, _ = find(core, read_query(core, {**body, "pageLink": link}, sender, paged=True))
    numbers = dumps([number for number, _ in items])
    inside = "number IN (SELECT value FROM json_each(?))"

    def distinct(column: str, table: str, condition: str = "", order: str = "") -> list[str]:
        statement = f"SELECT DISTINCT {column} FROM {table} WHERE {inside}{condition}{order}"
        return [row[0] for row in core.store.rows(statement, (numbers,))]

    chosen = SCOPES.get(scope or "")
    narrowed = "" if chosen is None else f" AND scope = {chosen}"
    return {
        "entityTypes": distinct("kind", "entity"),
        "timeseries": distinct("key", "latest", order=" ORDER BY key") if series else [],
        "attribute": distinct("key", "attribute", narrowed, " ORDER BY key") if attributes else [],
    }
