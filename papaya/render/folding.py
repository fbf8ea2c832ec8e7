"""Changes that are the same on several entities, told once."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from papaya.engine.address import natural
from papaya.engine.credentials import CREDENTIAL_FIELDS
from papaya.engine.inventory import SENSORS_KEY
from papaya.engine.plan import Change, FieldChange
from papaya.manifest.model import Json
from papaya.render.fields import Told, field_lines, tell, told_fields
from papaya.render.heads import CHANGE, symbol_of
from papaya.render.layout import MARGIN, Line, field_indent, paragraph, visible, wrap
from papaya.render.words import counted, joined, names_within, runs, shown_name, stem

SIBLINGS = 10
_FEWEST = 2
# Of one field, the twelve changes that most entities share are told once; the others stay where they happen.
_MOST_OF_ONE_FIELD = 12
_MOST_LINES = 6
_MOST_STEMS = 8

Shape = tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Shared:
    """Fields that change in the same way on several entities."""

    changes: tuple[Change, ...]
    fields: tuple[FieldChange, ...]


@dataclass(slots=True)
class Folded:
    """Shared changes, and for each change of the plan the fields that are its own."""

    shared: tuple[Shared, ...] = ()
    own: dict[int, tuple[FieldChange, ...]] = field(default_factory=dict)

    def own_fields(self, change: Change) -> tuple[FieldChange, ...]:
        """Return the fields of a change that are told at its own place in the tree."""
        return self.own.get(id(change), ())

    def is_told(self, change: Change) -> bool:
        """Return whether nothing of a change is left to tell at its place in the tree."""
        return symbol_of(change) == CHANGE and not self.own_fields(change)


class _Keys:
    """Makes comparable keys of changed fields; long values are written out once for all that share them."""

    def __init__(self) -> None:
        self._texts: dict[int, str] = {}

    def of(self, one: FieldChange) -> tuple[object, ...]:
        return (one.field, one.key, one.part, *self._frozen(one.before), *self._frozen(one.after))

    def _frozen(self, value: Json) -> tuple[object, object]:
        if not isinstance(value, list | dict):
            # A word for the type tells `True` from `1`; a text that lost its type equals one that has not.
            return ("text" if isinstance(value, str) else type(value).__name__, value)
        text = self._texts.get(id(value))
        if text is None:
            text = self._texts[id(value)] = json.dumps(value, sort_keys=True)
        return ("json", text)


def fold(changes: Sequence[Change]) -> Folded:
    """Return what several updates of a plan have in common, and what remains of each."""
    keys = _Keys()
    members: dict[tuple[object, ...], list[int]] = defaultdict(list)
    examples: dict[tuple[object, ...], FieldChange] = {}
    folded = Folded()
    updates = [change for change in changes if change.action == "update" and not change.is_quiet]
    for position, change in enumerate(updates):
        for one in told_fields(change):
            if one.field not in CREDENTIAL_FIELDS:
                key = keys.of(one)
                examples.setdefault(key, one)
                members[key].append(position)
    _drop_the_rare(members)
    groups: dict[tuple[int, ...], list[FieldChange]] = defaultdict(list)
    for key, positions in members.items():
        groups[tuple(positions)].append(examples[key])
    for change in updates:
        folded.own[id(change)] = tuple(
            one
            for one in told_fields(change)
            if one.field in CREDENTIAL_FIELDS or keys.of(one) not in members
        )
    for change in changes:
        if change.action == "create":
            folded.own[id(change)] = told_fields(change)
    folded.shared = tuple(
        Shared(tuple(updates[position] for position in positions), tuple(groups[positions]))
        for positions in sorted(groups, key=lambda positions: (positions[0], -len(positions)))
    )
    return folded


def _drop_the_rare(members: dict[tuple[object, ...], list[int]]) -> None:
    by_field: dict[tuple[object, ...], list[tuple[object, ...]]] = defaultdict(list)
    for key, positions in list(members.items()):
        if len(positions) < _FEWEST:
            del members[key]
        else:
            by_field[key[:3]].append(key)
    for keys in by_field.values():
        for key in sorted(keys, key=lambda key: -len(members[key]))[_MOST_OF_ONE_FIELD:]:
            del members[key]


class Sets:
    """Finds the sensor set that a changed sensor belongs to."""

    def __init__(self, changes: Sequence[Change]) -> None:
        self._keys: dict[str, set[str]] = {}
        seen: set[tuple[tuple[str, ...], int]] = set()
        for change in changes:
            entity = change.desired
            sensors = entity.shared.get(SENSORS_KEY) if entity is not None else None
            if entity is None or not isinstance(sensors, list) or (entity.sensor_sets, id(sensors)) in seen:
                continue
            seen.add((entity.sensor_sets, id(sensors)))
            present = {str(sensor.get("key")) for sensor in sensors if isinstance(sensor, Mapping)}
            for name in entity.sensor_sets:
                # A set brings its sensors to every device: one that a device lacks is not of the set.
                self._keys[name] = self._keys.get(name, present) & present

    def name(self, shared: Shared) -> str:
        """Return the one set that all changed sensors come from, or nothing."""
        if not shared.fields or any(one.field != "sensors" or not one.key for one in shared.fields):
            return ""
        candidates: set[str] | None = None
        for change in shared.changes:
            sets = set(change.desired.sensor_sets) if change.desired is not None else set()
            candidates = sets if candidates is None else candidates & sets
        gone = {one.key for one in shared.fields if not one.part and one.after is None or one.key == "order"}
        present = {one.key for one in shared.fields} - gone
        left = [name for name in sorted(candidates or ()) if present <= self._keys.get(name, set())]
        return left[0] if len(left) == 1 else ""


def unfolded(changes: Sequence[Change]) -> Folded:
    """Return a plan's changes with nothing told together: each field stands at its own device."""
    return Folded(own={id(change): told_fields(change) for change in changes})


def shared_lines(folded: Folded, sets: Sets, width: int) -> tuple[list[Line], bool]:
    """Return a block for each change that several entities have in common, and whether names are left out.

    A field that changes to several values, each on several entities, is one block. A block says how many of
    its entities stand in a block above, so that counts can be added.
    """
    lines: list[Line] = []
    hides = False
    told_already: set[int] = set()
    for blocks in _of_one_field(folded.shared):
        changes = list({id(change): change for block in blocks for change in block.changes}.values())
        again = sum(id(change) in told_already for change in changes)
        told_already.update(map(id, changes))
        if lines:
            lines.append(Line(""))
        lines += paragraph(_title(blocks, changes, again, sets), width)
        in_order = sorted(changes, key=lambda change: natural(change.path[-1]))
        room = _MOST_LINES * (width - MARGIN) - 40
        names, left = names_within(map(shown_name, in_order), room)
        for position, piece in enumerate(wrap(names, width - MARGIN)):
            text = " " * MARGIN + piece if position else piece
            lines.append(Line(text, "" if position else CHANGE, piece))
        told = [
            one if len(blocks) == 1 else Told(one.label, f"{one.text} ×{len(block.changes):,}")
            for block in blocks
            for one in tell(block.changes[0], block.fields)
        ]
        lines += field_lines(field_indent(0), told, width, side_by_side=False)
        hides = hides or left > 0 or len(blocks) > 1
    return lines, hides


def _of_one_field(shared: Sequence[Shared]) -> list[list[Shared]]:
    """Return the blocks, those together that tell of the same field alone; the most frequent value first."""
    together: dict[object, list[Shared]] = {}
    for block in shared:
        fields = {(one.field, one.key, one.part) for one in block.fields}
        key: object = next(iter(fields)) if len(fields) == 1 and len(block.fields) == 1 else id(block)
        together.setdefault(key, []).append(block)
    return [sorted(blocks, key=lambda block: -len(block.changes)) for blocks in together.values()]


def _title(blocks: Sequence[Shared], changes: Sequence[Change], again: int, sets: Sets) -> str:
    roles = Counter(change.role for change in changes)
    named = sets.name(blocks[0]) if len(blocks) == 1 else ""
    about = joined([counted(roles[role], role) for role in ("country", "state", "device") if roles[role]])
    what = "The same change" if len(blocks) == 1 else "The same field changes"
    above = f", {again:,} of them listed above" if again else ""
    return f"{what} on {about}{f' (sensor set {visible(named)})' if named else ''}{above}:"


@dataclass(slots=True)
class Siblings:
    """Entities of one place that are told together: new ones, or such that change in the same fields."""

    symbol: str
    changes: list[Change]
    shape: Shape = ()
    moved_from: str | None = None


def siblings(changes: Sequence[Change], folded: Folded, *, full: bool = False) -> Iterator[Siblings | Change]:
    """Yield the devices of one place; ten and more that can be told together come as one."""
    if full or len(changes) < SIBLINGS:
        yield from changes
        return
    keys = _sibling_keys(changes, folded)
    sizes = Counter(keys)
    groups: dict[tuple[object, ...], Siblings] = {}
    for change, key in zip(changes, keys, strict=True):
        if sizes[key] < SIBLINGS:
            yield change
        elif key in groups:
            groups[key].changes.append(change)
        else:
            groups[key] = Siblings(symbol_of(change), [change], _shape(change, folded), change.moved_from)
    yield from groups.values()


def _sibling_keys(changes: Sequence[Change], folded: Folded) -> list[tuple[object, ...]]:
    """Return for each change what those that are told together have in common."""
    alike = [
        (symbol_of(change), _shape(change, folded), change.moved_from, change.renamed_from is not None)
        for change in changes
    ]
    stems = [stem(shown_name(change)) for change in changes]
    # A range from MTR-1 to PM-2 would hide that there are two kinds of names, unless there are all too many.
    sizes = Counter(zip(alike, stems, strict=True)).most_common(_MOST_STEMS)
    apart = {pair for pair, size in sizes if size >= SIBLINGS}
    return [(*key, name if (key, name) in apart else "") for key, name in zip(alike, stems, strict=True)]


def _shape(change: Change, folded: Folded) -> Shape:
    """Return which fields of its own an entity changes; new ones are told together whatever they have."""
    if change.action == "create":
        return ()
    return tuple(dict.fromkeys((one.field, one.key, one.part) for one in folded.own_fields(change)))


def siblings_title(group: Siblings) -> str:
    """Return `MTR-01601…MTR-02000`."""
    return f"{shown_name(group.changes[0])}…{shown_name(group.changes[-1])}"


def is_whole_range(group: Siblings) -> bool:
    """Return whether a group has every name from its first to its last."""
    return len(runs(map(shown_name, group.changes))) == 1


def count_of(group: Siblings) -> str:
    """Return `400 devices`, or `400 devices in this range` where others stand between them."""
    told = counted(len(group.changes), "device")
    return told if is_whole_range(group) else f"{told} in this range"
