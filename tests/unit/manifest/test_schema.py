"""The published schema: whole, documented, and in step with the model."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from papaya.manifest.model import Country, Device, Fleet, Sensor, State, Tunnel
from papaya.manifest.schema import schema
from papaya.manifest.sections import sections


def rules(node: Any, path: str = "") -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield the rule of every key that a manifest may have."""
    if isinstance(node, dict):
        for key, rule in node.get("properties", {}).items():
            if isinstance(rule, dict) and "properties" not in node.get("if", {}):
                yield f"{path}.{key}", rule
        for key, child in node.items():
            if key not in ("enum", "const", "if"):
                yield from rules(child, f"{path}/{key}")
    elif isinstance(node, list):
        for child in node:
            yield from rules(child, path)


def target(rule: dict[str, Any]) -> dict[str, Any]:
    """Return a rule with what it refers to, its own words first."""
    if "$ref" not in rule:
        return rule
    named: dict[str, Any] = schema()["$defs"][rule["$ref"].removeprefix("#/$defs/")]
    return {**named, **rule}


def test_it_is_a_schema() -> None:
    """Of the draft that it names."""
    Draft202012Validator.check_schema(schema())


def test_every_key_has_a_title_and_a_description() -> None:
    """Editors show them."""
    bare = [path for path, rule in rules(schema()) if not {"title", "description"} <= target(rule).keys()]
    assert bare == []


def test_every_mapping_refuses_unknown_keys() -> None:
    """Or says what its values are."""
    open_ones = [
        name
        for name, rule in schema()["$defs"].items()
        if "object" in rule.get("type", ()) and "additionalProperties" not in rule and "properties" in rule
    ]
    assert open_ones == []


def camel(name: str) -> str:
    """Return a field's name as the manifest spells it."""
    first, *more = name.split("_")
    return first + "".join(word.capitalize() for word in more)


@pytest.mark.parametrize(
    ("definition", "model", "renamed", "only_model", "only_schema"),
    [
        ("sensor", Sensor, {}, set(), set()),
        ("tunnel", Tunnel, {}, {"mark"}, set()),
        (
            "device",
            Device,
            {"access_token": "credentials", "x509": "credentials", "mqtt_basic": "credentials"},
            {"mark", "country", "state", "profileDeclared", "sensorSets"},
            {"only"},
        ),
        ("state", State, {}, {"mark"}, {"defaults", "devicesFrom"}),
        ("country", Country, {}, {"mark"}, {"defaults"}),
        (
            "fleet",
            Fleet,
            {"name": "metadata"},
            {
                "mark",
                "digest",
                "folder",
                "environment",
                "missingCells",
                "emptyTables",
                "bundle",
                "resources",
                "kinds",
            },
            {"apiVersion", "kind", "defaults", "devicesFrom", "renamed"}
            | {one.key for one in sections() if one.above is None and "." not in one.key},
        ),
    ],
)
def test_schema_and_model_have_the_same_fields(
    definition: str, model: Any, renamed: dict[str, str], only_model: set[str], only_schema: set[str]
) -> None:
    """A field that is in one only is either forgotten or listed here."""
    in_model = {renamed.get(field.name, camel(field.name)) for field in fields(model)}
    in_schema = set(schema()["$defs"][definition]["properties"])
    assert in_model - in_schema == only_model
    assert in_schema - in_model == only_schema


@pytest.mark.parametrize("definition", ["model", "deviceDefaults", "row"])
def test_layers_of_devices_have_the_fields_of_devices(definition: str) -> None:
    """So that whatever a device says may be inherited."""
    layer = set(schema()["$defs"][definition]["properties"])
    own = {"name", "serial", "formerly", "only", "model"}
    assert set(schema()["$defs"]["device"]["properties"]) - own <= layer
