"""Objects beside the tree, from plan to server and back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from papaya.engine.drift import drift
from papaya.engine.guard import Consent
from papaya.engine.plan import Plan
from papaya.engine.planner import make_plan
from papaya.engine.scope import RunScope
from papaya.manifest.model import Fleet, Json, Resource, Safety
from papaya.runs.leaving import without_entries
from papaya.sandbox.edge import Fault
from tests.unit.apply.hand import Person
from tests.unit.apply.run import CONSENT, Operator
from tests.unit.engine.fleets import GENEROUS, device, fleet, karnataka

CAREFUL = Consent()


def customer(title: str, **more: Any) -> Resource:
    own = {key: more.pop(key) for key in ("formerly", "protect") if key in more}
    return Resource("customer", "customers", title, more, **own)


def with_customers(*customers: Resource, tree: Fleet | None = None) -> Fleet:
    one = tree or fleet()
    return replace(one, resources=customers, kinds=("customer",), safety=GENEROUS)


def live(operator: Operator, title: str) -> dict[str, Any]:
    body = operator.session.get("/api/tenant/customers", params={"customerTitle": title})
    assert isinstance(body, dict)
    return body


def edit(operator: Operator, title: str, /, **fields: Json) -> None:
    operator.session.post("/api/customer", {**live(operator, title), **fields})


def titles(operator: Operator) -> list[str]:
    body = operator.session.get("/api/customers", params={"pageSize": 100, "page": 0})
    assert isinstance(body, dict) and isinstance(body["data"], list)
    names = {str(row["title"]) for row in body["data"] if isinstance(row, dict)}
    # The sandbox begins with one.
    return sorted(names - {"Customer A"})


def told(plan: Plan) -> list[tuple[str, str, list[str]]]:
    return [(one.action, str(one.address), [field.field for field in one.fields]) for one in plan.resources]


def converge(operator: Operator, one: Fleet, consent: Consent = CONSENT) -> Plan:
    plan = operator.apply(one, consent)
    after = operator.plan(one, consent)
    assert after.is_empty, told(after)
    return plan


def test_what_is_applied_is_in_sync(operator: Operator) -> None:
    one = with_customers(customer("Metro", email="a@x.example", zip="560001"), customer("City"))
    plan = converge(operator, one)
    assert told(plan) == [("create", "customer/City", []), ("create", "customer/Metro", ["email", "zip"])]
    assert live(operator, "Metro")["zip"] == "560001"


def test_a_fleet_without_sections_sends_the_requests_that_it_sent_before_there_were_kinds(
    operator: Operator,
) -> None:
    tree = karnataka(device("PM-1"))
    operator.apply(tree)
    before = len(operator.sandbox.requests)
    plan = operator.plan(tree)
    sent = operator.sandbox.requests[before:]
    assert plan.is_empty
    assert not [path for _, path, _ in sent if "/api/relations" in path or "/api/customer" in path]

    operator.apply(replace(tree, resources=(customer("Metro"),), kinds=("customer",)))
    before = len(operator.sandbox.requests)
    operator.plan(replace(tree, resources=(customer("Metro"),), kinds=("customer",)))
    # One list of marks and one list of the kind.
    assert len(operator.sandbox.requests) - before == len(sent) + 2


def test_devices_are_assigned_to_a_customer_that_the_same_run_creates(operator: Operator) -> None:
    tree = karnataka(device("PM-1", customer="Metro"))
    converge(operator, with_customers(customer("Metro"), tree=tree))
    body = operator.session.get("/api/tenant/devices", params={"deviceName": "PM-1"})
    assert isinstance(body, dict)
    assert body["customerId"] == live(operator, "Metro")["id"]


def test_renaming_a_customer_leaves_its_devices_alone(operator: Operator) -> None:
    converge(operator, with_customers(customer("Metro"), tree=karnataka(device("PM-1", customer="Metro"))))
    id_ = live(operator, "Metro")["id"]
    after = with_customers(
        customer("Metro Rail", formerly="Metro"),
        tree=karnataka(device("PM-1", customer="Metro Rail")),
    )
    plan = operator.apply(after)
    assert told(plan) == [("update", "customer/Metro Rail", ["name"])]
    # The record of the device names the customer; only that is brought up to date.
    assert all(change.is_quiet for change in plan.changes)
    assert live(operator, "Metro Rail")["id"] == id_
    assert operator.plan(after).is_empty


def test_an_edit_by_hand_is_drift_and_repaired(operator: Operator) -> None:
    one = with_customers(customer("Metro", email="a@x.example", phone="1"))
    converge(operator, one)
    edit(operator, "Metro", email="b@x.example", city="Pune")

    report = drift(operator.plan(one))
    difference = report.drifted[0].differences[0]
    assert (difference.field, difference.applied, difference.live, difference.mover) == (
        "email",
        "a@x.example",
        "b@x.example",
        "server",
    )
    plan = converge(operator, one)
    assert told(plan) == [("update", "customer/Metro", ["email"])]
    # What is not declared is not managed.
    assert live(operator, "Metro")["city"] == "Pune"


def test_a_change_of_the_manifest_is_pending_and_no_drift(operator: Operator) -> None:
    converge(operator, with_customers(customer("Metro", email="a@x.example")))
    report = drift(operator.plan(with_customers(customer("Metro", email="c@x.example"))))
    assert not report.drifted
    assert [one.differences[0].mover for one in report.pending] == ["manifest"]


def test_a_rename_on_the_server_is_found_by_the_mark_and_taken_back(operator: Operator) -> None:
    one = with_customers(customer("Metro"))
    converge(operator, one)
    id_ = live(operator, "Metro")["id"]
    edit(operator, "Metro", title="Somebody's")

    plan = converge(operator, one)
    assert told(plan) == [("update", "customer/Metro", ["name"])]
    assert live(operator, "Metro")["id"] == id_


def test_a_field_that_left_the_manifest_is_cleared_while_it_is_as_applied(operator: Operator) -> None:
    converge(operator, with_customers(customer("Metro", email="a@x.example", phone="1")))
    edit(operator, "Metro", phone="2")
    converge(operator, with_customers(customer("Metro")))
    assert not live(operator, "Metro")["email"]
    assert live(operator, "Metro")["phone"] == "2"


def test_an_existing_customer_is_adopted_by_its_title_after_asking(
    operator: Operator, person: Person
) -> None:
    id_ = person.customer("Metro")
    one = replace(with_customers(customer("Metro", email="a@x.example")), safety=Safety(max_destroy=9))
    plan = operator.plan(one, CAREFUL)
    assert (plan.adopts, plan.adds) == (1, 0)
    assert [question.guard for question in plan.questions] == ["adopt"]
    converge(operator, one)
    assert live(operator, "Metro")["id"]["id"] == id_


def test_what_another_fleet_manages_is_refused_by_name_and_taken_over_on_demand(operator: Operator) -> None:
    converge(operator, with_customers(customer("Metro")))
    other = replace(with_customers(customer("Metro")), name="others")
    refused = operator.plan(other, CAREFUL)
    assert [(one.guard, one.reason) for one in refused.refusals] == [
        ("owner", "customer/Metro is managed by the fleet meters")
    ]
    assert not refused.resources
    converge(operator, other, replace(CONSENT, take_over=frozenset({"meters"})))
    assert not operator.plan(with_customers(), CAREFUL).resources


def test_what_left_the_manifest_is_deleted_under_the_guards(operator: Operator) -> None:
    converge(operator, with_customers(customer("Metro"), customer("City")))
    fewer = replace(with_customers(customer("City")), safety=Safety())
    refused = operator.plan(fewer, CAREFUL)
    assert refused.destroys == 1
    assert [one.guard for one in refused.refusals] == ["destroy"]
    converge(operator, fewer)
    assert titles(operator) == ["City"]


def test_an_empty_section_deletes_and_no_section_leaves_alone(operator: Operator) -> None:
    converge(operator, with_customers(customer("Metro")))
    assert operator.plan(fleet()).is_empty
    assert told(operator.plan(with_customers())) == [("destroy", "customer/Metro", [])]


def test_protection_outlives_the_entry(operator: Operator) -> None:
    converge(operator, with_customers(customer("Metro", protect=True)))
    assert [one.guard for one in operator.plan(with_customers()).refusals] == ["protect"]
    converge(operator, with_customers(customer("Metro")))
    converge(operator, with_customers())
    assert titles(operator) == []


def test_what_is_forgotten_stays_and_is_nobodys(operator: Operator) -> None:
    one = with_customers(customer("Metro", email="a@x.example"))
    converge(operator, one)
    forgotten = without_entries(one, when_removed="forget")
    plan = make_plan(forgotten, operator.read(forgotten), consent=CONSENT, removes_all=True)
    assert operator.execute(plan).is_complete
    assert live(operator, "Metro")["email"] == "a@x.example"
    again = operator.plan(one)
    assert again.adopts == 1


def test_an_edit_between_plan_and_apply_is_a_conflict_and_not_overwritten(operator: Operator) -> None:
    converge(operator, with_customers(customer("Metro", email="a@x.example"), customer("City")))
    plan = operator.plan(with_customers(customer("Metro", email="b@x.example")))
    edit(operator, "Metro", email="hand@x.example")
    edit(operator, "City", email="hand@x.example")
    # Once by the look before the write, once by the version alone.
    assert [one.status for one in operator.execute(plan).outcomes] == ["failed", "failed"]
    blind = operator.executor(plan, looks=False).execute(plan)
    updated = next(one for one in blind.outcomes if one.change.action == "update")
    assert updated.status == "failed"
    assert "somebody else changed it" in updated.reason
    assert live(operator, "Metro")["email"] == "hand@x.example"


@pytest.mark.parametrize("handled", [False, True], ids=["before it was carried out", "after"])
def test_a_lost_answer_makes_no_second_customer(operator: Operator, handled: bool) -> None:
    lost: list[str] = []

    def lose_first(method: str, path: str) -> Fault | None:
        if (method, path) == ("POST", "/api/customer") and not lost:
            lost.append(path)
            return Fault(drop=True, handled=handled)
        return None

    operator.sandbox.before_reply = lose_first
    converge(operator, with_customers(customer("Metro", email="a@x.example")))
    assert lost
    assert titles(operator) == ["Metro"]


def test_a_run_that_broke_off_before_the_mark_is_gone_on_with_unasked(operator: Operator) -> None:
    def refuse_marks(method: str, path: str) -> Fault | None:
        return Fault(status=400, body=b"{}") if (method, path) == ("POST", "/api/relation") else None

    one = replace(with_customers(customer("Metro", email="a@x.example")), safety=Safety())
    operator.sandbox.before_reply = refuse_marks
    assert operator.execute(operator.plan(one, CAREFUL)).of("failed")
    operator.sandbox.before_reply = None

    plan = operator.plan(one, CAREFUL)
    assert not plan.questions
    converge(operator, one, CAREFUL)
    assert titles(operator) == ["Metro"]


def test_a_run_may_be_about_one_object_or_one_part(operator: Operator) -> None:
    tree = karnataka(device("PM-1", customer="Metro"))
    one = with_customers(customer("Metro"), customer("City"), tree=tree)
    reading = operator.read(one)

    def planned(scope: RunScope) -> tuple[list[str], int]:
        plan = make_plan(one, reading, consent=CONSENT, scope=scope)
        return [str(change.address) for change in plan.resources], len(plan.changes)

    assert planned(RunScope(targets=("customer/City",))) == (["customer/City"], 0)
    assert planned(RunScope(only="resources")) == (["customer/City", "customer/Metro"], 0)
    assert planned(RunScope(excludes=("customer/City",)))[0] == ["customer/Metro"]
    # A device that is chosen needs its customer.
    assert planned(RunScope(targets=("INDIA",))) == (["customer/Metro"], 3)
    assert planned(RunScope(only="tree"))[0] == []
    left_out = make_plan(one, reading, consent=CONSENT, scope=RunScope(only="tree"))
    assert [refusal.guard for refusal in left_out.refusals] == ["customer"]
