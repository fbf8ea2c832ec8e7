"""A plan as a person reads it in a terminal."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from papaya.engine.plan import Plan
from papaya.render.endings import (
    closing_lines,
    note_lines,
    nothing_to_do,
    place_counts,
    quiet_lines,
    refusal_lines,
)
from papaya.render.folding import Sets, fold, shared_lines, unfolded
from papaya.render.layout import NARROWEST, Line, cells, paragraph, printed, visible
from papaya.render.models import model_blocks
from papaya.render.outline import outline, profile_lines
from papaya.render.removals import hides_removals, removal_lines
from papaya.render.resources import hides_resources, resource_lines, resource_removals

_LEGEND = (
    ("adopt", "="),
    ("add", "+"),
    ("change", "~"),
    ("move", "->"),
    ("rename", "->"),
    ("delete", "-"),
    ("forget", "."),
)
_APART = "   "


@dataclass(frozen=True, slots=True)
class Sections:
    """The parts of a plan's text in the order in which they are read."""

    header: Sequence[Line]
    legend: Sequence[Line]
    resources: Sequence[Line]
    shared: Sequence[Line]
    tree: Sequence[Line]
    quiet: Sequence[Line]
    models: Sequence[Line]
    notes: Sequence[Line]
    released: Sequence[Line]
    destroyed: Sequence[Line]
    resources_gone: Sequence[Line]
    closing: Sequence[Line]
    refusals: Sequence[Line]


def plan_text(
    plan: Plan,
    *,
    width: int = 80,
    color: bool = False,
    full: bool = False,
    summary: bool = False,
    verb: str = "apply",
) -> str:
    """Return the plan as text for a terminal; `full` lists every device, `summary` only counts.

    `verb` is the command that carries the plan out.
    """
    width = max(width, NARROWEST)
    if is_nothing_to_do(plan):
        parts: list[Sequence[Line]] = [
            nothing_to_do(plan, width, verb=verb),
            note_lines(plan, width, full=full),
        ]
        return printed(_spaced(parts), color=color)
    if summary:
        parts = [
            _header(plan, width),
            place_counts(plan, width),
            closing_lines(plan, width, verb=verb),
            refusal_lines(plan.refusals, plan.questions, width, verb=verb),
        ]
        return printed(_spaced(parts), color=color)
    told = sections(plan, width, full=full, verb=verb)
    parts = [
        told.header,
        told.legend,
        told.resources,
        told.shared,
        told.tree,
        told.quiet,
        told.models,
        told.notes,
        told.released,
        told.destroyed,
        told.resources_gone,
        told.closing,
        told.refusals,
    ]
    return printed(_spaced(parts), color=color)


def is_nothing_to_do(plan: Plan) -> bool:
    """Return whether a plan neither changes anything nor is kept from doing so."""
    return plan.is_empty and not plan.refusals


def sections(plan: Plan, width: int, *, full: bool = False, verb: str = "apply") -> Sections:
    """Return the parts of a plan's text."""
    folded = unfolded(plan.changes) if full else fold(plan.changes)
    shared, hides = shared_lines(folded, Sets(plan.changes), width)
    tree = outline(plan.changes, folded, width, full=full)
    placed = [*profile_lines(plan.profiles, width), *tree.lines]
    quiet = quiet_lines(plan.changes, width)
    released = [
        *removal_lines(plan.of("forget"), width, full=full),
        *resource_removals(plan.resources_of("forget"), width),
    ]
    destroyed = removal_lines(plan.of("destroy"), width, full=full)
    beside = list(resource_lines(plan.resources, width, full=full))
    gone = resource_removals(plan.resources_of("destroy"), width)
    hides = hides or (not full and (hides_resources(plan.resources) or hides_removals(plan)))
    return Sections(
        header=_header(plan, width),
        legend=_legend(plan, width, beside, shared, placed, quiet, released, destroyed, gone),
        resources=beside,
        shared=shared,
        tree=placed,
        quiet=quiet,
        models=model_blocks(tree.newcomers, width) if tree.newcomers else [],
        notes=note_lines(plan, width, full=full),
        released=released,
        destroyed=destroyed,
        resources_gone=gone,
        closing=closing_lines(plan, width, hides=hides or tree.hides, verb=verb),
        refusals=refusal_lines(plan.refusals, plan.questions, width, verb=verb),
    )


def _spaced(parts: Sequence[Sequence[Line]]) -> list[Line]:
    lines: list[Line] = []
    for part in parts:
        if part and lines:
            lines.append(Line(""))
        lines += part
    return lines


def _header(plan: Plan, width: int) -> list[Line]:
    server = plan.server
    environment = f", environment {visible(plan.environment)}," if plan.environment else ""
    engine = " ".join(visible(word) for word in ("ThingsBoard", server.edition, server.version) if word)
    return list(paragraph(f"{visible(plan.fleet)}{environment} on {visible(server.url)} ({engine})", width))


def _legend(plan: Plan, width: int, *parts: Iterable[Line]) -> list[Line]:
    used = {line.symbol for part in parts for line in part}
    # An adopted entity may change too: its own symbol does not say so.
    if any(change.adopts and change.fields for change in plan.everything):
        used.add("~")
    words = {"move": any(change.moved_from is not None for change in plan.changes)}
    words["rename"] = any(change.renamed_from is not None for change in plan.everything)
    entries = [f"{symbol} {word}" for word, symbol in _LEGEND if symbol in used and words.get(word, True)]
    rows: list[str] = []
    for one in entries:
        if rows and cells(f"{rows[-1]}{_APART}{one}") <= width:
            rows[-1] += f"{_APART}{one}"
        else:
            rows.append(f"  {one}")
    return [Line(row) for row in rows]
