"""The tree of a plan: every change at its place, with the unchanged places above it for context."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from papaya.engine.address import natural
from papaya.engine.plan import Change, ProfileChange
from papaya.manifest.model import SecretReference
from papaya.render.fields import field_lines, tell, token_text
from papaya.render.folding import Folded, Siblings, count_of, is_whole_range, siblings, siblings_title
from papaya.render.heads import ADD, ADOPT, MOVE, description, is_unfinished, symbol_of
from papaya.render.layout import Line, entry, field_indent, paragraph, value_lines, visible
from papaya.render.models import model_counts
from papaya.render.words import counted, names_within, number, shown_name, value_text

_LINES_OF_NAMES = 4
_NAMED_AT_MOST = 200


@dataclass(slots=True)
class Outline:
    """Lines of the tree, the new devices that were told together, and whether any device is not listed."""

    lines: list[Line] = field(default_factory=list)
    newcomers: list[Change] = field(default_factory=list)
    hides: bool = False


@dataclass(slots=True)
class _Place:
    change: Change | None = None
    places: dict[str, _Place] = field(default_factory=dict)
    devices: list[Change] = field(default_factory=list)


def profile_lines(profiles: Sequence[ProfileChange], width: int) -> Iterator[Line]:
    """Yield the profiles that are created because the manifest names them."""
    for change in profiles:
        address = change.desired.address
        kind = "device profile" if address.kind == "deviceProfile" else "asset profile"
        yield from entry(ADD, 0, visible(address.name), kind, width)


def outline(changes: Sequence[Change], folded: Folded, width: int, *, full: bool = False) -> Outline:
    """Return the tree of all changes but those that take something off the server or out of papaya's care."""
    root = _Place()
    shown = [
        change
        for change in changes
        if change.action in ("create", "update") and not change.is_quiet and not folded.is_told(change)
    ]
    for change in shown:
        place = root
        for name in change.path[:-1] if change.role == "device" else change.path:
            place = place.places.setdefault(name, _Place())
        if change.role == "device":
            place.devices.append(change)
        else:
            place.change = change
    several = {
        change.desired.profile for change in changes if change.role == "device" and change.desired is not None
    }
    result = Outline()
    _Writer(result, folded, width, full, len(several) > 1).places(root, 0)
    return result


@dataclass(slots=True)
class _Writer:
    result: Outline
    folded: Folded
    width: int
    full: bool
    tells_profiles: bool

    def places(self, place: _Place, depth: int) -> None:
        for name in sorted(place.places, key=natural):
            below = place.places[name]
            if below.change is None:
                self.result.lines += entry("", depth, visible(name), "", self.width)
            else:
                self._one(below.change, depth)
            self.places(below, depth + 1)
        devices = sorted(place.devices, key=lambda change: natural(change.path[-1]))
        told = siblings(devices, self.folded, full=self.full)
        for one in sorted(told, key=_first_path):
            if isinstance(one, Siblings):
                self._several(one, depth)
            else:
                self._one(one, depth)

    def _one(self, change: Change, depth: int) -> None:
        lines, width, indent = self.result.lines, self.width, field_indent(depth)
        lines += entry(symbol_of(change), depth, shown_name(change), description(change), width)
        is_new = change.action == "create"
        if is_new and self.tells_profiles and change.role == "device" and change.desired is not None:
            lines += value_lines(indent, "profile", value_text(change.desired.profile), width)
        told = list(tell(change, self.folded.own_fields(change), full=self.full))
        lines += field_lines(indent, told, width, side_by_side=is_new)
        if is_new and change.role == "device" and change.desired and change.desired.credentials is None:
            lines += value_lines(indent, "accessToken", token_text(change), width)
        if change.writes.credentials == "replace":
            text = f"! cut off until the device is given the new {_given([change])}"
            lines += paragraph(text, width, first=" " * indent, rest=" " * (indent + 2))

    def _several(self, group: Siblings, depth: int) -> None:
        result, width, indent = self.result, self.width, field_indent(depth)
        result.hides = True
        said = count_of(group)
        if group.symbol == ADD:
            models = model_counts(group.changes)
            said += f": {models}" if models else ""
            result.newcomers += group.changes
        elif group.symbol == MOVE:
            said += f" {_origins(group)}"
        elif group.symbol == ADOPT:
            protected = sum(bool(one.desired and one.desired.protect) for one in group.changes)
            said += f"; {number(protected)} protected" if protected else ""
        unfinished = sum(map(is_unfinished, group.changes))
        said += f"; {number(unfinished)} left unfinished by an earlier run" if unfinished else ""
        result.lines += entry(group.symbol, depth, siblings_title(group), said, width)
        if group.symbol == ADD:
            return
        first = group.changes[0]
        if len(group.changes) <= _NAMED_AT_MOST and not is_whole_range(group):
            names, _ = names_within(map(shown_name, group.changes), 2 * (width - indent) - 20)
            result.lines += paragraph(names, width, first=" " * indent, rest=" " * indent)
        for told in tell(first, self.folded.own_fields(first)):
            lines = list(field_lines(indent, [told], width, side_by_side=False))
            result.lines += lines
        if group.shape:
            text = f"differs; values shown are those of {shown_name(first)}"
            result.lines += value_lines(indent, "per device", text, width)
        cut_off = [one for one in group.changes if one.writes.credentials == "replace"]
        if cut_off:
            # Who loses the connection is said by name, not by a range that may have gaps.
            names, _ = names_within(map(shown_name, cut_off), _LINES_OF_NAMES * (width - indent))
            text = (
                f"! {counted(len(cut_off), 'device')} cut off until given the new {_given(cut_off)}: {names}"
            )
            result.lines += paragraph(text, width, first=" " * indent, rest=" " * (indent + 2))


def _first_path(one: Siblings | Change) -> tuple[tuple[int, int, str], ...]:
    change = one.changes[0] if isinstance(one, Siblings) else one
    return natural(change.path[-1])


def _origins(group: Siblings) -> str:
    first, last = group.changes[0], group.changes[-1]
    places = visible(group.moved_from) if group.moved_from is not None else ""
    names = ""
    if first.renamed_from is not None and last.renamed_from is not None:
        names = f"{visible(first.renamed_from)}…{visible(last.renamed_from)}"
    return f"from {'/'.join(part for part in (places, names) if part)}; id, token and history stay"


def _given(changes: Sequence[Change]) -> str:
    """Return what devices are given: a token each, or credentials of some kind."""
    tokens = all(isinstance(one.desired and one.desired.credentials, SecretReference) for one in changes)
    return "token" if tokens else "credentials"
