"""What of the tree a plan deletes or no longer manages: by name, and of very many by place."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from papaya.engine.address import path_text
from papaya.engine.plan import Change, Plan
from papaya.render.folding import SIBLINGS
from papaya.render.heads import DESTROY, FORGET
from papaya.render.layout import MARGIN, VALUES, Line, cells, entry, field_indent, paragraph, visible
from papaya.render.words import counted, moment, names_within

# Nobody reads more names.
MOST_NAMED = 1_000
_WIDEST_PATH = 44
_TITLES = {
    "destroy": "Deleted permanently, with token, attributes, alarms and all telemetry:",
    "forget": "No longer managed; everything stays on the server:",
}


def removal_lines(changes: Iterable[Change], width: int, *, full: bool = False) -> list[Line]:
    """Return what goes, each by its full path, with the reason and whether it is online.

    Of more than `MOST_NAMED` the devices of a place come together, unless `full` asks for each.
    """
    going = list(changes)
    if not going:
        return []
    lines = list(paragraph(_TITLES[going[0].action], width))
    symbol = DESTROY if going[0].action == "destroy" else FORGET
    groups = [[one] for one in going] if full or len(going) <= MOST_NAMED else list(_by_place(going))
    told = [(visible(path_text(_path(group))), group) for group in groups]
    longest = max(cells(path) for path, _ in told)
    column = MARGIN + min(max(longest + 2, VALUES - MARGIN), _WIDEST_PATH)
    for path, group in told:
        reason = visible(group[0].reason)
        if len(group) > 1:
            reason = f"{counted(len(group), 'device')}: {_first(group)}…{_last(group)}; {reason}"
        lines += entry(symbol, 0, path, reason, width, column=column)
        lines += _online(group, width)
    return lines


def hides_removals(plan: Plan) -> bool:
    """Return whether a plan tells of devices that go without their names, if nobody asks for these."""
    leaving = (list(plan.of("forget")), list(plan.of("destroy")))
    return any(
        len(going) > MOST_NAMED and any(len(group) > 1 for group in _by_place(going)) for going in leaving
    )


def _by_place(going: Iterable[Change]) -> Iterator[list[Change]]:
    """Yield the devices of a place together that go for one reason, and everything else by itself."""
    groups: dict[object, list[Change]] = {}
    for change in going:
        is_device = change.role == "device"
        groups.setdefault((change.path[:-1], change.reason) if is_device else id(change), []).append(change)
    for group in groups.values():
        if len(group) >= SIBLINGS:
            yield group
        else:
            yield from ([one] for one in group)


def _path(group: Sequence[Change]) -> tuple[str, ...]:
    return group[0].path if len(group) == 1 else group[0].path[:-1]


def _first(group: Sequence[Change]) -> str:
    return visible(group[0].path[-1])


def _last(group: Sequence[Change]) -> str:
    return visible(group[-1].path[-1])


def _online(group: Sequence[Change], width: int) -> Iterator[Line]:
    online = [
        change
        for change in group
        if change.action == "destroy" and change.live is not None and change.live.online
    ]
    indent = " " * field_indent(0)
    if not online:
        return
    if len(group) > 1:
        names, _ = names_within((visible(one.path[-1]) for one in online), width)
        yield from paragraph(
            f"! {counted(len(online), 'device')} online: {names}", width, first=indent, rest=indent
        )
        return
    last = online[0].live.last_active if online[0].live is not None else None
    seen = f", last active {moment(last)}" if last is not None else ""
    yield Line(f"{indent}! online{seen}")
