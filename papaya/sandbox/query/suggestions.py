"""The keys that the entities of a query have, which windows offer for completion."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from papaya.sandbox.numbers import whole
from papaya.sandbox.query.entities import find, read_query
from papaya.sandbox.refusal import broken
from papaya.sandbox.store.attributes import SCOPES
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.users import User
from papaya.sandbox.store.values import wire
from papaya.sandbox.wire import MOST_INT, dumps

# The server looks at no more entities than these.
_MAX_ENTITIES = 100
_ALL_SCOPES = ("CLIENT_SCOPE", "SERVER_SCOPE", "SHARED_SCOPE")


def suggested_keys(
    core: Core, body: dict[str, Any], sender: User, *, series: bool, attributes: bool, scope: str | None
) -> dict[str, list[str]]:
    """Return kinds of the entities that a query finds, and their keys; an unknown scope means every scope."""
    numbers = dumps(_found(core, body, sender))
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


def _found(core: Core, body: dict[str, Any], sender: User) -> list[int]:
    given = body.get("pageLink")
    if given is not None and not isinstance(given, dict):
        raise broken("JSON parse error: Cannot deserialize an EntityDataPageLink")
    link = dict(given or {})
    link["pageSize"] = min(whole(link.get("pageSize"), most=MOST_INT) or _MAX_ENTITIES, _MAX_ENTITIES)
    items, _ = find(core, read_query(core, {**body, "pageLink": link}, sender, paged=True))
    return [number for number, _ in items]


def sampled_keys(
    core: Core,
    body: dict[str, Any],
    sender: User,
    *,
    series: bool,
    attributes: bool,
    scopes: Sequence[str],
    samples: bool,
) -> dict[str, Any]:
    """Return the keys that a query's entities have, by scope, each with its newest value if that is wanted.

    Without `scopes` those that the kinds of the entities can have are told: devices all, others one.
    """
    numbers = dumps(_found(core, body, sender))
    inside = "number IN (SELECT value FROM json_each(?1))"
    kinds = [
        row[0] for row in core.store.rows(f"SELECT DISTINCT kind FROM entity WHERE {inside}", (numbers,))
    ]
    told: dict[str, Any] = {"entityTypes": kinds}

    def keys(table: str, condition: str = "") -> list[dict[str, Any]]:
        newest = f"SELECT key, max(ts), kind, value FROM {table} WHERE {inside}{condition}"
        rows = core.store.rows(f"{newest} GROUP BY key ORDER BY key", (numbers,))
        return [_key(row, samples) for row in rows]

    if series:
        told["timeseries"] = keys("latest")
    if attributes:
        own = () if not kinds else _ALL_SCOPES if "DEVICE" in kinds else _ALL_SCOPES[1:2]
        wanted = [name for name in _ALL_SCOPES if name in (scopes or own)] if kinds else []
        told["attributes"] = {name: keys("attribute", f" AND scope = {SCOPES[name]}") for name in wanted}
    return told


def _key(row: tuple[Any, ...], samples: bool) -> dict[str, Any]:
    if not samples:
        return {"key": row[0]}
    return {"key": row[0], "sample": {"ts": row[1], "value": json.loads(wire(row[2], row[3]))}}
