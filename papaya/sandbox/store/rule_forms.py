"""Alarm rules of 4.3 and later: their normal form, and what the server refuses of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from papaya.sandbox.numbers import double
from papaya.sandbox.refusal import invalid
from papaya.sandbox.store.forms import enum_member, flag, kind_of_object, members, texts
from papaya.sandbox.store.profile_alarms import OPERATIONS, UNITS, VALUE_TYPES, severity_of

Json = dict[str, Any]
_CONDITION = "alarm.rule.condition"
_PREDICATES = ("BOOLEAN", "COMPLEX", "NO_DATA", "NUMERIC", "STRING")
_SCHEDULES: Mapping[str, Mapping[str, Any]] = {
    "ANY_TIME": {},
    "SPECIFIC_TIME": {"timezone": None, "daysOfWeek": None, "startsOn": 0, "endsOn": 0},
    "CUSTOM": {"timezone": None, "items": None},
}
_SCHEDULE_ITEM: Mapping[str, Any] = {"enabled": False, "dayOfWeek": 0, "startsOn": 0, "endsOn": 0}
_ONE_OF_BOTH = "Either staticValue or dynamicValueArgument must be set"


def normal_alarm_rule(given: Json) -> Json:
    """Return the configuration of an alarm rule without type and arguments.

    All its errors are collected and refused in one message.
    """
    reader = _Reader()
    rules, clear = given.get("createRules"), given.get("clearRule")
    if not isinstance(rules, dict) or not rules:
        reader.fault("createRules must not be empty")
        rules = {}
    normal = {
        "createRules": {severity_of(name): reader.rule(rule) for name, rule in rules.items()},
        "clearRule": reader.rule(clear),
        **{name: flag(given.get(name)) for name in ("propagate", "propagateToOwner", "propagateToTenant")},
        "propagateRelationTypes": texts(given.get("propagateRelationTypes")),
        "output": None,
    }
    reader.refuse()
    return normal


class _Reader:
    """Reads rules and notes what the server's validation would say of them."""

    def __init__(self) -> None:
        self._faults: set[str] = set()

    def fault(self, text: str) -> None:
        """Note one thing that is wrong."""
        self._faults.add(text)

    def refuse(self) -> None:
        """Refuse what has faults; they come sorted in one message."""
        if self._faults:
            raise invalid("Validation error: " + ", ".join(sorted(self._faults)))

    def rule(self, given: Any) -> Json | None:
        """Return a rule; there may be none."""
        if not isinstance(given, dict):
            return None
        condition = given.get("condition")
        if condition is None:
            self.fault("condition must not be null")
        return {
            "condition": None if condition is None else self._condition(condition),
            "alarmDetails": given.get("alarmDetails"),
            "dashboardId": given.get("dashboardId"),
        }

    def _condition(self, given: Json) -> Json:
        known = ("DURATION", "REPEATING", "SIMPLE")
        kind = kind_of_object(given, known, f"{_CONDITION}.AlarmCondition", "condition")
        normal = {
            "type": kind,
            "expression": self._expression(given.get("expression")),
            "schedule": self._schedule(given.get("schedule")),
        }
        if kind == "DURATION":
            normal["unit"] = self._unit(given.get("unit"))
            normal["value"] = self._value(given.get("value"), "value")
        elif kind == "REPEATING":
            normal["count"] = self._value(given.get("count"), "count")
        return normal

    def _unit(self, unit: object) -> str | None:
        if unit is None:
            self.fault("unit must not be null")
            return None
        return enum_member(unit, UNITS, "java.util.concurrent.TimeUnit")

    def _schedule(self, given: Any) -> Json | None:
        if given is None:
            return None
        value = self._value(given, "schedule")
        fixed = None if value is None else value["staticValue"]
        if value is None or fixed is None:
            return value
        kind = kind_of_object(fixed, _SCHEDULES, f"{_CONDITION}.schedule.AlarmSchedule", "staticValue")
        normal = members(fixed, _SCHEDULES[kind])
        if kind == "CUSTOM":
            normal["items"] = [members(each, _SCHEDULE_ITEM) for each in normal["items"] or ()]
        return {**value, "staticValue": {"type": kind, **normal}}

    def _expression(self, given: Any) -> Json | None:
        if given is None:
            self.fault("expression must not be null")
            return None
        name = f"{_CONDITION}.expression.AlarmConditionExpression"
        if kind_of_object(given, ("SIMPLE", "TBEL"), name, "expression") == "TBEL":
            text = given.get("expression")
            if not str(text or "").strip():
                self.fault("expression must not be blank")
            return {"type": "TBEL", "expression": text}
        filters = given.get("filters") or []
        if not filters:
            self.fault("filters must not be empty")
        operation = self._joined(given.get("operation"))
        return {"type": "SIMPLE", "filters": [self._filter(each) for each in filters], "operation": operation}

    def _joined(self, operation: object) -> str | None:
        if operation is None:
            return None
        return enum_member(operation, ("AND", "OR"), f"{_CONDITION}.expression.ComplexOperation")

    def _filter(self, given: Json) -> Json:
        argument, kind = given.get("argument"), given.get("valueType")
        predicates = given.get("predicates") or []
        if not str(argument or "").strip():
            self.fault("argument must not be blank")
        if kind is None:
            self.fault("valueType must not be null")
        if not predicates:
            self.fault("predicates must not be empty")
        return {
            "argument": argument,
            "valueType": None if kind is None else enum_member(kind, VALUE_TYPES, "query.EntityKeyValueType"),
            "operation": self._joined(given.get("operation")),
            "predicates": [self._predicate(each) for each in predicates],
        }

    def _predicate(self, given: Json) -> Json:
        name = f"{_CONDITION}.expression.predicate.KeyFilterPredicate"
        kind = kind_of_object(given, _PREDICATES, name, "predicates")
        if kind == "NO_DATA":
            duration = self._value(given.get("duration"), "duration")
            return {"type": kind, "unit": self._unit(given.get("unit")), "duration": duration}
        known, enumeration = OPERATIONS[kind]
        moved = enumeration.replace("query.", f"{_CONDITION}.expression.predicate.")
        operation = given.get("operation")
        if operation is None:
            self.fault("operation must not be null")
        normal: Json = {
            "type": kind,
            "operation": None if operation is None else enum_member(operation, known, moved),
        }
        if kind == "COMPLEX":
            return {**normal, "predicates": [self._predicate(each) for each in given.get("predicates") or ()]}
        normal["value"] = self._value(given.get("value"), "value", number=kind == "NUMERIC")
        if kind == "STRING":
            normal["ignoreCase"] = flag(given.get("ignoreCase"))
        return normal

    def _value(self, given: Any, name: str, *, number: bool = False) -> Json | None:
        """Return a value that is either fixed or an argument's; exactly one of both."""
        if not isinstance(given, dict):
            self.fault(f"{name} must not be null")
            return None
        fixed, argument = given.get("staticValue"), given.get("dynamicValueArgument")
        if (fixed is None) == (argument is None):
            self.fault(_ONE_OF_BOTH)
        if number and isinstance(fixed, int) and not isinstance(fixed, bool):
            fixed = double(fixed)
        return {"staticValue": fixed, "dynamicValueArgument": argument}
