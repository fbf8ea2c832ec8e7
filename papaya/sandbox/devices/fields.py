"""Calculated fields, alarm rules among them: evaluated whenever a value that they look at is written."""

from __future__ import annotations

import json
import logging
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from papaya.sandbox.devices import tbel
from papaya.sandbox.devices.predicates import Reading, holds, is_within, number_of
from papaya.sandbox.devices.profile_node import plain_value
from papaya.sandbox.devices.raising import AlarmKind, Rule, Verdict, judge_alarm, lasting, repeated
from papaya.sandbox.store.attributes import SCOPES, SERVER_SCOPE, store_attributes
from papaya.sandbox.store.changes import SERIES
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, find
from papaya.sandbox.store.series import Entry, store_series
from papaya.sandbox.store.values import BOOLEAN, DOUBLE, JSON, LONG, TEXT, Typed
from papaya.sandbox.wire import dumps

_LOG = logging.getLogger(__name__)
_LONG_LIMIT = 2**63
_DECIMAL = re.compile(r"-?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)")
Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    """One calculated field, ready to be evaluated."""

    id: str
    kind: str
    name: str
    configuration: Json

    @property
    def arguments(self) -> Mapping[str, Json]:
        """Its arguments by name."""
        return dict(self.configuration.get("arguments") or {})

    @property
    def lasts(self) -> bool:
        """Whether it can change without a new value, as time passes."""
        text = dumps(self.configuration)
        return self.kind == "ALARM" and any(
            word in text for word in ('"DURATION"', '"NO_DATA"', '"schedule":{')
        )

    def watches(self, source: int, keys: frozenset[str]) -> bool:
        """Tell whether one of these values is an argument of its own entity."""
        return any(
            key in keys and scope == source and not argument.get("refEntityId")
            for argument in self.arguments.values()
            for key, scope in (_source(argument),)
        )


def _source(argument: Json) -> tuple[str, int]:
    named = argument.get("refEntityKey") or {}
    scope = SCOPES.get(str(named.get("scope")), SERVER_SCOPE)
    return str(named.get("key")), scope if named.get("type") == "ATTRIBUTE" else SERIES


def read_field(row: tuple[Any, ...]) -> Field:
    """Return the field of a row of the entity table: id, type, name and body."""
    return Field(row[0], row[1], row[2], json.loads(row[3])["configuration"])


def evaluate(core: Core, entity: Entity, field: Field, *, by_time: bool = False) -> None:
    """Write what a field calculates, or raise and clear its alarm; nothing without all of its arguments.

    An error in a field loses the field's result, never the value that triggered it.
    """
    if (entity.number, field.id) in core.rules.running:
        return
    core.rules.running.add((entity.number, field.id))
    try:
        readings = _readings(core, entity, field)
        if readings is None:
            return
        if field.kind == "ALARM":
            _judge_alarm(core, entity, field, readings, by_time)
        elif field.kind in ("SIMPLE", "SCRIPT") and not by_time:
            _calculate(core, entity, field, readings)
    except (tbel.ScriptFault, ArithmeticError, ValueError, TypeError, LookupError, AttributeError) as fault:
        _LOG.info("calculated field %s of %s: %s", field.name, entity.name, fault)
    finally:
        core.rules.running.discard((entity.number, field.id))


def _readings(core: Core, entity: Entity, field: Field) -> dict[str, Reading] | None:
    found = {}
    for name, argument in field.arguments.items():
        reading = _reading(core, entity, argument)
        if reading is None:
            return None
        found[name] = reading
    return found


def _reading(core: Core, entity: Entity, argument: Json) -> Reading | None:
    number = _number_of(core, entity, argument)
    key, source = _source(argument)
    row = None
    if number is not None and source == SERIES:
        row = core.store.connection.execute(
            "SELECT ts, kind, value FROM latest WHERE number = ? AND key = ?", (number, key)
        ).fetchone()
    elif number is not None:
        row = core.store.connection.execute(
            "SELECT ts, kind, value FROM attribute WHERE number = ? AND key = ? AND scope = ?",
            (number, key, source),
        ).fetchone()
    if row is not None:
        return Reading(plain_value(row[1], row[2]), row[0])
    default = argument.get("defaultValue")
    return None if default is None else Reading(_default(str(default)), 0)


def _number_of(core: Core, entity: Entity, argument: Json) -> int | None:
    named, dynamic = argument.get("refEntityId"), argument.get("refDynamicSourceConfiguration")
    if named:
        other = find(core, str(named["entityType"]), str(named["id"]))
        return None if other is None else other.number
    if dynamic and dynamic.get("type") == "CURRENT_OWNER":
        kind = "TENANT" if entity.customer_id is None else "CUSTOMER"
        owner = find(core, kind, entity.customer_id or core.tenant_id)
        return None if owner is None else owner.number
    return entity.number


def _default(text: str) -> Any:
    """Return a default as the server reads it: plain decimals and truth values, else text."""
    if text.lower() in ("true", "false"):
        return text.lower() == "true"
    number = float(text) if _DECIMAL.fullmatch(text) is not None else math.inf
    return number if math.isfinite(number) else text


def _judge_alarm(
    core: Core, entity: Entity, field: Field, readings: Mapping[str, Reading], by_time: bool
) -> None:
    configuration = field.configuration
    rules: dict[str, Json] = dict(configuration["createRules"])
    if configuration["clearRule"] is not None:
        rules["clear"] = configuration["clearRule"]
    propagation = {name: configuration[name] for name in configuration if name.startswith("propagate")}
    kind = AlarmKind(field.id, field.name, propagation)
    judged = {
        name: Rule(rule["alarmDetails"], (rule["dashboardId"] or {}).get("id"))
        for name, rule in rules.items()
    }

    def judge(name: str) -> Verdict:
        state = f"{field.id}/{name}"
        return _verdict(core, entity, rules[name]["condition"], readings, state, by_time)

    def lookup(name: str) -> Any:
        return readings[name].value if name in readings else None

    judge_alarm(core, entity, kind, judged, judge, lookup, core.now())


def _verdict(
    core: Core, entity: Entity, condition: Json, readings: Mapping[str, Reading], state: str, by_time: bool
) -> Verdict:
    now = core.now()

    def resolve(value: Json) -> Any:
        name = value["dynamicValueArgument"]
        if name is None:
            return value["staticValue"]
        return readings[name].value if name in readings else None

    schedule = None if condition["schedule"] is None else resolve(condition["schedule"])
    if isinstance(schedule, str):
        schedule = json.loads(schedule)
    if not is_within(schedule, now) or not _expression(condition["expression"], readings, resolve, now):
        return Verdict.FALSE
    if condition["type"] == "DURATION":
        return lasting(core, entity.number, state, condition["unit"], resolve(condition["value"]), now)
    if condition["type"] == "REPEATING":
        return repeated(core, entity.number, state, resolve(condition["count"]), counts=not by_time)
    return Verdict.TRUE


def _expression(given: Json, readings: Mapping[str, Reading], resolve: Any, now: int) -> bool:
    if given["type"] == "TBEL":
        return tbel.run(given["expression"], {name: each.value for name, each in readings.items()}) is True
    parts = []
    for each in given["filters"]:
        reading = readings.get(each["argument"])
        if reading is None:
            return False
        held = [holds(predicate, reading, resolve, now) for predicate in each["predicates"]]
        parts.append(any(held) if each["operation"] == "OR" else all(held))
    return any(parts) if given["operation"] == "OR" else all(parts)


def _calculate(core: Core, entity: Entity, field: Field, readings: Mapping[str, Reading]) -> None:
    output = field.configuration.get("output") or {}
    values = {name: each.value for name, each in readings.items()}
    if field.kind == "SIMPLE":
        numbers = {name: number_of(value) for name, value in values.items()}
        if None in numbers.values():
            return
        result: Any = tbel.run(str(field.configuration["expression"]), numbers)
        results = {str(output.get("name")): float(result)}
    else:
        result = tbel.run(str(field.configuration["expression"]), values)
        results = result if isinstance(result, dict) else {}
    typed = {key: _typed(value, output.get("decimalsByDefault")) for key, value in results.items()}
    if not typed:
        return
    if output.get("type") == "ATTRIBUTES":
        scope = SCOPES.get(str(output.get("scope")), SERVER_SCOPE)
        store_attributes(core, entity.number, scope, typed, core.now())
    else:
        store_series(core, entity.number, [Entry(core.now(), key, value) for key, value in typed.items()])


def _typed(value: Any, decimals: object) -> Typed:
    if isinstance(value, bool):
        return BOOLEAN, int(value)
    if isinstance(value, (int, float)) and isinstance(decimals, int):
        rounded = round(float(value), decimals)
        return (DOUBLE, rounded) if decimals else (LONG, int(rounded))
    if isinstance(value, int) and abs(value) < _LONG_LIMIT:
        return LONG, value
    if isinstance(value, float):
        return DOUBLE, value
    return (TEXT, value) if isinstance(value, str) else (JSON, dumps(value))
