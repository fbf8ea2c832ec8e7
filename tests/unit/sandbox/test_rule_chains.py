"""Rule chains: their nodes, their root, export and import, and what stands against their deletion."""

from __future__ import annotations

from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client

_SERIES = "org.thingsboard.rule.engine.telemetry.TbMsgTimeseriesNode"
_INPUT = "org.thingsboard.rule.engine.flow.TbRuleChainInputNode"
_PROFILE = "org.thingsboard.rule.engine.profile.TbDeviceProfileNode"


def _chain(client: Client, name: str = "Meters") -> dict[str, Any]:
    return dict(client.post("/api/ruleChain", {"name": name}))


def _node(name: str, kind: str = "org.example.Any", **fields: Any) -> dict[str, Any]:
    return {"name": name, "type": kind, "configuration": {}, **fields}


def _edge(source: int, target: int, label: str = "Success") -> dict[str, Any]:
    return {"fromIndex": source, "toIndex": target, "type": label}


def _metadata(
    chain: dict[str, Any], *nodes: dict[str, Any], edges: Any = (), **fields: Any
) -> dict[str, Any]:
    return {"ruleChainId": chain["id"], "firstNodeIndex": 0, "nodes": nodes, "connections": edges, **fields}


def test_nodes_keep_their_ids_only_where_a_save_names_them(client: Client) -> None:
    """A node without an id is a new one."""
    chain = _chain(client)
    first = client.post("/api/ruleChain/metadata", _metadata(chain, _node("a"), _node("b")))
    again = client.post("/api/ruleChain/metadata", {**first, "nodes": [first["nodes"][0], _node("b")]})
    assert again["nodes"][0]["id"] == first["nodes"][0]["id"]
    assert again["nodes"][1]["id"] != first["nodes"][1]["id"]
    assert client.get(f"/api/ruleChain/{chain['id']['id']}")["version"] == again["version"] == 3


def test_older_configurations_come_back_as_the_servers_version_has_them(client: Client) -> None:
    """What was sent without a version is brought up to date; without a configuration it gets the defaults."""
    nodes = (
        _node("save", _SERIES, configuration={"defaultTTL": 5, "skipLatestPersistence": True}),
        _node("new", _SERIES, configurationVersion=1, configuration={"x": 1}),
        _node("none", _SERIES, configuration=None),
    )
    saved = client.post("/api/ruleChain/metadata", _metadata(_chain(client), *nodes))["nodes"]
    assert saved[0]["configurationVersion"] == 1
    assert saved[0]["configuration"]["processingSettings"]["latest"] == {"type": "SKIP"}
    assert "skipLatestPersistence" not in saved[0]["configuration"]
    assert saved[1]["configuration"] == {"x": 1}
    assert saved[2]["configuration"]["processingSettings"] == {"type": "ON_EVERY_MESSAGE"}


@pytest.mark.parametrize(
    ("edges", "status", "message"),
    [
        ([_edge(0, 0)], 400, "Can't create the relation to yourself."),
        ([_edge(0, 1), _edge(1, 0)], 400, "Can't create circling relations in rule chain."),
        ([_edge(0, 5)], 500, "Index 5 out of bounds for length 2"),
    ],
)
def test_connections_run_one_way_between_nodes(
    client: Client, edges: list[dict[str, Any]], status: int, message: str
) -> None:
    """Nothing is stored of a chain whose connections are refused."""
    chain = _chain(client)
    refused = client.ask(
        "POST", "/api/ruleChain/metadata", _metadata(chain, _node("a"), _node("b"), edges=edges)
    )
    assert (refused.status_code, refused.json()["message"]) == (status, message)
    assert client.get(f"/api/ruleChain/{chain['id']['id']}/metadata")["nodes"] == []


def test_connections_come_back_sorted(client: Client) -> None:
    """By where they start, where they end, and what they are called."""
    edges = [_edge(0, 2), _edge(0, 1, "b"), _edge(0, 1, "a")]
    nodes = (_node("a"), _node("b"), _node("c"))
    saved = client.post("/api/ruleChain/metadata", _metadata(_chain(client), *nodes, edges=edges))
    assert saved["connections"] == [_edge(0, 1, "a"), _edge(0, 1, "b"), _edge(0, 2)]


def test_another_root_is_a_save_of_both_chains(client: Client) -> None:
    """There is one root at any time, and it cannot be deleted."""
    chain = _chain(client)
    client.post(f"/api/ruleChain/{chain['id']['id']}/root")
    page = client.get("/api/ruleChains", pageSize=10, page=0, sortProperty="name", sortOrder="ASC")["data"]
    assert [(each["name"], each["root"], each["version"]) for each in page] == [
        ("Meters", True, 2),
        ("Root Rule Chain", False, 3),
    ]
    refused = client.ask("DELETE", f"/api/ruleChain/{chain['id']['id']}")
    assert refused.json()["message"] == "Deletion of Root Tenant Rule Chain is prohibited!"


def test_a_chain_of_a_profile_cannot_be_deleted(client: Client) -> None:
    """The refusal says which kind of profile."""
    chain = _chain(client)
    client.post("/api/assetProfile", {"name": "Street", "defaultRuleChainId": chain["id"]})
    refused = client.ask("DELETE", f"/api/ruleChain/{chain['id']['id']}")
    assert refused.json()["message"] == "The rule chain referenced by the asset profiles cannot be deleted!"


def test_exported_chains_are_imported_with_their_nesting(client: Client) -> None:
    """Ids are others at every step; what refers to a chain follows it."""
    inner, outer = _chain(client, "Inner"), _chain(client, "Outer")
    nested = _node("in", _INPUT, configuration={"ruleChainId": inner["id"]["id"]})
    client.post("/api/ruleChain/metadata", _metadata(outer, nested))
    exported = client.get("/api/ruleChains/export", limit=100)
    with Sandbox() as other, Client(other) as there:
        results = there.post("/api/ruleChains/import", exported, overwrite="true")
        ids = {each["ruleChainName"]: each["ruleChainId"]["id"] for each in results}
        node = there.get(f"/api/ruleChain/{ids['Outer']}/metadata")["nodes"][0]
        assert node["configuration"]["ruleChainId"] == ids["Inner"]
        assert ids["Inner"] != inner["id"]["id"]
        roots = [each["root"] for each in there.get("/api/ruleChains", pageSize=10, page=0)["data"]]
        assert roots.count(True) == 1


@pytest.mark.parametrize(("version", "expected"), [("4.0.1", True), ("4.3.1.3", False)])
def test_only_older_chains_of_new_tenants_evaluate_profile_alarms(version: str, expected: bool) -> None:
    """The node for it is in the root chain and in the template of 4.0.1, in neither of 4.3.1.3."""
    with Sandbox(emulate=version) as sandbox, Client(sandbox) as client:
        root = client.get("/api/ruleChains", pageSize=10, page=0)["data"][0]
        made = client.post("/api/ruleChain/device/default", {"name": "Device chain"})
        for chain in (root, made):
            metadata = client.get(f"/api/ruleChain/{chain['id']['id']}/metadata")
            assert (_PROFILE in [node["type"] for node in metadata["nodes"]]) is expected


@pytest.mark.parametrize(("version", "number"), [("4.0.1", 75), ("4.3.1.3", 76)])
def test_the_types_of_nodes_are_those_of_the_version(version: str, number: int) -> None:
    groups = "ENRICHMENT,FILTER,TRANSFORMATION,ACTION,EXTERNAL,FLOW"
    with Sandbox(emulate=version) as sandbox, Client(sandbox) as client:
        found = client.get(f"/api/components?componentTypes={groups}&ruleChainType=CORE")
        for_edges = client.get(f"/api/components?componentTypes={groups}&ruleChainType=EDGE")
        assert (len(found), len(for_edges)) == (number, number - 1)
        (flow, *_) = client.get("/api/components?componentTypes=FLOW")
        assert flow["type"] == "FLOW"
        assert flow["clazz"].startswith("org.thingsboard.rule.engine.flow.")
        wrong = client.ask("GET", "/api/components?componentTypes=NO")
        assert wrong.status_code == 400
        assert wrong.json()["message"].endswith("ComponentType.NO")
