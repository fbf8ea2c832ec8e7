"""Device and asset profiles with an entry of their own, from plan to server and back."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from papaya.engine.drift import drift
from papaya.engine.guard import Consent
from papaya.engine.plan import Plan
from papaya.manifest.model import File, Fleet, Json, Profiles, Resource
from papaya.sandbox import Sandbox
from papaya.sandbox.edge import Fault
from tests.unit.apply.run import CONSENT, VERSIONS, Operator
from tests.unit.engine.fleets import GENEROUS, device, fleet, karnataka

CHAIN: Json = {
    "ruleChain": {"name": "x", "type": "CORE", "root": False},
    "metadata": {"firstNodeIndex": None, "nodes": [], "connections": [], "ruleChainConnections": None},
}
PIXEL = base64.b64encode(b"\x89PNG\r\n\x1a\n" + b"0" * 40).decode()
MQTT: Json = {"type": "mqtt", "telemetryTopic": "meters/telemetry", "payload": "json"}


@pytest.fixture(params=VERSIONS)
def operator(request: pytest.FixtureRequest) -> Iterator[Operator]:
    with Sandbox(emulate=request.param) as sandbox:
        one = Operator(sandbox, {"SECRET": "very secret"})
        yield one
        one.session.close()


def profile(name: str, kind: str = "deviceProfile", **values: Any) -> Resource:
    own = {key: values.pop(key) for key in ("formerly", "protect", "files") if key in values}
    section = "profiles.devices" if kind == "deviceProfile" else "profiles.assets"
    return Resource(kind, section, name, values, **own)


def chain(name: str) -> Resource:
    return Resource("ruleChain", "ruleChains", name, {"file": "c.json"}, {"file": File("c.json", "", CHAIN)})


def with_objects(*resources: Resource, tree: Fleet | None = None) -> Fleet:
    kinds = tuple(dict.fromkeys(("deviceProfile", *(one.kind for one in resources))))
    return replace(tree or fleet(), resources=resources, kinds=kinds, safety=GENEROUS)


def rows(operator: Operator, kind: str = "deviceProfile") -> dict[str, dict[str, Any]]:
    body = operator.session.get(f"/api/{kind}s", params={"pageSize": 100, "page": 0})
    assert isinstance(body, dict) and isinstance(body["data"], list)
    return {str(row["name"]): dict(row) for row in body["data"] if isinstance(row, dict)}


def edit(operator: Operator, name: str, /, **fields: Json) -> None:
    operator.session.post("/api/deviceProfile", {**rows(operator)[name], **fields})


def told(plan: Plan) -> list[tuple[str, str, list[str]]]:
    return [(one.action, str(one.address), [field.field for field in one.fields]) for one in plan.resources]


def converge(operator: Operator, one: Fleet, consent: Consent = CONSENT) -> Plan:
    plan = operator.apply(one, consent)
    after = operator.plan(one, consent)
    assert after.is_empty, (told(after), [str(change.address) for change in after.changes])
    return plan


def test_what_is_applied_is_in_sync_and_refers_to_what_the_same_run_creates(operator: Operator) -> None:
    image = {"image": File("logo.png", PIXEL)}
    provisioning: Json = {"strategy": "allowCreate", "key": "mk2", "secret": {"env": "SECRET"}}
    one = with_objects(
        profile(
            "Meter",
            description="Meters",
            transport=MQTT,
            ruleChain="Meters",
            queue="Main",
            image="logo.png",
            provisioning=provisioning,
            files=image,
        ),
        profile("Place", "assetProfile", description="Places", ruleChain="Meters"),
        chain("Meters"),
        tree=karnataka(device("PM-1", profile="Meter")),
    )
    plan = converge(operator, one)
    assert not plan.profiles
    row = rows(operator)["Meter"]
    transport = row["profileData"]["transportConfiguration"]
    assert (row["transportType"], transport["deviceTelemetryTopic"]) == ("MQTT", "meters/telemetry")
    assert transport["deviceAttributesTopic"] == "v1/devices/me/attributes"
    assert row["profileData"]["provisionConfiguration"]["provisionDeviceSecret"] == "very secret"
    assert (row["defaultQueueName"], row["description"]) == ("Main", "Meters")
    assert row["image"].startswith("tb-image;")
    assert row["defaultRuleChainId"] == rows(operator, "assetProfile")["Place"]["defaultRuleChainId"]


def test_names_alone_declare_no_profile_and_cost_no_request(operator: Operator) -> None:
    tree = karnataka(device("PM-1"))
    operator.apply(tree)
    before = len(operator.sandbox.requests)
    assert operator.plan(tree).is_empty
    paths = [path for _, path, _ in operator.sandbox.requests[before:]]
    assert not [path for path in paths if "/api/relations" in path or "Profiles" in path]


def test_an_edit_by_hand_is_drift_and_repaired_and_the_parts_of_others_stay(operator: Operator) -> None:
    one = with_objects(profile("Meter", description="Meters", transport=MQTT))
    converge(operator, one)
    data = rows(operator)["Meter"]["profileData"]
    rule: Json = {"condition": {"condition": [], "spec": {"type": "SIMPLE"}}}
    alarms: Json = [{"id": "a", "alarmType": "Own", "createRules": {"MAJOR": rule}}]
    edit(
        operator,
        "Meter",
        description="Other",
        profileData={**data, "alarms": alarms},
        defaultQueueName="Main",
    )
    report = drift(operator.plan(one))
    assert [(d.field, d.live, d.mover) for d in report.drifted[0].differences] == [
        ("description", "Other", "server")
    ]
    assert told(converge(operator, one)) == [("update", "deviceProfile/Meter", ["description"])]
    row = rows(operator)["Meter"]
    assert (row["description"], row["defaultQueueName"]) == ("Meters", "Main")
    assert [one["alarmType"] for one in row["profileData"]["alarms"]] == ["Own"]


def test_a_rename_keeps_the_id_and_its_devices(operator: Operator) -> None:
    tree = karnataka(device("PM-1", profile="Meter"))
    converge(operator, with_objects(profile("Meter", description="d"), tree=tree))
    id_ = rows(operator)["Meter"]["id"]
    after = with_objects(
        profile("Meter MK2", description="d", formerly="Meter"),
        tree=karnataka(device("PM-1", profile="Meter MK2", label="new")),
    )
    plan = converge(operator, after)
    assert told(plan) == [("update", "deviceProfile/Meter MK2", ["name"])]
    assert [field.field for change in plan.changes for field in change.fields] == ["label"]
    assert rows(operator)["Meter MK2"]["id"] == id_


def test_a_rename_on_the_server_is_found_by_the_mark_and_taken_back(operator: Operator) -> None:
    one = with_objects(profile("Meter", description="d"), tree=karnataka(device("PM-1", profile="Meter")))
    converge(operator, one)
    edit(operator, "Meter", name="Somebody's")
    assert told(converge(operator, one)) == [("update", "deviceProfile/Meter", ["name"])]
    assert "Somebody's" not in rows(operator)


def test_an_existing_profile_is_adopted_by_its_name(operator: Operator) -> None:
    operator.session.post("/api/assetProfile", {"name": "Place", "description": "before"})
    one = with_objects(profile("Place", "assetProfile", description="after"))
    assert operator.plan(one).resources[0].adopts
    converge(operator, one)
    assert rows(operator, "assetProfile")["Place"]["description"] == "after"


def test_what_leaves_is_deleted_but_never_while_something_uses_it(operator: Operator) -> None:
    converge(operator, with_objects(profile("Meter", description="d"), profile("Old", description="o")))
    assert told(converge(operator, with_objects(profile("Meter", description="d")))) == [
        ("destroy", "deviceProfile/Old", [])
    ]
    id_ = rows(operator)["Meter"]["id"]
    operator.session.post("/api/device", {"name": "foreign", "deviceProfileId": id_})
    plan = operator.plan(with_objects())
    assert [one.reason for one in plan.refusals] == [
        "deviceProfile/Meter cannot be deleted: the device foreign uses it"
    ]


def test_a_profile_goes_with_its_devices_and_its_chain(operator: Operator) -> None:
    tree = karnataka(device("PM-1", profile="Meter"))
    converge(operator, with_objects(profile("Meter", ruleChain="Meters"), chain("Meters"), tree=tree))
    none = replace(with_objects(tree=karnataka()), kinds=("deviceProfile", "ruleChain"))
    converge(operator, none)
    assert "Meter" not in rows(operator)


def test_an_entry_that_goes_while_devices_have_the_profile_releases_it(operator: Operator) -> None:
    tree = karnataka(device("PM-1", profile="Meter"))
    converge(operator, with_objects(profile("Meter", description="d"), tree=tree))
    assert told(converge(operator, with_objects(tree=tree))) == [("forget", "deviceProfile/Meter", [])]
    assert "Meter" in rows(operator)


def test_the_default_profile_is_not_deleted(operator: Operator) -> None:
    one = with_objects(profile("default", description="d"), tree=fleet())
    converge(operator, one)
    none = replace(with_objects(tree=fleet()), profiles=Profiles(device="x"))
    assert "it is the default device profile" in operator.plan(none).refusals[0].reason


def test_a_profile_becomes_the_default_after_a_question(operator: Operator) -> None:
    one = with_objects(profile("Meter", default=True))
    assert [question.guard for question in operator.plan(one, Consent()).questions] == ["confirm"]
    converge(operator, one, replace(CONSENT, confirm=frozenset({"deviceProfile/Meter"})))
    assert rows(operator)["Meter"]["default"] is True


@pytest.mark.parametrize("handled", [True, False])
def test_a_lost_answer_makes_no_second_profile(operator: Operator, handled: bool) -> None:
    left = [1]

    def lose(method: str, path: str) -> Fault | None:
        if method != "POST" or path != "/api/deviceProfile" or not left[0]:
            return None
        left[0] -= 1
        return Fault(drop=True, handled=handled)

    operator.sandbox.before_reply = lose
    converge(operator, with_objects(profile("Meter", description="d", transport=MQTT)))
    assert rows(operator)["Meter"]["version"] == 1


def test_a_secret_reaches_no_plan_and_no_mark(operator: Operator) -> None:
    provisioning: Json = {"strategy": "allowCreate", "key": "mk2", "secret": {"env": "SECRET"}}
    one = with_objects(profile("Meter", provisioning=provisioning))
    converge(operator, one)
    operator.secrets["SECRET"] = "another"
    assert told(converge(operator, one)) == [("update", "deviceProfile/Meter", ["provisioning.secret"])]
    row = rows(operator)["Meter"]
    assert row["profileData"]["provisionConfiguration"]["provisionDeviceSecret"] == "another"
