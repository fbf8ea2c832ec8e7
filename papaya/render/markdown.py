"""A plan as a comment in a code review: short enough for it, and with every destroy in it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

from papaya.counting import are
from papaya.engine.address import path_text
from papaya.engine.plan import Change, Plan, ResourceChange
from papaya.render.heads import ADD, ADOPT, CHANGE, MOVE
from papaya.render.layout import Line, cut, visible
from papaya.render.text import Sections, is_nothing_to_do, plan_text, sections
from papaya.render.words import counted, moment, number

LIMIT: Final = 65_000
_WIDTH = 80
_FENCE = "```"
# Room for the sentences that say what is left out, and for fences.
_RESERVE = 400
_LONGEST_NAME = 1000


def plan_markdown(plan: Plan, limit: int = LIMIT) -> str:
    """Return the plan as Markdown of at most `limit` characters and bytes.

    First come the sums, refusals and destroys by name; the tree is what is cut.
    """
    if is_nothing_to_do(plan):
        return _trimmed(f"### papaya plan\n\n{_code(plan_text(plan, width=_WIDTH).splitlines())}", limit)
    told = sections(plan, _WIDTH)
    title = _title(told)
    refusals = _refusals(told, (limit - _size(title)) // 3)
    room = limit - _size(title) - _size(refusals) - _RESERVE
    destroyed = _destroyed(list(plan.of("destroy")), room)
    destroyed += _deleted(list(plan.resources_of("destroy")), room - _size(destroyed))
    room -= _size(destroyed)
    return _trimmed(title + refusals + destroyed + _tree(told, room), limit)


def _title(told: Sections) -> str:
    header = " ".join(line.text for line in told.header)
    sums = "\n".join(line.text for line in told.closing)
    return f"### papaya plan: {_inline(header)}\n\n{_code(sums.splitlines())}"


def _refusals(told: Sections, room: int) -> str:
    if not told.refusals:
        return ""
    kept, left = _within([line.plain() for line in told.refusals], room)
    more = f"\n{counted(left, 'more line')} of refusals: see `papaya plan`.\n" if left else ""
    return f"\n{_code(kept)}{more}"


def _destroyed(changes: Sequence[Change], room: int) -> str:
    if not changes:
        return ""
    lines = [_destroy(change) for change in changes]
    kept, left = _within(lines, room)
    reasons = {change.reason for change in changes}
    why = f" ({_plain(reasons.pop())})" if len(reasons) == 1 else ""
    title = (
        f"{counted(len(changes), 'deletion')} for good{why}, with token, attributes, alarms and all telemetry"
    )
    text = f"\n**{title}:**\n\n{_code(kept, 'diff')}"
    if left:
        text += (
            f"\n**Not all are listed: {number(left)} of {counted(len(changes), 'deletion')} "
            f"{'does' if left == 1 else 'do'} not fit into this comment.** "
            "`papaya plan` lists every one by name.\n"
        )
    return text


def _deleted(changes: Sequence[ResourceChange], room: int) -> str:
    """Return the deletions of objects beside the tree, each with what it takes along."""
    if not changes:
        return ""
    lines = [
        f"- {cut(visible(str(change.address)), _LONGEST_NAME)}  {visible(change.reason)}"
        for change in changes
    ]
    kept, left = _within(lines, room)
    text = f"\n**{counted(len(changes), 'object')} deleted for good:**\n\n{_code(kept, 'diff')}"
    return text + (f"\n**{number(left)} more are not listed.** `papaya plan` lists them.\n" if left else "")


def _destroy(change: Change) -> str:
    text = f"- {cut(visible(path_text(change.path)), _LONGEST_NAME)}"
    live = change.live
    if live is not None and live.online:
        seen = f", last active {moment(live.last_active)}" if live.last_active is not None else ""
        return f"{text}  ! online{seen}"
    return text


def _tree(told: Sections, room: int) -> str:
    parts = (told.resources, told.shared, told.tree, told.quiet, told.models, told.notes, told.released)
    lines: list[str] = []
    for part in parts:
        if part and lines:
            lines.append("")
        lines += map(_diff_line, part)
    if not lines:
        return ""
    lines = [*map(_diff_line, told.legend), "", *lines]
    kept, left = _within(lines, room)
    text = f"\n{_code(kept, 'diff')}" if kept else ""
    if left:
        text += (
            f"\n{number(left)} of {counted(len(lines), 'line')} of the tree {are(left)} left out; "
            "`papaya plan` shows them, `papaya plan --full` every device.\n"
        )
    return text


def _diff_line(line: Line) -> str:
    """Return a line with a sign in its first column, where blocks of that kind are coloured by it."""
    text = line.plain()
    if line.symbol == ADD:
        return f"+   {line.text}"
    if line.symbol in (CHANGE, MOVE, ADOPT):
        return f"!{text[1:]}"
    # What a text begins with must not be taken for a sign.
    return f" {text}" if text[:1] in ("+", "-", "@") else text


def _within(lines: Sequence[str], room: int) -> tuple[list[str], int]:
    """Return the first lines that fit into so many bytes, and how many do not."""
    used = 0
    for position, line in enumerate(lines):
        used += _size(_harmless(line)) + 1
        if used > room:
            return list(lines[:position]), len(lines) - position
    return list(lines), 0


def _code(lines: Iterable[str], language: str = "text") -> str:
    return f"{_FENCE}{language}\n" + "".join(f"{_harmless(line)}\n" for line in lines) + f"{_FENCE}\n"


def _harmless(line: str) -> str:
    """Return the line without anything that could end the block it stands in."""
    return line.replace(_FENCE, "`\u200c``")


def _plain(text: str) -> str:
    return visible(text).replace("*", "\\*").replace("`", "\\`").replace("<", "&lt;") or "for no reason given"


def _inline(text: str) -> str:
    return f"`{text.replace('`', chr(0x27))}`"


def _size(text: str) -> int:
    """Return the length in bytes, which is never less than that in characters."""
    return len(text.encode(errors="replace"))


def _trimmed(text: str, limit: int) -> str:
    encoded = text.encode(errors="replace")
    return text if len(encoded) <= limit else encoded[:limit].decode(errors="ignore")
