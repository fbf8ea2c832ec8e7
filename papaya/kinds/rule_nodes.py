"""The nodes and connections of a rule chain: as a file and the server have them, and in normal form."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from papaya.kinds.names import id_of_link
from papaya.kinds.resource import Fields
from papaya.manifest.model import Json
from papaya.manifest.names import LONGEST_NAME, object_to_characters, object_to_text, utf16_length

FIRST: Final = "first"
CONNECTIONS: Final = "connections"
_CHAIN_ID: Final = "ruleChainId"
# What the server or the editor adds, and no two servers have alike.
_OF_THE_SERVER: Final = ("id", "createdTime", "ruleChainId", "externalId", "debugSettings", "debugMode")


@dataclass(frozen=True, slots=True)
class Chain:
    """The metadata of a chain, with names in the place of ids where they are known."""

    metadata: Fields = field(default_factory=dict)
    nodes: tuple[dict[str, Json], ...] = ()

    def faults(self) -> Iterator[str]:
        """Yield what is wrong with a chain of a file, as sentences."""
        if not self.nodes:
            yield "it holds no nodes: export the rule chain in ThingsBoard and use that file"
            return
        names = Counter(node_name(node) for node in self.nodes)
        for name, number in names.items():
            if number > 1:
                yield f'{number} nodes are called "{name}": nodes are told apart by their names'
        for name in names:
            yield from (f'the name of the node "{name[:40]}" {one.summary}' for one in object_to_text(name))
        for node in self.nodes:
            if not isinstance(node.get("type"), str) or not node.get("type"):
                yield f'the node "{node_name(node)}" has no type'
            if not isinstance(node.get("configuration"), dict):
                yield f'the node "{node_name(node)}" has no configuration'
        for connection in rows_in(self.metadata.get(CONNECTIONS)):
            start, end = connection.get("fromIndex"), connection.get("toIndex")
            if not _is_index(start, len(self.nodes)) or not _is_index(end, len(self.nodes)):
                yield f"a connection leads from node {start} to node {end}, which do not both exist"
            elif start == end:
                yield f"node {start} is connected to itself"
            else:
                yield from _faults_of_type(connection.get("type"), f"from node {start} to node {end}")


def _faults_of_type(value: Json, where: str) -> Iterator[str]:
    if not isinstance(value, str) or not value.strip():
        yield f"the connection {where} has no type"
    elif utf16_length(value) > LONGEST_NAME:
        yield f"the type of the connection {where} is longer than {LONGEST_NAME} characters"
    else:
        for one in object_to_characters(value):
            yield f"the type of the connection {where} {one.summary}"


def chain_in(document: Mapping[str, Json], name: Callable[[str], str | None] = lambda id_: None) -> Chain:
    """Return the chain of an exported document, or of `{"metadata": …}` as the server answers it.

    `name` returns the reference that stands for the id of another chain, if that is known.
    """
    metadata = document.get("metadata")
    if not isinstance(metadata, dict):
        return Chain()
    nodes = tuple(_portable(node, name) for node in rows_in(metadata.get("nodes")))
    rest = {key: value for key, value in metadata.items() if key not in ("ruleChainId", "version", "nodes")}
    return Chain({**rest, "nodes": list(nodes)}, nodes)


def fields_of(chain: Chain) -> dict[str, Json]:
    """Return the normal form: a field for each node, the first one, and the connections in one order."""
    names = [node_name(node) for node in chain.nodes]
    told: dict[str, Json] = {node_key(node_name(node)): _normal(node) for node in chain.nodes}
    told[FIRST] = _at(names, chain.metadata.get("firstNodeIndex"))
    told[CONNECTIONS] = [
        list(connection)
        for connection in sorted(
            (_at(names, one.get("fromIndex")), str(one.get("type")), _at(names, one.get("toIndex")))
            for one in rows_in(chain.metadata.get(CONNECTIONS))
        )
    ]
    return told


def metadata_of(
    wanted: Mapping[str, Json], live: Fields, id_of: Callable[[str], str], chain: Json, version: Json
) -> dict[str, Json]:
    """Return the metadata to save: the wanted nodes, with the ids of live ones of the same name and type."""
    present = {
        (node.get("name"), node.get("type")): node for node in rows_in(live.get("nodes") if live else None)
    }
    nodes: list[Json] = []
    for node in rows_in(wanted.get("nodes")):
        known = present.get((node.get("name"), node.get("type")), {})
        kept = {key: known[key] for key in ("id", "debugSettings") if known.get(key) is not None}
        nodes.append({**node, **kept, "configuration": _with_ids(node.get("configuration"), id_of)})
    rest = {key: value for key, value in live.items() if key not in ("nodes", "version")}
    mine = {key: value for key, value in wanted.items() if key != "nodes"}
    return {**rest, **mine, "ruleChainId": chain, "version": version, "nodes": nodes}


def node_key(name: str) -> str:
    """Return the field of a node."""
    return f"node {name}"


def node_name(node: Mapping[str, Json]) -> str:
    """Return the name of a node."""
    return str(node.get("name"))


def _normal(node: Mapping[str, Json]) -> dict[str, Json]:
    info = node.get("additionalInfo")
    description = info.get("description") if isinstance(info, dict) else None
    told: dict[str, Json] = {"type": node.get("type"), "configuration": node.get("configuration")}
    optional = (
        ("singletonMode", node.get("singletonMode")),
        ("queueName", node.get("queueName")),
        ("description", description),
    )
    return {**told, **{key: value for key, value in optional if value}}


def _portable(node: Mapping[str, Json], name: Callable[[str], str | None]) -> dict[str, Json]:
    kept = {key: value for key, value in node.items() if key not in _OF_THE_SERVER}
    configuration = kept.get("configuration")
    if isinstance(configuration, dict) and isinstance(configuration.get(_CHAIN_ID), str):
        id_ = str(configuration[_CHAIN_ID])
        kept["configuration"] = {**configuration, _CHAIN_ID: name(id_) or id_}
    return kept


def _with_ids(configuration: Json, id_of: Callable[[str], str]) -> Json:
    if not isinstance(configuration, dict):
        return configuration
    value = configuration.get(_CHAIN_ID)
    found = id_of_link(value) if isinstance(value, str) else None
    return configuration if found is None else {**configuration, _CHAIN_ID: id_of(found[1])}


def _at(names: list[str], index: Json) -> str:
    return names[index] if isinstance(index, int) and _is_index(index, len(names)) else ""


def _is_index(value: Json, length: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < length


def rows_in(value: Json) -> list[dict[str, Json]]:
    """Return the objects of a list."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
