"""Objects beside the tree in the text of a plan: a section of their own, with deletions last."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from papaya.engine.plan import FieldChange, ResourceChange
from papaya.kinds.registry import KINDS
from papaya.manifest.model import Json
from papaya.render.heads import ADD, ADOPT, CHANGE, DESTROY, FORGET, MOVE, UNFINISHED, owner_text
from papaya.render.layout import MARGIN, Line, entry, field_indent, paragraph, value_lines, visible
from papaya.render.words import change_text, counted, differences, names_within, number, value_text

# So many alike are told in one line.
_MANY = 10
_MOST_FIELDS = 12
_LONG = 200
_ROOM = 3
_FEW = 3
_SHORT = 60
_IN_THE_HEAD = frozenset({"name", "record"})
_TITLES = {
    "destroy": "Deleted permanently, with attributes and relations:",
    "forget": "No longer managed; the objects stay on the server:",
}


def counted_objects(value: int, key: str) -> str:
    """Return `1 customer`, `2 customers`."""
    kind = KINDS[key]
    return f"{number(value)} {kind.word if value == 1 else kind.plural}"


def symbol_of_resource(change: ResourceChange) -> str:
    """Return the symbol that stands before a change."""
    if change.action == "update":
        return ADOPT if change.adopts else MOVE if change.renamed_from is not None else CHANGE
    return {"create": ADD, "destroy": DESTROY, "forget": FORGET}[change.action]


def resource_lines(changes: Sequence[ResourceChange], width: int, *, full: bool = False) -> Iterator[Line]:
    """Yield what is created and changed, kind by kind; ten alike and more come as one line."""
    alike: dict[tuple[str, str], list[ResourceChange]] = defaultdict(list)
    for change in changes:
        if change.action in ("create", "update") and not change.is_quiet:
            alike[(change.address.kind, symbol_of_resource(change))].append(change)
    for (key, symbol), several in alike.items():
        if symbol in (ADD, ADOPT) and len(several) >= _MANY and not full:
            names, _ = names_within((visible(one.address.name) for one in several), _ROOM * width)
            altered = sum(bool(one.fields) for one in several) if symbol == ADOPT else 0
            also = f" ({number(altered)} of them changed)" if altered else ""
            yield from entry(symbol, 0, counted_objects(len(several), key) + also, names, width)
            continue
        for change in several:
            yield from _one(change, symbol, width, full)
    quiet = [change for change in changes if change.is_quiet]
    if quiet:
        text = f"{counted(len(quiet), 'object')}: only papaya's own record is brought up to date"
        yield from entry(CHANGE, 0, text, "", width)


def hides_resources(changes: Sequence[ResourceChange]) -> bool:
    """Return whether the lines leave out names that `full` would tell."""
    alike: dict[tuple[str, str], int] = defaultdict(int)
    for change in changes:
        if change.action in ("create", "update") and not change.is_quiet:
            alike[(change.address.kind, symbol_of_resource(change))] += 1
    return any(symbol in (ADD, ADOPT) and many >= _MANY for (_, symbol), many in alike.items())


def resource_removals(changes: Iterable[ResourceChange], width: int) -> list[Line]:
    """Return what goes, each by its address, with the reason."""
    going = list(changes)
    if not going:
        return []
    lines = list(paragraph(_TITLES[going[0].action], width))
    for change in going:
        address = visible(str(change.address))
        lines += entry(symbol_of_resource(change), 0, address, visible(change.reason), width)
    return lines


def head_of_resource(change: ResourceChange) -> str:
    """Return what is said beside the name of an object."""
    text = KINDS[change.address.kind].word
    if change.renamed_from is not None:
        applied = change.live.applied if change.live is not None else None
        by_hand = applied is not None and applied.name == change.address.name
        text += f", from {visible(change.renamed_from)}" + (" (renamed on the server)" if by_hand else "")
        text += "; its id stays"
    live = change.live
    if change.adopts and live is not None and live.owner is not None:
        text += f", {owner_text(live.owner, 'taken over from')}"
    if change.action == "update" and live is not None and live.owner is None and not change.adopts:
        text += f", {UNFINISHED}"
    if change.desired is not None and change.desired.protect and (change.action == "create" or change.adopts):
        text += "; protected"
    return text


def _one(change: ResourceChange, symbol: str, width: int, full: bool) -> Iterator[Line]:
    yield from entry(symbol, 0, visible(change.address.name), head_of_resource(change), width)
    indent = field_indent(0)
    told = [pair for one in change.fields for pair in _told(change, one, full)]
    for label, text in told if full else told[:_MOST_FIELDS]:
        yield from value_lines(indent, label, text, width)
    if not full and len(told) > _MOST_FIELDS:
        text = f"{counted(len(told) - _MOST_FIELDS, 'value')} more: --full"
        yield Line(" " * indent + text)
    if change.question:
        yield from paragraph(
            f"! {visible(change.question)}", width, first=" " * indent, rest=" " * (indent + MARGIN // 2)
        )


def _told(change: ResourceChange, one: FieldChange, full: bool) -> Iterator[tuple[str, str]]:
    limit = None if full else _LONG
    if one.field in _IN_THE_HEAD or (one.field == "protect" and (change.adopts and one.after)):
        return
    if change.action == "create":
        yield visible(one.field), _value(one.after) if not full else value_text(one.after, None)
        return
    large = [value for value in (one.before, one.after) if isinstance(value, dict)]
    if not full and len(large) == 1 and None in (one.before, one.after):
        # A part that comes or goes is told by what it is, as in a new object.
        was, is_now = ("(none)" if value is None else _value(value) for value in (one.before, one.after))
        yield visible(one.field), f"{was} -> {is_now}"
        return
    for label, before, after in differences(one.field, one.before, one.after):
        yield visible(label), change_text(before, after, limit)


def _value(value: Json) -> str:
    """Return a value of a new object; of a large one what it is: the file that declares it says the rest."""
    if isinstance(value, list) and len(value) > _FEW:
        return f"{number(len(value))} entries"
    flat = _flat(value)
    if flat and len(flat) <= _LONG:
        return visible(flat)
    if isinstance(value, dict) and len(value_text(value, None)) > _SHORT:
        told = value.get("type")
        return visible(told.rpartition(".")[2]) if isinstance(told, str) else counted(len(value), "member")
    return value_text(value, _LONG)


def _flat(value: Json) -> str:
    """Return an object without nested ones as text, or nothing."""
    members = value.items() if isinstance(value, dict) else ()
    if any(isinstance(member, dict | list) for _, member in members):
        return ""
    return ", ".join(f"{key} {_scalar(member)}" for key, member in members)


def _scalar(value: Json) -> str:
    return value if isinstance(value, str) else value_text(value, None)
