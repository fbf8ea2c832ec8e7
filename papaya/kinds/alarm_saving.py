"""Writing the alarms of a device profile: inside the profile, and as alarm rules attached to it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Final

from papaya.kinds.alarm_engine import rule_path
from papaya.kinds.alarm_facts import Facts
from papaya.kinds.alarm_rules import normal_configuration, rule_body, rule_configuration
from papaya.kinds.alarm_terms import is_as_papaya_writes
from papaya.kinds.kind import id_in
from papaya.kinds.profile_alarms import merged, normal_alarm
from papaya.kinds.request import Conversation, Look, Request
from papaya.kinds.resource import Fields
from papaya.kinds.sensor_alarms import SensorAlarm
from papaya.manifest.model import Json

_OWN: Final = "papaya"
_PROFILE: Final = "/api/deviceProfile"


def rules_of(row: Fields, facts: Facts) -> list[Mapping[str, Json]]:
    """Return the alarm rules that are attached to a device profile."""
    profile = id_in(dict(row))
    return [rule for rule in facts.rules if _target(rule) == profile]


def own_rules(row: Fields, facts: Facts) -> list[Mapping[str, Json]]:
    """Return the alarm rules of a profile that papaya made from sensors.

    Those of 4.3.0 to 4.3.1.1 cannot say who made them; there the form has to tell.
    """
    return [rule for rule in rules_of(row, facts) if is_from_sensors(rule)]


def saved_profile(row: Fields, wanted: Sequence[Json], types: Collection[str] = ()) -> Conversation[Fields]:
    """Save a profile with these alarms in the place of papaya's and of those of `types`."""
    data = row.get("profileData")
    kept: dict[str, Json] = dict(data) if isinstance(data, dict) else {}
    present = kept.get("alarms")
    before: list[Json] = present if isinstance(present, list) else []
    after = merged(before, wanted, types)
    if [normal_alarm(one) for one in before] == [normal_alarm(one) for one in after]:
        return row
    body: dict[str, Json] = {**row, "profileData": {**kept, "alarms": after or None}}
    look = Look(Request("GET", f"{_PROFILE}/{id_in(dict(row))}"), lambda answer: _with_alarms(answer, after))
    answer = yield Request("POST", _PROFILE, body, step="save the profile's alarms", look=look)
    return answer if isinstance(answer, dict) else row


def saved_rules(row: Fields, facts: Facts, wanted: Sequence[SensorAlarm]) -> Conversation[None]:
    """Save these alarms as rules of a profile, and delete those that papaya made before."""
    profile = id_in(dict(row)) or ""
    present = {str(rule.get("name")): rule for rule in rules_of(row, facts)}
    names = {alarm.type for alarm in wanted}
    yield from deleted_rules([one for one in own_rules(row, facts) if one.get("name") not in names], facts)
    for alarm in wanted:
        configuration = rule_configuration(alarm)
        known = present.get(alarm.type)
        if known is not None and _says(known, configuration) and is_from_sensors(known):
            continue
        info: Json = {_OWN: {"sensor": alarm.key}}
        body = rule_body(alarm.type, profile, configuration, info)
        if known is not None:
            others = known.get("additionalInfo")
            body["additionalInfo"] = {
                **(others if isinstance(others, dict) else {}),
                _OWN: {"sensor": alarm.key},
            }
            body = {**known, **body}
        step = f"save the alarm rule {alarm.type}"
        yield Request("POST", rule_path(facts.version), body, step=step, look=_look(profile, body, facts))


def deleted_rules(rules: Sequence[Mapping[str, Json]], facts: Facts) -> Conversation[None]:
    """Delete alarm rules; their active alarms stay as they are."""
    for rule in rules:
        path = f"{rule_path(facts.version)}/{id_in(dict(rule))}"
        step = f"delete the alarm rule {rule.get('name')}"
        yield Request("DELETE", path, step=step, absent_is_done=True)


def _look(profile: str, body: Mapping[str, Json], facts: Facts) -> Look:
    def found(answer: Json) -> Json:
        rows = answer.get("data") if isinstance(answer, dict) else None
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, dict) and row.get("name") == body["name"] and _target(row) == profile:
                return row if _says(row, body["configuration"]) else None
        return None

    if rule_path(facts.version) == "/api/alarm/rule":
        path, parameters = f"/api/alarm/rules/DEVICE_PROFILE/{profile}", {}
    else:
        path, parameters = "/api/calculatedFields", {"types": "ALARM"}
    return Look(Request("GET", path, parameters={**parameters, "pageSize": 1_000, "page": 0}), found)


def _with_alarms(answer: Json, wanted: Sequence[Json]) -> Json:
    data = answer.get("profileData") if isinstance(answer, dict) else None
    alarms = data.get("alarms") if isinstance(data, dict) else None
    present = alarms if isinstance(alarms, list) else []
    same = [normal_alarm(one) for one in present] == [normal_alarm(one) for one in wanted]
    return answer if same else None


def _says(rule: Mapping[str, Json], configuration: Json) -> bool:
    return normal_configuration(rule.get("configuration")) == normal_configuration(configuration)


def is_from_sensors(rule: Mapping[str, Json]) -> bool:
    """Return whether papaya made an alarm rule from a sensor; one from a file tells its fleet instead."""
    info = rule.get("additionalInfo")
    own = info.get(_OWN) if isinstance(info, dict) else None
    if isinstance(own, dict):
        return "sensor" in own
    return is_as_papaya_writes(str(rule.get("name")), rule.get("configuration"))


def _target(rule: Mapping[str, Json]) -> Json:
    entity = rule.get("entityId")
    return (
        entity.get("id")
        if isinstance(entity, dict) and entity.get("entityType") == "DEVICE_PROFILE"
        else None
    )
