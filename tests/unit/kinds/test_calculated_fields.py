"""Calculated fields and alarm rules from files, without a server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from papaya.kinds.address import Address
from papaya.kinds.alarm_rule_files import ALARM_RULES
from papaya.kinds.alarm_saving import is_from_sensors
from papaya.kinds.calculated_fields import CALCULATED_FIELDS
from papaya.kinds.expressions import expression_faults
from papaya.kinds.field_parts import configuration_of, parts_of
from papaya.kinds.json_places import mark_in
from papaya.kinds.kind import Asked, Kind
from papaya.kinds.request import Request
from papaya.kinds.resource import LiveObjects
from papaya.manifest.model import File, Json, Resource
from tests.unit.engine.fleets import fleet

LATEST = {"refEntityKey": {"key": "temperature", "type": "TS_LATEST"}}
ROLLING = {"refEntityKey": {"key": "temperature", "type": "TS_ROLLING"}, "limit": 10, "timeWindow": 60_000}


def simple(expression: str = "t * 2", *, name: str = "double", **arguments: Any) -> dict[str, Any]:
    output = {"type": "TIME_SERIES", "name": name, "decimalsByDefault": 2}
    told = {"type": "SIMPLE", "arguments": arguments or {"t": LATEST}, "expression": expression}
    return {"type": "SIMPLE", "name": "x", "configuration": {**told, "output": output}}


def script(expression: str = "return {'mean': t.mean()};", **arguments: Any) -> dict[str, Any]:
    told = {"type": "SCRIPT", "arguments": arguments or {"t": ROLLING}, "expression": expression}
    return {"type": "SCRIPT", "configuration": {**told, "output": {"type": "TIME_SERIES"}}}


def rule(expression: str = "return t > 3;", **more: Any) -> dict[str, Any]:
    condition = {"type": "SIMPLE", "expression": {"type": "TBEL", "expression": expression}}
    told = {
        "type": "ALARM",
        "arguments": {"t": LATEST},
        "createRules": {"CRITICAL": {"condition": condition}},
    }
    return {"name": "x", "configuration": {**told, **more}}


def entry(kind: Kind, name: str, document: Mapping[str, Any], **values: Any) -> Resource:
    file = File("rules/x.json", json.dumps(document, indent=2), dict(document))
    formerly = values.pop("formerly", None)
    return Resource(kind.key, kind.section, name, values, {"file": file}, formerly)


def told(kind: Kind, document: Mapping[str, Any], **values: Any) -> list[tuple[str, str]]:
    one = entry(kind, "x", document, **(values or {"profile": "Meter"}))
    one_fleet = replace(fleet(), resources=(one,), kinds=(kind.key,))
    return [(fault.summary, str(fault.mark)) for fault in kind.faults(one, one_fleet)]


def test_what_works_has_no_fault() -> None:
    assert told(CALCULATED_FIELDS, simple()) == []
    assert told(CALCULATED_FIELDS, script()) == []
    assert told(ALARM_RULES, rule()) == []
    assert told(CALCULATED_FIELDS, simple()["configuration"]) == []


@pytest.mark.parametrize(
    ("document", "summary", "place"),
    [
        (simple("t * u"), "the argument u is not defined", "rules/x.json:14:24"),
        (simple("(t * 2"), "a parenthesis is not closed", "rules/x.json:14:20"),
        (simple("t * 2", t=ROLLING), "the argument t is of type TS_ROLLING", "rules/x.json:10:19"),
        (simple("ctx", ctx=LATEST), "ctx cannot be the name of an argument", "rules/x.json:7:14"),
        (
            simple(t={"refEntityKey": {"key": "k", "type": "ATTRIBUTE"}}),
            "the argument t reads an attribute without a scope",
            "rules/x.json:8:25",
        ),
        (
            simple(t={"refEntityKey": {}}),
            "the argument t has no refEntityKey with a key",
            "rules/x.json:7:12",
        ),
        ({**simple(), "configuration": {"type": "CURVED"}}, "there is no type CURVED", "rules/x.json:5:13"),
        (
            simple("t + 1", name="temperature"),
            "the argument t reads temperature, which the field",
            "rules/x.json:7:12",
        ),
        (rule(), "it is an alarm rule", "rules/x.json:4:13"),
    ],
)
def test_what_the_server_saves_without_a_word_is_a_fault_with_its_place(
    document: dict[str, Any], summary: str, place: str
) -> None:
    (found,) = told(CALCULATED_FIELDS, document)
    assert found[0].startswith(summary)
    assert found[1] == place


@pytest.mark.parametrize(
    ("document", "summary"),
    [
        (rule(createRules={}), "it has no createRules"),
        (rule(clearRule={}), "clearRule has no condition"),
        (
            rule(createRules={"WORSE": rule()["configuration"]["createRules"]["CRITICAL"]}),
            "there is no severity WORSE",
        ),
        (
            rule(clearRule={"condition": {"expression": {"filters": [{"argument": "u", "predicates": []}]}}}),
            "clearRule uses the argument u, which is not defined",
        ),
        (simple(), "its type is SIMPLE, not ALARM"),
        ({"any": "thing"}, "it is not an alarm rule"),
    ],
)
def test_a_rule_that_would_never_work_is_a_fault(document: dict[str, Any], summary: str) -> None:
    (found,) = told(ALARM_RULES, document)
    assert found[0].startswith(summary)


def test_an_entry_names_one_entity() -> None:
    assert "it names profile and device" in told(CALCULATED_FIELDS, simple(), profile="A", device="B")[0][0]
    assert "it names no entity" in told(CALCULATED_FIELDS, simple(), other="A")[0][0]


def test_a_circle_through_another_field_is_a_fault() -> None:
    one = entry(CALCULATED_FIELDS, "a", simple(name="out"), profile="Meter")
    back = {"refEntityKey": {"key": "out", "type": "TS_LATEST"}}
    other = entry(CALCULATED_FIELDS, "b", script("return {temperature: o};", o=back), profile="Meter")
    elsewhere = replace(other, values={"profile": "Other"})
    both = replace(fleet(), resources=(one, other), kinds=("calculatedField",))
    (fault,) = CALCULATED_FIELDS.faults(one, both)
    assert fault.summary == "the argument t reads temperature, which the field writes itself, through b"
    assert not [*CALCULATED_FIELDS.faults(one, replace(both, resources=(one, elsewhere)))]


def test_expressions_are_read_as_the_server_reads_them() -> None:
    good = ("t*2", "-t", "(t + 1) * -2", "pow(t, 2)", "2 t", "sqrt(abs(t)) % pi", "1.5e3 * t")
    assert not [fault for text in good for fault in expression_faults(text, {"t"})]
    bad = ("t t2", "t +", "1,5 * t", "foo(t)", "2 3", ")", "t @ 2", "")
    assert all([*expression_faults(text, {"t"})] for text in bad)


def test_the_parts_of_a_configuration_make_it_up_again() -> None:
    for document in (simple(), script(), rule()):
        parts = parts_of(document["configuration"])
        assert parts_of(configuration_of(parts)) == parts


def test_what_a_server_adds_is_no_difference() -> None:
    plain = simple()["configuration"]
    added: dict[str, Any] = {**plain, "useLatestTs": False, "scheduledUpdateInterval": None}
    added["output"] = {**plain["output"], "strategy": {"type": "RULE_CHAIN"}, "scope": None}
    assert parts_of(added) == parts_of(plain)
    alarm: dict[str, Any] = {**rule()["configuration"], "clearRule": None, "propagate": False, "output": None}
    assert parts_of(alarm) == parts_of(rule()["configuration"])


def test_a_version_without_the_kind_is_told_with_the_versions_that_have_it() -> None:
    desired = ALARM_RULES.desired(entry(ALARM_RULES, "x", rule(), profile="Meter"), fleet())
    (reason,) = ALARM_RULES.objections(desired, None, LiveObjects(version="4.0.1"))
    assert "from 4.3 on; this server is 4.0.1" in reason
    assert not [*ALARM_RULES.objections(desired, None, LiveObjects(version="4.3.0"))]
    document = {"type": "GEOFENCING", "configuration": {"type": "GEOFENCING"}}
    desired = CALCULATED_FIELDS.desired(entry(CALCULATED_FIELDS, "x", document, profile="M"), fleet())
    (reason,) = CALCULATED_FIELDS.objections(desired, None, LiveObjects(version="4.2.1"))
    assert "the type GEOFENCING from 4.3 on" in reason
    (reason,) = CALCULATED_FIELDS.objections(desired, None, LiveObjects(version="3.9"))
    assert "from 4.0 on" in reason


def test_a_server_before_4_3_is_asked_for_the_entities_of_the_manifest_and_for_marked_fields() -> None:
    ids = {Address("deviceProfile", "Meter"): "p", Address("dashboard", "D"): "d"}
    asking = CALCULATED_FIELDS.rows(Asked("4.0.1", ids, ("a", "b")))
    row: dict[str, Json] = {"id": {"id": "a"}, "type": "SIMPLE", "name": "x"}
    assert next(asking).path == "/api/DEVICE_PROFILE/p/calculatedFields"
    request = asking.send({"data": [row], "hasNext": False})
    assert request.path == "/api/calculatedField/b"
    with pytest.raises(StopIteration) as end:
        asking.send({"id": {"id": "b"}, "type": "SCRIPT", "name": "y"})
    assert [one["name"] for one in end.value.value] == ["x", "y"]


def test_later_servers_are_asked_once_for_all() -> None:
    asking = ALARM_RULES.rows(Asked("4.3.1", {Address("deviceProfile", "Meter"): "p"}, ("a",)))
    request: Request = next(asking)
    assert (request.path, request.parameters["types"]) == ("/api/calculatedFields", "ALARM")
    # With all types the request is that of calculated fields: a plan sends it once.
    one, other = (
        next(kind.rows(Asked("4.3.1", all_types=True))) for kind in (ALARM_RULES, CALCULATED_FIELDS)
    )
    assert (one.path, one.parameters) == (other.path, other.parameters)


def test_rules_made_from_sensors_are_told_from_those_of_files() -> None:
    assert is_from_sensors({"additionalInfo": {"papaya": {"sensor": "temperature"}}})
    assert not is_from_sensors({"additionalInfo": {"papaya": {"fleet": "meters", "run": "r1"}}})


def test_places_in_a_file_are_found_through_escapes() -> None:
    file = File("f.json", '{"a": [1, {"b": "x\\n\\u00e4y"}],\n "c": {}}')
    assert str(mark_in(file, ("a", 1, "b"))) == "f.json:1:17"
    assert str(mark_in(file, ("a", 1, "b"), 3)) == "f.json:1:27"
    assert str(mark_in(file, ("c", "absent"))) == "f.json:2:7"
