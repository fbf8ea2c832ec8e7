"""Rule chains from files to a server and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from papaya.engine.drift import drift
from papaya.engine.guard import Consent
from papaya.kinds.names import link
from papaya.manifest.model import File, Fleet, Json, Resource
from papaya.sandbox.edge import Fault
from tests.unit.apply.run import CONSENT, Operator
from tests.unit.engine.fleets import GENEROUS, fleet
from tests.unit.kinds.test_rule_chains import INPUT, SWITCH, document, node

ATTRIBUTES = document(node("Switch", SWITCH, version=0))


def nested(**configuration: Any) -> dict[str, Any]:
    deep = node(
        "Deep", INPUT, ruleChainId=link("ruleChain", "Attributes"), forwardMsgToDefaultRuleChain=False
    )
    save = node(
        "Save", defaultTTL=configuration.get("ttl", 0), skipLatestPersistence=False, useServerTs=False
    )
    return document(node("Switch", SWITCH, version=0), save, deep, Switch="Save")


def chain(name: str, value: dict[str, Any], **more: Any) -> Resource:
    formerly = more.pop("formerly", None)
    return Resource("ruleChain", "ruleChains", name, more, {"file": File("f", "", value)}, formerly)


def chains(*declared: Resource) -> Fleet:
    return replace(fleet(), resources=declared, kinds=("ruleChain",), safety=GENEROUS)


BOTH = chains(chain("Meters", nested()), chain("Attributes", ATTRIBUTES))


def row(operator: Operator, name: str) -> dict[str, Any]:
    page = operator.session.get("/api/ruleChains", params={"pageSize": 100, "page": 0})
    assert isinstance(page, dict) and isinstance(page["data"], list)
    (found,) = [one for one in page["data"] if isinstance(one, dict) and one["name"] == name]
    return found


def metadata(operator: Operator, name: str) -> dict[str, Any]:
    answer = operator.session.get(f"/api/ruleChain/{row(operator, name)['id']['id']}/metadata")
    assert isinstance(answer, dict)
    return answer


def converge(operator: Operator, one: Fleet, consent: Consent = CONSENT) -> list[tuple[str, str, list[str]]]:
    plan = operator.apply(one, consent)
    assert operator.plan(one, consent).is_empty
    return [
        (each.action, str(each.address), [field.field for field in each.fields]) for each in plan.resources
    ]


def test_nested_chains_are_created_in_order_and_in_sync_although_the_server_upgrades_nodes(
    operator: Operator,
) -> None:
    done = converge(operator, BOTH)
    assert [address for _, address, _ in done] == ["ruleChain/Attributes", "ruleChain/Meters"]
    nodes = {one["name"]: one for one in metadata(operator, "Meters")["nodes"]}
    assert nodes["Deep"]["configuration"]["ruleChainId"] == row(operator, "Attributes")["id"]["id"]
    # Details are read where a version has moved, and nowhere else.
    before = len(operator.sandbox.requests)
    assert operator.plan(BOTH).is_empty
    assert not [path for _, path, _ in operator.sandbox.requests[before:] if "metadata" in path]


def test_a_node_edited_by_hand_is_drift_of_that_node_and_repaired_in_place(operator: Operator) -> None:
    converge(operator, BOTH)
    there = metadata(operator, "Meters")
    ids = {one["name"]: one["id"] for one in there["nodes"]}
    save = next(one for one in there["nodes"] if one["name"] == "Save")
    save["configuration"]["defaultTTL"] = 77
    operator.session.post("/api/ruleChain/metadata", there)

    report = drift(operator.plan(BOTH))
    assert [(one.field, one.mover) for one in report.drifted[0].differences] == [("node Save", "server")]
    assert converge(operator, BOTH) == [("update", "ruleChain/Meters", ["node Save"])]
    after = {one["name"]: one["id"] for one in metadata(operator, "Meters")["nodes"]}
    assert after == ids


def test_a_save_in_the_editor_that_changes_nothing_is_no_drift(operator: Operator) -> None:
    converge(operator, BOTH)
    there = metadata(operator, "Meters")
    for one in there["nodes"]:
        one["additionalInfo"] = {"layoutX": 999, "layoutY": 1}
    operator.session.post("/api/ruleChain/metadata", there)
    assert operator.plan(BOTH).is_empty


def test_a_change_of_the_file_is_one_of_its_node(operator: Operator) -> None:
    converge(operator, BOTH)
    after = chains(chain("Meters", nested(ttl=5)), chain("Attributes", ATTRIBUTES))
    assert not drift(operator.plan(after)).drifted
    assert converge(operator, after) == [("update", "ruleChain/Meters", ["node Save"])]


def test_a_file_that_says_what_the_server_made_of_the_last_one_is_in_sync(operator: Operator) -> None:
    converge(operator, BOTH)
    upgraded = nested()
    there = metadata(operator, "Meters")["nodes"]
    for node_ in upgraded["metadata"]["nodes"]:
        live = next(one for one in there if one["name"] == node_["name"])
        if node_["name"] == "Save":
            node_["configuration"] = dict(live["configuration"])
    exported = chains(chain("Meters", upgraded), chain("Attributes", ATTRIBUTES))
    assert upgraded != nested()
    assert operator.plan(exported).is_empty
    save = next(one for one in there if one["name"] == "Save")
    save["configuration"]["defaultTTL"] = 77
    operator.session.post("/api/ruleChain/metadata", {**metadata(operator, "Meters"), "nodes": there})
    (drifted,) = drift(operator.plan(exported)).drifted
    assert [(one.field, one.mover) for one in drifted.differences] == [("node Save", "server")]


def test_a_description_is_saved_without_the_nodes(operator: Operator) -> None:
    converge(operator, BOTH)
    before = metadata(operator, "Meters")["version"]
    described = chains(chain("Meters", nested(), description="d"), chain("Attributes", ATTRIBUTES))
    assert converge(operator, described) == [("update", "ruleChain/Meters", ["description"])]
    assert metadata(operator, "Meters")["version"] == before + 1


def test_renaming_a_nested_chain_leaves_the_one_above_alone(operator: Operator) -> None:
    converge(operator, BOTH)
    there = row(operator, "Attributes")
    operator.session.post("/api/ruleChain", {**there, "name": "By hand"})
    assert converge(operator, BOTH) == [("update", "ruleChain/Attributes", ["name"])]
    assert row(operator, "Attributes")["id"] == there["id"]


def test_a_chain_becomes_the_root_after_asking(operator: Operator) -> None:
    one = chains(chain("Attributes", ATTRIBUTES, root=True))
    plan = operator.plan(one)
    assert [question.guard for question in plan.questions] == ["confirm"]
    agreed = replace(CONSENT, confirm=frozenset({"ruleChain/Attributes"}))
    converge(operator, one, agreed)
    assert row(operator, "Attributes")["root"] is True
    refused = operator.plan(chains())
    assert "root rule chain" in refused.refusals[0].reason


def test_one_that_a_profile_uses_is_not_deleted_and_the_plan_says_so(operator: Operator) -> None:
    converge(operator, BOTH)
    chain_id: Json = row(operator, "Attributes")["id"]
    body: Json = {
        "name": "uses it",
        "type": "DEFAULT",
        "transportType": "DEFAULT",
        "defaultRuleChainId": chain_id,
        "profileData": {"transportConfiguration": {"type": "DEFAULT"}},
    }
    operator.session.post("/api/deviceProfile", body)
    told = [refusal.reason for refusal in operator.plan(chains()).refusals]
    assert told == ["ruleChain/Attributes cannot be deleted: the device profile uses it uses it"]
    # What both leave together stands against nothing else; what stays above does.
    left = operator.plan(chains(chain("Meters", nested())))
    assert any("the rule chain Meters passes messages on to it" in one.reason for one in left.refusals)


def test_one_that_another_names_and_somebody_deleted_is_made_anew_and_named_again(operator: Operator) -> None:
    converge(operator, BOTH)
    listed: Any = operator.session.get("/api/ruleChains", params={"pageSize": 100, "page": 0})
    (old,) = [one["id"]["id"] for one in listed["data"] if one["name"] == "Attributes"]
    operator.session.delete(f"/api/ruleChain/{old}")
    assert sorted(one[:2] for one in converge(operator, BOTH)) == [
        ("create", "ruleChain/Attributes"),
        ("update", "ruleChain/Meters"),
    ]
    assert old not in str(metadata(operator, "Meters"))


def test_one_that_another_names_and_somebody_made_anew_is_named_again(operator: Operator) -> None:
    converge(operator, BOTH)
    old = row(operator, "Attributes")["id"]["id"]
    operator.session.delete(f"/api/ruleChain/{old}")
    operator.session.post("/api/ruleChain", {"name": "Attributes"})
    assert ("update", "ruleChain/Meters") in [one[:2] for one in converge(operator, BOTH)]
    assert old not in str(metadata(operator, "Meters"))


def test_node_types_that_the_server_lacks_are_refused_in_the_plan_and_asked_for_once(
    operator: Operator,
) -> None:
    wrong = document(node("Switch", SWITCH, version=0), node("Mine", "org.example.Mine"))
    converge(operator, BOTH)
    before = len(operator.sandbox.requests)
    plan = operator.plan(chains(chain("Meters", wrong), chain("Attributes", wrong)))
    asked = [path for _, path, _ in operator.sandbox.requests[before:]]
    assert sum(path.startswith("/api/components") for path in asked) == 1
    assert [one.reason for one in plan.refusals] == [
        f'ruleChain/{name}: the server does not know the type of the node "Mine": org.example.Mine'
        for name in ("Attributes", "Meters")
    ]
    before = len(operator.sandbox.requests)
    assert operator.plan(BOTH).is_empty
    assert not [path for _, path, _ in operator.sandbox.requests[before:] if "/components" in path]


def test_both_are_deleted(operator: Operator) -> None:
    converge(operator, BOTH)
    converge(operator, chains())


def test_a_name_that_two_chains_have_is_asked_back(operator: Operator) -> None:
    for _ in range(2):
        operator.session.post("/api/ruleChain", {"name": "Attributes", "type": "CORE"})
    plan = operator.plan(chains(chain("Attributes", ATTRIBUTES)))
    assert "2 rule chains are called Attributes" in plan.refusals[0].reason
    assert not plan.resources


def test_a_chain_that_nothing_declares_and_nobody_has_is_refused_by_name(operator: Operator) -> None:
    plan = operator.plan(chains(chain("Meters", nested())))
    assert "ruleChain/Meters refers to ruleChain/Attributes" in plan.refusals[0].reason


def test_lost_answers_make_no_second_chain_and_no_second_nodes(operator: Operator) -> None:
    lost: set[str] = set()

    def lose_each_first(method: str, path: str) -> Fault | None:
        if method == "POST" and path.startswith("/api/ruleChain") and path not in lost:
            lost.add(path)
            return Fault(drop=True, handled=True)
        return None

    operator.sandbox.before_reply = lose_each_first
    converge(operator, BOTH)
    assert len(lost) == 2
    assert len(metadata(operator, "Meters")["nodes"]) == 3
    row(operator, "Meters")
