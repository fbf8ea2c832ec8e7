"""Both alarm engines as measured on real servers, for telemetry of one key at a time."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import ge, gt, le, lt
from typing import Any

_WORSE = ("CRITICAL", "WARNING")
_OPERATIONS = {"GREATER": gt, "LESS": lt, "GREATER_OR_EQUAL": ge, "LESS_OR_EQUAL": le}

Rules = Mapping[str, Any]


def statuses(
    form: Rules, values: Sequence[float], attributes: Mapping[str, Any] | None = None
) -> list[list[tuple[str, str]]]:
    """Return all alarms after each value, the oldest first, as severity and ACTIVE or CLEARED."""
    return statuses_with(form, [(value, attributes or {}) for value in values])


def statuses_with(
    form: Rules, steps: Sequence[tuple[float, Mapping[str, Any]]]
) -> list[list[tuple[str, str]]]:
    """Return all alarms after each value, judged by the attributes that the device has at that time."""
    alarms: list[tuple[str, str]] = []
    told = []
    for value, attributes in steps:
        raised = next((one for one in _WORSE if _holds(form, one, value, attributes)), None)
        is_active = bool(alarms) and alarms[-1][1] == "ACTIVE"
        if raised is not None:
            if not is_active:
                alarms.append((raised, "ACTIVE"))
            elif _WORSE.index(raised) < _WORSE.index(alarms[-1][0]):
                alarms[-1] = (raised, "ACTIVE")
        elif is_active and _holds(form, "", value, attributes):
            alarms[-1] = (alarms[-1][0], "CLEARED")
        told.append(list(alarms))
    return told


def _holds(form: Rules, severity: str, value: float, attributes: Mapping[str, Any]) -> bool:
    rule = form["createRules"].get(severity) if severity else form["clearRule"]
    if rule is None:
        return False
    condition = rule["condition"]
    if "expression" in condition:
        (filter_,) = condition["expression"]["filters"]
        assert filter_["argument"] == "value"
        held = [
            _compare(value, one, _argument(form, one["value"], attributes)) for one in filter_["predicates"]
        ]
        return any(held) if filter_["operation"] == "OR" else all(held)
    (filter_,) = condition["condition"]
    predicate = filter_["predicate"]
    parts = predicate["predicates"] if predicate["type"] == "COMPLEX" else [predicate]
    held = [_compare(value, one, _dynamic(one["value"], attributes)) for one in parts]
    return any(held) if predicate.get("operation") == "OR" else all(held)


def _compare(value: float, predicate: Rules, limit: float) -> bool:
    return bool(_OPERATIONS[predicate["operation"]](value, limit))


def _dynamic(value: Rules, attributes: Mapping[str, Any]) -> float:
    source = value["dynamicValue"]
    key = source["sourceAttribute"] if source is not None else ""
    return float(attributes.get(key, value["defaultValue"]))


def _argument(form: Rules, value: Rules, attributes: Mapping[str, Any]) -> float:
    name = value["dynamicValueArgument"]
    if name is None:
        return float(value["staticValue"])
    argument = form["arguments"][name]
    return float(attributes.get(argument["refEntityKey"]["key"], argument["defaultValue"]))
