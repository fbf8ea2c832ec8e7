"""A plan survives being saved, and nothing but a plan is taken for one."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from papaya.engine.address import Address
from papaya.engine.canonical import Untyped
from papaya.engine.inventory import Entity
from papaya.engine.plan import Change, FieldChange, Plan, ResourceChange, Writes
from papaya.errors import PapayaError
from papaya.kinds.resource import Desired, Live
from papaya.manifest.model import Json, SecretReference
from papaya.render.as_json import plan_json, portable
from papaya.render.saved import check, plan_from_json, read_saved, schema
from papaya.render.text import plan_text
from tests.examples import examples
from tests.unit.render.plans import changed, created, plan, plans

SAVED = {"scope": {"targets": [], "excludes": []}, "manifest": {"paths": ["fleet.yaml"], "environment": None}}
LABEL = FieldChange("label", "a", "b")


def _document(whole: Plan) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(json.dumps(plan_json(whole)))
    return document


@examples(20, 2_000)
@given(plans())
def test_a_plan_is_the_same_after_it_was_saved(any_plan: Plan) -> None:
    restored = plan_from_json(_document(any_plan))
    assert restored == portable(any_plan)
    assert plan_text(restored) == plan_text(any_plan)


@examples(20, 2_000)
@given(plans())
def test_every_document_is_of_the_published_form(any_plan: Plan) -> None:
    assert not list(Draft202012Validator(schema()).iter_errors(_document(any_plan)))


def test_the_schema_is_a_schema_and_explains_every_member() -> None:
    Draft202012Validator.check_schema(schema())
    unexplained = [
        path for path, part in _members(schema(), "$") if "$ref" not in part and "title" not in part
    ]
    assert not [path for path in unexplained if ".items" not in path and "anyOf" not in path]


def _members(part: Any, path: str) -> list[tuple[str, dict[str, Any]]]:
    found: list[tuple[str, dict[str, Any]]] = []
    if isinstance(part, dict):
        for name, value in part.get("properties", {}).items():
            found += [(f"{path}.{name}", value), *_members(value, f"{path}.{name}")]
        for name, value in part.items():
            if name != "properties":
                found += _members(value, f"{path}.{name}")
    return found


def test_values_without_a_type_stay_without_one() -> None:
    address = Address("device", "PM-1")
    live = Entity(address, "device", id="1", server={"a": Untyped("2"), "b": "2", "c": {"text": "2"}})
    change = Change(
        "update", address, "device", ("I", "K", "PM-1"), (LABEL,), Writes(record=True), live, live
    )
    restored = plan_from_json(_document(plan(change))).changes[0].live
    assert restored is not None
    assert [type(restored.server[key]) for key in "abc"] == [Untyped, str, dict]


def test_no_token_is_written() -> None:
    address = Address("device", "PM-1")
    live = Entity(address, "device", id="1", live_token="very secret")
    wanted = Entity(address, "device", credentials=SecretReference(env="PM_1"))
    change = Change(
        "update", address, "device", ("I", "K", "PM-1"), (LABEL,), Writes(save=True), wanted, live
    )
    text = json.dumps(plan_json(plan(change)))
    assert "very secret" not in text
    assert '"env": "PM_1"' in text


def test_secrets_inside_of_objects_are_withheld_and_such_a_plan_is_not_restored() -> None:
    address = Address("device", "PM-1")
    data: Json = {"transport": {"privacyPassphrase": "very secret"}}
    body: dict[str, Json] = {"name": "PM-1", "deviceData": data}
    live = Entity(address, "device", id="1", body=body)
    change = Change("update", address, "device", ("I", "K", "PM-1"), (LABEL,), Writes(save=True), live, live)
    document = _document(plan(change))
    assert "very secret" not in json.dumps(document)
    assert document["changes"][0]["live"]["withheld"] == ["deviceData.transport.privacyPassphrase"]
    with pytest.raises(PapayaError, match="privacyPassphrase"):
        plan_from_json(document)


def test_a_saved_plan_holds_no_secret_of_a_profile() -> None:
    address = Address("deviceProfile", "Meter")
    told: Json = {"provisionConfiguration": {"type": "X", "provisionDeviceSecret": "very secret"}}
    row: dict[str, Json] = {"name": "Meter", "profileData": told}
    live = Live(address, "1", 1, row, details=(dict(row),), before_deletion=({"data": [dict(row)]},))
    change = ResourceChange("update", address, (LABEL,), desired=Desired(address, {}), live=live)
    document = json.dumps(_document(plan(resources=(change,))))
    assert "very secret" not in document
    assert '"type": "X"' in document


def test_only_what_is_saved_carries_its_whole_object() -> None:
    address = Address("device", "PM-1")
    live = Entity(address, "device", id="1", body={"name": "PM-1"})
    saves = Change("update", address, "device", ("I", "K", "PM-1"), (LABEL,), Writes(save=True), live, live)
    writes = Change(
        "update", address, "device", ("I", "K", "PM-1"), (LABEL,), Writes(record=True), live, live
    )
    assert "body" in _document(plan(saves))["changes"][0]["live"]
    assert "body" not in _document(plan(writes))["changes"][0]["live"]


def _saved() -> dict[str, Any]:
    return {**_document(plan(created("PM-1"), changed("PM-2", [LABEL]))), **SAVED}


def test_a_saved_plan_is_read() -> None:
    assert read_saved(json.dumps(_saved()), "plan.json") == _saved()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("[1, 2]", "no object"),
        ("{}", "format version"),
        ('{"formatVersion": "2"}', "format version '2'"),
        ('{"formatVersion": "1"}', "published form"),
        ("[" * 100_000, "nested"),
        ('{"formatVersion": NaN}', "no JSON"),
        (json.dumps(_document(plan())), "plan -o"),
    ],
)
def test_what_is_no_saved_plan_is_refused_in_words(text: str, says: str) -> None:
    with pytest.raises(PapayaError) as caught:
        read_saved(text, "plan.json")
    assert says in str(caught.value)
    assert "plan.json" in str(caught.value)


@given(st.data())
def test_a_damaged_plan_is_refused_or_read_but_never_a_crash(data: st.DataObject) -> None:
    document = _saved()
    rows = [
        document,
        *document["changes"],
        *(row[side] for row in document["changes"] for side in ("desired",)),
    ]
    row = data.draw(st.sampled_from(rows))
    key = data.draw(st.sampled_from(sorted(row)))
    damage = data.draw(st.sampled_from(["drop", None, 1, "text", [], {}, [1], {"a": 1}]))
    if damage == "drop":
        del row[key]
    else:
        row[key] = damage
    try:
        check(document)
        plan_from_json(document)
    except PapayaError as error:
        assert error.remedy


def test_an_address_that_contradicts_its_name_is_refused() -> None:
    document = _saved()
    document["changes"][0]["name"] = "PM-9"
    with pytest.raises(PapayaError, match="another kind or name"):
        plan_from_json(document)
