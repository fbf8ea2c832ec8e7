"""Alarms of sensors in the terms of a manifest, read back from what either engine keeps.

What the manifest has no words for is somebody's change in ThingsBoard, and is told as such.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Final

from papaya.kinds.alarm_rules import normal_configuration, rule_configuration
from papaya.kinds.limits import LIMIT_NAMES, NO_LIMIT, Limits
from papaya.kinds.profile_alarms import normal_alarm, profile_alarm
from papaya.kinds.sensor_alarms import SEVERITIES, SensorAlarm
from papaya.manifest.model import Json

_CLEAR: Final = ""
_EDITED: Final = "editedInThingsBoard"
_FORM: Final = "form"
# The limit that a predicate stands for, by the rule that it is in and its operation.
_NAMED: Final = {
    **{(severity, "GREATER"): names[0] for severity, names in SEVERITIES.items()},
    **{(severity, "LESS"): names[1] for severity, names in SEVERITIES.items()},
    (_CLEAR, "LESS_OR_EQUAL"): "clearAbove",
    (_CLEAR, "GREATER_OR_EQUAL"): "clearBelow",
}
_FIELDS: Final = dict(zip(LIMIT_NAMES, Limits.__dataclass_fields__, strict=True))


def terms_of(alarm: SensorAlarm) -> dict[str, Json]:
    """Return an alarm in the manifest's words; a limit that only some devices have is None."""
    told: dict[str, Json] = {"sensor": alarm.key}
    if alarm.unit:
        told["unit"] = alarm.unit
    told.update((name, value) for name, value in alarm.limits.by_name.items() if name in alarm.uses)
    if alarm.per_device:
        told["differsByDevice"] = True
    return told


def alarm_in(type_: str, terms: Mapping[str, Json]) -> SensorAlarm:
    """Return the alarm that terms describe."""
    uses = frozenset(name for name in LIMIT_NAMES if name in terms)
    return SensorAlarm(
        key=str(terms.get("sensor")),
        type=type_,
        limits=_limits({name: terms[name] for name in uses}),
        uses=uses,
        unit=str(terms.get("unit", "")),
        per_device=terms.get("differsByDevice") is True,
    )


def terms_of_profile_alarm(alarm: Mapping[str, Json]) -> Json:
    """Return an alarm of a profile in the manifest's words, as far as they have any for it."""
    made = _alarm_of_profile(alarm)
    return _terms(made, normal_alarm(dict(alarm)), profile_alarm, normal_alarm)


def terms_of_rule(name: str, configuration: Json) -> Json:
    """Return an alarm rule in the manifest's words, as far as they have any for it."""
    made = _alarm_of_rule(name, configuration)
    return _terms(made, normal_configuration(configuration), rule_configuration, normal_configuration)


def is_as_papaya_writes(name: str, configuration: Json) -> bool:
    """Return whether papaya could have written this alarm rule."""
    made = _alarm_of_rule(name, configuration)
    written = normal_configuration(rule_configuration(made)) if made is not None else None
    return written is not None and written == normal_configuration(configuration)


def _terms(
    made: SensorAlarm | None,
    form: Json,
    write: Callable[[SensorAlarm], Json],
    normal: Callable[[Json], Json],
) -> Json:
    if made is None:
        return {_FORM: form}
    told = terms_of(made)
    return told if normal(write(made)) == form else {**told, _EDITED: True}


def _alarm_of_profile(alarm: Mapping[str, Json]) -> SensorAlarm | None:
    found: dict[str, Json] = {}
    keys: set[str] = set()
    is_dynamic = False
    for severity, rule in _rules(alarm):
        for filter_ in _objects(_member(rule, "condition", "condition")):
            keys.add(str(_member(filter_, "key", "key")))
            predicate = _member(filter_, "predicate")
            parts = _member(predicate, "predicates") or [predicate]
            for one in _objects(parts):
                name = _NAMED.get((severity, str(one.get("operation"))))
                is_dynamic |= _member(one, "value", "dynamicValue") is not None
                if name is not None:
                    found[name] = _member(one, "value", "defaultValue")
    return _made(str(alarm.get("alarmType")), keys, found, is_dynamic, _details(alarm))


def _alarm_of_rule(name: str, configuration: Json) -> SensorAlarm | None:
    arguments = _member(configuration, "arguments")
    if not isinstance(configuration, dict) or not isinstance(arguments, dict):
        return None
    found: dict[str, Json] = {}
    is_dynamic = False
    for severity, rule in _rules(configuration):
        for filter_ in _objects(_member(rule, "condition", "expression", "filters")):
            for one in _objects(_member(filter_, "predicates")):
                limit = _NAMED.get((severity, str(one.get("operation"))))
                argument = _member(one, "value", "dynamicValueArgument")
                value = _member(one, "value", "staticValue")
                if argument is not None:
                    is_dynamic = True
                    value = _number(_member(arguments.get(str(argument)), "defaultValue"))
                if limit is not None:
                    found[limit] = value
    keys = {str(_member(arguments.get("value"), "refEntityKey", "key"))}
    return _made(name, keys, found, is_dynamic, _details(configuration))


def _made(
    type_: str, keys: set[str], found: Mapping[str, Json], is_dynamic: bool, details: str
) -> SensorAlarm | None:
    if len(keys) != 1 or not found:
        return None
    _, _, unit = details.partition("} ")
    values = {
        name: None if is_dynamic and isinstance(value, int | float) and abs(value) == NO_LIMIT else value
        for name, value in found.items()
    }
    if not all(value is None or isinstance(value, int | float) for value in values.values()):
        return None
    return SensorAlarm(keys.pop(), type_, _limits(values), frozenset(found), unit, is_dynamic)


def _limits(values: Mapping[str, Json]) -> Limits:
    return Limits(
        **{
            _FIELDS[name]: value
            for name, value in values.items()
            if isinstance(value, int | float) and not isinstance(value, bool)
        }
    )


def _rules(form: Mapping[str, Json]) -> Iterator[tuple[str, Json]]:
    rules = form.get("createRules")
    if isinstance(rules, dict):
        yield from rules.items()
    yield _CLEAR, form.get("clearRule")


def _details(form: Mapping[str, Json]) -> str:
    return next(
        (text for _, rule in _rules(form) if isinstance(text := _member(rule, "alarmDetails"), str)), ""
    )


def _member(value: Json, *path: str) -> Json:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _objects(value: Json) -> Iterator[dict[str, Json]]:
    yield from (one for one in (value if isinstance(value, list) else []) if isinstance(one, dict))


def _number(value: Json) -> Json:
    try:
        return float(value) if isinstance(value, str) else value
    except ValueError:
        return value
