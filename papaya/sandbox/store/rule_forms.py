"""Alarm rules of 4.3 and later: their normal form, and what the server refuses of them."""

from __future__ import annotations

from typing import Any

from papaya.sandbox.refusal import broken, invalid
from papaya.sandbox.store.profile_alarms import severity_of

Json = dict[str, Any]
# Where a condition, a predicate or a schedule has a value, and whether it is a double.
_CONDITION_VALUES = {"DURATION": "value", "REPEATING": "count"}


def normal_alarm_rule(given: Json) -> Json:
    """Return the configuration of an alarm rule without type and arguments."""
    rules = given.get("createRules")
    if not isinstance(rules, dict) or not rules:
        raise invalid("Validation error: createRules must not be empty")
    clear = given.get("clearRule")
    return {
        "createRules": {severity_of(name): _rule(rule) for name, rule in rules.items()},
        "clearRule": None if clear is None else _rule(clear),
        **{name: given.get(name) is True for name in ("propagate", "propagateToOwner", "propagateToTenant")},
        "propagateRelationTypes": given.get("propagateRelationTypes"),
        "output": given.get("output"),
    }


def _rule(given: Any) -> Json:
    rule = given if isinstance(given, dict) else {}
    condition = rule.get("condition")
    if not isinstance(condition, dict):
        raise invalid("Validation error: condition must not be null")
    return {
        "condition": _condition(condition),
        "alarmDetails": rule.get("alarmDetails"),
        "dashboardId": rule.get("dashboardId"),
    }


def _condition(given: Json) -> Json:
    kind, schedule = given.get("type"), given.get("schedule")
    if kind not in ("SIMPLE", *_CONDITION_VALUES):
        raise broken(f"JSON parse error: Could not resolve type id '{kind}' as a subtype of AlarmCondition")
    normal = {
        "type": kind,
        "expression": _expression(given.get("expression")),
        "schedule": None if schedule is None else _value(schedule),
    }
    if kind == "DURATION":
        normal["unit"] = given.get("unit")
    if kind in _CONDITION_VALUES:
        name = _CONDITION_VALUES[kind]
        normal[name] = _value(given.get(name))
    return normal


def _expression(given: Any) -> Json:
    if not isinstance(given, dict):
        raise invalid("Validation error: expression must not be null")
    if given.get("type") == "TBEL":
        return {"type": "TBEL", "expression": given.get("expression")}
    if given.get("type") != "SIMPLE":
        kind = given.get("type")
        raise broken(
            f"JSON parse error: Could not resolve type id '{kind}' as a subtype of AlarmConditionExpression"
        )
    filters = [_filter(each) for each in given.get("filters") or ()]
    return {"type": "SIMPLE", "filters": filters, "operation": given.get("operation")}


def _filter(given: Json) -> Json:
    return {
        "argument": given.get("argument"),
        "valueType": given.get("valueType"),
        "operation": given.get("operation"),
        "predicates": [_predicate(each) for each in given.get("predicates") or ()],
    }


def _predicate(given: Json) -> Json:
    kind = given.get("type")
    if kind == "COMPLEX":
        parts = [_predicate(each) for each in given.get("predicates") or ()]
        return {"type": kind, "operation": given.get("operation"), "predicates": parts}
    if kind == "NO_DATA":
        return {"type": kind, "unit": given.get("unit"), "duration": _value(given.get("duration"))}
    if kind not in ("NUMERIC", "STRING", "BOOLEAN"):
        raise broken(
            f"JSON parse error: Could not resolve type id '{kind}' as a subtype of KeyFilterPredicate"
        )
    value = _value(given.get("value"), number=kind == "NUMERIC")
    normal = {"type": kind, "operation": given.get("operation"), "value": value}
    return {**normal, "ignoreCase": given.get("ignoreCase") is True} if kind == "STRING" else normal


def _value(given: Any, *, number: bool = False) -> Json:
    """Return a value that is either fixed or an argument's; exactly one of both."""
    value = given if isinstance(given, dict) else {}
    fixed, argument = value.get("staticValue"), value.get("dynamicValueArgument")
    if (fixed is None) == (argument is None):
        raise invalid("Validation error: Either staticValue or dynamicValueArgument must be set")
    if number and isinstance(fixed, int) and not isinstance(fixed, bool):
        fixed = float(fixed)
    return {"staticValue": fixed, "dynamicValueArgument": argument}
