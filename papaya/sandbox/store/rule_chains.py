"""Stored rule chains, and their metadata: nodes and connections."""

from __future__ import annotations

import json
from typing import Any

from papaya.sandbox.refusal import broken, changed_by_someone_else, invalid
from papaya.sandbox.store import chain_templates
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, delete, find, id_in, reference_in, require
from papaya.sandbox.store.naming import check_limit
from papaya.sandbox.store.revisions import check_version, replaced_by
from papaya.sandbox.store.rule_chain_notes import normal_note
from papaya.sandbox.store.rule_nodes import CHAIN_INPUT, normal_node
from papaya.sandbox.store.saving import Draft, put, resave
from papaya.sandbox.store.validation import check_fields, check_name, text_or_none
from papaya.sandbox.wire import dumps, new_id, reference

RULE_CHAIN = "RULE_CHAIN"
_TYPES = ("CORE", "EDGE")
_NO_METADATA: dict[str, Any] = {
    "firstNodeIndex": None,
    "nodes": [],
    "connections": None,
    "ruleChainConnections": None,
}


def root_chain(core: Core, kind: str = "CORE") -> Entity | None:
    """Return the tenant's root chain of a type."""
    row = core.store.connection.execute(
        "SELECT id FROM entity WHERE kind = ? AND type = ? AND json_extract(body, '$.root') LIMIT 1",
        (RULE_CHAIN, kind),
    ).fetchone()
    return None if row is None else find(core, RULE_CHAIN, row[0])


def save_chain(core: Core, body: dict[str, Any]) -> tuple[Entity, str]:
    """Create or replace a rule chain; its nodes are the metadata's affair."""
    old = replaced_by(core, RULE_CHAIN, body)
    name = text_or_none(body.get("name"))
    check_fields(core.dialect, {"name": name})
    name = check_name("Rule chain name", name)
    kind = body.get("type") or "CORE"
    if kind not in _TYPES:
        raise broken(
            "JSON parse error: Cannot deserialize value of type "
            f'`org.thingsboard.server.common.data.rule.RuleChainType` from String "{kind}": not one of the '
            "values accepted for Enum class: [EDGE, CORE]"
        )
    root = body.get("root") is True
    if root:
        holder = root_chain(core, kind)
        if holder is not None and (old is None or holder.id != old.id):
            which = "root" if kind == "CORE" else "edge template root"
            raise invalid(f"Another {which} rule chain is present in scope of current tenant!")
    if old is None:
        check_limit(core, RULE_CHAIN)
    check_version(old, body, "Rule chain")
    content = {
        "name": name,
        "type": kind,
        "firstRuleNodeId": reference("RULE_NODE", id_in(body, "firstRuleNodeId", "RULE_NODE")),
        "root": root,
        "debugMode": body.get("debugMode") is True,
        "externalId": body.get("externalId"),
        "configuration": body.get("configuration"),
        "additionalInfo": body.get("additionalInfo"),
    }
    draft = Draft(RULE_CHAIN, name, content, name_scope=None, type=kind, info=content["additionalInfo"])
    core.rules.forget()
    return put(core, draft, old, body.get("createdTime"))


def stored_metadata(core: Core, chain: Entity) -> dict[str, Any]:
    """Return nodes and connections of a chain."""
    row = core.store.connection.execute(
        "SELECT body FROM metadata WHERE number = ?", (chain.number,)
    ).fetchone()
    return dict(_NO_METADATA) if row is None else dict(json.loads(row[0]))


def metadata_of(core: Core, chain: Entity) -> dict[str, Any]:
    """Return the metadata of a chain as the server answers it."""
    stored = stored_metadata(core, chain)
    return {"ruleChainId": reference(RULE_CHAIN, chain.id), "version": chain.version, **stored}


def save_metadata(core: Core, body: dict[str, Any], *, is_template: bool = False) -> Entity:
    """Replace nodes and connections of a chain, which is saved with them."""
    named = reference_in(body.get("ruleChainId"), RULE_CHAIN)
    if named is None:
        raise invalid("Invalid entity id")
    chain = require(core, RULE_CHAIN, named[1])
    if body.get("version") not in (None, chain.version):
        raise changed_by_someone_else("Rule chain")
    known = {node["id"]["id"]: node for node in stored_metadata(core, chain)["nodes"]}
    sent = body.get("nodes") or []
    connections = _checked(core, body.get("connections"), len(sent))
    nodes = {
        index: normal_node(core, chain.id, each, known, is_template=is_template)
        for index, each in enumerate(sent)
        if _is_ours(each, known)
    }
    # Nodes come back in the order of their making.
    order = sorted(nodes, key=lambda index: nodes[index]["createdTime"])
    place = {index: position for position, index in enumerate(order)}
    edges = {
        (place[each["fromIndex"]], place[each["toIndex"]], str(each["type"]))
        for each in connections
        if each["fromIndex"] in place and each["toIndex"] in place
    }
    moved = [{"fromIndex": near, "toIndex": far, "type": label} for near, far, label in sorted(edges)]
    first = body.get("firstNodeIndex")
    if first is not None and not (isinstance(first, int) and 0 <= first < len(sent)):
        raise broken(f"Index {first} out of bounds for length {len(sent)}")
    if first not in place:
        first = None
    stored = {
        "firstNodeIndex": None if first is None else place[first],
        "nodes": [nodes[index] for index in order],
        "connections": moved or None,
        "ruleChainConnections": None,
    }
    notes = body.get("notes")
    if core.dialect.keeps_notes and isinstance(notes, list) and notes:
        stored["notes"] = [normal_note(note) for note in notes if isinstance(note, dict)]
    core.rules.forget()
    core.store.connection.execute(
        "INSERT OR REPLACE INTO metadata VALUES (?, ?)", (chain.number, dumps(stored))
    )
    return resave(core, chain, {"firstRuleNodeId": None if first is None else nodes[first]["id"]})


def _is_ours(node: object, known: dict[str, Any]) -> bool:
    """Tell whether a node is stored: the server passes over one with an id that the chain does not have."""
    identifier = id_in(node, "id", "RULE_NODE") if isinstance(node, dict) else None
    return identifier is None or identifier in known


def _checked(core: Core, value: object, count: int) -> list[dict[str, Any]]:
    connections = []
    for each in value if isinstance(value, list) else ():
        ends = (each.get("fromIndex"), each.get("toIndex")) if isinstance(each, dict) else (None, None)
        if not all(isinstance(end, int) and 0 <= end < count for end in ends):
            worst = next((end for end in ends if not isinstance(end, int) or not 0 <= end < count), None)
            raise broken(f"Index {worst} out of bounds for length {count}")
        if not str(each.get("type") or "").strip():
            raise invalid(core.dialect.missing_relation_type)
        connections.append(each)
    _refuse_circles(connections)
    return connections


def _refuse_circles(connections: list[dict[str, Any]]) -> None:
    following: dict[int, set[int]] = {}
    for each in connections:
        if each["fromIndex"] == each["toIndex"]:
            raise invalid("Can't create the relation to yourself.")
        following.setdefault(each["fromIndex"], set()).add(each["toIndex"])
    for start in following:
        reached, frontier = set[int](), set(following[start])
        while frontier:
            if start in frontier:
                raise invalid("Can't create circling relations in rule chain.")
            reached |= frontier
            frontier = {far for near in frontier for far in following.get(near, ())} - reached


def make_root(core: Core, chain: Entity) -> Entity:
    """Make a chain the root of its type; the chain that was it is saved as well."""
    before = root_chain(core, str(chain.type))
    if before is not None and before.id == chain.id:
        return chain
    core.rules.forget()
    if before is not None:
        resave(core, before, {"root": False})
    return resave(core, chain, {"root": True})


def delete_chain(core: Core, identifier: str) -> None:
    """Delete a chain that is not the root and that no profile uses."""
    chain = require(core, RULE_CHAIN, identifier)
    if chain.json["root"]:
        raise invalid("Deletion of Root Tenant Rule Chain is prohibited!")
    _refuse_use_by_edges(core, identifier)
    row = core.store.connection.execute(
        "SELECT kind FROM entity WHERE kind IN ('DEVICE_PROFILE', 'ASSET_PROFILE')"
        " AND json_extract(body, '$.defaultRuleChainId.id') = ? ORDER BY kind DESC LIMIT 1",
        (identifier,),
    ).fetchone()
    if row is not None:
        users = "device profiles" if row[0] == "DEVICE_PROFILE" else "asset profiles"
        raise invalid(f"The rule chain referenced by the {users} cannot be deleted!")
    delete(core, chain)
    core.rules.forget()


def _refuse_use_by_edges(core: Core, identifier: str) -> None:
    """Refuse to delete what a profile names for edges: the database does, in its own words."""
    row = core.store.connection.execute(
        "SELECT kind FROM entity WHERE kind IN ('DEVICE_PROFILE', 'ASSET_PROFILE')"
        " AND json_extract(body, '$.defaultEdgeRuleChainId.id') = ? LIMIT 1",
        (identifier,),
    ).fetchone()
    if row is None:
        return
    table = str(row[0]).lower()
    constraint = f"fk_default_edge_rule_chain_{table}"
    if core.dialect.checks_edge_chain:
        raise invalid(f"Constraint violation: {constraint}")
    raise invalid(
        f'ERROR: update or delete on table "rule_chain" violates foreign key constraint "{constraint}" on '
        f'table "{table}"\n  Detail: Key (id)=({identifier}) is still referenced from table "{table}".'
    )


def add_from_template(core: Core, name: str) -> str:
    """Create a chain from the template for devices; return the text that answers the request.

    The server answers with what it saved first, before the chain got its nodes.
    """
    chain, answer = save_chain(core, {"name": name, "additionalInfo": {"description": ""}})
    metadata = chain_templates.device_chain(with_profile_node=core.dialect.evaluates_profile_alarms)
    target = reference(RULE_CHAIN, chain.id)
    save_metadata(core, {**metadata, "ruleChainId": target}, is_template=True)
    return answer


def plant_chains(core: Core) -> None:
    """Create the rule chains of a new tenant if a tenant has none."""
    if core.store.rows("SELECT 1 FROM entity WHERE kind = ? LIMIT 1", (RULE_CHAIN,)):
        return
    with_node = core.dialect.evaluates_profile_alarms
    for name, kind, metadata in (
        ("Root Rule Chain", "CORE", chain_templates.root_chain(with_profile_node=with_node)),
        ("Edge Root Rule Chain", "EDGE", chain_templates.edge_chain(with_profile_node=with_node)),
    ):
        chain = save_chain(core, {"name": name, "type": kind, "root": True})[0]
        target = reference(RULE_CHAIN, chain.id)
        save_metadata(core, {**metadata, "ruleChainId": target}, is_template=True)


def label_usage(core: Core, chain: Entity) -> list[dict[str, Any]]:
    """Return the nodes of other chains that lead into a chain, with the labels that they use of it."""
    found = []
    for (identifier,) in core.store.rows(
        "SELECT id FROM entity WHERE kind = ? ORDER BY number", (RULE_CHAIN,)
    ):
        caller = require(core, RULE_CHAIN, identifier)
        metadata = stored_metadata(core, caller)
        for index, node in enumerate(metadata["nodes"]):
            if node["type"] != CHAIN_INPUT or node["configuration"].get("ruleChainId") != chain.id:
                continue
            edges = metadata["connections"] or ()
            found.append(
                {
                    "ruleChainId": reference(RULE_CHAIN, caller.id),
                    "ruleNodeId": node["id"],
                    "ruleChainName": caller.name,
                    "ruleNodeName": node["name"],
                    "labels": sorted({each["type"] for each in edges if each["fromIndex"] == index}),
                }
            )
    return found


def export_chains(core: Core, limit: int) -> dict[str, Any]:
    """Return chains with their metadata; random ids take the place of their own, the same ones everywhere."""
    rows = core.store.rows(
        "SELECT id FROM entity WHERE kind = ? ORDER BY number LIMIT ?", (RULE_CHAIN, limit)
    )
    chains = [require(core, RULE_CHAIN, row[0]) for row in rows]
    fresh = {chain.id: new_id() for chain in chains}
    exported: list[dict[str, Any]] = []
    metadata: list[dict[str, Any]] = []
    for chain in chains:
        body = chain.json
        first = body["firstRuleNodeId"]
        exported.append(
            {
                **body,
                "id": reference(RULE_CHAIN, fresh[chain.id]),
                "tenantId": None,
                "firstRuleNodeId": reference("RULE_NODE", new_id()) if first else None,
            }
        )
        whole = metadata_of(core, chain)
        nodes = [_exported_node(node, fresh) for node in whole["nodes"]]
        metadata.append({**whole, "ruleChainId": reference(RULE_CHAIN, fresh[chain.id]), "nodes": nodes})
    return {"ruleChains": exported, "metadata": metadata}


def _exported_node(node: dict[str, Any], fresh: dict[str, str]) -> dict[str, Any]:
    configuration = node["configuration"]
    if node["type"] == CHAIN_INPUT:
        target = str(configuration.get("ruleChainId"))
        configuration = {**configuration, "ruleChainId": fresh.get(target, target)}
    return {**node, "id": None, "ruleChainId": None, "configuration": configuration}


def import_chains(core: Core, body: dict[str, Any], *, overwrite: bool) -> list[dict[str, Any]]:
    """Store exported chains, as new ones or over those of the same names; return what became of each."""
    metadata = body.get("metadata") or []
    known: dict[str, str] = {}
    results = []
    for each in body.get("ruleChains") or ():
        old = _named(core, each) if overwrite else None
        sent = {key: value for key, value in each.items() if key not in ("id", "version", "firstRuleNodeId")}
        sent["root"] = old is not None and old.json["root"]
        if old is not None:
            sent["id"] = reference(RULE_CHAIN, old.id)
        chain = save_chain(core, sent)[0]
        known[str((each.get("id") or {}).get("id"))] = chain.id
        result = {"ruleChainId": reference(RULE_CHAIN, chain.id), "ruleChainName": chain.name}
        results.append(result | ({"updated": True} if old is not None else {}))
    for each in metadata:
        chain_id = known.get(str((each.get("ruleChainId") or {}).get("id")))
        if chain_id is not None:
            nodes = [_imported_node(node, known) for node in each.get("nodes") or ()]
            target = reference(RULE_CHAIN, chain_id)
            save_metadata(core, {**each, "ruleChainId": target, "version": None, "nodes": nodes})
    return results


def _named(core: Core, body: dict[str, Any]) -> Entity | None:
    row = core.store.connection.execute(
        "SELECT id FROM entity WHERE kind = ? AND name = ? AND type = ? ORDER BY number LIMIT 1",
        (RULE_CHAIN, str(body.get("name")), body.get("type") or "CORE"),
    ).fetchone()
    return None if row is None else find(core, RULE_CHAIN, row[0])


def _imported_node(node: dict[str, Any], known: dict[str, str]) -> dict[str, Any]:
    configuration = node.get("configuration")
    if node.get("type") == CHAIN_INPUT and isinstance(configuration, dict):
        target = str(configuration.get("ruleChainId"))
        configuration = {**configuration, "ruleChainId": known.get(target, target)}
    return {**node, "id": None, "configuration": configuration}
