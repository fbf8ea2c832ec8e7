"""Relations between entities, and the breadth-first search over them."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from papaya.sandbox.numbers import whole
from papaya.sandbox.refusal import broken, missing
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import reference_in, require
from papaya.sandbox.wire import MOST_INT, dumps, quote

COMMON = "COMMON"
TYPE_GROUPS = ("COMMON", "DASHBOARD", "RULE_CHAIN", "RULE_NODE", "EDGE", "EDGE_AUTO_ASSIGN_RULE_CHAIN")
_VERSION = "relation version"

_SELECT = (
    "SELECT f.kind, f.id, f.name, t.kind, t.id, t.name, r.type, r.type_group, r.additional_info, r.version,"
    " r.source, r.target FROM relation r JOIN entity f ON f.number = r.source"
    " JOIN entity t ON t.number = r.target"
)


@dataclass(frozen=True, slots=True)
class Relation:
    """One edge with the names of both ends."""

    source: tuple[str, str]
    source_name: str
    target: tuple[str, str]
    target_name: str
    type: str
    type_group: str
    additional_info: str | None
    version: int
    numbers: tuple[int, int]

    def text(self, named: str | None = None) -> str:
        """Return the JSON; `named` is the end, from or to, whose name an info tells."""
        names = ""
        if named is not None:
            source_name = quote(self.source_name) if named == "from" else "null"
            target_name = quote(self.target_name) if named == "to" else "null"
            names = f',"fromName":{source_name},"toName":{target_name}'
        return (
            f'{{"from":{{"entityType":"{self.source[0]}","id":"{self.source[1]}"}},'
            f'"to":{{"entityType":"{self.target[0]}","id":"{self.target[1]}"}},'
            f'"type":{quote(self.type)},"typeGroup":"{self.type_group}","version":{self.version}{names},'
            f'"additionalInfo":{self.additional_info or "null"}}}'
        )


@dataclass(frozen=True, slots=True)
class SearchParameters:
    """Where a search starts, which way it goes, and how far."""

    root_kind: str
    root_id: str
    outward: bool
    type_group: str
    max_level: int
    last_level_only: bool


def _relation(row: tuple[Any, ...]) -> Relation:
    return Relation(
        (row[0], row[1]), row[2], (row[3], row[4]), row[5], row[6], row[7], row[8], row[9], (row[10], row[11])
    )


def save_relation(
    core: Core, source: int, target: int, type_name: str, type_group: str, additional_info: object
) -> Relation:
    """Create or overwrite an edge; its version comes from one counter for all of them."""
    text = None if additional_info is None else dumps(additional_info)
    core.store.connection.execute(
        "INSERT INTO relation VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE"
        " SET additional_info = excluded.additional_info, version = excluded.version",
        (source, type_group, type_name, target, text, core.store.next_number(_VERSION)),
    )
    found = find_relation(core, source, target, type_name, type_group)
    if found is None:
        raise missing()
    return found


def find_relation(core: Core, source: int, target: int, type_name: str, type_group: str) -> Relation | None:
    """Return one edge."""
    rows = core.store.rows(
        f"{_SELECT} WHERE r.source = ? AND r.type_group = ? AND r.type = ? AND r.target = ?",
        (source, type_group, type_name, target),
    )
    return _relation(rows[0]) if rows else None


def delete_relation(core: Core, relation: Relation) -> None:
    """Remove one edge."""
    core.store.connection.execute(
        "DELETE FROM relation WHERE source = ? AND type_group = ? AND type = ? AND target = ?",
        (relation.numbers[0], relation.type_group, relation.type, relation.numbers[1]),
    )


def delete_relations(core: Core, number: int) -> None:
    """Remove every edge of an entity."""
    for end in ("source", "target"):
        core.store.connection.execute(f"DELETE FROM relation WHERE {end} = ?", (number,))


def neighbours(
    core: Core, numbers: Iterable[int], *, outward: bool, type_group: str, type_name: str | None = None
) -> list[Relation]:
    """Return the edges that leave, or reach, any of the entities."""
    end = "source" if outward else "target"
    typed = "" if type_name is None else " AND r.type = ?"
    parameters: tuple[object, ...] = (json.dumps(list(numbers)), type_group)
    rows = core.store.rows(
        f"{_SELECT} WHERE r.{end} IN (SELECT value FROM json_each(?)) AND r.type_group = ?{typed}"
        " ORDER BY r.version",
        parameters if type_name is None else (*parameters, type_name),
    )
    return [_relation(row) for row in rows]


def search(core: Core, parameters: SearchParameters) -> list[Relation]:
    """Return every edge within reach of the root, each node visited once, level by level.

    Filters apply to what is found, not to where the search goes, as in the server's own search.
    """
    root = require(core, parameters.root_kind, parameters.root_id)
    visited, frontier, found = {root.number}, {root.number}, []
    level = 0
    while frontier and (parameters.max_level <= 0 or level < parameters.max_level):
        level += 1
        edges = neighbours(core, frontier, outward=parameters.outward, type_group=parameters.type_group)
        reached = {edge.numbers[1] if parameters.outward else edge.numbers[0] for edge in edges}
        frontier = reached - visited
        visited |= frontier
        found.append(edges)
    edges_found = [edge for edges in found for edge in edges]
    if not parameters.last_level_only:
        return edges_found
    return _last_level(parameters, found)


def _last_level(parameters: SearchParameters, found: list[list[Relation]]) -> list[Relation]:
    near, far = (0, 1) if parameters.outward else (1, 0)
    leaving = {edge.numbers[near] for edges in found for edge in edges}
    kept = []
    for level, edges in enumerate(found, 1):
        at_limit = parameters.max_level > 0 and level == parameters.max_level
        kept += [edge for edge in edges if at_limit or edge.numbers[far] not in leaving]
    return kept


def read_parameters(value: object) -> SearchParameters:
    """Return the search that a request describes."""
    if not isinstance(value, dict):
        raise missing()
    root = reference_in({"entityType": value.get("rootType"), "id": value.get("rootId")})
    direction = value.get("direction")
    if root is None or direction not in ("FROM", "TO"):
        raise broken("JSON parse error: Cannot deserialize the search parameters")
    return SearchParameters(
        root_kind=root[0],
        root_id=root[1],
        outward=direction == "FROM",
        type_group=value.get("relationTypeGroup") or COMMON,
        max_level=whole(value.get("maxLevel"), most=MOST_INT),
        last_level_only=value.get("fetchLastLevelOnly") is True,
    )
