"""What a server says about alarms: its version, the rule chains in use and the alarm rules."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from papaya.errors import NotFound
from papaya.kinds.alarm_engine import Chain, chain_of, followed, has_rules
from papaya.kinds.field_parts import ALARM, ALL_TYPES, FIELDS, TYPE
from papaya.kinds.request import Conversation, Request
from papaya.kinds.resource import Fields
from papaya.manifest.model import Json

_INFO: Final = "/api/system/info"
_CHAINS: Final = "/api/ruleChains"
# What the kind of rule chains asks for, too, so that a plan reads the list once.
_OF_CORE: Final = {"type": "CORE"}
_PAGE: Final = 1_000


@dataclass(frozen=True, slots=True)
class Facts:
    """`chains` and `names` are by the ids of rule chains, `root` is the root chain's id; `rules` are rows."""

    version: str = ""
    root: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    chains: Mapping[str, Chain] = field(default_factory=dict)
    rules: tuple[Mapping[str, Json], ...] = ()

    def as_json(self) -> dict[str, Json]:
        """Return the facts as they are kept beside a live object."""
        return {
            "version": self.version,
            "root": self.root,
            "names": dict(self.names),
            "chains": {
                id_: [chain.evaluates_profile_alarms, chain.feeds_rules, [*chain.nested]]
                for id_, chain in self.chains.items()
            },
            "rules": [dict(rule) for rule in self.rules],
        }

    @staticmethod
    def of(details: Sequence[Json]) -> Facts:
        """Return the facts among the details of a live object; empty ones where it has none."""
        told = details[-1] if details else None
        if not isinstance(told, dict):
            return Facts()
        names, chains, rules = told.get("names"), told.get("chains"), told.get("rules")
        return Facts(
            str(told.get("version", "")),
            str(told.get("root", "")),
            {id_: str(name) for id_, name in names.items()} if isinstance(names, dict) else {},
            {id_: _chain(value) for id_, value in chains.items()} if isinstance(chains, dict) else {},
            tuple(rule for rule in rules if isinstance(rule, dict)) if isinstance(rules, list) else (),
        )


def read_facts(rows: Sequence[Fields]) -> Conversation[Facts]:
    """Read what decides about the alarms of these device profiles."""
    info = yield Request("GET", _INFO)
    version = str(info.get("version", "")) if isinstance(info, dict) else ""
    listed = yield from paged(_CHAINS, _OF_CORE)
    names = {str(_id(row)): str(row.get("name")) for row in listed}
    root = next((str(_id(row)) for row in listed if row.get("root") is True), "")
    own = (row.get("defaultRuleChainId") for row in rows)
    pending = [str(one.get("id")) for one in own if isinstance(one, dict) and one.get("id")]
    if len(pending) < len(rows) or not rows:
        pending.append(root)
    chains: dict[str, Chain] = {}
    while pending:
        id_ = pending.pop(0)
        if id_ and id_ not in chains:
            try:
                metadata = yield Request("GET", f"/api/ruleChain/{id_}/metadata")
            except NotFound:
                # A node may name a chain that somebody deleted: the server refuses no such deletion.
                metadata = None
            chains[id_] = chain_of(metadata)
            pending += followed(id_, chains).nested
    rules: list[dict[str, Json]] = []
    if has_rules(version):
        rows = yield from paged(FIELDS, {"types": ",".join(ALL_TYPES)})
        rules = [row for row in rows if row.get(TYPE) == ALARM]
    return Facts(version, root, names, chains, tuple(rules))


def paged(path: str, parameters: Mapping[str, str]) -> Conversation[list[dict[str, Json]]]:
    """Read every row of a list."""
    rows: list[dict[str, Json]] = []
    page = 0
    while True:
        answer = yield Request("GET", path, parameters={**parameters, "pageSize": _PAGE, "page": page})
        data = answer.get("data") if isinstance(answer, dict) else None
        found = [row for row in data if isinstance(row, dict)] if isinstance(data, list) else []
        rows += found
        if not found or not isinstance(answer, dict) or answer.get("hasNext") is not True:
            return rows
        page += 1


def _id(row: Mapping[str, Json]) -> Json:
    identity = row.get("id")
    return identity.get("id") if isinstance(identity, dict) else None


def _chain(value: Json) -> Chain:
    if not isinstance(value, list) or len(value) != 3 or not isinstance(value[2], list):
        return Chain()
    return Chain(value[0] is True, value[1] is True, tuple(str(id_) for id_ in value[2]))
