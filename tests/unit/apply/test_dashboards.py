"""Dashboards, from plan to server and back, on both emulated versions."""

from __future__ import annotations

import copy
import json
from dataclasses import replace
from typing import Any

import pytest

from papaya.engine.drift import drift
from papaya.engine.guard import Consent
from papaya.engine.plan import Plan
from papaya.engine.planner import make_plan
from papaya.engine.scope import RunScope
from papaya.manifest.model import File, Fleet, Json, Resource, Safety, Sensor
from papaya.runs.leaving import without_entries
from papaya.sandbox.edge import Fault
from tests.unit.apply.hand import Person
from tests.unit.apply.run import CONSENT, Operator
from tests.unit.engine.fleets import GENEROUS, device, fleet, karnataka

CAREFUL = Consent()
WIDGET = "5a4a3f60-0000-4000-8000-000000000001"
OTHER_WIDGET = "5a4a3f60-0000-4000-8000-000000000002"
ALIAS = "5a4a3f60-0000-4000-8000-0000000000a1"
PIXEL = (
    "data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)


def configuration(**more: Any) -> dict[str, Any]:
    return {
        "widgets": {
            WIDGET: {
                "typeFullFqn": "system.cards.entities_table",
                "type": "latest",
                "sizeX": 12,
                "sizeY": 8,
                "row": 0,
                "col": 0,
                "config": {
                    "title": "Meters",
                    "datasources": [
                        {
                            "type": "entity",
                            "entityAliasId": ALIAS,
                            "dataKeys": [{"name": "t", "type": "timeseries", "label": "t", "_hash": 0.5}],
                        }
                    ],
                    "settings": {"enableSearch": True},
                },
            }
        },
        "entityAliases": {
            ALIAS: {"alias": "All", "filter": {"type": "deviceType", "deviceTypes": ["default"]}}
        },
        "filters": {},
        "states": {
            "default": {
                "name": "Meters",
                "root": True,
                "layouts": {
                    "main": {
                        "widgets": {WIDGET: {"sizeX": 12, "sizeY": 8, "row": 0, "col": 0}},
                        "gridSettings": {"columns": 24},
                    }
                },
            }
        },
        "timewindow": {
            "realtime": {"timewindowMs": 60_000, "interval": 1_000},
            "history": {"historyType": 0},
        },
        **more,
    }


def naming(reference: Json, entity_type: str = "DEVICE") -> dict[str, Any]:
    told = configuration()
    filter_: Json = {"type": "singleEntity", "singleEntity": {"entityType": entity_type, "id": reference}}
    told["entityAliases"][ALIAS]["filter"] = filter_
    return told


def opening(reference: str) -> dict[str, Any]:
    told = configuration()
    told["widgets"][WIDGET]["config"]["actions"] = {
        "rowClick": [{"name": "open", "type": "openDashboard", "targetDashboardId": reference}]
    }
    return told


def dashboard(title: str, told: Any = None, **more: Any) -> Resource:
    own = {key: more.pop(key) for key in ("formerly", "protect") if key in more}
    head = more.pop("head", {})
    if "generate" in more:
        return Resource("dashboard", "dashboards", title, more, **own)
    document = {"title": "x", "configuration": told if told is not None else configuration(), **head}
    text = json.dumps(document, indent=1)
    file = File("dashboards/x.json", text, document)
    return Resource("dashboard", "dashboards", title, more, files={"file": file}, **own)


def customer(title: str, **more: Any) -> Resource:
    own = {key: more.pop(key) for key in ("formerly",) if key in more}
    return Resource("customer", "customers", title, more, **own)


def with_dashboards(*resources: Resource, tree: Fleet | None = None) -> Fleet:
    one = tree or fleet()
    kinds = tuple(dict.fromkeys(("dashboard", *(each.kind for each in resources))))
    return replace(one, resources=resources, kinds=kinds, safety=GENEROUS)


def rows(operator: Operator) -> list[dict[str, Any]]:
    body: Any = operator.session.get("/api/tenant/dashboards", params={"pageSize": 100, "page": 0})
    return list(body["data"])


def live(operator: Operator, title: str) -> dict[str, Any]:
    (row,) = [row for row in rows(operator) if row["title"] == title]
    body: Any = operator.session.get(f"/api/dashboard/{row['id']['id']}")
    assert isinstance(body, dict)
    return body


def save(operator: Operator, body: dict[str, Any]) -> dict[str, Any]:
    saved: Any = operator.session.post("/api/dashboard", body)
    return dict(saved)


def told(plan: Plan) -> list[tuple[str, str, list[str]]]:
    return [(one.action, str(one.address), [field.field for field in one.fields]) for one in plan.resources]


def converge(operator: Operator, one: Fleet, consent: Consent = CONSENT) -> Plan:
    plan = operator.apply(one, consent)
    after = operator.plan(one, consent)
    assert after.is_empty, (told(after), after.refusals)
    return plan


def assigned(body: dict[str, Any]) -> list[str]:
    return sorted(row["title"] for row in body["assignedCustomers"] or ())


def test_what_is_applied_is_in_sync_and_read_with_three_requests(operator: Operator) -> None:
    tree = karnataka(device("PM-1"))
    operator.converge(tree)
    before = len(operator.sandbox.requests)
    operator.plan(tree)
    without = len(operator.sandbox.requests) - before
    one = with_dashboards(dashboard("Meter"), tree=tree)
    plan = converge(operator, one)
    (change,) = plan.resources
    assert [field.field for field in change.fields] == [
        "widget Meters",
        "alias All",
        "state default",
        "timewindow",
    ]
    assert plan.requests.apply == 3

    before = len(operator.sandbox.requests)
    operator.plan(one)
    # The marks, the dashboards, the customers that they are assigned to.
    assert len(operator.sandbox.requests) - before == without + 3
    body = live(operator, "Meter")
    save(operator, body)
    before = len(operator.sandbox.requests)
    assert operator.plan(one).is_empty
    assert len(operator.sandbox.requests) - before == without + 4


def test_a_fleet_without_dashboards_asks_for_none(operator: Operator) -> None:
    tree = karnataka(device("PM-1"))
    operator.converge(tree)
    assert not [path for _, path, _ in operator.sandbox.requests if "dashboard" in path.lower()]


def test_an_edit_in_the_interface_is_told_and_repaired(operator: Operator) -> None:
    one = with_dashboards(dashboard("Meter"))
    converge(operator, one)
    body = live(operator, "Meter")
    body["configuration"]["widgets"][WIDGET]["config"]["settings"]["enableSearch"] = False
    body["configuration"]["widgets"][OTHER_WIDGET] = {
        "type": "latest",
        "typeFullFqn": "system.map",
        "config": {"title": "Map"},
    }
    save(operator, body)

    report = drift(operator.plan(one))
    differences = {each.field: each.mover for each in report.drifted[0].differences}
    assert differences == {"widget Meters": "server", "widget Map": "server"}
    plan = converge(operator, one)
    assert told(plan) == [("update", "dashboard/Meter", ["widget Meters", "widget Map"])]
    widgets = live(operator, "Meter")["configuration"]["widgets"]
    assert [*widgets] == [WIDGET]
    assert widgets[WIDGET]["config"]["settings"] == {"enableSearch": True}


def as_rewritten(body: dict[str, Any]) -> dict[str, Any]:
    """Return a dashboard as the server's interface saves one that was opened and left alone."""
    told = copy.deepcopy(body)
    configuration = told["configuration"]
    widget = configuration["widgets"][WIDGET]
    del widget["config"]["datasources"][0]["dataKeys"][0]["_hash"]
    widget["config"]["datasources"][0]["name"] = None
    state = configuration["states"]["default"]["layouts"]["main"]
    state["gridSettings"] |= {"margin": 10, "outerMargin": True, "layoutType": "default"}
    configuration["settings"] = {"stateControllerId": "entity"}
    configuration["timewindow"] = {
        "selectedTab": 0,
        "realtime": {"realtimeType": 0, "timewindowMs": 60_000, "quickInterval": "CURRENT_DAY"},
        "aggregation": {"type": "AVG", "limit": 25_000},
        "timezone": None,
    }
    return told


def test_what_the_interface_rewrites_unasked_is_no_difference_and_stays(operator: Operator) -> None:
    one = with_dashboards(dashboard("Meter"))
    converge(operator, one)
    save(operator, as_rewritten(live(operator, "Meter")))
    assert operator.plan(one).is_empty

    changed = configuration()
    changed["entityAliases"][ALIAS]["alias"] = "Some"
    plan = converge(operator, with_dashboards(dashboard("Meter", changed)))
    assert told(plan) == [("update", "dashboard/Meter", ["alias Some", "alias All"])]
    grid = live(operator, "Meter")["configuration"]["states"]["default"]["layouts"]["main"]["gridSettings"]
    assert grid["outerMargin"] is True


def test_an_edit_on_top_of_the_rewriting_is_still_told(operator: Operator) -> None:
    one = with_dashboards(dashboard("Meter"))
    converge(operator, one)
    body = as_rewritten(live(operator, "Meter"))
    body["configuration"]["widgets"][WIDGET]["config"]["titleStyle"] = {"color": "red"}
    body["configuration"]["timewindow"]["realtime"]["timewindowMs"] = 1
    save(operator, body)
    assert told(operator.plan(one)) == [("update", "dashboard/Meter", ["widget Meters", "timewindow"])]


def test_a_member_that_left_the_file_leaves_the_server(operator: Operator) -> None:
    converge(operator, with_dashboards(dashboard("Meter")))
    changed = configuration()
    del changed["widgets"][WIDGET]["config"]["settings"]["enableSearch"]
    plan = converge(operator, with_dashboards(dashboard("Meter", changed)))
    assert told(plan) == [("update", "dashboard/Meter", ["widget Meters"])]
    assert live(operator, "Meter")["configuration"]["widgets"][WIDGET]["config"]["settings"] == {}


def test_devices_are_named_in_the_file_and_identified_on_the_server(operator: Operator) -> None:
    tree = karnataka(device("PM/1"))
    one = with_dashboards(dashboard("Meter", naming("papaya://device/PM%2F1")), tree=tree)
    converge(operator, one)
    id_ = Person(operator.session).id("device", "PM/1")
    alias = live(operator, "Meter")["configuration"]["entityAliases"][ALIAS]
    assert alias["filter"]["singleEntity"] == {"entityType": "DEVICE", "id": id_}


def aliased(operator: Operator) -> Any:
    return live(operator, "Meter")["configuration"]["entityAliases"][ALIAS]["filter"]["singleEntity"]["id"]


@pytest.mark.parametrize("by_hand", [False, True])
@pytest.mark.parametrize("kind", ["device", "asset"])
def test_what_somebody_deleted_and_is_made_anew_is_named_by_its_new_id(
    operator: Operator, person: Person, kind: str, by_hand: bool
) -> None:
    name = {"device": "PM-1", "asset": "Karnataka"}[kind]
    reference = naming(f"papaya://{kind}/{name}", kind.upper())
    one = with_dashboards(dashboard("Meter", reference), tree=karnataka(device("PM-1")))
    converge(operator, one)
    before = person.id(kind, name)
    person.delete(kind, name)
    if by_hand:
        person.create(kind, name)
    plan = converge(operator, one)
    assert told(plan) == [("update", "dashboard/Meter", ["alias All"])]
    assert aliased(operator) == person.id(kind, name) != before


def test_a_device_that_is_renamed_does_not_have_its_dashboard_read_again(operator: Operator) -> None:
    one = with_dashboards(dashboard("Meter", naming("papaya://device/PM-1")), tree=karnataka(device("PM-1")))
    converge(operator, one)
    Person(operator.session).edit("device", "PM-1", name="Theirs")
    asked: list[str] = []
    operator.sandbox.before_reply = lambda method, path: asked.append(path)
    assert not told(operator.plan(one))
    operator.sandbox.before_reply = None
    assert not [path for path in asked if path.startswith("/api/dashboard/")]


def test_an_id_in_a_file_is_looked_up_and_means_the_same_object(operator: Operator, person: Person) -> None:
    id_ = person.create("device", "Foreign")
    one = with_dashboards(dashboard("Meter", naming(id_)))
    converge(operator, one)
    by_name = with_dashboards(dashboard("Meter", naming("papaya://device/Foreign")))
    assert operator.plan(by_name).is_empty


@pytest.mark.parametrize(
    "reference", ["11111111-2222-4333-8444-555555555555", "papaya://device/Nowhere", "papaya://nothing/X"]
)
def test_a_reference_to_what_the_server_lacks_is_refused_with_its_place(
    operator: Operator, reference: str
) -> None:
    plan = operator.plan(with_dashboards(dashboard("Meter", naming(reference))))
    (refusal,) = plan.refusals
    assert reference in refusal.reason
    assert refusal.mark is not None
    assert (refusal.mark.file, refusal.mark.line > 10) == ("dashboards/x.json", True)


def test_dashboards_that_open_each_other_and_themselves_are_created_in_one_run(operator: Operator) -> None:
    one = with_dashboards(
        dashboard("A", opening("papaya://dashboard/B")),
        dashboard("B", opening("papaya://dashboard/A")),
        dashboard("C", opening("papaya://dashboard/C")),
    )
    converge(operator, one)
    ids = {row["title"]: row["id"]["id"] for row in rows(operator)}
    assert sorted(ids) == ["A", "B", "C"]
    for title, target in (("A", "B"), ("B", "A"), ("C", "C")):
        config = live(operator, title)["configuration"]["widgets"][WIDGET]["config"]
        assert config["actions"]["rowClick"][0]["targetDashboardId"] == ids[target]


def test_customers_are_assigned_and_taken_off(operator: Operator) -> None:
    city, metro = customer("City"), customer("Metro")
    converge(operator, with_dashboards(city, metro, dashboard("Meter", customers=["City", "Metro"])))
    assert assigned(live(operator, "Meter")) == ["City", "Metro"]
    plan = converge(operator, with_dashboards(city, metro, dashboard("Meter", customers=["Metro"])))
    assert told(plan) == [("update", "dashboard/Meter", ["customers"])]
    assert assigned(live(operator, "Meter")) == ["Metro"]
    # Assignments that the manifest does not mention stay.
    body = live(operator, "Meter")
    converge(operator, with_dashboards(city, metro, dashboard("Meter", customers=[])))
    assert assigned(live(operator, "Meter")) == []
    assert body["configuration"] == live(operator, "Meter")["configuration"]


def test_a_customer_and_its_dashboard_change_in_one_run(operator: Operator) -> None:
    converge(operator, with_dashboards(customer("City"), dashboard("Meter", customers=["City"])))
    changed = configuration(description="new")
    after = with_dashboards(
        customer("Town", formerly="City", email="a@x.example"),
        dashboard("Meter", changed, customers=["Town"]),
    )
    converge(operator, after)
    body = live(operator, "Meter")
    assert assigned(body) == ["Town"]
    assert body["configuration"]["description"] == "new"


def test_a_dashboard_is_made_public_after_asking_and_private_again(operator: Operator) -> None:
    one = with_dashboards(dashboard("Meter", public=True))
    (question,) = operator.plan(one).questions
    assert "becomes public" in question.reason
    converge(operator, one, replace(CONSENT, confirm=frozenset({"dashboard/Meter"})))
    assert assigned(live(operator, "Meter")) == ["Public"]
    converge(operator, with_dashboards(dashboard("Meter", public=False)))
    assert assigned(live(operator, "Meter")) == []


def test_the_generated_dashboard_follows_the_manifest(operator: Operator) -> None:
    def generated(*names: str, profile: str = "IoT-Gateway") -> Fleet:
        tree = karnataka(*(device(name, profile=profile) for name in names))
        return with_dashboards(dashboard("Fleet", generate="fleet"), tree=tree)

    converge(operator, generated("PM-1"))
    titles = {one["config"]["title"] for one in live(operator, "Fleet")["configuration"]["widgets"].values()}
    assert {"Devices", "Alarms"} <= titles
    # One more device of the same profile changes nothing in it.
    plan = converge(operator, generated("PM-1", "PM-2"))
    assert not plan.resources


def test_what_somebody_changed_on_a_generated_dashboard_is_asked_about_before_it_is_overwritten(
    operator: Operator,
) -> None:
    def generated(*sensors: Sensor) -> Fleet:
        tree = karnataka(device("PM-1", sensors=sensors))
        return with_dashboards(dashboard("Fleet", generate="fleet"), tree=tree)

    first = generated(Sensor(key="t", name="Temperature"))
    second = generated(Sensor(key="t", name="Temperature"), Sensor(key="d", name="Distance"))
    converge(operator, first)
    # A change of the manifest alone overwrites nothing of anybody's.
    assert not operator.plan(second).questions

    body = live(operator, "Fleet")
    for widget in body["configuration"]["widgets"].values():
        if widget["config"]["title"] == "Devices":
            widget["config"]["title"] = "My devices"
    body["configuration"]["widgets"][WIDGET] = {**configuration()["widgets"][WIDGET], "id": WIDGET}
    save(operator, body)
    for one in (first, second):
        (question,) = operator.plan(one).questions
        assert question.guard == "confirm"
        assert "somebody changed Fleet in ThingsBoard" in question.reason
        assert "widget Devices" in question.reason
        agreed = replace(CONSENT, confirm=frozenset({"dashboard/Fleet"}))
        assert not operator.plan(one, agreed).questions
    operator.apply(second, replace(CONSENT, confirm=frozenset({"dashboard/Fleet"})))
    assert not operator.plan(second).resources


def test_an_image_in_a_file_becomes_a_link_and_is_no_difference(operator: Operator) -> None:
    one = with_dashboards(dashboard("Meter", head={"image": PIXEL}))
    converge(operator, one)
    assert live(operator, "Meter")["image"].startswith("tb-image;")
    save(operator, as_rewritten(live(operator, "Meter")))
    assert operator.plan(one).is_empty


def test_an_existing_dashboard_is_adopted_by_its_title_after_asking(operator: Operator) -> None:
    saved = save(operator, {"title": "Meter", "configuration": configuration()})
    one = replace(with_dashboards(dashboard("Meter")), safety=Safety(max_destroy=9))
    plan = operator.plan(one, CAREFUL)
    assert [question.guard for question in plan.questions] == ["adopt"]
    converge(operator, one)
    assert live(operator, "Meter")["id"] == saved["id"]


def test_two_dashboards_of_one_title_are_not_guessed_between(operator: Operator) -> None:
    for _ in range(2):
        save(operator, {"title": "Meter"})
    (refusal,) = operator.plan(with_dashboards(dashboard("Meter"))).refusals
    assert "2 dashboards are called Meter" in refusal.reason


def test_a_rename_on_the_server_is_taken_back_and_one_in_the_manifest_keeps_the_id(
    operator: Operator,
) -> None:
    one = with_dashboards(dashboard("Meter"))
    converge(operator, one)
    body = live(operator, "Meter")
    save(operator, {**body, "title": "Mine"})
    converge(operator, one)
    plan = converge(operator, with_dashboards(dashboard("Meters", formerly="Meter")))
    assert told(plan) == [("update", "dashboard/Meters", ["name"])]
    assert live(operator, "Meters")["id"] == body["id"]


def test_an_edit_between_plan_and_apply_is_a_conflict_and_not_overwritten(operator: Operator) -> None:
    converge(operator, with_dashboards(dashboard("Meter")))
    plan = operator.plan(with_dashboards(dashboard("Meter", configuration(description="file"))))
    save(operator, {**live(operator, "Meter"), "configuration": configuration(description="hand")})
    assert [one.status for one in operator.execute(plan).outcomes] == ["failed"]
    (outcome,) = operator.executor(plan, looks=False).execute(plan).outcomes
    assert outcome.status == "failed"
    assert "somebody else changed it" in outcome.reason
    assert live(operator, "Meter")["configuration"]["description"] == "hand"


def test_a_deletion_stands_under_the_guards_and_what_forbids_it_is_told_in_the_plan(
    operator: Operator,
) -> None:
    converge(operator, with_dashboards(dashboard("Meter")))
    assert [
        one.guard for one in operator.plan(replace(with_dashboards(), safety=Safety()), CAREFUL).refusals
    ] == ["destroy"]
    profile: Any = operator.session.get("/api/deviceProfileInfo/default")
    whole: Any = operator.session.get(f"/api/deviceProfile/{profile['id']['id']}")
    operator.session.post(
        "/api/deviceProfile", {**whole, "defaultDashboardId": live(operator, "Meter")["id"]}
    )
    (refusal,) = operator.plan(with_dashboards()).refusals
    assert "the device profile default uses it" in refusal.reason
    whole = operator.session.get(f"/api/deviceProfile/{profile['id']['id']}")
    operator.session.post("/api/deviceProfile", {**whole, "defaultDashboardId": None})
    converge(operator, with_dashboards())
    assert not rows(operator)


def test_what_is_forgotten_stays_without_a_trace_of_papaya(operator: Operator) -> None:
    one = with_dashboards(dashboard("Meter"))
    converge(operator, one)
    plan = make_plan(
        without_entries(one, when_removed="forget"), operator.read(one), consent=CONSENT, removes_all=True
    )
    assert operator.execute(plan).is_complete
    assert "papaya" not in live(operator, "Meter")["configuration"]
    assert operator.plan(one).adopts == 1


@pytest.mark.parametrize("handled", [False, True], ids=["before it was carried out", "after"])
@pytest.mark.parametrize("again", [False, True], ids=["creating", "saving"])
def test_a_lost_answer_makes_no_second_dashboard(operator: Operator, handled: bool, again: bool) -> None:
    one = with_dashboards(dashboard("Meter"))
    if again:
        converge(operator, one)
        one = with_dashboards(dashboard("Meter", configuration(description="new")))
    lost: list[str] = []

    def lose_first(method: str, path: str) -> Fault | None:
        if (method, path) == ("POST", "/api/dashboard") and not lost:
            lost.append(path)
            return Fault(drop=True, handled=handled)
        return None

    operator.sandbox.before_reply = lose_first
    converge(operator, one)
    assert lost
    assert len(rows(operator)) == 1


def test_a_run_that_broke_off_before_the_mark_is_gone_on_with_unasked(operator: Operator) -> None:
    def refuse_marks(method: str, path: str) -> Fault | None:
        return Fault(status=400, body=b"{}") if (method, path) == ("POST", "/api/relation") else None

    one = replace(with_dashboards(dashboard("Meter")), safety=Safety())
    operator.sandbox.before_reply = refuse_marks
    assert operator.execute(operator.plan(one, CAREFUL)).of("failed")
    operator.sandbox.before_reply = None
    plan = operator.plan(one, CAREFUL)
    assert not plan.questions
    converge(operator, one, CAREFUL)
    assert len(rows(operator)) == 1


def circle() -> Fleet:
    """Return a profile whose dashboard names a device of the profile."""
    tree = karnataka(device("PM-1", profile="Meter"))
    return replace(
        tree,
        profiles=replace(tree.profiles, create=True),
        resources=(
            dashboard("Meter", naming("papaya://device/PM-1")),
            Resource("deviceProfile", "profiles.devices", "Meter", {"dashboard": "Meter"}),
        ),
        kinds=("dashboard", "deviceProfile"),
        safety=GENEROUS,
    )


def test_a_profile_may_show_a_dashboard_that_names_its_devices(operator: Operator) -> None:
    operator.converge(circle())
    (shown,) = rows(operator)
    live = operator.read(circle()).resources.of("deviceProfile")
    (profile,) = [one for one in live if one.address.name == "Meter"]
    assert profile.row["defaultDashboardId"] == shown["id"]


def test_a_limited_run_refuses_a_dashboard_that_names_a_device_it_leaves_out(operator: Operator) -> None:
    fleet = circle()
    scope = RunScope(targets=("deviceProfile/Meter",))
    (refusal,) = make_plan(fleet, operator.read(fleet), consent=CONSENT, scope=scope).refusals
    assert "dashboard/Meter names device/PM-1" in refusal.reason
    assert "--target 'device/PM-1'" in refusal.ways_out[0].how


def test_a_limited_run_creates_what_a_changed_object_needs(operator: Operator) -> None:
    fleet = circle()
    operator.converge(replace(fleet, resources=(replace(fleet.resources[1], values={"description": "x"}),)))
    scope = RunScope(targets=("deviceProfile/Meter",))
    plan = make_plan(fleet, operator.read(fleet), consent=CONSENT, scope=scope)
    assert {str(one.address) for one in plan.resources} == {"dashboard/Meter", "deviceProfile/Meter"}
    assert not plan.refusals
