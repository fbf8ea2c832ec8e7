"""Stored calculated fields; from 4.3 on alarm rules are calculated fields of type ALARM."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from papaya.sandbox.refusal import broken, forbidden, invalid, missing
from papaya.sandbox.store.attributes import SCOPES
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, delete, find, id_in, reference_in, require
from papaya.sandbox.store.forms import DATA, enum_member, kind_of_object, members
from papaya.sandbox.store.revisions import check_version, replaced_by
from papaya.sandbox.store.rule_forms import normal_alarm_rule
from papaya.sandbox.store.rule_nodes import debug_settings
from papaya.sandbox.store.saving import Draft, put
from papaya.sandbox.store.validation import check_fields, text_or_none
from papaya.sandbox.wire import dumps, reference

FIELD = "CALCULATED_FIELD"
ALARM = "ALARM"
_OLD_TYPES = ("SIMPLE", "SCRIPT")
_NEW_TYPES = (
    *_OLD_TYPES,
    "GEOFENCING",
    ALARM,
    "PROPAGATION",
    "RELATED_ENTITIES_AGGREGATION",
    "ENTITY_AGGREGATION",
)
_OUTPUTS = ("ATTRIBUTES", "TIME_SERIES")
_ARGUMENTS = ("ATTRIBUTE", "TS_LATEST", "TS_ROLLING")
_TARGETS = ("DEVICE", "ASSET", "DEVICE_PROFILE", "ASSET_PROFILE", "CUSTOMER")
_CONFIGURATION = "cf.configuration.CalculatedFieldConfiguration"
_MEMBERS: Mapping[str, Mapping[str, Any]] = {
    "SIMPLE": {"arguments": None, "expression": None},
    "SCRIPT": {"arguments": None, "expression": None},
}


def known_types(core: Core) -> tuple[str, ...]:
    """Return the types of calculated fields that the emulated version has."""
    return _NEW_TYPES if core.dialect.alarm_rules else _OLD_TYPES


def save_field(core: Core, body: dict[str, Any], kind: str | None = None) -> tuple[Entity, str]:
    """Create or replace a calculated field; `kind` is the type where the endpoint says it."""
    configuration = body.get("configuration")
    if body.get("entityId") is None:
        raise invalid("Parameter entityId can't be empty!")
    if not isinstance(configuration, dict):
        raise broken(
            f'Cannot invoke "{DATA}.{_CONFIGURATION}.getReferencedEntities()" because '
            '"calculatedFieldConfig" is null'
        )
    _check_types(core, body)
    kind = kind or body.get("type") or configuration["type"]
    if kind == ALARM and configuration["type"] != ALARM:
        raise broken(
            f"JSON parse error: Could not resolve type id '{configuration['type']}' as a subtype of "
            f"`{DATA}.cf.configuration.AlarmCalculatedFieldConfiguration`"
        )
    target = reference_in(body["entityId"]) or ("", "")
    if target[0] == "TENANT":
        raise forbidden()
    require(core, *target)
    if target[0] not in _TARGETS:
        raise invalid(f"Unsupported entity type for calculated fields: {target[0]}")
    old = _replaced(core, body, kind)
    name = _checked_name(core, body.get("name"))
    if old is not None and old.json["entityId"]["id"] != target[1]:
        raise invalid("Changing the calculated field target entity after initialization is prohibited.")
    normal = normal_configuration(core, str(configuration["type"]), configuration)
    if old is None and kind != ALARM:
        _check_limit(core, target[1])
    check_version(old, body, "Calculated field")
    info = body.get("additionalInfo") if core.dialect.alarm_rules else None
    content = {
        "entityId": {"entityType": target[0], "id": target[1]},
        "type": kind,
        "name": name,
        "debugSettings": debug_settings(core, body.get("debugSettings")),
        "configurationVersion": body.get("configurationVersion") or 0,
        "configuration": normal,
        **({"additionalInfo": info} if core.dialect.alarm_rules else {}),
    }
    scope = f"{target[1]} {kind}" if core.dialect.alarm_rules else target[1]
    draft = Draft(FIELD, name, content, _taken(core, kind), scope, type=str(kind), info=info)
    saved, answer = put(core, draft, old, body.get("createdTime"))
    core.rules.forget()
    return saved, answer


def _replaced(core: Core, body: dict[str, Any], kind: object) -> Entity | None:
    identifier = id_in(body, "id", FIELD)
    if identifier is not None and core.dialect.fields_of_4_2 and find(core, FIELD, identifier) is None:
        if kind == ALARM:
            raise missing()
        raise broken(
            f'Cannot invoke "{DATA}.cf.CalculatedField.getEntityId()" because "oldCalculatedField" is null'
        )
    return replaced_by(core, FIELD, body)


def _check_types(core: Core, body: dict[str, Any]) -> None:
    """Refuse unknown types, in the order in which the body has them."""
    known = known_types(core)
    for name, value in body.items():
        if name == "type" and value is not None:
            enum_member(value, known, "cf.CalculatedFieldType")
        elif name == "configuration":
            kind_of_object(value, known, _CONFIGURATION, "configuration")


def _checked_name(core: Core, value: object) -> str:
    name = text_or_none(value)
    if name is None:
        if core.dialect.fields_of_4_2:
            raise invalid('Constraint violation: name" of relation "calculated_field')
        raise broken('null value in column "name" of relation "calculated_field"')
    check_fields(core.dialect, {"name": name})
    return name


def _taken(core: Core, kind: object) -> str:
    if kind == ALARM:
        return "Alarm rule with such type already exists"
    if core.dialect.alarm_rules:
        return "Calculated field with such name and type already exists"
    return "Calculated Field with such name is already in exists!"


def _check_limit(core: Core, target: str) -> None:
    limit = core.allowances.calculated_fields_per_entity
    there = sum(1 for each in fields_of(core, target) if each.type != ALARM)
    if limit and there >= limit:
        raise invalid("Calculated fields per entity limit reached!")


def normal_configuration(core: Core, kind: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return a configuration as it is stored, or refuse it as the server does."""
    arguments = given.get("arguments")
    if core.dialect.alarm_rules and kind in (*_OLD_TYPES, ALARM) and not arguments:
        raise invalid("Validation error: arguments must not be empty")
    if arguments is None and kind in _OLD_TYPES:
        raise broken('Cannot invoke "java.util.Map.values()" because "this.arguments" is null')
    limit = core.allowances.arguments_per_calculated_field
    if not core.dialect.alarm_rules and limit and len(arguments or ()) > limit:
        raise invalid("Calculated field arguments limit reached!")
    if "ctx" in (arguments or ()):
        raise invalid("Argument name 'ctx' is reserved and cannot be used.")
    normal_arguments = {name: _argument(each) for name, each in (arguments or {}).items()}
    if kind == ALARM:
        return {"type": ALARM, "arguments": normal_arguments, **normal_alarm_rule(given)}
    kept = members(given, _MEMBERS[kind]) if kind in _MEMBERS else given
    normal = {**kept, "type": kind, "arguments": normal_arguments}
    output = given.get("output")
    if output is None and core.dialect.alarm_rules and kind in _OLD_TYPES:
        raise invalid("Validation error: output must not be null")
    normal["output"] = None
    if isinstance(output, dict):
        if core.dialect.alarm_rules:
            kind_of_object(output, _OUTPUTS, "cf.configuration.Output", "output")
        else:
            enum_member(output.get("type"), _OUTPUTS, "cf.configuration.OutputType")
        kept = {key: value for key, value in output.items() if value is not None}
        strategy = {"strategy": {"type": "RULE_CHAIN"}} if core.dialect.alarm_rules else {}
        normal["output"] = {**strategy, **kept}
    if core.dialect.fields_of_4_2 and kind == "SIMPLE":
        normal["useLatestTs"] = given.get("useLatestTs") is True
    return normal


def _argument(given: Mapping[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in given.items() if value is not None}
    key = kept.get("refEntityKey")
    if isinstance(key, dict):
        if key.get("type") is not None:
            enum_member(key["type"], _ARGUMENTS, "cf.configuration.ArgumentType")
        if key.get("scope") is not None:
            enum_member(key["scope"], tuple(SCOPES), "AttributeScope")
        kept["refEntityKey"] = {name: value for name, value in key.items() if value is not None}
    return kept


def fields_of(core: Core, target: str) -> list[Entity]:
    """Return the calculated fields of one entity."""
    rows = core.store.rows(
        "SELECT id FROM entity WHERE kind = ? AND json_extract(body, '$.entityId.id') = ? ORDER BY number",
        (FIELD, target),
    )
    return [require(core, FIELD, row[0]) for row in rows]


def delete_field(core: Core, field: Entity) -> None:
    """Delete a calculated field; alarms that it raised stay as they are."""
    core.store.connection.execute("DELETE FROM rule_state WHERE rule LIKE ?", (f"{field.id}%",))
    delete(core, field)
    core.rules.forget()


def delete_fields_of(core: Core, entity: Entity) -> None:
    """Delete the calculated fields of an entity that goes."""
    for field in fields_of(core, entity.id):
        delete_field(core, field)


def is_referenced(core: Core, entity: Entity) -> bool:
    """Tell whether an argument of another entity's field refers to this one."""
    rows = core.store.rows(
        "SELECT 1 FROM entity WHERE kind = ? AND instr(body, ?) AND json_extract(body, '$.entityId.id') != ?"
        " LIMIT 1",
        (FIELD, entity.id, entity.id),
    )
    return bool(rows)


def as_alarm_rule(text: str) -> str:
    """Return a field's JSON as endpoints of alarm rules write it: without its type."""
    return re.sub(r',"type":"ALARM","name":', ',"name":', text, count=1)


def with_entity_name(core: Core, text: str, target: Mapping[str, Any]) -> str:
    """Return a field's JSON with the name of its entity, as lists of the whole tenant have it."""
    owner = require(core, str(target["entityType"]), str(target["id"]))
    return f'{text[:-1]},"entityName":{dumps(owner.name)}}}'


def field_reference(identifier: str) -> dict[str, str] | None:
    """Return the JSON form of a calculated field's id."""
    return reference(FIELD, identifier)
