"""Rule chains as a kind: from a file to requests and back, without any server."""

from __future__ import annotations

import json
from typing import Any

import pytest

from papaya.errors import NotFound, PapayaError
from papaya.kinds.address import Address
from papaya.kinds.names import id_of_link, link
from papaya.kinds.origin import Origin
from papaya.kinds.request import Request
from papaya.kinds.resource import Desired, Live
from papaya.kinds.rule_chains import RULE_CHAINS
from papaya.manifest.model import File, Fleet, Json, Resource

ORIGIN = Origin("meters", "r1")
SWITCH = "org.thingsboard.rule.engine.filter.TbMsgTypeSwitchNode"
SAVE = "org.thingsboard.rule.engine.telemetry.TbMsgTimeseriesNode"
INPUT = "org.thingsboard.rule.engine.flow.TbRuleChainInputNode"
ROW: dict[str, Json] = {
    "id": {"entityType": "RULE_CHAIN", "id": "r-1"},
    "name": "Meters",
    "root": False,
    "version": 3,
    "additionalInfo": None,
}


def node(name: str, type_: str = SAVE, **configuration: Any) -> dict[str, Any]:
    return {"name": name, "type": type_, "configuration": configuration, "additionalInfo": {"layoutX": 1}}


def document(*nodes: dict[str, Any], first: int = 0, **connections: str) -> dict[str, Any]:
    names = [one["name"] for one in nodes]
    told = [
        {"fromIndex": names.index(a), "toIndex": names.index(b), "type": "Success"}
        for a, b in connections.items()
    ]
    return {
        "ruleChain": {"name": "x"},
        "metadata": {"firstNodeIndex": first, "nodes": list(nodes), "connections": told},
    }


def declared(value: dict[str, Any], **values: Json) -> Resource:
    return Resource(
        "ruleChain", "ruleChains", "Meters", values, {"file": File("m.json", json.dumps(value), value)}
    )


def id_of(address: Address) -> str:
    if address.name != "Attributes":
        raise PapayaError(f"{address} is not on the server")
    return "r-2"


def known(entity_type: str, id_: str) -> str | None:
    return {"r-2": "Attributes"}.get(id_)


def talk(conversation: Any, *answers: Json | Exception) -> tuple[list[Request], Any]:
    """Drive a conversation with these answers; return its requests and its result."""
    requests = [next(conversation)]
    for answer in answers:
        try:
            step = conversation.throw(answer) if isinstance(answer, Exception) else conversation.send(answer)
        except StopIteration as end:
            return requests, end.value
        requests.append(step)
    raise AssertionError(f"{requests[-1]} waits for an answer")


def desired(value: dict[str, Any], **values: Json) -> Desired:
    return RULE_CHAINS.desired(declared(value, **values), Fleet("meters"))


def live(metadata: dict[str, Any], **row: Json) -> Live:
    whole = {**ROW, **row}
    details = ({"ruleChainId": whole["id"], "version": 3, **metadata},)
    fields = RULE_CHAINS.fields(whole, details, known)
    return Live(Address("ruleChain", str(whole["name"])), "r-1", 3, whole, details, fields)


def test_a_chain_is_told_node_by_node_and_a_nested_one_by_its_name() -> None:
    wanted = desired(
        document(
            node("Switch", SWITCH),
            node("Deep", INPUT, ruleChainId=link("ruleChain", "Attributes")),
            Switch="Deep",
        )
    )
    assert set(wanted.fields) == {"node Switch", "node Deep", "first", "connections"}
    assert wanted.fields["connections"] == [["Switch", "Success", "Deep"]]
    assert wanted.references == (Address("ruleChain", "Attributes"),)


def test_order_ids_and_layout_are_no_difference() -> None:
    file = document(node("A", SWITCH), node("B"), node("C"), A="B", B="C")
    there = document(node("C"), node("A", SWITCH), node("B"), first=1, A="B", B="C")["metadata"]
    for number, one in enumerate(there["nodes"]):
        one |= {"id": {"id": f"n-{number}"}, "createdTime": 5, "externalId": None, "additionalInfo": None}
    there["connections"].reverse()
    fields = live(there).fields
    assert fields is not None
    wanted = desired(file).fields
    assert {key: fields[key] for key in wanted} == wanted


def test_a_new_chain_is_created_with_its_nodes_and_made_the_root() -> None:
    file = document(
        node("A", SWITCH), node("Deep", INPUT, ruleChainId=link("ruleChain", "Attributes")), A="Deep"
    )
    conversation = RULE_CHAINS.create(desired(file, root=True, description="d"), ORIGIN, id_of)
    rooted: Json = {**ROW, "root": True, "version": 6}
    requests, row = talk(conversation, ROW, {"version": 5}, rooted)

    assert [one.step for one in requests] == ["create", "nodes", "make it the root"]
    assert len(requests) == RULE_CHAINS.writes(desired(file, root=True), None)
    body = requests[1].body
    assert isinstance(body, dict)
    assert (body["ruleChainId"], body["version"]) == (ROW["id"], 3)
    assert body["nodes"][1]["configuration"]["ruleChainId"] == "r-2"  # type: ignore[index,call-overload]
    assert row == rooted


def test_a_node_that_stays_keeps_its_id_and_what_the_server_has_beside_goes_back() -> None:
    there = document(node("A", SWITCH), node("B"), A="B")["metadata"]
    there["nodes"][1]["id"] = {"entityType": "RULE_NODE", "id": "n-b"}
    there["notes"] = "by hand"
    file = document(node("A", SWITCH), node("B", defaultTTL=5), node("C"), A="B", B="C")
    conversation = RULE_CHAINS.update(desired(file), live(there), id_of)
    requests, row = talk(conversation, {"version": 4})

    body = requests[-1].body
    assert isinstance(body, dict) and isinstance(body["nodes"], list)
    ids = [one.get("id") for one in body["nodes"] if isinstance(one, dict)]
    assert ids == [None, {"entityType": "RULE_NODE", "id": "n-b"}, None]
    assert body["notes"] == "by hand"
    assert row["version"] == 4


def test_a_rename_saves_the_chain_alone() -> None:
    file = document(node("A", SWITCH))
    there = live(document(node("A", SWITCH))["metadata"], name="Old")
    requests, _ = talk(RULE_CHAINS.update(desired(file), there, id_of), {**ROW, "version": 4})
    assert [one.step for one in requests] == ["save"]
    assert isinstance(requests[0].body, dict)
    assert (requests[0].body["name"], requests[0].body["version"]) == ("Meters", 3)


def test_a_node_type_that_the_server_lacks_is_told_by_its_place() -> None:
    value = document(node("B"), node("A", "org.example.Mine"))
    text = json.dumps(value, indent=1)
    one = Resource("ruleChain", "ruleChains", "Meters", {}, {"file": File("m.json", text, value)})
    conversation = RULE_CHAINS.tried(one)
    next(conversation)
    with pytest.raises(StopIteration) as end:
        conversation.send([{"clazz": SAVE}])
    (fault,) = end.value.value
    assert 'does not know the type of the node "A": org.example.Mine' in fault.summary
    assert text.splitlines()[fault.mark.line - 1].strip() == '"type": "org.example.Mine",'


def test_a_server_that_does_not_tell_its_node_types_is_no_fault() -> None:
    conversation = RULE_CHAINS.tried(declared(document(node("A", "org.example.Mine"))))
    next(conversation)
    with pytest.raises(StopIteration) as end:
        conversation.throw(NotFound("no list of node types here", status=404))
    assert end.value.value == ()


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ({}, "it holds no nodes"),
        (document(node("A"), node("A")), '2 nodes are called "A"'),
        ({"metadata": {"nodes": [{"name": "A"}]}}, 'the node "A" has no type'),
        (
            {"metadata": {"nodes": [node("A")], "connections": [{"fromIndex": 0, "toIndex": 7}]}},
            "from node 0 to node 7",
        ),
        (
            {"metadata": {"nodes": [node("A")], "connections": [{"fromIndex": 0, "toIndex": 0}]}},
            "connected to itself",
        ),
        *(
            (
                {
                    "metadata": {
                        "nodes": [node("A"), node("B")],
                        "connections": [{"fromIndex": 0, "toIndex": 1, "type": type_}],
                    }
                },
                fault,
            )
            for type_, fault in {
                " ": "the connection from node 0 to node 1 has no type",
                "é" * 256: "is longer than 255 characters",
                "a\x00": "holds the character NUL",
            }.items()
        ),
        (document(node("A", INPUT, ruleChainId="0f0e")), "names a rule chain by its id"),
    ],
)
def test_a_file_that_the_server_would_take_and_not_run_is_a_fault(value: dict[str, Any], told: str) -> None:
    assert any(told in fault.summary for fault in RULE_CHAINS.faults(declared(value), Fleet("meters")))


def test_what_uses_a_chain_stands_against_its_deletion() -> None:
    profiles: Json = {"data": [{"name": "meter", "defaultRuleChainId": {"id": "r-1"}}, {"name": "other"}]}
    chains: Json = {
        "ruleChains": [{"id": {"id": "x"}, "name": "Meters"}, {"id": {"id": "y"}, "name": "Above"}],
        "metadata": [{"ruleChainId": {"id": "y"}, "nodes": [node("In", INPUT, ruleChainId="x")]}],
    }
    one = Live(
        Address("ruleChain", "Meters"), "r-1", 3, {**ROW, "root": True}, before_deletion=(profiles, chains)
    )
    told = list(RULE_CHAINS.obstacles(one, (), frozenset({"r-1"})))
    assert len(told) == 3
    assert "root rule chain" in told[0]
    assert "device profile meter" in told[1]
    assert "rule chain Above" in told[2]


def test_edges_and_what_profiles_name_for_edges_stand_against_a_deletion() -> None:
    named: Json = {"data": [{"id": {"id": "p"}, "name": "State", "defaultEdgeRuleChainId": {"id": "r-1"}}]}
    edges: Json = {
        "data": [
            {"name": "Depot", "rootRuleChainId": {"id": "r-1"}},
            {"name": "other", "rootRuleChainId": {"id": "r-2"}},
        ]
    }
    answers = (None, None, named, edges)
    one = Live(Address("ruleChain", "Meters"), "r-1", 3, ROW, before_deletion=answers)
    assert list(RULE_CHAINS.obstacles(one, (), frozenset({"r-1"}))) == [
        "the asset profile State names it for edges",
        "it is the root rule chain of the edge Depot; give the edge another one",
    ]
    without = Live(Address("ruleChain", "Meters"), "r-1", 3, ROW, before_deletion=(*answers[:2], None, None))
    assert list(RULE_CHAINS.obstacles(without, (), frozenset({"r-1"}))) == []


def test_becoming_the_root_is_asked_and_being_it_is_not() -> None:
    wanted = desired(document(node("A")), root=True)
    assert "root rule chain" in RULE_CHAINS.question(wanted, None)
    assert not RULE_CHAINS.question(wanted, live(document(node("A"))["metadata"], root=True))


@pytest.mark.parametrize("name", ["Meters", "A/B", "50 % of it", "Zähler"])
def test_a_reference_by_name_is_read_as_it_was_written(name: str) -> None:
    assert id_of_link(link("ruleChain", name)) == ("ruleChain", name)
