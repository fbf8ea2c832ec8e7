"""The entity filters of an entity query, as SQL."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from papaya.sandbox.numbers import whole
from papaya.sandbox.refusal import Refusal, broken, invalid
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import NORMAL_NAMES, WITHOUT_QUERIES, reference_in
from papaya.sandbox.store.validation import refuse_nul
from papaya.sandbox.wire import MOST_INT, dumps, is_uuid

# The server's cap on recursion (sql.relations.max_level).
_MAX_LEVEL = 50
_RELATED_KINDS = ("TENANT", "CUSTOMER", "USER", "DASHBOARD", "ASSET", "DEVICE", "ENTITY_VIEW")
_KNOWN = (
    "apiUsageState, assetSearchQuery, assetType, deviceSearchQuery, deviceType, edgeSearchQuery, edgeType, "
    "entityList, entityName, entityType, entityViewSearchQuery, entityViewType, relationsQuery, singleEntity"
)


@dataclass(frozen=True, slots=True)
class Source:
    """The entities of a query: a FROM clause with `e`, its conditions and their parameters.

    `kind` is the server's name for the query's entity type. `related` is true for relation queries, which
    have more fields. `parent` is true if each row has a parent.
    """

    kind: str
    table: str
    parameters: tuple[object, ...]
    where: str
    where_parameters: tuple[object, ...]
    related: bool = False
    parent: bool = False


def read_source(core: Core, value: Any) -> Source:
    """Return the source that an entityFilter describes."""
    if not isinstance(value, dict):
        raise invalid("Query entity filter must be specified.")
    named = value.get("type")
    reader = _READERS.get(str(named))
    if reader is None:
        raise broken(
            f"JSON parse error: Could not resolve type id '{named}' as a subtype of "
            "`org.thingsboard.server.common.data.query.EntityFilter`: known type ids = "
            f"[{_KNOWN}] (for POJO property 'entityFilter')"
        )
    return reader(core, value)


def _plain(core: Core, kind: str, condition: str = "", parameters: tuple[object, ...] = ()) -> Source:
    if kind in WITHOUT_QUERIES:
        raise Refusal(500, core.dialect.database_error, "Database error")
    refuse_nul(core.dialect, *parameters)
    where = "e.kind = ?" + (f" AND {condition}" if condition else "")
    return Source(kind, "entity e", (), where, (kind, *parameters))


def _kind(value: dict[str, Any], field: str = "entityType") -> str:
    kind = value.get(field)
    if kind is None:
        raise invalid("Entity type is required")
    if not isinstance(kind, str) or kind not in NORMAL_NAMES:
        raise broken(f'JSON parse error: Cannot deserialize value of type `EntityType` from String "{kind}"')
    return str(kind)


def _single(core: Core, value: dict[str, Any]) -> Source:
    entity = reference_in(value.get("singleEntity"))
    if entity is None:
        raise broken('Cannot invoke "EntityId.getEntityType()" because the single entity is null')
    return _plain(core, entity[0], "e.id = ?", (entity[1],))


def _identifiers(values: object) -> str:
    if not isinstance(values, list):
        raise broken('Cannot invoke "java.util.List.stream()" because the list is null')
    for identifier in values:
        if not is_uuid(identifier):
            raise broken(f"Invalid UUID string: {identifier}")
    return dumps([identifier.lower() for identifier in values])


def _list(core: Core, value: dict[str, Any]) -> Source:
    return _plain(
        core,
        _kind(value),
        "e.id IN (SELECT value FROM json_each(?))",
        (_identifiers(value.get("entityList")),),
    )


def _of_type(core: Core, value: dict[str, Any]) -> Source:
    return _plain(core, _kind(value))


def _name_pattern(text: str) -> str:
    return text if text.startswith("%") or text.endswith("%") else f"{text}%"


def _named(core: Core, value: dict[str, Any]) -> Source:
    return _plain(
        core, _kind(value), "ilike(e.name, ?)", (_name_pattern(str(value.get("entityNameFilter") or "")),)
    )


def _typed(kind: str, stem: str) -> Callable[[Core, dict[str, Any]], Source]:
    """Return the reader of a filter by type; `stem` begins the names of its members."""

    def read(core: Core, value: dict[str, Any]) -> Source:
        types = value.get(f"{stem}Types")
        if types is None and value.get(f"{stem}Type") is not None:
            types = [value[f"{stem}Type"]]
        condition = "e.type IN (SELECT value FROM json_each(?))"
        parameters: tuple[object, ...] = (dumps(types or []),)
        name = value.get(f"{stem}NameFilter")
        if name:
            condition += " AND ilike(e.name, ?)"
            parameters += (_name_pattern(str(name)),)
        return _plain(core, kind, condition, parameters)

    return read


def _empty(kind: str) -> Callable[[Core, dict[str, Any]], Source]:
    def read(core: Core, value: dict[str, Any]) -> Source:
        return _plain(core, kind, "0")

    return read


def _reach(roots: str, outward: bool, max_level: int) -> str:
    """Return the recursive part: every edge within reach, with the level at which it was met.

    Traversal ignores relation types; they filter the edges afterwards, as in the server.
    """
    near, far = ("source", "target") if outward else ("target", "source")
    limit = max_level if 0 < max_level <= _MAX_LEVEL else _MAX_LEVEL
    return (
        "WITH RECURSIVE re(source, target, type, level) AS ("
        f"SELECT source, target, type, 1 FROM relation WHERE {near} IN ({roots}) AND type_group = 'COMMON'"
        " UNION SELECT r.source, r.target, r.type, re.level + 1 FROM re"
        f" JOIN relation r ON r.{near} = re.{far} AND r.type_group = 'COMMON'"
        f" WHERE re.level < {limit})"
    )


def _last_level(value: dict[str, Any], outward: bool, edge: str) -> str:
    if value.get("fetchLastLevelOnly") is not True:
        return ""
    near, far = ("source", "target") if outward else ("target", "source")
    level = whole(value.get("maxLevel"), most=MOST_INT)
    further = edge.replace("re.", "nr.").replace("far.", "nf.")
    return (
        f" AND (re.level = {level} OR NOT EXISTS (SELECT 1 FROM relation nr"
        f" JOIN entity nf ON nf.number = nr.{far} WHERE nr.{near} = re.{far}"
        f" AND nr.type_group = 'COMMON' AND {further}))"
    )


def _related(core: Core, value: dict[str, Any]) -> Source:
    multiple = value.get("multiRoot") is True
    outward = _outward(value)
    if multiple:
        root_kind, roots_json = _multiple_roots(value)
    else:
        root = reference_in(value.get("rootEntity"))
        if root is None:
            raise invalid("Relation query filter root entity should not be blank")
        root_kind, roots_json = root[0], dumps([root[1]])
    roots = "SELECT number FROM entity WHERE id IN (SELECT value FROM json_each(?)) AND kind = ?"
    edge, edge_parameters = _edge_condition(value)
    near, far = ("source", "target") if outward else ("target", "source")
    last = _last_level(value, outward, edge)
    parent = f", re.{near} AS parent" if multiple else ""
    grouped = f"far.number{', parent' if multiple else ''}"
    table = (
        f"({_reach(roots, outward, whole(value.get('maxLevel'), most=MOST_INT))}"
        f" SELECT far.number AS number{parent} FROM re JOIN entity far ON far.number = re.{far}"
        f" WHERE {edge}{last} GROUP BY {grouped}) found JOIN entity e ON e.number = found.number"
    )
    if multiple:
        table += " JOIN entity p ON p.number = found.parent"
    repeated = edge_parameters * (2 if last else 1)
    return Source(
        root_kind, table, (roots_json, root_kind, *repeated), "1", (), related=True, parent=multiple
    )


def _multiple_roots(value: dict[str, Any]) -> tuple[str, str]:
    kind, identifiers = value.get("multiRootEntitiesType"), value.get("multiRootEntityIds")
    prefix = "Multi-root relation query filter should contain"
    if kind is None:
        raise invalid(f"{prefix} 'multiRootEntitiesType'")
    if not identifiers:
        raise invalid(f"{prefix} 'multiRootEntityIds' array that contains string representation of UUIDs")
    return _kind(value, "multiRootEntitiesType"), _identifiers(identifiers)


def _outward(value: dict[str, Any]) -> bool:
    direction = value.get("direction")
    if direction not in ("FROM", "TO"):
        raise broken('Cannot invoke "EntitySearchDirection.equals(Object)" because the direction is null')
    return bool(direction == "FROM")


def _edge_condition(value: dict[str, Any]) -> tuple[str, tuple[object, ...]]:
    alternatives: list[str] = []
    parameters: tuple[object, ...] = ()
    for wanted in value.get("filters") or ():
        parts = []
        if wanted.get("relationType"):
            parts.append("re.type != ?" if wanted.get("negate") is True else "re.type = ?")
            parameters += (wanted["relationType"],)
        if wanted.get("entityTypes"):
            parts.append("far.kind IN (SELECT value FROM json_each(?))")
            parameters += (dumps(wanted["entityTypes"]),)
        if parts:
            alternatives.append(f"({' AND '.join(parts)})")
    if not alternatives:
        return "far.kind IN (SELECT value FROM json_each(?))", (dumps(_RELATED_KINDS),)
    joined = f"({' OR '.join(alternatives)})"
    return (f"NOT {joined}" if value.get("negate") is True else joined), parameters


def _searched(kind: str, stem: str) -> Callable[[Core, dict[str, Any]], Source]:
    """Return the reader of a filter by relation and type."""

    def read(core: Core, value: dict[str, Any]) -> Source:
        wanted = {"relationType": value.get("relationType"), "entityTypes": [kind]}
        found = _related(core, {**value, "multiRoot": False, "filters": [wanted], "negate": False})
        types = value.get(f"{stem}Types")
        where, parameters = "e.kind = ?", (kind,)
        if types:
            where += " AND e.type IN (SELECT value FROM json_each(?))"
            parameters += (dumps(types),)  # type: ignore[assignment]
        return Source(kind, found.table, found.parameters, where, parameters)

    return read


_READERS: dict[str, Callable[[Core, dict[str, Any]], Source]] = {
    "singleEntity": _single,
    "entityList": _list,
    "entityType": _of_type,
    "entityName": _named,
    "assetType": _typed("ASSET", "asset"),
    "deviceType": _typed("DEVICE", "device"),
    "assetSearchQuery": _searched("ASSET", "asset"),
    "deviceSearchQuery": _searched("DEVICE", "device"),
    "relationsQuery": _related,
    "apiUsageState": _empty("API_USAGE_STATE"),
    "edgeType": _empty("EDGE"),
    "edgeSearchQuery": _empty("EDGE"),
    "entityViewType": _typed("ENTITY_VIEW", "entityView"),
    "entityViewSearchQuery": _searched("ENTITY_VIEW", "entityView"),
}
