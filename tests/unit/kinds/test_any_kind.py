"""A kind that nothing in papaya knows works in all of it, as soon as it is in the registry."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace

import pytest

from papaya.api.export import Choice
from papaya.engine.drift import drift
from papaya.engine.export import Wishes
from papaya.engine.plan import Plan
from papaya.engine.planner import make_plan
from papaya.engine.scope import RunScope
from papaya.kinds.customers import Customers
from papaya.kinds.registry import KINDS
from papaya.kinds.request import Conversation, Request
from papaya.kinds.resource import Desired, Live
from papaya.manifest.model import Fleet, Resource
from papaya.render.as_json import plan_json, portable
from papaya.render.drift import drift_text
from papaya.render.markdown import plan_markdown
from papaya.render.result import result_json, result_text
from papaya.render.saved import plan_from_json
from papaya.render.text import plan_text
from papaya.render.tree import ShownObject, fleet_tree
from papaya.runs.execution import refuse_unless_agreed
from papaya.runs.export import exported, kinds_of, with_objects
from papaya.sandbox import Sandbox
from tests.unit.apply.run import CONSENT, Operator
from tests.unit.engine.fleets import GENEROUS, country, device, fleet, state


class Widgets(Customers):
    """A made-up kind, which stands on the server where customers do; deleting it takes its mark first."""

    key = "widget"
    section = "widgets"
    word = "widget"
    plural = "widgets"
    level = 20
    tree_field = None
    goes_with_it = "its screws"
    mark_outlives_it = True

    def desired(self, declared: Resource, fleet: Fleet) -> Desired:
        """Return a widget, which needs the one that its phone names."""
        wanted = super().desired(declared, fleet)
        needs = declared.values.get("phone")
        return replace(wanted, references=(self.address(needs),) if isinstance(needs, str) else ())

    def details(self, id_: str) -> tuple[Request, ...]:
        """Return one request more, as kinds have whose lists are not complete."""
        return (self.one(id_),)

    def question(self, desired: Desired, live: Live | None) -> str:
        """Ask of one of them."""
        return "this one turns the world upside down" if desired.address.name == "big" else ""

    def delete(self, live: Live) -> Conversation[None]:
        """Look once before the deletion."""
        yield self.one(live.id)
        yield from super().delete(live)


@pytest.fixture
def operator() -> Iterator[Operator]:
    # All of it is put back, because the order of kinds is what people see.
    known = dict(KINDS)
    del KINDS["customer"]
    KINDS["widget"] = Widgets()
    try:
        with Sandbox() as sandbox:
            one = Operator(sandbox)
            yield one
            one.session.close()
    finally:
        KINDS.clear()
        KINDS.update(known)


def widgets(*names: str, **needs: str) -> Fleet:
    tree = fleet(country("INDIA", state("Goa", device("PM-1"))))
    declared = tuple(
        Resource("widget", "widgets", name, {"phone": needs[name]} if name in needs else {}) for name in names
    )
    return replace(tree, resources=declared, kinds=("widget",), safety=GENEROUS)


def addresses(plan: Plan) -> list[str]:
    return [f"{change.action} {change.address}" for change in plan.resources]


def test_it_is_planned_shown_applied_and_in_sync(operator: Operator) -> None:
    one = widgets("a", "b", a="b")
    plan = operator.plan(one)
    # What is referred to comes first.
    assert addresses(plan) == ["create widget/b", "create widget/a"]
    assert "+ a                         widget" in plan_text(plan)
    assert "2 widgets" in plan_text(plan)
    assert "widget" in plan_markdown(plan)
    document = json.loads(json.dumps(plan_json(plan)))
    assert plan_from_json(document) == portable(plan)
    result = operator.execute(plan)
    assert "widget" in result_text(result, plan)
    assert "widget/a" in json.dumps(result_json(result, plan))
    assert operator.plan(one).is_empty


def test_its_requests_are_the_ones_that_the_plan_counts(operator: Operator) -> None:
    one = widgets("a", "b")
    plan = operator.plan(one)
    before = len(operator.sandbox.requests)
    operator.execute(plan)
    assert len(operator.sandbox.requests) - before == plan.requests.apply


def test_details_are_read_only_where_a_version_has_moved(operator: Operator) -> None:
    one = widgets("a", "b")
    operator.apply(one)

    def details() -> list[str]:
        before = len(operator.sandbox.requests)
        operator.plan(one)
        return [path for _, path, _ in operator.sandbox.requests[before:] if "/api/customer/" in path]

    assert details() == []
    row = operator.session.get("/api/tenant/customers", params={"customerTitle": "a"})
    operator.session.post("/api/customer", row)
    assert len(details()) == 1


def test_a_dependant_of_what_failed_is_skipped(operator: Operator) -> None:
    # Since the plan somebody has created one of that name by hand.
    one = widgets("a", "b", a="b")
    plan = operator.plan(one)
    operator.session.post("/api/customer", {"title": "b"})
    statuses = {outcome.change.address.name: outcome.status for outcome in operator.execute(plan).outcomes
                if outcome.change in plan.resources}  # fmt: skip
    assert statuses == {"b": "failed", "a": "skipped"}


def test_a_question_is_asked_and_can_be_answered_beforehand(operator: Operator) -> None:
    plan = operator.plan(widgets("big"))
    assert [question.guard for question in plan.questions] == ["confirm"]
    assert "turns the world upside down" in plan_text(plan)
    with pytest.raises(Exception, match="not confirmed"):
        refuse_unless_agreed(plan, CONSENT)
    agreed = replace(CONSENT, confirm=frozenset({"widget/big"}))
    assert not operator.plan(widgets("big"), agreed).questions


def test_it_drifts_is_shown_exported_targeted_and_deleted(operator: Operator) -> None:
    one = widgets("a", "b")
    operator.apply(one)
    row = operator.session.get("/api/tenant/customers", params={"customerTitle": "a"})
    assert isinstance(row, dict)
    operator.session.post("/api/customer", {**row, "title": "renamed"})

    report = drift(operator.plan(one))
    assert "widget/a" in drift_text(report)
    assert "renamed on the server: a -> renamed" in drift_text(report)
    reading = operator.read(one)
    only = make_plan(one, reading, consent=CONSENT, scope=RunScope(targets=("widget/*",)))
    assert addresses(only) == ["update widget/a"]
    shown = [
        ShownObject(live.address.kind, live.address.name, live.owner) for live in reading.resources.objects
    ]
    assert "widget" in fleet_tree([], fleet=one.name, server="x", objects=shown)

    choice = Choice("Country", "State", ("INDIA",))
    made, tree = exported(operator.session, choice, Wishes("Country", "State", one.name))
    document = with_objects(operator.session, made, tree, kinds_of(["widgets"]))[0].document
    assert [entry["title"] for entry in document["widgets"]] == ["b", "renamed"]

    gone = operator.plan(widgets())
    assert addresses(gone) == ["destroy widget/b", "destroy widget/renamed"]
    assert "deletes its screws" in plan_text(gone).replace("\n", " ").replace(
        "  ", ""
    ) or "screws" in plan_text(gone)
    before = len(operator.sandbox.requests)
    assert operator.execute(gone).is_complete
    methods = [method for method, _, _ in operator.sandbox.requests[before:] if method == "DELETE"]
    assert len(methods) == 4
    assert operator.plan(widgets()).is_empty
