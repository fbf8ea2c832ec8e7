"""Alarm rules in a device profile: their normal form, which is all that the server checks of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from papaya.sandbox.dialect import Dialect
from papaya.sandbox.refusal import broken, invalid
from papaya.sandbox.store.validation import MAX_LENGTH, is_malformed, utf16_length

SEVERITIES = ("CRITICAL", "MAJOR", "MINOR", "WARNING", "INDETERMINATE")
_DATA = "org.thingsboard.server.common.data"
_NUMERIC = ("EQUAL", "NOT_EQUAL", "LESS", "GREATER", "GREATER_OR_EQUAL", "LESS_OR_EQUAL")
_STRING = (
    "EQUAL",
    "NOT_EQUAL",
    "STARTS_WITH",
    "ENDS_WITH",
    "CONTAINS",
    "NOT_CONTAINS",
    "IN",
    "NOT_IN",
)
# Predicate type -> its operations and the enumeration that a wrong one is no member of.
_OPERATIONS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "NUMERIC": (_NUMERIC, "query.NumericFilterPredicate$NumericOperation"),
    "STRING": (_STRING, "query.StringFilterPredicate$StringOperation"),
    "BOOLEAN": (("EQUAL", "NOT_EQUAL"), "query.BooleanFilterPredicate$BooleanOperation"),
    "COMPLEX": (("AND", "OR"), "query.ComplexFilterPredicate$ComplexOperation"),
}
Json = dict[str, Any]


def enum_member(value: object, known: tuple[str, ...], name: str) -> str:
    """Return a member of an enumeration, or refuse in the words of the server's parser."""
    if value not in known:
        raise broken(
            f'JSON parse error: Cannot deserialize value of type `{_DATA}.{name}` from String "{value}": '
            f"not one of the values accepted for Enum class: [{', '.join(known)}]"
        )
    return str(value)


def severity_of(name: object) -> str:
    """Return a severity, or refuse what is none."""
    if name in SEVERITIES:
        return str(name)
    kind = f"Cannot deserialize Map key of type `{_DATA}.alarm.AlarmSeverity` from String"
    raise broken(
        f'JSON parse error: {kind} "{name}": not a valid representation, problem: '
        f'(com.fasterxml.jackson.databind.exc.InvalidFormatException) {kind} "{name}": not one of the '
        "values accepted for Enum class: [INDETERMINATE, MAJOR, MINOR, WARNING, CRITICAL]"
    )


def normal_alarms(dialect: Dialect, alarms: object) -> list[Json] | None:
    """Return the alarms of a profile as they are stored: whatever was left out is there and null."""
    if not isinstance(alarms, list):
        return None
    seen: set[str] = set()
    normal = []
    for alarm in alarms:
        name = alarm.get("alarmType") if isinstance(alarm, dict) else None
        if not name:
            raise invalid("Alarm rule type should be specified!")
        if is_malformed(name, dialect):
            raise invalid("Validation error: alarmType is malformed")
        if utf16_length(name) > MAX_LENGTH:
            raise invalid(f"Validation error: alarm type length must be equal or less than {MAX_LENGTH}")
        if name in seen:
            raise invalid(f'Can\'t create device profile with the same alarm rule types: "{name}"!')
        seen.add(name)
        normal.append(_alarm(alarm))
    return normal


def _alarm(alarm: Json) -> Json:
    sent = alarm.get("createRules")
    rules: Json | None = None
    if isinstance(sent, dict):
        by_severity = {severity_of(name): rule for name, rule in sent.items()}
        rules = {name: _rule(by_severity[name]) for name in SEVERITIES if name in by_severity}
    clear = alarm.get("clearRule")
    return {
        "id": alarm.get("id"),
        "alarmType": alarm["alarmType"],
        "createRules": rules,
        "clearRule": None if clear is None else _rule(clear),
        **{name: alarm.get(name) is True for name in ("propagate", "propagateToOwner", "propagateToTenant")},
        "propagateRelationTypes": alarm.get("propagateRelationTypes"),
    }


def _rule(rule: Any) -> Json:
    given = rule if isinstance(rule, dict) else {}
    condition, schedule = given.get("condition"), given.get("schedule")
    return {
        "condition": None if condition is None else _condition(condition),
        "schedule": None if schedule is None else {"dynamicValue": None, **schedule},
        "alarmDetails": given.get("alarmDetails"),
        "dashboardId": given.get("dashboardId"),
    }


def _condition(condition: Json) -> Json:
    filters, spec = condition.get("condition"), condition.get("spec")
    if isinstance(spec, dict) and "predicate" in spec:
        spec = {**spec, "predicate": _value(spec["predicate"], whole=True)}
    return {"condition": None if filters is None else [_filter(each) for each in filters], "spec": spec}


def _filter(given: Json) -> Json:
    predicate = given.get("predicate")
    return {
        "key": given.get("key"),
        "valueType": given.get("valueType"),
        "value": given.get("value"),
        "predicate": None if predicate is None else _predicate(predicate),
    }


def _predicate(given: Json) -> Json:
    kind = str(given.get("type"))
    if kind not in _OPERATIONS:
        raise broken(
            f"JSON parse error: Could not resolve type id '{kind}' as a subtype of KeyFilterPredicate"
        )
    operation = enum_member(given.get("operation"), *_OPERATIONS[kind])
    if kind == "COMPLEX":
        parts = [_predicate(each) for each in given.get("predicates") or ()]
        return {"type": kind, "operation": operation, "predicates": parts}
    value = _value(given.get("value"), number=kind == "NUMERIC")
    normal = {"type": kind, "operation": operation, "value": value}
    return {**normal, "ignoreCase": given.get("ignoreCase") is True} if kind == "STRING" else normal


def _value(given: Any, *, number: bool = False, whole: bool = False) -> Json | None:
    if not isinstance(given, dict):
        return None
    default, dynamic = given.get("defaultValue"), given.get("dynamicValue")
    if number and isinstance(default, int) and not isinstance(default, bool):
        default = float(default)
    if whole and isinstance(default, float):
        default = int(default)
    if isinstance(dynamic, dict):
        dynamic = {
            "sourceType": dynamic.get("sourceType"),
            "sourceAttribute": dynamic.get("sourceAttribute"),
            "inherit": dynamic.get("inherit") is True,
            "resolvedValue": None,
        }
    return {"defaultValue": default, "userValue": given.get("userValue"), "dynamicValue": dynamic}
