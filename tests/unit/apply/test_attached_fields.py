"""Calculated fields and alarm rules from files to a server and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from papaya.engine.drift import drift
from papaya.engine.guard import Consent
from papaya.kinds.alarm_rule_files import ALARM_RULES
from papaya.kinds.calculated_fields import CALCULATED_FIELDS
from papaya.manifest.model import Fleet, Json, Resource
from papaya.sandbox.edge import Fault
from tests.unit.apply.hand import Person
from tests.unit.apply.run import CONSENT, Operator
from tests.unit.engine.fleets import GENEROUS, device, karnataka
from tests.unit.kinds.test_calculated_fields import LATEST, entry, rule, script, simple

PROFILE = device("PM-1").profile


def field(name: str = "double", document: dict[str, Any] | None = None, **values: Any) -> Resource:
    return entry(CALCULATED_FIELDS, name, document or simple(), **(values or {"profile": PROFILE}))


def with_fields(*declared: Resource) -> Fleet:
    tree = karnataka(device("PM-1"), device("PM-2"))
    kinds = tuple(dict.fromkeys(("calculatedField", *(one.kind for one in declared))))
    return replace(tree, resources=declared, kinds=kinds, safety=GENEROUS)


def profile_id(operator: Operator) -> str:
    page = operator.session.get("/api/deviceProfileInfos", params={"pageSize": 100, "page": 0})
    assert isinstance(page, dict)
    rows: Any = page["data"]
    return str(next(row["id"]["id"] for row in rows if row["name"] == PROFILE))


def live(operator: Operator, kind: str = "DEVICE_PROFILE", id_: str = "") -> list[dict[str, Any]]:
    path = f"/api/{kind}/{id_ or profile_id(operator)}/calculatedFields"
    page: Any = operator.session.get(path, params={"pageSize": 100, "page": 0})
    return sorted(page["data"], key=lambda row: str(row["name"]))


def converge(operator: Operator, one: Fleet, consent: Consent = CONSENT) -> list[tuple[str, str, list[str]]]:
    plan = operator.apply(one, consent)
    after = operator.plan(one, consent)
    assert after.is_empty, after.resources
    return [(each.action, str(each.address), [x.field for x in each.fields]) for each in plan.resources]


def test_what_is_applied_is_in_sync_and_named_by_entity(operator: Operator, person: Person) -> None:
    other = {"refEntityId": {"entityType": "DEVICE", "id": "papaya://device/PM-2"}, **LATEST}
    one = with_fields(
        field("mean", script()),
        field("double", simple("t + o", t=LATEST, o=other), device="PM-1"),
        field("of the place", simple(), place="Karnataka", fieldName="double"),
    )
    done = converge(operator, one)
    assert [action for action, _, _ in done] == ["create", "create", "create"]
    (double,) = live(operator, "DEVICE", person.id("device", "PM-1"))
    assert double["configuration"]["arguments"]["o"]["refEntityId"]["id"] == person.id("device", "PM-2")
    assert [row["name"] for row in live(operator, "ASSET", person.id("asset", "Karnataka"))] == ["double"]


def test_an_edit_and_a_rename_by_hand_are_drift_and_repaired(operator: Operator) -> None:
    one = with_fields(field())
    converge(operator, one)
    (row,) = live(operator)
    row["configuration"]["expression"] = "t * 3"
    operator.session.post("/api/calculatedField", {**row, "name": "by hand"})
    moved = {each.field: each.mover for each in drift(operator.plan(one)).drifted[0].differences}
    assert moved == {"name": "server", "expression": "server"}
    assert converge(operator, one) == [("update", "calculatedField/double", ["name", "expression"])]
    (after,) = live(operator)
    assert (after["id"], after["name"], after["configuration"]["expression"]) == (
        row["id"],
        "double",
        "t * 2",
    )


def test_a_field_is_renamed_and_adopted_only_at_its_own_entity(operator: Operator, person: Person) -> None:
    converge(operator, with_fields(field("old")))
    (row,) = live(operator)
    done = converge(operator, with_fields(replace(field("new"), formerly="old")))
    assert done == [("update", "calculatedField/new", ["name"])]
    (after,) = live(operator)
    assert after["id"] == row["id"]
    target: Any = {"entityType": "DEVICE", "id": person.id("device", "PM-1")}
    operator.session.post("/api/calculatedField", {**simple("t * 9"), "name": "double", "entityId": target})
    both = with_fields(
        field("new"),
        field("double", device="PM-1"),
        field("double of PM-2", device="PM-2", fieldName="double"),
    )
    plan = operator.plan(both, Consent())
    assert [(one.action, one.adopts) for one in plan.resources] == [("update", True), ("create", False)]
    converge(operator, both)
    (adopted,) = live(operator, "DEVICE", target["id"])
    assert adopted["configuration"]["expression"] == "t * 2"


def test_a_field_that_moves_to_another_entity_is_made_anew(operator: Operator, person: Person) -> None:
    converge(operator, with_fields(field()))
    done = converge(operator, with_fields(field(device="PM-1")))
    assert done == [("update", "calculatedField/double", ["device", "profile"])]
    assert not live(operator)
    assert len(live(operator, "DEVICE", person.id("device", "PM-1"))) == 1


def test_what_left_the_manifest_is_deleted_before_the_device_that_it_reads(operator: Operator) -> None:
    other = {"refEntityId": {"entityType": "DEVICE", "id": "papaya://device/PM-2"}, **LATEST}
    converge(operator, with_fields(field("reads", simple("t + o", t=LATEST, o=other))))
    tree = karnataka(device("PM-1"))
    fewer = replace(tree, kinds=("calculatedField",), safety=GENEROUS)
    assert converge(operator, fewer) == [("destroy", "calculatedField/reads", [])]
    assert not live(operator)


def test_a_broken_script_is_refused_by_its_place_and_asked_for_only_when_it_is_written(
    operator: Operator,
) -> None:
    one = with_fields(field("mean", script("return t.mean((;")))
    plan = operator.plan(one)
    (refusal,) = plan.refusals
    assert "the server cannot compile the script" in refusal.reason
    assert str(refusal.mark).startswith("rules/x.json:")
    unknown = with_fields(field("mean", script("return {'a': nothing};")))
    (refusal,) = operator.plan(unknown).refusals
    assert "it uses nothing, which is neither an argument nor a variable" in refusal.reason
    good = with_fields(field("mean", script()))
    converge(operator, good)
    before = len(operator.sandbox.requests)
    operator.plan(good)
    assert not [path for _, path, _ in operator.sandbox.requests[before:] if "testScript" in path]


def test_an_entity_that_nobody_has_is_refused(operator: Operator) -> None:
    (refusal,) = operator.plan(with_fields(field(device="Nowhere"))).refusals
    assert "papaya://device/Nowhere" in refusal.reason


def test_the_limit_of_the_tenant_is_told_as_such(operator: Operator) -> None:
    several = with_fields(*(field(f"f{number}", simple(name=f"out{number}")) for number in range(6)))
    result = operator.execute(operator.plan(several))
    (failed,) = result.of("failed")
    assert "limit of calculated fields per entity is reached" in failed.reason


@pytest.mark.parametrize("handled", [False, True], ids=["before it was carried out", "after"])
def test_a_lost_answer_makes_no_second_field(operator: Operator, handled: bool) -> None:
    lost: list[str] = []

    def lose_first(method: str, path: str) -> Fault | None:
        if (method, path) == ("POST", "/api/calculatedField") and not lost:
            lost.append(path)
            return Fault(drop=True, handled=handled)
        return None

    operator.sandbox.before_reply = lose_first
    converge(operator, with_fields(field()))
    assert lost
    assert len(live(operator)) == 1


def test_alarm_rules_work_from_4_3_on_and_are_refused_before(operator: Operator) -> None:
    one = with_fields(entry(ALARM_RULES, "Tamper", rule(), profile=PROFILE))
    plan = operator.plan(one)
    if plan.server.version.startswith("4.0"):
        (refusal,) = plan.refusals
        assert "from 4.3 on; this server is 4.0.1" in refusal.reason
        return
    assert converge(operator, one)[0][:2] == ("create", "alarmRule/Tamper")
    page: Any = operator.session.get("/api/alarm/rules", params={"pageSize": 9, "page": 0})
    (row,) = page["data"]
    assert row["additionalInfo"]["papaya"]["fleet"] == "meters"
    assert converge(operator, replace(one, resources=())) == [("destroy", "alarmRule/Tamper", [])]


def test_rules_made_from_sensors_are_neither_adopted_nor_deleted(operator: Operator) -> None:
    if operator.session.info().version.startswith("4.0"):
        return
    converge(operator, with_fields())
    made: dict[str, Json] = {
        **rule(),
        "name": "Tamper",
        "entityId": {"entityType": "DEVICE_PROFILE", "id": profile_id(operator)},
        "additionalInfo": {"papaya": {"sensor": "tamper"}},
    }
    operator.session.post("/api/alarm/rule", made)
    one = with_fields(entry(ALARM_RULES, "Tamper", rule(), profile=PROFILE))
    (refusal,) = operator.plan(one).refusals
    assert "papaya makes an alarm of this type from the sensors" in refusal.reason
    assert operator.plan(replace(one, resources=())).is_empty


def view(operator: Operator, person: Person, name: str, kind: str = "device") -> None:
    target: Any = {"entityType": "DEVICE" if kind == "device" else "ASSET", "id": person.id(kind, name)}
    keys: Any = {"timeseries": [], "attributes": {"cs": [], "ss": [], "sh": []}}
    body: Json = {"name": f"View of {name}", "type": "default", "entityId": target, "keys": keys}
    operator.session.post("/api/entityView", body)


def test_what_stands_against_a_deletion_is_named_in_the_plan_and_read_once(
    operator: Operator, person: Person
) -> None:
    several = tuple(device(f"PM-{number}") for number in range(1, 9))
    operator.apply(replace(karnataka(*several), safety=GENEROUS))
    view(operator, person, "PM-2")
    other: Any = {"refEntityId": {"entityType": "DEVICE", "id": person.id("device", "PM-3")}, **LATEST}
    target: Any = {"entityType": "DEVICE_PROFILE", "id": profile_id(operator)}
    reads = {**simple("t + o", t=LATEST, o=other), "name": "reads", "entityId": target}
    operator.session.post("/api/calculatedField", reads)

    before = len(operator.sandbox.requests)
    assert operator.plan(replace(karnataka(*several), safety=GENEROUS)).is_empty
    quiet = len(operator.sandbox.requests) - before
    plan = operator.plan(replace(karnataka(several[0]), safety=GENEROUS))
    told = [refusal.reason for refusal in plan.refusals]
    assert told == [
        "device/PM-2 cannot be deleted: the entity view View of PM-2 shows it",
        f"device/PM-3 cannot be deleted: the calculated field reads of {PROFILE} reads it",
    ]
    assert plan.destroys == 7
    paths = [path for _, path, _ in operator.sandbox.requests[before + quiet :]]
    assert sum("entityViews" in path for path in paths) == 1
    assert plan.requests.read - quiet < 12


def test_a_place_with_an_entity_view_is_not_deleted(operator: Operator, person: Person) -> None:
    operator.apply(replace(karnataka(device("PM-1")), safety=GENEROUS))
    view(operator, person, "Karnataka", "asset")
    tree = karnataka(device("PM-1"))
    empty = replace(tree, countries=(replace(tree.countries[0], states=()),), safety=GENEROUS)
    reasons = [refusal.reason for refusal in operator.plan(empty).refusals]
    assert "asset/Karnataka cannot be deleted: the entity view View of Karnataka shows it" in reasons
