"""Numbers, values and names in the words of a plan."""

from __future__ import annotations

import datetime
import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from papaya.counting import counted as counted
from papaya.engine.plan import Change
from papaya.manifest.model import Json
from papaya.render.layout import cells, visible

NONE = "(none)"
_LONG = 200
_CONTEXT = 12
_FEWEST_IN_A_RUN = 3
_DIGITS_AT_THE_END = re.compile(r"^(.*?)([0-9]+)$", re.DOTALL)


def number(value: int) -> str:
    """Return a number with its thousands apart."""
    return f"{value:,}"


def joined(parts: Sequence[str], last: str = "and") -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    return f" {last} ".join(part for part in (", ".join(parts[:-1]), *parts[-1:]) if part)


def shown_name(change: Change) -> str:
    """Return the name under which an entity stands on the server after the change, as it may be printed."""
    if change.live is not None and change.renamed_from is None:
        return visible(change.live.address.name)
    if change.path and change.desired is not None:
        return visible(change.path[-1])
    return visible(change.address.name)


def value_text(value: Json, limit: int | None = _LONG) -> str:
    """Return a value as it would stand in JSON, cut where it is long; None is told as absent."""
    if value is None:
        return NONE
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return _shortened(str(value), limit)
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
    return _shortened(visible(json.dumps(value, ensure_ascii=False)), limit)


def _shortened(text: str, limit: int | None) -> str:
    if limit is None or len(text) <= limit:
        return text
    return f"{text[: limit - 1]}… ({number(len(text))} characters)"


def change_text(before: Json, after: Json, limit: int | None = _LONG) -> str:
    """Return `before -> after`; of two long values the part in which they differ."""
    old, new = value_text(before, None), value_text(after, None)
    if limit is not None and max(len(old), len(new)) > limit:
        shared = _common(old, new)
        if shared > 2 * _CONTEXT:
            old, new = f"…{old[shared - _CONTEXT :]}", f"…{new[shared - _CONTEXT :]}"
        old, new = _shortened(old, limit), _shortened(new, limit)
    return f"{old} -> {new}"


def _common(left: str, right: str) -> int:
    for position, (a, b) in enumerate(zip(left, right, strict=False)):
        if a != b:
            return position
    return min(len(left), len(right))


def differences(key: str, before: Json, after: Json) -> Iterator[tuple[str, Json, Json]]:
    """Yield what differs in a value, member by member where both sides are objects."""
    if isinstance(before, Mapping) and isinstance(after, Mapping) and before and after:
        for member in [*before, *(name for name in after if name not in before)]:
            old, new = before.get(member), after.get(member)
            if old != new or isinstance(old, bool) != isinstance(new, bool):
                yield from differences(f"{key}.{member}", old, new)
        return
    yield key, before, after


def runs(names: Iterable[str]) -> list[tuple[str, int]]:
    """Return names in their order with how many each stands for; three in sequence become a run."""
    result: list[tuple[str, int]] = []
    run: list[str] = []
    for name in names:
        if run and not _follows(run[-1], name):
            result += _run(run)
            run = []
        run.append(name)
    return result + _run(run)


def _follows(name: str, other: str) -> bool:
    one, two = _DIGITS_AT_THE_END.match(name), _DIGITS_AT_THE_END.match(other)
    if one is None or two is None or one[1] != two[1]:
        return False
    # PM-9 and PM-010 do not follow each other: one of them would be read as another name.
    if len(one[2]) != len(two[2]) and (one[2][0] == "0" or two[2][0] == "0"):
        return False
    return int(two[2]) == int(one[2]) + 1


def stem(name: str) -> str:
    """Return a name without the digits that it ends with."""
    found = _DIGITS_AT_THE_END.match(name)
    return found[1] if found else name


def _run(names: Sequence[str]) -> list[tuple[str, int]]:
    if len(names) < _FEWEST_IN_A_RUN:
        return [(name, 1) for name in names]
    return [(f"{names[0]}…{names[-1]}", len(names))]


def names_within(names: Iterable[str], room: int | None) -> tuple[str, int]:
    """Return names and runs of names that fit into so many columns, and how many names are left out."""
    told = runs(names)
    if room is None:
        return ", ".join(text for text, _ in told), 0
    used = 0
    parts: list[str] = []
    for text, _ in told:
        used += cells(text) + 2
        if parts and used > room:
            break
        parts.append(text)
    left = sum(count for _, count in told[len(parts) :])
    return ", ".join(parts) + (f" and {number(left)} more" if left else ""), left


def moment(milliseconds: int) -> str:
    """Return a moment as ISO 8601 in UTC."""
    try:
        told = datetime.datetime.fromtimestamp(milliseconds / 1000, datetime.UTC)
    except (OverflowError, OSError, ValueError):
        return f"{milliseconds} ms"
    return told.strftime("%Y-%m-%dT%H:%M:%SZ")
