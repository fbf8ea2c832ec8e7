"""Drift that is the same on several entities, told once."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from papaya.engine.address import natural, path_text
from papaya.engine.drift import Drifted
from papaya.kinds.registry import KINDS
from papaya.render.folding import SIBLINGS
from papaya.render.layout import MARGIN, Line, paragraph, visible
from papaya.render.resources import counted_objects
from papaya.render.words import counted, names_within

_FIRST, _REST = "  ", "    "
_INSIDE, _DEEPER = "      ", "        "
_MOST_LINES = 6


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that is told of an entity: `what` without its values, and the whole `text`."""

    what: str
    text: str


Tell = Callable[[Drifted], Sequence[Said]]
_Key = tuple[str, str]
_Shape = tuple[str, tuple[str, ...]]


def entity_lines(entity: Drifted, said: Sequence[Said], width: int) -> Iterator[Line]:
    """Yield one entity by its path, with what is told of it."""
    yield from paragraph(visible(path_text(entity.path)), width, first=_FIRST, rest=_REST)
    yield from _inside([one.text for one in said], width)


def folded_lines(entities: Sequence[Drifted], tell: Tell, width: int) -> tuple[list[Line], bool]:
    """Return what is told of entities and whether something is folded.

    What ten entities of a role and more have in common is told first, once. Of the rest, ten and more that
    differ in the same values are told together, with the values of the first.
    """
    said = [tell(entity) for entity in entities]
    members: dict[_Key, list[int]] = defaultdict(list)
    for position, entity in enumerate(entities):
        for text in dict.fromkeys(one.text for one in said[position]):
            members[(entity.role, text)].append(position)
    groups: dict[tuple[int, ...], list[str]] = defaultdict(list)
    for (_, text), having in members.items():
        if len(having) >= SIBLINGS:
            groups[tuple(having)].append(text)
    lines: list[Line] = []
    told: set[int] = set()
    for positions, texts in groups.items():
        again = sum(position in told for position in positions)
        told.update(positions)
        lines += _together([entities[position] for position in positions], width, again=again)
        lines += _inside(texts, width)
    left = {
        position: [one for one in said[position] if len(members[(entity.role, one.text)]) < SIBLINGS]
        for position, entity in enumerate(entities)
    }
    rest, hides = _rest(entities, left, told, width)
    return [*lines, *rest], bool(groups) or hides


def _rest(
    entities: Sequence[Drifted], left: dict[int, list[Said]], told: set[int], width: int
) -> tuple[list[Line], bool]:
    """Return what entities have of their own; nothing of those of which everything is told."""
    shapes: dict[_Shape, list[int]] = defaultdict(list)
    for position, said in left.items():
        if said or position not in told:
            shapes[entities[position].role, tuple(one.what for one in said)].append(position)
    # One by one where few are alike, and at the first of many.
    groups = sorted(
        group
        for alike in shapes.values()
        for group in ([alike] if len(alike) >= SIBLINGS else [[position] for position in alike])
    )
    lines: list[Line] = []
    for group in groups:
        first = group[0]
        if len(group) == 1:
            lines += entity_lines(entities[first], left[first], width)
        else:
            lines += _together([entities[position] for position in group], width)
            name = visible(entities[first].path[-1])
            lines += _inside([f"{one.text} (values of {name})" for one in left[first]], width)
    return lines, any(len(group) > 1 for group in groups)


def _together(entities: Sequence[Drifted], width: int, *, again: int = 0) -> Iterator[Line]:
    """Yield how many entities there are, where, and their names as far as there is room."""
    places = {entity.path[:-1] for entity in entities}
    many = _count(len(entities), entities[0].role)
    top = path_text(next(iter(places))) if len(places) == 1 else ""
    where = f"{visible(top)}: " if top and entities[0].role in ("state", "device") else ""
    also = f", {again:,} of them listed above" if again else ""
    names = (visible(entity.path[-1]) for entity in sorted(entities, key=lambda one: natural(one.path[-1])))
    told, _ = names_within(names, _MOST_LINES * (width - MARGIN) - 40)
    yield from paragraph(f"{where}{many}{also}: {told}", width, first=_FIRST, rest=_REST)


def _count(number: int, role: str) -> str:
    return counted_objects(number, role) if role in KINDS else counted(number, role)


def _inside(texts: Sequence[str], width: int) -> Iterator[Line]:
    for text in texts:
        yield from paragraph(text, width, first=_INSIDE, rest=_DEEPER)
