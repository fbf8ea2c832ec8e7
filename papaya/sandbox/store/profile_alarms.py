"""Alarm rules in a device profile: their normal form, which is all that the server checks of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from papaya.sandbox.dialect import Dialect
from papaya.sandbox.numbers import double
from papaya.sandbox.numbers import whole as whole_in
from papaya.sandbox.refusal import broken, invalid
from papaya.sandbox.store.forms import DATA, enum_member, flag, kind_of_object, members, texts
from papaya.sandbox.store.validation import MAX_LENGTH, is_malformed, utf16_length

SEVERITIES = ("CRITICAL", "MAJOR", "MINOR", "WARNING", "INDETERMINATE")
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
OPERATIONS: Mapping[str, tuple[tuple[str, ...], str]] = {
    "NUMERIC": (_NUMERIC, "query.NumericFilterPredicate$NumericOperation"),
    "STRING": (_STRING, "query.StringFilterPredicate$StringOperation"),
    "BOOLEAN": (("EQUAL", "NOT_EQUAL"), "query.BooleanFilterPredicate$BooleanOperation"),
    "COMPLEX": (("AND", "OR"), "query.ComplexFilterPredicate$ComplexOperation"),
}
VALUE_TYPES = ("BOOLEAN", "STRING", "NUMERIC", "DATE_TIME")
UNITS = ("MILLISECONDS", "DAYS", "MICROSECONDS", "HOURS", "NANOSECONDS", "SECONDS", "MINUTES")
_KEY_TYPES = ("TIME_SERIES", "ATTRIBUTE", "ENTITY_FIELD", "CONSTANT")
_SPECS = ("DURATION", "REPEATING", "SIMPLE")
_SCHEDULES: Mapping[str, Mapping[str, Any]] = {
    "ANY_TIME": {},
    "SPECIFIC_TIME": {"timezone": None, "daysOfWeek": None, "startsOn": 0, "endsOn": 0},
    "CUSTOM": {"timezone": None, "items": None},
}
_SCHEDULE_ITEM: Mapping[str, Any] = {"enabled": False, "dayOfWeek": 0, "startsOn": 0, "endsOn": 0}
Json = dict[str, Any]


def severity_of(name: object) -> str:
    """Return a severity; refuse any other value."""
    if name in SEVERITIES:
        return str(name)
    kind = f"Cannot deserialize Map key of type `{DATA}.alarm.AlarmSeverity` from String"
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
        normal.append(_alarm(dialect, alarm))
    return normal


def _alarm(dialect: Dialect, alarm: Json) -> Json:
    sent = alarm.get("createRules")
    rules: Json | None = None
    if isinstance(sent, dict):
        by_severity = {severity_of(name): rule for name, rule in sent.items()}
        rules = {name: _rule(dialect, by_severity[name]) for name in SEVERITIES if name in by_severity}
    clear = alarm.get("clearRule")
    return {
        "id": alarm.get("id"),
        "alarmType": alarm["alarmType"],
        "createRules": rules,
        "clearRule": None if clear is None else _rule(dialect, clear),
        **{name: flag(alarm.get(name)) for name in ("propagate", "propagateToOwner", "propagateToTenant")},
        "propagateRelationTypes": texts(alarm.get("propagateRelationTypes")),
    }


def _rule(dialect: Dialect, rule: Any) -> Json:
    given = rule if isinstance(rule, dict) else {}
    condition, details = given.get("condition"), given.get("alarmDetails")
    if isinstance(details, str) and is_malformed(details, dialect):
        raise invalid("Validation error: alarmDetails is malformed")
    return {
        "condition": None if condition is None else _condition(condition),
        "schedule": normal_schedule(given.get("schedule")),
        "alarmDetails": details,
        "dashboardId": given.get("dashboardId"),
    }


def normal_schedule(given: Any) -> Json | None:
    """Return a schedule with all of its members."""
    if given is None:
        return None
    kind = kind_of_object(given, _SCHEDULES, "device.profile.AlarmSchedule", "schedule")
    normal = members(given, _SCHEDULES[kind])
    if kind == "CUSTOM":
        normal["items"] = [members(each, _SCHEDULE_ITEM) for each in normal["items"] or ()]
    return {"type": kind, **normal, "dynamicValue": given.get("dynamicValue")}


def _spec(given: Any) -> Json | None:
    if given is None:
        return None
    kind = kind_of_object(given, _SPECS, "device.profile.AlarmConditionSpec", "spec")
    normal: Json = {"type": kind}
    if kind == "DURATION":
        unit = given.get("unit")
        normal["unit"] = None if unit is None else enum_member(unit, UNITS, "java.util.concurrent.TimeUnit")
    if kind != "SIMPLE":
        normal["predicate"] = _value(given.get("predicate"), whole=True)
    return normal


def _condition(condition: Json) -> Json:
    filters, spec = condition.get("condition"), _spec(condition.get("spec"))
    return {"condition": None if filters is None else [_filter(each) for each in filters], "spec": spec}


def _filter(given: Json) -> Json:
    predicate, key, kind = given.get("predicate"), given.get("key"), given.get("valueType")
    if isinstance(key, dict) and key.get("type") is not None:
        enum_member(key["type"], _KEY_TYPES, "device.profile.AlarmConditionKeyType")
    return {
        "key": key,
        "valueType": None if kind is None else enum_member(kind, VALUE_TYPES, "query.EntityKeyValueType"),
        "value": given.get("value"),
        "predicate": None if predicate is None else _predicate(predicate),
    }


def _predicate(given: Json) -> Json:
    kind = str(given.get("type"))
    if kind not in OPERATIONS:
        raise broken(
            f"JSON parse error: Could not resolve type id '{kind}' as a subtype of KeyFilterPredicate"
        )
    operation = enum_member(given.get("operation"), *OPERATIONS[kind])
    if kind == "COMPLEX":
        parts = [_predicate(each) for each in given.get("predicates") or ()]
        return {"type": kind, "operation": operation, "predicates": parts}
    value = _value(given.get("value"), number=kind == "NUMERIC")
    normal = {"type": kind, "operation": operation, "value": value}
    return {**normal, "ignoreCase": flag(given.get("ignoreCase"))} if kind == "STRING" else normal


def _value(given: Any, *, number: bool = False, whole: bool = False) -> Json | None:
    if not isinstance(given, dict):
        return None
    default, dynamic = given.get("defaultValue"), given.get("dynamicValue")
    if number and isinstance(default, int) and not isinstance(default, bool):
        default = double(default)
    if whole and isinstance(default, float):
        default = whole_in(default)
    if isinstance(dynamic, dict):
        dynamic = {
            "sourceType": dynamic.get("sourceType"),
            "sourceAttribute": dynamic.get("sourceAttribute"),
            "inherit": flag(dynamic.get("inherit")),
            "resolvedValue": None,
        }
    return {"defaultValue": default, "userValue": given.get("userValue"), "dynamicValue": dynamic}
