"""Alarm rules and calculated fields that stand in the entries of device profiles."""

from __future__ import annotations

import json

import yaml

from papaya.diagnostics import Diagnostic
from papaya.kinds.faults import faults_of
from papaya.manifest.expand import document_of
from papaya.manifest.load import Loaded, Source, load

HEAD = "apiVersion: papaya/v1\nkind: Fleet\nmetadata: {name: meters}\n"
RULE = {"name": "Tamper", "configuration": {"type": "ALARM"}}
FILES = {"tamper.json": json.dumps(RULE), "mean.json": json.dumps({"type": "SIMPLE"})}


def loaded(text: str, environment: str | None = None) -> Loaded:
    def read(asking: Source, name: str) -> Source:
        return Source(name, FILES[name])

    return load([Source("fleet.yaml", HEAD + text)], environment=environment, read_text=read)


def entries(text: str) -> list[tuple[str, str, object]]:
    found = loaded(text)
    assert found.fleet is not None, found.diagnostics
    return [(str(one.name), str(one.kind), one.values) for one in found.fleet.resources]


def faults(text: str) -> list[str]:
    found = loaded(text)
    told: list[Diagnostic] = [one for one in found.diagnostics if one.severity == "error"]
    if found.fleet is not None:
        told += [one for one in faults_of(found.fleet) if "on the server" in one.summary]
    return [f"{one.mark}: {one.summary}" for one in told]


def test_an_entry_of_a_profile_is_the_entry_at_the_top_with_the_profile_and_needs_no_name() -> None:
    inside = entries("profiles: {devices: {Meter: {alarmRules: [{file: tamper.json}]}}}")
    top = entries("alarmRules: [{name: Tamper, profile: Meter, file: tamper.json}]")
    assert inside == top == [("Tamper", "alarmRule", {"profile": "Meter", "file": "tamper.json"})]


def test_a_profile_with_rules_alone_is_not_managed_itself() -> None:
    found = loaded("profiles: {devices: {Meter: {alarmRules: [], calculatedFields: []}}}").fleet
    assert found is not None
    assert (found.kinds, found.resources) == (("alarmRule", "calculatedField"), ())


def test_profiles_that_share_a_file_have_rules_of_their_own() -> None:
    shared = "alarmRules: [{file: tamper.json}]"
    found = entries(f"profiles: {{devices: {{Meter: {{{shared}}}, Other: {{{shared}}}}}}}")
    assert [name for name, _, _ in found] == ["Tamper (Meter)", "Tamper (Other)"]
    assert found[1][2] == {"profile": "Other", "file": "tamper.json", "alarmType": "Tamper"}


def test_a_name_at_the_top_for_another_profile_stays_and_the_one_inside_gives_way() -> None:
    inside = "profiles: {devices: {Meter: {alarmRules: [{file: tamper.json}]}}}\n"
    found = entries(inside + "alarmRules: [{name: Tamper, profile: Other, file: tamper.json}]")
    assert sorted(name for name, _, _ in found) == ["Tamper", "Tamper (Meter)"]


def test_one_rule_in_both_forms_is_a_fault_with_both_places() -> None:
    inside = "profiles:\n  devices:\n    Meter:\n      alarmRules: [{file: tamper.json}]\n"
    assert faults(inside + "alarmRules:\n  - {name: Tamper, profile: Meter, file: tamper.json}\n") == [
        "fleet.yaml:9:5: alarmRules lists Tamper, as does profiles.devices.Meter.alarmRules, "
        "at fleet.yaml:7:20"
    ]
    renamed = inside + "alarmRules:\n  - {name: T, alarmType: Tamper, profile: Meter, file: tamper.json}\n"
    (told,) = faults(renamed)
    assert told.startswith("fleet.yaml:9:5: alarm rule T: it is Tamper of deviceProfile/Meter on the server")
    assert "fleet.yaml:7:20" in told


def test_a_file_without_a_name_asks_for_one() -> None:
    assert faults("profiles:\n  devices:\n    Meter:\n      calculatedFields: [{file: mean.json}]\n") == [
        "fleet.yaml:7:26: the entry has no name: mean.json has none"
    ]


def test_the_resolved_manifest_loads_as_the_same_rules() -> None:
    shared = "alarmRules: [{file: tamper.json}]"
    inside = f"profiles: {{devices: {{Meter: {{{shared}}}, Other: {{{shared}, description: d}}}}}}\n"
    text = inside + "calculatedFields: [{name: mean, profile: Meter, file: mean.json}]"
    before = loaded(text).fleet
    assert before is not None
    written = yaml.safe_dump(document_of(before))
    again = loaded(_body(written)).fleet
    assert again is not None
    assert [(one.name, one.section, one.values) for one in again.resources] == [
        (one.name, one.section, one.values) for one in before.resources
    ]
    assert again.kinds == before.kinds


def _body(document: str) -> str:
    whole = yaml.safe_load(document)
    for key in ("apiVersion", "kind", "metadata"):
        whole.pop(key)
    return yaml.safe_dump(whole)
