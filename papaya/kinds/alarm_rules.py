"""Alarm rules: calculated fields of type ALARM, attached to a device profile (4.3 on).

Body of `POST /api/alarm/rule` (4.3.1.2 on) and, with `type`, of `POST /api/calculatedField` (4.3 on);
`CalculatedField` and `AlarmCalculatedFieldConfiguration` of 4.3.1.3, unchanged in 4.4.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

from papaya.kinds.limits import limit_key, or_no_limit, plain_number
from papaya.kinds.profile_alarms import OPERATIONS, RELATION
from papaya.kinds.sensor_alarms import SEVERITIES, SensorAlarm
from papaya.manifest.model import Json

TYPE: Final = "ALARM"
_VALUE: Final = "value"
_CONFIGURATION: Final[dict[str, Json]] = {
    "type": TYPE,
    "arguments": None,
    "createRules": None,
    "clearRule": None,
    "propagate": False,
    "propagateToOwner": False,
    "propagateToTenant": False,
    "propagateRelationTypes": None,
    "output": None,
}
# The UI's rule for names of arguments; the server checks none (measured on 4.3.1.3).
_ARGUMENT: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_MOST_ARGUMENTS: Final = 10


def rule_configuration(alarm: SensorAlarm) -> dict[str, Json]:
    """Return the configuration of an alarm rule in the form that the server gives back unchanged."""
    details = f"${{{_VALUE}}} {alarm.unit}".rstrip()
    return {
        "type": TYPE,
        "arguments": _arguments(alarm),
        "createRules": {
            severity: _rule(alarm, "OR", SEVERITIES[severity], details) for severity in alarm.severities
        },
        "clearRule": _rule(alarm, "AND", ("clearAbove", "clearBelow"), None),
        "propagate": True,
        "propagateToOwner": False,
        "propagateToTenant": False,
        "propagateRelationTypes": [RELATION],
        "output": None,
    }


def rule_body(name: str, profile_id: str, configuration: Json, info: Json = None) -> dict[str, Json]:
    """Return the body that creates an alarm rule of a device profile, for either endpoint."""
    return {
        "entityId": {"entityType": "DEVICE_PROFILE", "id": profile_id},
        "type": TYPE,
        "name": name,
        "configurationVersion": 0,
        "debugSettings": None,
        "additionalInfo": info,
        "configuration": configuration,
    }


def normal_configuration(configuration: Json) -> Json:
    """Return the configuration of an alarm rule in one form, whatever the server or a person left out."""
    if not isinstance(configuration, dict):
        return configuration
    told: dict[str, Json] = {**_CONFIGURATION, **configuration}
    rules = told["createRules"]
    if isinstance(rules, dict):
        told["createRules"] = {severity: _normal_rule(rule) for severity, rule in sorted(rules.items())}
    told["clearRule"] = _normal_rule(told["clearRule"])
    arguments = told["arguments"]
    if isinstance(arguments, dict):
        told["arguments"] = {name: _without_nulls(value) for name, value in sorted(arguments.items())}
    types = told["propagateRelationTypes"]
    told["propagateRelationTypes"] = list(types) if isinstance(types, list) and types else None
    return told


def rule_faults(name: str, configuration: Json) -> Iterator[str]:
    """Yield what a server takes without a word though the rule then never works, and what it refuses."""
    if not name.strip():
        yield "the alarm rule has no name"
    if not isinstance(configuration, dict):
        yield f"alarm rule {name} has no configuration"
        return
    arguments = configuration.get("arguments")
    defined = arguments if isinstance(arguments, dict) else {}
    if not defined:
        yield f"alarm rule {name} has no arguments"
    yield from (f"alarm rule {name}: {fault}" for fault in _argument_faults(defined))
    rules = configuration.get("createRules")
    if not isinstance(rules, dict) or not rules:
        yield f"alarm rule {name} has no createRules"
    known = set(defined)
    every: dict[str, Any] = {**(rules if isinstance(rules, dict) else {})}
    if configuration.get("clearRule") is not None:
        every["clearRule"] = configuration["clearRule"]
    for where, rule in every.items():
        if not isinstance(rule, dict) or not isinstance(rule.get("condition"), dict):
            yield f"alarm rule {name}: {where} has no condition"
            continue
        used = sorted(_used(rule) - known)
        for argument in used:
            yield f"alarm rule {name}: {where} uses the argument {argument}, which is not defined"


def _argument_faults(arguments: Mapping[str, Json]) -> Iterator[str]:
    if len(arguments) > _MOST_ARGUMENTS:
        yield f"it has {len(arguments)} arguments; the server's limit is {_MOST_ARGUMENTS}"
    for name, argument in arguments.items():
        if _ARGUMENT.fullmatch(name) is None or name == "ctx":
            yield f"{name} cannot be the name of an argument: use letters, digits and _, and not ctx"
        reference = argument.get("refEntityKey") if isinstance(argument, dict) else None
        if not isinstance(reference, dict) or not reference.get("key"):
            yield f"the argument {name} has no refEntityKey with a key"
        elif reference.get("type") == "TS_ROLLING":
            yield f"the argument {name} is of type TS_ROLLING, which alarm rules do not evaluate"
        elif reference.get("type") == "ATTRIBUTE" and not reference.get("scope"):
            yield f"the argument {name} reads an attribute without a scope, so that it never has a value"


def _used(value: Json) -> set[str]:
    """Return the arguments that a rule names."""
    if isinstance(value, list):
        return {name for item in value for name in _used(item)}
    if not isinstance(value, dict):
        return set()
    own = {value[key] for key in ("argument", "dynamicValueArgument") if isinstance(value.get(key), str)}
    return {str(name) for name in own} | {name for member in value.values() for name in _used(member)}


def _arguments(alarm: SensorAlarm) -> dict[str, Json]:
    told: dict[str, Json] = {_VALUE: {"refEntityKey": {"key": alarm.key, "type": "TS_LATEST"}}}
    if alarm.per_device:
        for name, value in alarm.limits.by_name.items():
            told[name] = {
                "refEntityKey": {
                    "key": limit_key(alarm.key, name),
                    "type": "ATTRIBUTE",
                    "scope": "SERVER_SCOPE",
                },
                "defaultValue": plain_number(or_no_limit(name, value)),
            }
    return told


def _rule(alarm: SensorAlarm, operation: str, names: Sequence[str], details: str | None) -> Json:
    predicates: list[Json] = [_predicate(alarm, name) for name in names if name in alarm.uses]
    return {
        "condition": {
            "type": "SIMPLE",
            "expression": {
                "type": "SIMPLE",
                "filters": [
                    {
                        "argument": _VALUE,
                        "valueType": "NUMERIC",
                        "operation": operation,
                        "predicates": predicates,
                    }
                ],
                "operation": "AND",
            },
            "schedule": None,
        },
        "alarmDetails": details,
        "dashboardId": None,
    }


def _predicate(alarm: SensorAlarm, name: str) -> Json:
    value = alarm.limits.by_name[name]
    told: Json
    if alarm.per_device:
        told = {"staticValue": None, "dynamicValueArgument": name}
    else:
        told = {"staticValue": float(or_no_limit(name, value)), "dynamicValueArgument": None}
    return {"type": "NUMERIC", "operation": OPERATIONS[name], "value": told}


def _normal_rule(rule: Json) -> Json:
    if not isinstance(rule, dict):
        return None
    told: dict[str, Json] = {"alarmDetails": None, "dashboardId": None, **rule}
    condition = told.get("condition")
    if isinstance(condition, dict):
        told["condition"] = {"schedule": None, **{key: _normal(value) for key, value in condition.items()}}
    return told


def _normal(value: Json) -> Json:
    if isinstance(value, list):
        return [_normal(item) for item in value]
    if not isinstance(value, dict):
        return value
    told: dict[str, Json] = {key: _normal(member) for key, member in value.items()}
    if "staticValue" in told or "dynamicValueArgument" in told:
        told = {"staticValue": None, "dynamicValueArgument": None, **told}
    if "filters" in told or ("argument" in told and "predicates" in told):
        told.setdefault("operation", None)
    return told


def _without_nulls(value: Json) -> Json:
    if not isinstance(value, dict):
        return value
    return {key: _without_nulls(member) for key, member in value.items() if member is not None}
