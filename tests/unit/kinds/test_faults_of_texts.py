"""Texts that the server refuses are faults in every kind, before anything is sent."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from papaya.kinds.faults import faults_of
from papaya.kinds.registry import KINDS
from papaya.manifest.model import File, Json, Resource
from tests.unit.engine.fleets import fleet
from tests.unit.kinds.test_rule_chains import document, node

REFUSED = {
    "<b>Meter</b>": "holds markup",
    "a\x00b": "holds the character NUL",
    "{{ name }}": 'holds "{{"',
    "🅿" * 128: "is longer than 255 characters (256 in UTF-16)",
}
WHOLE = sorted(key for key, kind in KINDS.items() if not kind.is_part)
NAMED = [key for key in WHOLE if (KINDS[key].name_key or "name").isalpha()]


def told(*declared: Resource) -> list[str]:
    return [one.summary for one in faults_of(replace(fleet(), resources=declared))]


@pytest.mark.parametrize("kind", NAMED)
@pytest.mark.parametrize(("text", "fault"), REFUSED.items())
def test_a_name_that_the_server_refuses_is_a_fault_in_every_kind(kind: str, text: str, fault: str) -> None:
    assert any(fault in one for one in told(Resource(kind, KINDS[kind].section, text)))


@pytest.mark.parametrize("kind", WHOLE)
@pytest.mark.parametrize(("text", "fault"), REFUSED.items())
def test_so_is_any_other_text_of_an_entry(kind: str, text: str, fault: str) -> None:
    assert any(f"its tag {fault}" in one for one in told(Resource(kind, "", "Usual", {"tag": text})))


def test_a_description_may_be_long_and_a_path_is_no_text_of_the_server() -> None:
    image = File("a<b.svg", "<svg/>", None)
    values = {"description": "é" * 1_000, "image": "a<b.svg"}
    one = Resource("assetProfile", "profiles.assets", "Usual", values, {"image": image})
    assert not [fault for fault in told(one) if "its" in fault]


def test_a_blank_name_is_a_fault() -> None:
    assert any("its title is blank" in one for one in told(Resource("customer", "customers", "  ")))
    package = Resource(
        "firmware", "firmware", "  1", {"title": " ", "version": "1", "url": "https://x.example"}
    )
    assert any("its title is blank" in one for one in told(package))


def test_a_text_inside_of_a_value_is_one_of_the_server_but_for_references_to_secrets() -> None:
    transport: Json = {"type": "mqtt", "telemetryTopic": "<b>/up"}
    values: dict[str, Json] = {"transport": transport, "provisioning": {"secret": {"env": "{{ x }}"}}}
    (fault,) = told(Resource("deviceProfile", "profiles.devices", "Meter", values))
    assert "its telemetryTopic holds markup" in fault


def test_the_names_of_rule_nodes_are_names_of_the_server() -> None:
    value = document(node("<b>"), node("Usual"))
    file = File("m.json", json.dumps(value), value)
    (fault,) = told(Resource("ruleChain", "ruleChains", "Usual", {}, {"file": file}))
    assert 'm.json: the name of the node "<b>" holds markup' in fault
