"""Raising and clearing alarms, after their rules are evaluated."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum, auto
from typing import Any

from papaya.sandbox.devices.predicates import UNITS, number_of
from papaya.sandbox.store.alarms import SEVERITIES, active_alarm, clear, save_alarm, set_details
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity
from papaya.sandbox.store.values import java_double

_PLACE = re.compile(r"\$\{([^}]*)\}")


class Verdict(Enum):
    """The result of a condition; while a duration still runs, it is neither true nor false."""

    TRUE = auto()
    FALSE = auto()
    NOT_YET = auto()


@dataclass(frozen=True, slots=True)
class AlarmKind:
    """The members that both alarm models share, without rules; `id` identifies the state of its rules."""

    id: str
    type: str
    propagation: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule of an alarm, whichever model it comes from."""

    alarm_details: str | None
    dashboard: str | None


Judge = Callable[[str], Verdict]
Lookup = Callable[[str], Any]


def judge_alarm(
    core: Core,
    entity: Entity,
    kind: AlarmKind,
    rules: Mapping[str, Rule],
    judge: Judge,
    lookup: Lookup,
    ts: int,
) -> None:
    """Raise the alarm of the worst rule that is true; if none is, clear it if its clear rule is true.

    `rules` has a rule for each severity and one named `clear`. A severity only rises while an alarm lasts.
    A new alarm begins at `ts`.
    """
    for severity in SEVERITIES:
        if severity not in rules:
            continue
        verdict = judge(severity)
        if verdict is Verdict.TRUE:
            _raise(core, entity, kind, severity, _details(rules[severity], lookup), ts)
            return
        if verdict is Verdict.FALSE:
            forget_state(core, entity.number, f"{kind.id}/{severity}")
    active = active_alarm(core, entity.number, kind.type)
    if active is None or "clear" not in rules or judge("clear") is not Verdict.TRUE:
        return
    for severity in rules:
        forget_state(core, entity.number, f"{kind.id}/{severity}")
    details = _details(rules["clear"], lookup)
    if details is not None:
        set_details(core, active[0], details)
    clear(core, active[0], core.now())


def _raise(
    core: Core, entity: Entity, kind: AlarmKind, severity: str, details: dict[str, Any] | None, ts: int
) -> None:
    forget_state(core, entity.number, f"{kind.id}/clear")
    active = active_alarm(core, entity.number, kind.type)
    body: dict[str, Any] = {"type": kind.type, "severity": severity, "details": details, **kind.propagation}
    if active is not None:
        identifier, before, old_details = active
        if SEVERITIES.index(severity) > SEVERITIES.index(before):
            return
        body["details"] = details if details is not None else json.loads(old_details or "null")
        save_alarm(core, entity, identifier, {**body, "endTs": core.now()})
        return
    fresh = {"details": details if details is not None else {}, "startTs": ts, "endTs": ts}
    save_alarm(core, entity, None, {**body, **fresh})


def _details(rule: Rule, lookup: Lookup) -> dict[str, Any] | None:
    """Return what a rule writes into an alarm, None where it says nothing."""
    details: dict[str, Any] = {}
    if rule.alarm_details:
        details["data"] = _PLACE.sub(lambda found: _shown(lookup(found[1]), found[0]), rule.alarm_details)
    if rule.dashboard is not None:
        details["dashboardId"] = rule.dashboard
    return details or None


def _shown(value: Any, otherwise: str) -> str:
    if value is None:
        return otherwise
    if isinstance(value, bool):
        return "true" if value else "false"
    return java_double(value) if isinstance(value, float) else str(value)


def forget_state(core: Core, number: int, rule: str) -> None:
    """Forget how long a condition has held, and how often."""
    core.store.connection.execute("DELETE FROM rule_state WHERE number = ? AND rule = ?", (number, rule))


def lasting(core: Core, number: int, rule: str, unit: str, needed: Any, ts: int) -> Verdict:
    """Tell whether a condition that holds now has held for long enough."""
    state = _state(core, number, rule, {"since": ts})
    wanted = number_of(needed)
    if wanted is None:
        return Verdict.FALSE
    return Verdict.TRUE if ts - state["since"] > wanted * UNITS[unit] else Verdict.NOT_YET


def repeated(core: Core, number: int, rule: str, needed: Any, *, counts: bool) -> Verdict:
    """Tell whether a condition that holds now has held often enough; without an event nothing is counted."""
    state = _state(core, number, rule, {"count": 0})
    if counts:
        state["count"] += 1
        _keep(core, number, rule, state)
    wanted = number_of(needed)
    return Verdict.TRUE if wanted is not None and state["count"] >= wanted else Verdict.NOT_YET


def _state(core: Core, number: int, rule: str, fresh: dict[str, int]) -> dict[str, int]:
    row = core.store.connection.execute(
        "SELECT body FROM rule_state WHERE number = ? AND rule = ?", (number, rule)
    ).fetchone()
    if row is not None:
        return dict(json.loads(row[0]))
    _keep(core, number, rule, fresh)
    return fresh


def _keep(core: Core, number: int, rule: str, state: dict[str, int]) -> None:
    core.store.connection.execute(
        "INSERT OR REPLACE INTO rule_state VALUES (?, ?, ?)", (number, rule, json.dumps(state))
    )
