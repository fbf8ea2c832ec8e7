"""Alarms inside a device profile, evaluated by the device profile node of a rule chain.

`profileData.alarms` of `/api/deviceProfile` (`DeviceProfileAlarm`, 4.0.1 to 4.4). On fresh servers from 4.3
on no rule chain has the node: see `alarm_engine`.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Final

from papaya.kinds.limits import limit_key, or_no_limit
from papaya.kinds.sensor_alarms import SEVERITIES, SensorAlarm
from papaya.manifest.model import Json

# Ids are chosen by whoever writes the profile, and unique in it. The UI takes random ones.
OWN_ID: Final = "papaya:"
RELATION: Final = "Contains"
_ALARM: Final[dict[str, Json]] = {
    "id": None,
    "alarmType": None,
    "createRules": None,
    "clearRule": None,
    "propagate": False,
    "propagateToOwner": False,
    "propagateToTenant": False,
    "propagateRelationTypes": None,
}


def profile_alarm(alarm: SensorAlarm) -> dict[str, Json]:
    """Return an alarm in the form that the server gives back unchanged."""
    return {
        "id": OWN_ID + alarm.key,
        "alarmType": alarm.type,
        "createRules": {
            severity: _rule(alarm, "OR", _predicates(alarm, SEVERITIES[severity]), _details(alarm))
            for severity in alarm.severities
        },
        "clearRule": _rule(alarm, "AND", _predicates(alarm, ("clearAbove", "clearBelow")), None),
        "propagate": True,
        "propagateToOwner": False,
        "propagateToTenant": False,
        "propagateRelationTypes": [RELATION],
    }


def is_own(alarm: Json) -> bool:
    """Return whether papaya made an alarm of a profile from a sensor."""
    return isinstance(alarm, dict) and str(alarm.get("id")).startswith(OWN_ID)


def merged(live: Sequence[Json], wanted: Sequence[Json], types: Collection[str] = ()) -> list[Json]:
    """Return the alarms of a profile with those that papaya made replaced by the wanted ones.

    What somebody else made stays, but for alarms of a wanted type and of `types`: a device has one alarm of
    each type, whatever raises it.
    """
    taken = {*types, *(str(one.get("alarmType")) for one in wanted if isinstance(one, dict))}
    others = [
        one
        for one in live
        if not is_own(one) and not (isinstance(one, dict) and one.get("alarmType") in taken)
    ]
    return [*others, *wanted]


def normal_alarm(alarm: Json) -> Json:
    """Return an alarm of a profile in one form, whatever the server or a person left out."""
    if not isinstance(alarm, dict):
        return alarm
    told: dict[str, Json] = {**_ALARM, **alarm}
    rules = told["createRules"]
    if isinstance(rules, dict):
        told["createRules"] = {severity: _normal_rule(rule) for severity, rule in sorted(rules.items())}
    told["clearRule"] = _normal_rule(told["clearRule"])
    types = told["propagateRelationTypes"]
    told["propagateRelationTypes"] = list(types) if isinstance(types, list) and types else None
    return told


def profile_alarm_faults(alarms: Sequence[Json]) -> Iterator[str]:
    """Yield what a server takes without a word, and what then keeps alarms or telemetry from working.

    An alarm without an id or without create rules makes the device profile node fail at every message of
    the profile: its telemetry is no longer stored (measured on 4.0.1).
    """
    ids: set[str] = set()
    types: set[str] = set()
    for number, alarm in enumerate(alarms, 1):
        if not isinstance(alarm, dict):
            yield f"alarm {number} is not an object"
            continue
        type_ = alarm.get("alarmType")
        named = f"alarm {type_}" if isinstance(type_, str) and type_.strip() else f"alarm {number}"
        if named == f"alarm {number}":
            yield f"alarm {number} has no alarmType"
        elif str(type_) in types:
            yield f"the alarm type {type_} stands in it twice"
        types.add(str(type_))
        id_ = alarm.get("id")
        if not isinstance(id_, str) or not id_.strip():
            yield f"{named} has no id: the server would no longer store telemetry of this profile"
        elif id_ in ids:
            yield f"{named} has the id {id_} of another alarm: only one of them would work"
        ids.add(str(id_))
        if not isinstance(alarm.get("createRules"), dict) or not alarm["createRules"]:
            yield f"{named} has no createRules: the server would no longer store telemetry of this profile"


def _details(alarm: SensorAlarm) -> str | None:
    if "{" in alarm.key or "}" in alarm.key:
        return None
    return f"${{{alarm.key}}} {alarm.unit}".rstrip()


def _predicates(alarm: SensorAlarm, names: Sequence[str]) -> list[Json]:
    return [_predicate(alarm, name) for name in names if name in alarm.uses]


def _predicate(alarm: SensorAlarm, name: str) -> Json:
    dynamic: Json = None
    if alarm.per_device:
        dynamic = {
            "resolvedValue": None,
            "sourceType": "CURRENT_DEVICE",
            "sourceAttribute": limit_key(alarm.key, name),
            "inherit": False,
        }
    value = or_no_limit(name, alarm.limits.by_name[name])
    return {
        "type": "NUMERIC",
        "operation": OPERATIONS[name],
        "value": {"defaultValue": float(value), "userValue": None, "dynamicValue": dynamic},
    }


OPERATIONS: Final = {
    "warnAbove": "GREATER",
    "alarmAbove": "GREATER",
    "clearAbove": "LESS_OR_EQUAL",
    "warnBelow": "LESS",
    "alarmBelow": "LESS",
    "clearBelow": "GREATER_OR_EQUAL",
}


def _rule(alarm: SensorAlarm, operation: str, predicates: list[Json], details: str | None) -> Json:
    predicate: Json = predicates[0]
    if len(predicates) > 1:
        predicate = {"type": "COMPLEX", "operation": operation, "predicates": predicates}
    filter_: Json = {
        "key": {"type": "TIME_SERIES", "key": alarm.key},
        "valueType": "NUMERIC",
        "value": None,
        "predicate": predicate,
    }
    return {
        "condition": {"condition": [filter_], "spec": {"type": "SIMPLE"}},
        "schedule": None,
        "alarmDetails": details,
        "dashboardId": None,
    }


def _normal_rule(rule: Json) -> Json:
    if not isinstance(rule, dict):
        return None
    told: dict[str, Json] = {"schedule": None, "alarmDetails": None, "dashboardId": None, **rule}
    schedule = told["schedule"]
    if isinstance(schedule, dict) and schedule.get("type") == "ANY_TIME":
        told["schedule"] = None
    told["condition"] = _normal_value(told.get("condition"))
    return told


def _normal_value(value: Json) -> Json:
    """Return conditions with every member that a server adds."""
    if isinstance(value, list):
        return [_normal_value(item) for item in value]
    if not isinstance(value, dict):
        return value
    told: dict[str, Json] = {key: _normal_value(member) for key, member in value.items()}
    if "defaultValue" in told:
        told = {"userValue": None, "dynamicValue": None, **told}
    if "predicate" in told and "key" in told:
        told.setdefault("value", None)
    if "sourceType" in told:
        told = {"resolvedValue": None, "inherit": False, **told}
    return told
