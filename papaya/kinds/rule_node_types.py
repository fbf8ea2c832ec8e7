"""The types of a chain's nodes beside those of the server, which saves any and starts none that it lacks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from papaya.errors import NotFound
from papaya.kinds.json_places import mark_in
from papaya.kinds.kind import Fault
from papaya.kinds.request import Conversation, Request
from papaya.kinds.rule_nodes import chain_in, node_name
from papaya.manifest.model import File, Json

COMPONENTS: Final = "/api/components"
_GROUPS: Final = "ENRICHMENT,FILTER,TRANSFORMATION,ACTION,EXTERNAL,FLOW"


def unknown_types(file: File) -> Conversation[tuple[Fault, ...]]:
    """Ask the server for its types, and return what is wrong with those of a file."""
    nodes = chain_in(file.value if isinstance(file.value, dict) else {}).nodes
    if not nodes:
        return ()
    parameters = {"componentTypes": _GROUPS, "ruleChainType": "CORE"}
    try:
        answer = yield Request("GET", COMPONENTS, parameters=parameters)
    except NotFound:
        # A server that does not tell its types is no reason not to save.
        return ()
    rows = answer if isinstance(answer, list) else []
    known = {row.get("clazz") for row in rows if isinstance(row, dict)}
    return tuple(_faults(file, nodes, known)) if known else ()


def _faults(file: File, nodes: tuple[dict[str, Json], ...], known: set[Json]) -> Iterator[Fault]:
    for place, node in enumerate(nodes):
        if node.get("type") not in known:
            yield Fault(
                f'the server does not know the type of the node "{node_name(node)}": {node.get("type")}',
                "it would save the node and never start it; use a type of this server's version",
                mark_in(file, ("metadata", "nodes", place, "type")),
            )
