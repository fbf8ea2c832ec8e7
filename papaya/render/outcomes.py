"""What became of a command that was sent to devices, and lists of the server's alarms."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from papaya.counting import counted
from papaya.manifest.model import Json
from papaya.render.layout import paint_word
from papaya.render.table import age_text, table_text
from papaya.render.words import moment

FORMAT_VERSION = "1"
Status = Literal["answered", "offline", "slow", "refused", "failed", "not sent"]
# As the summary counts them.
_ORDER: tuple[Status, ...] = ("answered", "offline", "slow", "refused", "failed", "not sent")
_COLORS = {"answered": "green", "slow": "yellow", "not sent": "yellow"}
_MOST_ROWS = 60
_MOST_OF_ONE = 20
_MOST_ALARMS = 1_000
# Wider than any answer.
_WHOLE = 1_000_000
_ACTIVE_COLORS = {"CRITICAL": "red", "MAJOR": "red"}


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of a command on a device: `offline` had no connection, `slow` got it and did not answer."""

    device: str
    status: Status
    seconds: float = 0.0
    answer: Json = None
    reason: str = ""


@dataclass(frozen=True, slots=True)
class AlarmRow:
    """One alarm of the server; `created` in milliseconds since 1970."""

    id: str
    device: str
    kind: str
    severity: str
    created: int
    is_cleared: bool
    is_acknowledged: bool
    details: Json = None


def outcomes_text(
    outcomes: Sequence[Outcome], method: str, *, width: int, color: bool, full: bool = False
) -> str:
    """Return a table of outcomes and how many there are of each; of many, the first that did not answer.

    Answers are cut to `width` columns, but not that of a single device, and none where `full` says so.
    """
    rows = list(outcomes)
    if not full and len(rows) > _MOST_ROWS:
        of_each: Counter[str] = Counter()
        rows = []
        for one in outcomes:
            of_each[one.status] += 1
            if one.status != "answered" and of_each[one.status] <= _MOST_OF_ONE:
                rows.append(one)
    folded = len(outcomes) - len(rows)
    text = ""
    is_cut = False
    if rows:
        header = ("DEVICE", "OUTCOME", "TIME", "ANSWER")
        cells = [(one.device, one.status, f"{one.seconds:.1f} s", _said(one)) for one in rows]
        paint = _paint_outcome if color else None
        text = table_text(header, cells, width=_WHOLE, paint=paint) + "\n"
        if not full and len(rows) > 1:
            fitting = table_text(header, cells, width=width, paint=paint) + "\n"
            is_cut, text = fitting != text, fitting
    counts = Counter(one.status for one in outcomes)
    told = ", ".join(f"{counts[status]:,} {status}" for status in _ORDER if counts[status])
    more = f" {folded:,} not listed: --full" if folded else " Whole answers: --full" if is_cut else ""
    return f"{text}{method}: {told}.{more}\n"


def outcomes_json(outcomes: Sequence[Outcome], method: str, server: str) -> dict[str, Json]:
    """Return outcomes as a document of a fixed form."""
    counts = Counter(one.status for one in outcomes)
    return {
        "formatVersion": FORMAT_VERSION,
        "server": server,
        "method": method,
        "outcomes": [
            {
                "device": one.device,
                "status": one.status,
                "seconds": round(one.seconds, 3),
                "answer": one.answer,
                "reason": one.reason or None,
            }
            for one in outcomes
        ],
        "totals": {status: counts[status] for status in _ORDER if counts[status]},
    }


def alarms_text(alarms: Sequence[AlarmRow], *, now: float, heading: str, width: int, color: bool) -> str:
    """Return a table of alarms in their order, of very many the first; `now` is the server's clock."""
    if not alarms:
        return f"{heading}: no alarms.\n"
    rows = [
        (
            one.severity,
            one.device,
            one.kind,
            f"{age_text(now - one.created / 1000)} ago",
            f"{'cleared' if one.is_cleared else 'active'}{', acknowledged' if one.is_acknowledged else ''}",
            _plain(one.details) if one.details else "",
        )
        for one in alarms[:_MOST_ALARMS]
    ]
    header = ("SEVERITY", "DEVICE", "ALARM", "SINCE", "STATUS", "DETAILS")
    text = table_text(header, rows, width=width, paint=_paint_alarm if color else None)
    active = sum(not one.is_cleared for one in alarms)
    left = len(alarms) - len(rows)
    more = f" {left:,} not listed: --json, or name devices." if left else ""
    return f"{heading}\n\n{text}\n{counted(len(alarms), 'alarm')}, {active:,} active.{more}\n"


def alarms_json(alarms: Sequence[AlarmRow], fleet: str, server: str, *, unread: int = 0) -> dict[str, Json]:
    """Return alarms as a document of a fixed form; `unread` older ones of the tenant were not looked at."""
    return {
        "formatVersion": FORMAT_VERSION,
        "fleet": fleet,
        "server": server,
        **({"unread": unread} if unread else {}),
        "alarms": [
            {
                "id": one.id,
                "device": one.device,
                "type": one.kind,
                "severity": one.severity,
                "created": moment(one.created),
                "cleared": one.is_cleared,
                "acknowledged": one.is_acknowledged,
                "details": one.details,
            }
            for one in alarms
        ],
    }


def _said(one: Outcome) -> str:
    if one.status == "answered":
        return "" if one.answer is None else _plain(one.answer)
    return one.reason


def _plain(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _paint_outcome(column: int, cell: str, printed: str) -> str:
    if column == 0:
        return paint_word(printed, "bold")
    return paint_word(printed, _COLORS.get(cell, "red")) if column == 1 else printed


def _paint_alarm(column: int, cell: str, printed: str) -> str:
    if column == 0:
        return paint_word(printed, _ACTIVE_COLORS.get(cell, "yellow"))
    return paint_word(printed, "bold") if column == 1 else printed
