"""The end of a run: what was applied, what failed and why, and what was not attempted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from papaya.apply.outcome import Outcome, Result, Status, count
from papaya.engine.address import natural, path_text
from papaya.engine.plan import Change, Plan, ProfileChange, ResourceChange
from papaya.kinds.registry import KINDS
from papaya.manifest.model import Json
from papaya.render.alike import kind_of
from papaya.render.heads import ADD, symbol_of
from papaya.render.identity import server_json
from papaya.render.layout import (
    MARGIN,
    NARROWEST,
    VALUES,
    Line,
    cells,
    entry,
    field_indent,
    paragraph,
    printed,
    value_lines,
    visible,
)
from papaya.render.resources import symbol_of_resource
from papaya.render.words import counted, names_within, number

RESULT_FORMAT = "1"
_MOST_ALIKE = 5
_ROOM = 3
_WORDS: dict[str, str] = {
    "create": "added",
    "update": "changed",
    "destroy": "destroyed",
    "forget": "forgotten",
}


def result_text(result: Result, plan: Plan, *, width: int = 80, color: bool = False) -> str:
    """Return the end of a run as text for a terminal, its sum in the last line."""
    width = max(width, NARROWEST)
    parts = [
        _done(result.of("done"), width),
        _failed(result.of("failed"), width),
        _left(result.of("skipped"), "Skipped", width),
        _left(result.of("not attempted"), "Not attempted", width),
        _sums(result, plan, width),
    ]
    lines: list[Line] = []
    for part in parts:
        if part and lines:
            lines.append(Line(""))
        lines += part
    return printed(lines, color=color)


def result_json(result: Result, plan: Plan) -> dict[str, Json]:
    """Return the end of a run as a document of a fixed form."""
    return {
        "formatVersion": RESULT_FORMAT,
        "fleet": plan.fleet,
        "environment": plan.environment,
        "server": server_json(plan.server),
        "complete": result.is_complete,
        "stopped": result.stopped,
        "outcomes": [_outcome_json(outcome) for outcome in result.outcomes],
        "totals": {
            "adopted": sum(_adopts(outcome) for outcome in result.of("done")),
            **{word: count(result.of("done"), action) for action, word in _WORDS.items()},
            "failed": len(result.of("failed")),
            "skipped": len(result.of("skipped")),
            "notAttempted": len(result.of("not attempted")),
        },
        "requests": result.requests,
    }


def _outcome_json(outcome: Outcome) -> Json:
    change = outcome.change
    told: dict[str, Json] = {
        "address": str(_address_of(outcome)),
        "role": "profile" if isinstance(change, ProfileChange) else change.role,
        "path": list(_path(outcome)),
        "action": change.action,
        "status": outcome.status,
        "steps": list(outcome.steps),
    }
    if outcome.reason:
        told["reason"] = outcome.reason
    if outcome.remedy:
        told["remedy"] = outcome.remedy
    return told


def _address_of(outcome: Outcome) -> object:
    change = outcome.change
    return change.desired.address if isinstance(change, ProfileChange) else change.address


def _adopts(outcome: Outcome) -> bool:
    return not isinstance(outcome.change, ProfileChange) and outcome.change.adopts


def _path(outcome: Outcome) -> tuple[str, ...]:
    change = outcome.change
    if isinstance(change, ResourceChange):
        return (change.address.name,)
    return (change.desired.address.name,) if isinstance(change, ProfileChange) else change.path


def _symbol(outcome: Outcome) -> str:
    change = outcome.change
    if isinstance(change, ProfileChange):
        return ADD
    if isinstance(change, ResourceChange):
        return symbol_of_resource(change)
    return symbol_of(change)


def _word(outcome: Outcome) -> str:
    change = outcome.change
    if isinstance(change, ProfileChange):
        return "device profile" if change.desired.address.kind == "deviceProfile" else "asset profile"
    if isinstance(change, ResourceChange):
        return KINDS[change.address.kind].word
    return change.role


def _done(outcomes: Sequence[Outcome], width: int) -> list[Line]:
    if not outcomes:
        return []
    kept = [outcome for outcome in outcomes if outcome.change.action != "destroy"]
    gone = [outcome for outcome in outcomes if outcome.change.action == "destroy"]
    lines = [Line("Applied:"), *_by_place(kept, width)]
    for outcome in gone:
        # What is gone for good is told by name, however much it is.
        lines += entry(_symbol(outcome), 0, visible(path_text(_path(outcome))), _word(outcome), width)
    return lines


def _by_place(outcomes: Sequence[Outcome], width: int, *, room: int = _ROOM) -> Iterator[Line]:
    """Yield outcomes by symbol and place: places and profiles by name, devices by runs of names."""
    devices: dict[tuple[str, tuple[str, ...]], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        if _word(outcome) == "device":
            devices[(_symbol(outcome), _path(outcome)[:-1])].append(outcome)
        else:
            name = visible(path_text(_path(outcome)))
            yield from entry(_symbol(outcome), 0, name, _word(outcome), width)
    for (symbol, place), several in sorted(devices.items(), key=lambda item: _place_order(*item[0])):
        names = (visible(name) for name in sorted((_path(outcome)[-1] for outcome in several), key=natural))
        text, _ = names_within(names, room * (width - VALUES) - 20)
        said = f"{counted(len(several), 'device')}: {text}"
        yield from entry(symbol, 0, visible(path_text(place)), said, width)


def _place_order(symbol: str, place: Sequence[str]) -> tuple[object, ...]:
    return ([natural(name) for name in place], symbol)


def _failed(outcomes: Sequence[Outcome], width: int) -> list[Line]:
    if not outcomes:
        return []
    lines = [Line("Failed:")]
    alike: dict[tuple[str, str], list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        alike[_kind(outcome)].append(outcome)
    for (kind, _), several in alike.items():
        if len(several) > _MOST_ALIKE:
            reason = _common([outcome.reason for outcome in several], kind)
            lines += paragraph(
                f"{number(len(several))} times: {visible(reason)}", width, first="  ", rest=" " * MARGIN
            )
            lines += _by_place(several, width)
            lines += _confirmed_by_most(several, width)
            lines += _remedy(several, width)
        else:
            for position, outcome in enumerate(several):
                lines += _failure(outcome, width)
                if outcome.remedy not in [later.remedy for later in several[position + 1 :]]:
                    lines += _remedy([outcome], width)
    return lines


def _kind(outcome: Outcome) -> tuple[str, str]:
    """Return the reason and the remedy without what only this entity has: its names and UUIDs."""
    change = outcome.change
    address = change.desired.address if isinstance(change, ProfileChange) else change.address
    names = (address.name, _path(outcome)[-1], getattr(change, "renamed_from", None) or "")
    return kind_of(outcome.reason, names), kind_of(outcome.remedy, names)


def _common(texts: Sequence[str], kind: str) -> str:
    return texts[0] if all(text == texts[0] for text in texts) else kind


def _remedy(several: Sequence[Outcome], width: int) -> Iterator[Line]:
    """Yield what to do; where it differs, as for the first, so that a command can be copied."""
    remedy = visible(several[0].remedy)
    if remedy:
        differs = any(outcome.remedy != several[0].remedy for outcome in several)
        yield from value_lines(field_indent(0), "for the first" if differs else "to do", remedy, width)


def _failure(outcome: Outcome, width: int) -> Iterator[Line]:
    name = visible(path_text(_path(outcome)))
    yield from entry(_symbol(outcome), 0, name, visible(outcome.reason), width)
    if outcome.steps:
        steps = ", ".join(visible(step) for step in outcome.steps)
        yield from value_lines(field_indent(0), "confirmed", steps, width)


def _confirmed_by_most(outcomes: Sequence[Outcome], width: int) -> Iterator[Line]:
    begun = sum(bool(outcome.steps) for outcome in outcomes)
    if begun:
        text = f"{number(begun)} of them had confirmed steps, which are in the journal"
        yield from value_lines(field_indent(0), "confirmed", text, width)


def _left(outcomes: Sequence[Outcome], title: str, width: int) -> list[Line]:
    reasons: dict[str, list[Outcome]] = defaultdict(list)
    for outcome in outcomes:
        reasons[outcome.reason].append(outcome)
    lines: list[Line] = []
    for reason, several in reasons.items():
        lines += paragraph(f"{title}: {visible(reason)}" if reason else f"{title}:", width, rest="  ")
        lines += _by_place(several, width, room=1)
    return lines


def _sums(result: Result, plan: Plan, width: int) -> list[Line]:
    done = result.of("done")
    moved = sum(isinstance(o.change, Change) and o.change.moved_from is not None for o in done)
    adopted = sum(map(_adopts, done))
    altered = sum(
        _adopts(o) and not isinstance(o.change, ProfileChange) and bool(o.change.fields) for o in done
    )
    also = f" ({number(altered)} of them changed)" if altered else ""
    sums = [f"{number(adopted)} adopted{also}"] if adopted else []
    sums += [
        f"{number(count(done, 'create'))} added",
        f"{number(count(done, 'update') - adopted)} changed" + (f" ({number(moved)} moved)" if moved else ""),
        f"{number(count(done, 'destroy'))} deleted",
    ]
    forgotten = count(done, "forget")
    if forgotten:
        sums.append(f"{number(forgotten)} forgotten")
    parts = [", ".join(sums)]
    statuses: tuple[tuple[Status, str], ...] = (
        ("failed", "failed"),
        ("skipped", "skipped"),
        ("not attempted", "not attempted"),
    )
    parts += [f"{number(len(result.of(status)))} {word}" for status, word in statuses if result.of(status)]
    text = f"Applied: {'; '.join(parts)}."
    spent = f"{_spent(result, plan)}."
    lines: list[Line] = []
    if result.stopped and all(outcome.reason != result.stopped for outcome in result.of("not attempted")):
        lines += paragraph(f"Stopped: {visible(result.stopped)}", width, rest="  ")
    if cells(f"{text} {spent}") <= width:
        return [*lines, Line(f"{text} {spent}")]
    return [*lines, *paragraph(text, width, rest="  "), *paragraph(spent, width, rest="  ")]


def _spent(result: Result, plan: Plan) -> str:
    """Return how many requests there were; a plan counts only those that make its changes."""
    planned = plan.requests.apply
    more = result.requests - planned
    if not result.is_complete or not planned or more <= 0:
        return counted(result.requests, "request")
    return (
        f"{counted(result.requests, 'request')}: {number(planned)} for changes, "
        f"{number(more)} for checks and the lock"
    )
