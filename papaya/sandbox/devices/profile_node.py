"""The device profile node: alarm rules of device profiles, evaluated for each message of a device."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from papaya.sandbox.devices.predicates import Reading, holds, is_within
from papaya.sandbox.devices.raising import AlarmKind, Rule, Verdict, judge_alarm, lasting, repeated
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity
from papaya.sandbox.store.values import BOOLEAN, JSON

TIME_SERIES, ATTRIBUTE, CONSTANT = "TIME_SERIES", "ATTRIBUTE", "CONSTANT"
_OWNERS = {"CURRENT_CUSTOMER": "CUSTOMER", "CURRENT_TENANT": "TENANT"}
Json = Mapping[str, Any]
Key = tuple[str, str]


@dataclass(frozen=True, slots=True)
class ProfileAlarm:
    """One alarm of a profile, ready to be evaluated."""

    kind: AlarmKind
    rules: Mapping[str, Json]
    keys: frozenset[Key]

    @property
    def lasts(self) -> bool:
        """Whether one of its rules can become true without a new value, as time passes."""
        return any(_spec(rule).get("type") == "DURATION" for rule in self.rules.values())


def read_alarms(profile: Entity) -> tuple[ProfileAlarm, ...] | None:
    """Return the alarms of a profile, None if the node fails on them and so for every message.

    If several alarms have the same ID, only the first works.
    """
    found: dict[str, ProfileAlarm] = {}
    for alarm in profile.json["profileData"].get("alarms") or ():
        if alarm["id"] is None or alarm["createRules"] is None:
            return None
        rules = {name: rule for name, rule in alarm["createRules"].items() if rule["condition"] is not None}
        if (alarm["clearRule"] or {}).get("condition") is not None:
            rules["clear"] = alarm["clearRule"]
        propagation = {name: alarm[name] for name in alarm if name.startswith("propagate")}
        kind = AlarmKind(f"P {alarm['id']}", alarm["alarmType"], propagation)
        keys = frozenset(key for rule in rules.values() for key in _keys(rule))
        found.setdefault(alarm["id"], ProfileAlarm(kind, rules, keys))
    return tuple(found.values())


def _keys(rule: Json) -> Iterator[Key]:
    for each in rule["condition"]["condition"] or ():
        yield each["key"]["type"], each["key"]["key"]


def _spec(rule: Json) -> Json:
    return rule["condition"].get("spec") or {}


class Device:
    """The values of a device that the node can read: those of the message, then the latest ones."""

    def __init__(self, core: Core, entity: Entity, ts: int, fresh: Mapping[Key, Reading]) -> None:
        self._core, self._entity, self._ts, self._fresh = core, entity, ts, fresh

    def evaluate(self, alarm: ProfileAlarm, changed: frozenset[Key] | None) -> None:
        """Raise or clear an alarm; `changed` has the keys of the message, None means that time has passed."""
        judged = {
            name: rule
            for name, rule in alarm.rules.items()
            if changed is None or changed & frozenset(_keys(rule))
        }
        rules = {
            name: Rule(rule["alarmDetails"], (rule["dashboardId"] or {}).get("id"))
            for name, rule in judged.items()
        }

        def judge(name: str) -> Verdict:
            return self._judge(alarm, name, by_time=changed is None)

        judge_alarm(self._core, self._entity, alarm.kind, rules, judge, self._shown, self._ts)

    def _shown(self, name: str) -> Any:
        for kind in (TIME_SERIES, ATTRIBUTE):
            reading = self._read((kind, name))
            if reading is not None:
                return reading.value
        return None

    def _judge(self, alarm: ProfileAlarm, name: str, *, by_time: bool) -> Verdict:
        rule = alarm.rules[name]
        spec, state = _spec(rule), f"{alarm.kind.id}/{name}"
        kind = spec.get("type", "SIMPLE")
        if by_time and kind != "DURATION":
            return Verdict.NOT_YET
        filters = rule["condition"]["condition"] or ()
        if not is_within(rule["schedule"], self._ts) or not all(self._holds(each) for each in filters):
            return Verdict.FALSE
        if kind == "DURATION":
            needed = self._resolved(spec["predicate"])
            return lasting(self._core, self._entity.number, state, spec["unit"], needed, self._ts)
        if kind == "REPEATING":
            needed = self._resolved(spec["predicate"])
            return repeated(self._core, self._entity.number, state, needed, counts=True)
        return Verdict.TRUE

    def _holds(self, given: Json) -> bool:
        key = given["key"]["type"], given["key"]["key"]
        if key[0] == CONSTANT:
            reading: Reading | None = Reading(given["value"], self._ts)
        else:
            reading = self._read(key)
        return reading is not None and holds(given["predicate"], reading, self._resolved, self._ts)

    def _read(self, key: Key) -> Reading | None:
        fresh = self._fresh.get(key)
        if fresh is not None:
            return fresh
        if key[0] == TIME_SERIES:
            statement = "SELECT ts, kind, value FROM latest WHERE number = ? AND key = ?"
        elif key[0] == ATTRIBUTE:
            # The attribute that was written last wins, in whichever of the three scopes.
            statement = "SELECT ts, kind, value FROM attribute WHERE number = ? AND key = ? ORDER BY ts DESC"
        else:
            return Reading(self._entity.name, self._ts) if key[1] == "name" else None
        return self._stored(f"{statement} LIMIT 1", self._entity.number, key[1])

    def _stored(self, statement: str, *parameters: object) -> Reading | None:
        row = self._core.store.connection.execute(statement, parameters).fetchone()
        return None if row is None else Reading(plain_value(row[1], row[2]), row[0])

    def _resolved(self, value: Json | None) -> Any:
        """Return the value that a predicate compares with: an attribute, or else the default."""
        if value is None:
            return None
        dynamic = value.get("dynamicValue") or {}
        source, name = dynamic.get("sourceType"), dynamic.get("sourceAttribute")
        reading = self._dynamic(source, name) if source and name else None
        return value["defaultValue"] if reading is None else reading.value

    def _dynamic(self, source: str, name: str) -> Reading | None:
        if source == "CURRENT_DEVICE":
            return self._read((ATTRIBUTE, name))
        owner = self._entity.customer_id if source == "CURRENT_CUSTOMER" else self._core.tenant_id
        return self._stored(
            "SELECT a.ts, a.kind, a.value FROM attribute a JOIN entity e ON e.number = a.number"
            " WHERE e.kind = ? AND e.id = ? AND a.scope = 2 AND a.key = ?",
            _OWNERS.get(source, ""),
            owner,
            name,
        )


def plain_value(kind: str, value: Any) -> Any:
    """Return a stored value as rules see it."""
    if kind == BOOLEAN:
        return bool(value)
    return json.loads(value) if kind == JSON else value
