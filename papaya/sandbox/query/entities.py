"""The entity query: find, count, and the JSON of a page."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from papaya.sandbox.numbers import whole
from papaya.sandbox.query.filters import Source, read_source
from papaya.sandbox.query.keys import (
    ANY_ATTRIBUTE,
    ENTITY_FIELD,
    SCOPE_OF,
    TIME_SERIES,
    Key,
    field_sql,
    read_key,
    read_keys,
    stored_row,
)
from papaya.sandbox.query.pages import check_page, page_text
from papaya.sandbox.query.predicates import read_condition
from papaya.sandbox.refusal import invalid
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.forms import enum_member
from papaya.sandbox.store.users import CUSTOMER_USER, User
from papaya.sandbox.store.values import shown
from papaya.sandbox.wire import MOST_INT, dumps, quote

EMPTY_PAGE = '{"data":[],"totalPages":0,"totalElements":0,"hasNext":false}'
_NOTHING = '{"ts":0,"value":""}'


@dataclass(frozen=True, slots=True)
class EntityQuery:
    """A parsed query: what to take, in which order, and what to show of it."""

    source: Source
    where: str
    parameters: tuple[object, ...]
    fields: Sequence[Key]
    latest: Sequence[Key]
    size: int = 0
    number: int = 0
    order: str = ""
    order_parameters: tuple[object, ...] = ()

    @property
    def origin(self) -> str:
        """FROM and WHERE of every statement of the query."""
        return f"FROM {self.source.table} WHERE {self.where}"


def _operation(body: dict[str, Any]) -> str:
    given = body.get("keyFiltersOperation")
    return "AND" if given is None else enum_member(given, ("AND", "OR"), "query.ComplexOperation")


def read_query(core: Core, body: dict[str, Any], sender: User, *, paged: bool) -> EntityQuery:
    """Return the query that a body describes, limited to what the sender may see."""
    source = read_source(core, body.get("entityFilter"))
    where, parameters = [source.where], [*source.parameters, *source.where_parameters]
    if sender.authority == CUSTOMER_USER:
        where.append("e.customer_id = ?")
        parameters.append(sender.customer_id)
    is_any = core.dialect.joins_key_filters and _operation(body) == "OR"
    filtered, values = read_condition(source, core.dialect, body.get("keyFilters"), any_of_them=is_any)
    if filtered:
        where.append(filtered)
        parameters += values
    fields, latest = read_keys(body.get("entityFields")), read_keys(body.get("latestValues"))
    if not paged:
        return EntityQuery(source, " AND ".join(where), tuple(parameters), fields, latest)
    link = body.get("pageLink")
    if not isinstance(link, dict):
        raise invalid("Entity Data Page link must be specified.")
    size, number = whole(link.get("pageSize"), most=MOST_INT), whole(link.get("page"), most=MOST_INT)
    check_page(size, number)
    search = link.get("textSearch")
    if search and (fields or latest):
        condition, values = _search(source, core, [*fields, *latest], str(search))
        where.append(condition)
        parameters += values
    order, order_parameters = _order(source, core, link.get("sortOrder"))
    return EntityQuery(
        source, " AND ".join(where), tuple(parameters), fields, latest, size, number, order, order_parameters
    )


def _search(source: Source, core: Core, keys: Sequence[Key], text: str) -> tuple[str, tuple[object, ...]]:
    """Return the text search: over everything that is selected, written one after the other."""
    parts: list[str] = []
    parameters: tuple[object, ...] = ()
    for key in keys:
        if key.type == ENTITY_FIELD:
            if key.name != "additionalInfo":
                parts.append(f"coalesce({field_sql(source, core.dialect, key.name)}, '')")
            continue
        subquery, values = stored_row(
            key, "CASE k.kind WHEN 'b' THEN iif(k.value, 'true', 'false') ELSE k.value END"
        )
        parts.append(f"coalesce({subquery}, '')")
        parameters += values
    return f"ilike({' || '.join(parts) or repr('')}, ?)", (*parameters, f"%{text}%")


def _order(source: Source, core: Core, value: Any) -> tuple[str, tuple[object, ...]]:
    if not isinstance(value, dict):
        # Without a sort order the server has no ORDER BY; insertion order is as good as any.
        return "", ()
    key = read_key(value.get("key"))
    descending = value.get("direction") == "DESC"
    direction, nulls = ("DESC", "FIRST") if descending else ("ASC", "LAST")
    if key.type == ENTITY_FIELD:
        column = field_sql(source, core.dialect, key.name)
        tail = f"e.id {direction}"
        if column == "e.name" and not source.related:
            # Names are unique within a kind: the index alone gives the order.
            return f"ORDER BY e.name {direction}", ()
        return f"ORDER BY {column} {direction} NULLS {nulls}, {tail}", ()
    number, of_number = stored_row(key, "CASE WHEN k.kind IN ('b', 'l', 'd') THEN k.value END")
    text, of_text = stored_row(key, "CASE WHEN k.kind IN ('s', 'j') THEN k.value END")
    if core.dialect.sorts_missing_as_zero:
        number = f"coalesce({number}, 0)"
    return (
        f"ORDER BY {number} {direction} NULLS {nulls}, coalesce({text}, '') {direction}, e.id {direction}",
        (*of_number, *of_text),
    )


def count(core: Core, query: EntityQuery) -> int:
    """Return how many entities a query finds."""
    row = core.store.connection.execute(f"SELECT count(*) {query.origin}", query.parameters).fetchone()
    return int(row[0])


def find(core: Core, query: EntityQuery) -> tuple[list[tuple[int, str]], int]:
    """Return number and JSON text of each entity on the page, and how many there are in all."""
    columns = [field_sql(query.source, core.dialect, key.name) for key in query.fields]
    selected = ", ".join(["e.number", "e.kind", "e.id", *columns])
    rows = core.store.connection.execute(
        f"SELECT {selected} {query.origin} {query.order} LIMIT ? OFFSET ?",
        (*query.parameters, *query.order_parameters, query.size, query.size * query.number),
    ).fetchall()
    offset = query.size * query.number
    total = offset + len(rows)
    if len(rows) == query.size or (not rows and query.number):
        total = count(core, query)
    stored = latest_values(core, [row[0] for row in rows], query.latest)
    now = core.now()
    return [(row[0], _text(row, query, stored, now)) for row in rows], total


def _text(row: Sequence[Any], query: EntityQuery, stored: dict[Key, dict[int, str]], now: int) -> str:
    by_type: dict[str, list[str]] = {}
    fields = [
        f'{quote(key.name)}:{{"ts":{now},"value":{quote("" if value is None else str(value))}}}'
        for key, value in zip(query.fields, row[3:], strict=True)
    ]
    if fields:
        by_type[ENTITY_FIELD] = fields
    number = row[0]
    for key in query.latest:
        by_type.setdefault(key.type, []).append(f"{quote(key.name)}:{stored[key].get(number, _NOTHING)}")
    latest = ",".join(f'"{kind}":{{{",".join(items)}}}' for kind, items in by_type.items())
    return (
        f'{{"entityId":{{"entityType":"{row[1]}","id":"{row[2]}"}},"latest":{{{latest}}},'
        '"timeseries":{},"aggLatest":{}}'
    )


def latest_values(core: Core, numbers: Sequence[int], keys: Sequence[Key]) -> dict[Key, dict[int, str]]:
    """Return `{"ts":…,"value":…}` of each key and entity, read with one statement per scope."""
    found: dict[Key, dict[int, str]] = {key: {} for key in keys}
    wanted = dumps(list(numbers))
    for kind in dict.fromkeys(key.type for key in keys):
        names = dumps([key.name for key in keys if key.type == kind])
        if kind == ENTITY_FIELD:
            continue
        if kind == TIME_SERIES:
            statement = "SELECT number, key, ts, kind, value FROM latest WHERE"
        else:
            scopes = str(SCOPE_OF[kind]) if kind in SCOPE_OF else "1, 2, 3"
            statement = f"SELECT number, key, ts, kind, value FROM attribute WHERE scope IN ({scopes}) AND"
        # For ATTRIBUTE the newest scope wins: it is written last.
        order = " ORDER BY ts" if kind == ANY_ATTRIBUTE else ""
        rows = core.store.connection.execute(
            f"{statement} number IN (SELECT value FROM json_each(?))"
            f" AND key IN (SELECT value FROM json_each(?)){order}",
            (wanted, names),
        )
        places = {key.name: found[key] for key in keys if key.type == kind}
        for number, name, ts, value_kind, value in rows:
            places[name][number] = f'{{"ts":{ts},"value":{quote(shown(value_kind, value))}}}'
    return found


def page_of(core: Core, query: EntityQuery) -> str:
    """Return the JSON of the page that a query finds."""
    items, total = find(core, query)
    if not total:
        return EMPTY_PAGE
    return page_text([text for _, text in items], total, query.size, query.number)
