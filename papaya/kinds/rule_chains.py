"""Rule chains from files as ThingsBoard's UI exports them (`RuleChainController`, 4.0.1 to 4.4).

A chain is compared node by node, nodes by their names; connections as a set; layout, ids and debug settings
not at all. The server upgrades configurations of nodes to its own version (measured: Save Time Series 0 → 1),
which the record of what was left remembers. A save of nodes without ids makes new nodes and loses their debug
events, so nodes that stay send their ids. Other members of metadata (`notes` of 4.4) go back as they came.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Final

from papaya.errors import PapayaError
from papaya.kinds.description import DESCRIPTION, described, info_in
from papaya.kinds.form import same
from papaya.kinds.kind import (
    Exported,
    Fault,
    IdOf,
    Kind,
    NameOf,
    created,
    saved,
)
from papaya.kinds.names import id_of_link, link, linked
from papaya.kinds.origin import Origin, with_origin
from papaya.kinds.request import Conversation, Listing, Look, Request
from papaya.kinds.resource import Desired, Fields, Live
from papaya.kinds.rule_node_types import COMPONENTS, unknown_types
from papaya.kinds.rule_nodes import (
    CONNECTIONS,
    FIRST,
    chain_in,
    fields_of,
    metadata_of,
    node_name,
    rows_in,
)
from papaya.manifest.model import Fleet, Json, Resource
from papaya.path_component import file_stem

_ENTITY_TYPE: Final = "RULE_CHAIN"
_ROOT: Final = "root"
_METADATA: Final = "/api/ruleChain/metadata"
_USED_BY: Final = "/api/deviceProfiles"
_EDGES: Final = "/api/edges"
# Deleting a chain that a profile names for edges is a 400 with the words of the database. Deleting the root
# of an edge is a 200, and the edge keeps the id of a chain that is gone (measured on 4.0.1 and 4.3.1.3).
_NAMED_BY_PROFILES: Final = {"defaultRuleChainId": "uses it", "defaultEdgeRuleChainId": "names it for edges"}


class RuleChains(Kind):
    """The kind of rule chains."""

    key = "ruleChain"
    section = "ruleChains"
    word = "rule chain"
    plural = "rule chains"
    entity_type = _ENTITY_TYPE
    level = 20
    path = "/api/ruleChain"
    listing = Listing("/api/ruleChains", {"type": "CORE"})
    asked_once = (COMPONENTS,)
    optional = frozenset((DESCRIPTION, _ROOT))
    may_be_begun = True

    def desired(self, declared: Resource, fleet: Fleet) -> Desired:
        """Return the chain that an entry and its file declare; without a file its nodes are not managed."""
        fields: dict[str, Json] = {}
        extra: dict[str, Json] = {}
        names: list[str] = []
        file = declared.files.get("file")
        if file is not None and isinstance(file.value, dict):
            chain = chain_in(file.value)
            fields |= fields_of(chain)
            extra["metadata"] = dict(chain.metadata)
            names = [name for node in chain.nodes for name in linked(node, self.key)]
        for key in (DESCRIPTION, _ROOT):
            if declared.values.get(key) is not None:
                fields[key] = declared.values[key]
        if fields.get(_ROOT) is False:
            # A chain stops being the root when another one becomes it.
            del fields[_ROOT]
        return Desired(
            self.address(declared.name),
            fields,
            tuple(self.address(name) for name in dict.fromkeys(names) if name != declared.name),
            formerly=declared.formerly,
            protect=declared.protect,
            mark=declared.mark,
            extra=extra,
        )

    def fields(self, row: Fields, details: tuple[Json, ...], name_of: NameOf) -> Fields:
        """Return a live chain as a file would declare it."""
        told: dict[str, Json] = {
            DESCRIPTION: info_in(row).get(DESCRIPTION),
            _ROOT: True if row.get(_ROOT) is True else None,
        }
        metadata = details[0] if details else None
        if isinstance(metadata, dict):
            told |= fields_of(chain_in({"metadata": metadata}, lambda id_: _named(id_, name_of)))
        return told

    def details(self, id_: str) -> tuple[Request, ...]:
        """Return the request for the nodes of a chain."""
        return (Request("GET", f"{self.path}/{id_}/metadata"),)

    def create(self, desired: Desired, origin: Origin, id_of: IdOf) -> Conversation[Fields]:
        """Create a chain, then its nodes."""
        row = yield from self._begun(desired, id_of)
        if row is None:
            row = yield from self._made(desired.address.name, desired.fields, origin)
        elif desired.fields.get(DESCRIPTION):
            body: dict[str, Json] = {**row, "additionalInfo": described(info_in(row), desired.fields)}
            look = saved(self, _id(row), body)
            row = _object((yield Request("POST", self.path, body, step="save", look=look)))
        return (yield from self._nodes(desired, row, {}, id_of))

    def begin(self, name: str, origin: Origin) -> Conversation[Fields]:
        """Create a chain without nodes: one that comes before it passes messages on to it."""
        return (yield from self._made(name, {}, origin))

    def _made(self, name: str, fields: Fields, origin: Origin) -> Conversation[dict[str, Json]]:
        info = with_origin(described({}, fields), origin)
        body: dict[str, Json] = {"name": name, "type": "CORE", "debugMode": False, "additionalInfo": info}
        answer = yield Request("POST", self.path, body, step="create", look=created(self, name, origin))
        return _object(answer)

    def _begun(self, desired: Desired, id_of: IdOf) -> Conversation[dict[str, Json] | None]:
        """Return the empty chain that this run has made for another to name, or None."""
        try:
            id_ = id_of(desired.address)
        except PapayaError:
            return None
        return _object((yield self.one(id_)))

    def update(self, desired: Desired, live: Live, id_of: IdOf) -> Conversation[Fields]:
        """Save what has changed: the chain itself, its nodes, whether it is the root."""
        row: Fields = live.row
        changed = _changed(desired, live)
        if desired.address.name != live.address.name or DESCRIPTION in changed:
            info = described(info_in(row), desired.fields)
            body: dict[str, Json] = {**row, "name": desired.address.name, "additionalInfo": info}
            answer = yield Request("POST", self.path, body, step="save", look=saved(self, live.id, body))
            row = _object(answer)
        if changed - self.optional:
            metadata = _object(live.details[0] if live.details else None)
            return (yield from self._nodes(desired, row, metadata, id_of))
        return (yield from self._made_root(desired, row))

    def delete(self, live: Live) -> Conversation[None]:
        """Delete a chain."""
        yield Request("DELETE", f"{self.path}/{live.id}", step="delete", absent_is_done=True)

    def before_deletion(self, id_: str) -> tuple[Request, ...]:
        """Return the requests that tell which profiles, chains and edges use a chain."""
        return (
            Request("GET", _USED_BY, parameters={"pageSize": 1000, "page": 0}),
            Request("GET", "/api/ruleChains/export", parameters={"limit": 1000}),
            Request("GET", "/api/assetProfiles", parameters={"pageSize": 1000, "page": 0}),
            Request("GET", _EDGES, parameters={"pageSize": 1000, "page": 0}, absent_is_done=True),
        )

    def obstacles(self, live: Live, everything: tuple[Live, ...], leaving: frozenset[str]) -> Iterator[str]:
        """Yield what the server would refuse, in the plan and not in the middle of a run."""
        if live.row.get(_ROOT) is True:
            yield "it is the root rule chain of the tenant; make another chain the root first"
        for word, index in (("device", 0), ("asset", 2)):
            answer = _object(live.before_deletion[index] if len(live.before_deletion) > index else None)
            for row in rows_in(answer.get("data")):
                for key, how in _NAMED_BY_PROFILES.items():
                    if _id(row) not in leaving and _object(row.get(key)).get("id") == live.id:
                        yield f"the {word} profile {row.get('name')} {how}"
        edges = _object(live.before_deletion[3] if len(live.before_deletion) > 3 else None)
        for row in rows_in(edges.get("data")):
            if _object(row.get("rootRuleChainId")).get("id") == live.id:
                yield f"it is the root rule chain of the edge {row.get('name')}; give the edge another one"
        going = {one.address.name for one in everything if one.id in leaving}
        for name in _nesting(live.before_deletion[1] if len(live.before_deletion) > 1 else None, live):
            if name not in going:
                yield f"the rule chain {name} passes messages on to it"

    def question(self, desired: Desired, live: Live | None) -> str:
        """Ask before a chain takes all messages of the tenant."""
        if desired.fields.get(_ROOT) is not True or (live is not None and live.row.get(_ROOT) is True):
            return ""
        return (
            f"{desired.address.name} becomes the root rule chain: from then on it gets the messages of every "
            "device whose profile names no chain of its own, also of other fleets"
        )

    def writes(self, desired: Desired, live: Live | None) -> int:
        """Return how many requests a change sends."""
        nodes = any(key not in self.optional for key in desired.fields)
        becomes_root = desired.fields.get(_ROOT) is True and not (live is not None and live.row.get(_ROOT))
        if live is None:
            return 1 + nodes + becomes_root
        changed = _changed(desired, live)
        own = desired.address.name != live.address.name or DESCRIPTION in changed
        return own + bool(changed - self.optional) + becomes_root

    def faults(self, declared: Resource, fleet: Fleet) -> Iterator[Fault]:
        """Yield what the server would accept without a word, or refuse in the middle of a run."""
        file = declared.files.get("file")
        if file is None:
            return
        chain = chain_in(file.value if isinstance(file.value, dict) else {})
        for summary in chain.faults():
            yield Fault(f"{file.name}: {summary}")
        for node in chain.nodes:
            for where, id_ in _ids_in(node):
                named = f'{file.name}: the node "{node_name(node)}" names a rule chain by its id'
                remedy = f"ids differ between servers: write {link(self.key, 'NAME')}"
                yield Fault(f"{named}, in {where}: {id_}", remedy)

    def tried(self, declared: Resource) -> Conversation[tuple[Fault, ...]]:
        """Let the server tell which types of nodes it has."""
        file = declared.files.get("file")
        return (yield from unknown_types(file)) if file is not None else ()

    def exported(self, live: Live, folder: str, name_of: NameOf) -> Exported:
        """Return the entry of a live chain and its file."""
        path = f"{folder}/{_file_name(live)}.json"
        fields = live.fields or {}
        told: dict[str, Json] = {"name": live.address.name, "file": path}
        for key in (DESCRIPTION, _ROOT):
            if fields.get(key) not in (None, ""):
                told[key] = fields[key]
        chain: Json = {
            "ruleChain": {"name": live.address.name, "type": "CORE", "root": False, "additionalInfo": None},
            "metadata": dict(self._portable(live, name_of)),
        }
        return Exported(told, {path: json.dumps(chain, indent=2, ensure_ascii=False) + "\n"})

    def _portable(self, live: Live, name_of: NameOf) -> Fields:
        """Return the nodes of a live chain without ids, as a file holds them."""
        metadata = _object(live.details[0] if live.details else None)
        return chain_in({"metadata": metadata}, lambda id_: _named(id_, name_of)).metadata

    def _nodes(self, desired: Desired, row: Fields, live: Fields, id_of: IdOf) -> Conversation[Fields]:
        wanted = desired.extra.get("metadata")
        if isinstance(wanted, dict):
            ids = metadata_of(
                wanted, live, lambda name: id_of(self.address(name)), row.get("id"), row.get("version")
            )
            look = Look(self.details(_id(row))[0], lambda answer: _is_saved(answer, ids))
            answer = yield Request("POST", _METADATA, ids, step="nodes", look=look)
            version = answer.get("version") if isinstance(answer, dict) else None
            row = {**row, "version": version if isinstance(version, int) else row.get("version")}
        return (yield from self._made_root(desired, row))

    def _made_root(self, desired: Desired, row: Fields) -> Conversation[Fields]:
        if desired.fields.get(_ROOT) is not True or row.get(_ROOT) is True:
            return row
        path = f"{self.path}/{_id(row)}/root"
        answer = yield Request("POST", path, step="make it the root", repeatable=True)
        return answer if isinstance(answer, dict) else row


def _changed(desired: Desired, live: Live) -> frozenset[str]:
    """Return the fields of a live chain that are to be written."""
    if desired.changed is not None:
        return desired.changed - {"name", "protect"}
    present = live.fields or {}
    return frozenset(key for key, value in desired.fields.items() if not same(value, present.get(key)))


def _is_saved(answer: Json, sent: Mapping[str, Json]) -> Json:
    """Return the metadata that a lost answer would have held, if it is what was sent."""
    if not isinstance(answer, dict) or answer.get("version") == sent.get("version"):
        return None
    then, now = (fields_of(chain_in({"metadata": dict(one)})) for one in (sent, answer))
    alike = then.keys() == now.keys() and all(same(then[key], now[key]) for key in (FIRST, CONNECTIONS))
    return answer if alike else None


def _nesting(answer: Json, live: Live) -> Iterator[str]:
    """Yield the names of the chains that pass messages on to a chain; ids of an export are made up."""
    document = _object(answer)
    names = {_id(row): str(row.get("name")) for row in rows_in(document.get("ruleChains"))}
    for metadata in rows_in(document.get("metadata")):
        owner = names.get(_id({"id": metadata.get("ruleChainId")}), "")
        for node in rows_in(metadata.get("nodes")):
            target = _object(node.get("configuration")).get("ruleChainId")
            if names.get(str(target)) == live.address.name and owner != live.address.name:
                yield owner
                break


def _ids_in(node: Mapping[str, Json]) -> Iterator[tuple[str, str]]:
    """Yield where a node of a file names another chain by its id."""
    configuration = node.get("configuration")
    value = configuration.get("ruleChainId") if isinstance(configuration, dict) else None
    if isinstance(value, str) and value and id_of_link(value) is None:
        yield "ruleChainId", value


def _named(id_: str, name_of: NameOf) -> str | None:
    name = name_of(_ENTITY_TYPE, id_)
    return link(RULE_CHAINS.key, name) if name is not None else None


def _object(value: Json) -> dict[str, Json]:
    return value if isinstance(value, dict) else {}


def _id(row: Fields) -> str:
    identity = row.get("id")
    return str(identity.get("id")) if isinstance(identity, dict) else ""


def _file_name(live: Live) -> str:
    plain = re.sub(r"[^a-z0-9]+", "-", live.address.name.lower()).strip("-")
    return file_stem(plain) or file_stem(live.address.name)


RULE_CHAINS: Final = RuleChains()
