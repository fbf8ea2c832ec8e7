"""Device messages through the rule chain, and the evaluation that follows a written value."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from papaya.sandbox.devices.chains import ATTRIBUTES, TELEMETRY, UPDATED, Course, course_of
from papaya.sandbox.devices.fields import Field, evaluate, read_field
from papaya.sandbox.devices.predicates import Reading
from papaya.sandbox.devices.profile_node import (
    ATTRIBUTE,
    TIME_SERIES,
    Device,
    ProfileAlarm,
    plain_value,
    read_alarms,
)
from papaya.sandbox.store.attributes import (
    CLIENT_SCOPE,
    SERVER_SCOPE,
    SHARED_SCOPE,
    are_storable,
    object_text,
    read_attributes,
    store_attributes,
)
from papaya.sandbox.store.calculated_fields import FIELD
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, find, find_by_number
from papaya.sandbox.store.series import LAST_TS, Entry, read_entries, store_series
from papaya.sandbox.store.values import Typed, Unparsable, without_nulls
from papaya.sandbox.wire import loads

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Plan:
    """The evaluation of an entity's values: calculated fields and, for a device, its messages' courses."""

    fields: tuple[Field, ...]
    telemetry: Course
    attributes: Course
    # Attributes that somebody else writes.
    updates: Course
    # None where the device profile node fails on the profile, and so for every message.
    alarms: tuple[ProfileAlarm, ...] | None = ()


# The exceptions that invalid rules cause.
_UNFORESEEN = (TypeError, KeyError, ValueError, AttributeError, LookupError, ArithmeticError)
_STORED = Course(stores=True, evaluates=False)


def plan_of(core: Core, number: int) -> Plan | None:
    """Return the plan of an entity, None for one that is gone."""
    known = core.rules.plans.get(number)
    if isinstance(known, Plan):
        return known
    entity = find_by_number(core, number)
    if entity is None:
        return None
    fields = _fields_of(core, entity)
    plan = Plan(fields, _STORED, _STORED, _STORED)
    if entity.kind == "DEVICE" and entity.profile_id is not None:
        profile = find(core, "DEVICE_PROFILE", entity.profile_id)
        if profile is not None:
            chain = (profile.json["defaultRuleChainId"] or {}).get("id")
            courses = [course_of(core, chain, message) for message in (TELEMETRY, ATTRIBUTES, UPDATED)]
            plan = Plan(fields, courses[0], courses[1], courses[2], read_alarms(profile))
    core.rules.plans[number] = plan
    return plan


def _fields_of(core: Core, entity: Entity) -> tuple[Field, ...]:
    if core.rules.fields is None:
        found: dict[str, tuple[Field, ...]] = {}
        rows = core.store.rows(
            "SELECT id, type, name, body, json_extract(body, '$.entityId.id') FROM entity WHERE kind = ?"
            " ORDER BY number",
            (FIELD,),
        )
        for row in rows:
            found[row[4]] = (*found.get(row[4], ()), read_field(row))
        core.rules.fields = found
        core.rules.idle = not found and not core.store.rows(
            "SELECT 1 FROM entity WHERE kind = 'DEVICE_PROFILE' AND instr(body, '\"alarmType\"') LIMIT 1"
        )
    targets = [entity.id, *([entity.profile_id] if entity.profile_id else [])]
    return tuple(field for target in targets for field in core.rules.fields.get(target, ()))


def react(core: Core, number: int, source: int, keys: frozenset[str]) -> None:
    """Evaluate the calculated fields that look at written values, and profile alarms that look at attributes.

    The rule chain has already evaluated values that the device itself writes.
    """
    plan = plan_of(core, number)
    if plan is None:
        return
    if source in (SERVER_SCOPE, SHARED_SCOPE) and plan.alarms and plan.updates.evaluates:
        values = {
            key: (kind, value) for _, key, kind, value in read_attributes(core, number, source, list(keys))
        }
        _evaluate_alarms(core, number, plan.alarms, ATTRIBUTE, values, core.now())
    if not plan.fields:
        return
    entity = find_by_number(core, number)
    for field in plan.fields:
        if entity is not None and field.watches(source, keys):
            evaluate(core, entity, field)


def receive_series(core: Core, device: int, entries: Sequence[Entry]) -> None:
    """Carry out a device's telemetry: store it, evaluate its alarms, as its rule chain says."""
    plan = plan_of(core, device)
    if plan is None:
        return
    written = [replace(entry, typed=without_nulls(entry.typed)) for entry in entries]
    entries = [entry for moment in _by_moment(written) for entry in _as_rules_read(moment)]
    if plan.telemetry.evaluates and plan.alarms != ():
        if plan.alarms is None:
            _LOG.warning("telemetry is lost: the device profile node fails on an alarm without id or rules")
            return
        # Each moment of a message is evaluated on its own, oldest first.
        for ts in sorted({entry.ts for entry in entries}):
            fresh = {entry.key: entry.typed for entry in entries if entry.ts == ts}
            if not _evaluate_alarms(core, device, plan.alarms, TIME_SERIES, fresh, ts):
                return
    for moment in _by_moment(entries) if plan.telemetry.stores else ():
        if moment[0].ts > LAST_TS:
            _LOG.info("values of a device are lost: their time is after the year 9999")
        elif are_storable(core, {entry.key for entry in moment}):
            store_series(core, device, moment)


def _by_moment(entries: Sequence[Entry]) -> list[list[Entry]]:
    """Return the entries of each moment: the rule chain gets a message of its own for each."""
    found: dict[int, list[Entry]] = {}
    for entry in entries:
        found.setdefault(entry.ts, []).append(entry)
    return list(found.values())


def _as_rules_read(moment: list[Entry]) -> list[Entry]:
    """Return the values of a moment as the rule chain reads them again: keys `ts` and `values` are a frame.

    Measured on 4.0.1 and 4.3.1.3; what is no frame then is lost.
    """
    if not {"ts", "values"} <= {entry.key for entry in moment}:
        return moment
    values = loads(object_text({entry.key: entry.typed for entry in moment}))
    try:
        return read_entries(values, moment[0].ts, skip_nulls=True)
    except Unparsable as error:
        _LOG.info("values of a device are lost: %s", error)
        return []


def receive_attributes(core: Core, device: int, values: Mapping[str, Typed]) -> None:
    """Carry out a device's attributes, as its rule chain says."""
    plan = plan_of(core, device)
    if plan is None or (plan.attributes.evaluates and plan.alarms is None):
        return
    values = {key: without_nulls(typed) for key, typed in values.items()}
    if plan.attributes.stores and are_storable(core, values):
        store_attributes(core, device, CLIENT_SCOPE, values, core.now())
    if plan.attributes.evaluates and plan.alarms:
        _evaluate_alarms(core, device, plan.alarms, ATTRIBUTE, values, core.now())


def _evaluate_alarms(
    core: Core,
    device: int,
    alarms: tuple[ProfileAlarm, ...],
    source: str,
    values: Mapping[str, Typed],
    ts: int,
) -> bool:
    """Evaluate the alarms that look at these values; tell whether the message goes on.

    The server stores rules that its node then fails on, without a predicate for example.
    """
    entity = find_by_number(core, device)
    if entity is None:
        return False
    fresh = {(source, key): Reading(plain_value(*typed), ts) for key, typed in values.items()}
    changed = frozenset(fresh)
    state = Device(core, entity, ts, fresh)
    try:
        for alarm in alarms:
            if alarm.keys & changed:
                state.evaluate(alarm, changed)
    except _UNFORESEEN as fault:
        _LOG.warning("a message of %s is lost: its profile's alarms fail: %r", entity.name, fault)
        return False
    return True


def reconsider(core: Core) -> None:
    """Evaluate again what changes as time passes: durations, schedules, missing data."""
    rows = core.store.rows(
        "SELECT DISTINCT number FROM rule_state UNION SELECT number FROM entity WHERE id IN"
        " (SELECT json_extract(body, '$.entityId.id') FROM entity WHERE kind = ?)"
        " UNION SELECT number FROM entity WHERE profile_id IN"
        " (SELECT json_extract(body, '$.entityId.id') FROM entity WHERE kind = ?)",
        (FIELD, FIELD),
    )
    for (number,) in rows:
        plan, entity = plan_of(core, number), find_by_number(core, number)
        if plan is None or entity is None:
            continue
        for field in plan.fields:
            if field.lasts:
                evaluate(core, entity, field, by_time=True)
        if plan.telemetry.evaluates:
            _reconsider_alarms(core, entity, plan.alarms or ())


def _reconsider_alarms(core: Core, entity: Entity, alarms: Sequence[ProfileAlarm]) -> None:
    state = Device(core, entity, core.now(), {})
    for alarm in alarms:
        try:
            if alarm.lasts:
                state.evaluate(alarm, None)
        except _UNFORESEEN as fault:
            _LOG.warning("alarm %s of %s fails: %r", alarm.kind.type, entity.name, fault)


async def watch_time(core: Core, seconds: float) -> None:
    """Look again and again at what changes by time, as the server does once a minute."""
    while True:
        await asyncio.sleep(seconds)
        with core.store.transaction():
            reconsider(core)
