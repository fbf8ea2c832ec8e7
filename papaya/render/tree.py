"""The live tree of a fleet, for `papaya show`."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from papaya.counting import first_of
from papaya.engine.address import Role, natural
from papaya.kinds.registry import KINDS
from papaya.manifest.model import Json
from papaya.render.folding import SIBLINGS
from papaya.render.heads import owner_text
from papaya.render.layout import MARGIN, NARROWEST, Line, entry, pad, paragraph, printed, visible
from papaya.render.words import counted, moment, number

TREE_FORMAT = "1"
_MOST_NAMES = 24
_GAP = "  "


@dataclass(frozen=True, slots=True)
class Shown:
    """One entity of a live tree; `path` holds the server's names from the Country down to it.

    `applied_as` is the name that papaya applied, where somebody renamed the entity on the server since.
    """

    path: tuple[str, ...]
    role: Role
    name: str
    profile: str | None = None
    label: str | None = None
    online: bool | None = None
    last_active: int | None = None
    serial: str | None = None
    owner: str | None = None
    applied_as: str | None = None


@dataclass(frozen=True, slots=True)
class ShownObject:
    """One object beside the tree: the key of its kind, its live name, and the name that papaya applied."""

    kind: str
    name: str
    owner: str | None = None
    applied_as: str | None = None
    protect: bool = False


@dataclass(slots=True)
class _Place:
    own: Shown | None = None
    places: dict[str, _Place] = field(default_factory=dict)
    devices: list[Shown] = field(default_factory=list)

    def everything(self) -> Iterator[Shown]:
        yield from self.devices
        for place in self.places.values():
            yield from place.everything()


def fleet_tree(
    shown: Iterable[Shown],
    *,
    fleet: str,
    server: str,
    width: int = 80,
    color: bool = False,
    full: bool = False,
    objects: Sequence[ShownObject] = (),
) -> str:
    """Return the tree with one line for each entity; ten devices of one place and more come as one line.

    `server` is how the server is called in the heading. Owners are named where they are not the fleet itself.
    """
    width = max(width, NARROWEST)
    entities = list(shown)
    lines = [*paragraph(f"{visible(fleet)} on {visible(server)}", width), Line("")]
    if objects:
        lines += [*_object_lines(objects, fleet, width), Line("")]
    if not entities and objects:
        return printed(lines[:-1], color=color)
    if not entities:
        lines += paragraph("It manages nothing on this server yet: papaya apply creates it.", width)
        return printed(lines, color=color)
    root = _grown(entities)
    lines += _place_lines(root, 0, fleet, width, full)
    lines += [Line(""), *_sums(entities, width)]
    folds = not full and any(len(place.devices) >= SIBLINGS for place in _places(root))
    if folds:
        lines += [Line("Every device: --full")]
    return printed(lines, color=color)


def tree_json(
    shown: Iterable[Shown],
    *,
    fleet: str,
    server: str,
    objects: Sequence[ShownObject] = (),
    in_order: bool = False,
) -> dict[str, Json]:
    """Return the tree as a document of a fixed form: one row for each entity, in the order of the tree.

    Entities that stand `in_order` already keep it.
    """
    entities = (
        list(shown) if in_order else sorted(shown, key=lambda one: [natural(name) for name in one.path])
    )
    return {
        "formatVersion": TREE_FORMAT,
        "fleet": fleet,
        "server": server,
        "entities": [
            {
                "path": list(one.path),
                "role": one.role,
                "name": one.name,
                "profile": one.profile,
                "label": one.label,
                "serial": one.serial,
                "owner": one.owner,
                **({"appliedAs": one.applied_as} if one.applied_as is not None else {}),
                "online": one.online,
                "lastActive": moment(one.last_active) if one.last_active else None,
            }
            for one in entities
        ],
        "totals": {
            **{role: sum(one.role == role for one in entities) for role in ("country", "state", "device")},
            "online": sum(one.online is True for one in entities),
        },
        **({"objects": [_object_json(one) for one in _in_order(objects)]} if objects else {}),
    }


def _object_json(one: ShownObject) -> Json:
    return {
        "kind": one.kind,
        "name": one.name,
        "owner": one.owner,
        "protect": one.protect,
        **({"appliedAs": one.applied_as} if one.applied_as is not None else {}),
    }


def _in_order(objects: Sequence[ShownObject]) -> list[ShownObject]:
    """Return objects by kind and name: a server lists those that one run made in any order."""
    order = list(KINDS)
    return sorted(objects, key=lambda one: (order.index(one.kind), natural(one.name)))


def _object_lines(objects: Sequence[ShownObject], fleet: str, width: int) -> Iterator[Line]:
    for one in _in_order(objects):
        told = KINDS[one.kind].word + ("; protected" if one.protect else "")
        if one.owner is None:
            told += "; of no fleet"
        elif one.owner != fleet:
            told += f"; {owner_text(one.owner, 'of')}"
        elif one.applied_as is not None:
            told += f"; renamed on the server, was {visible(one.applied_as)}"
        yield from entry("", 0, visible(one.name), told, width)


def _grown(entities: Iterable[Shown]) -> _Place:
    root = _Place()
    for one in entities:
        place = root
        for name in one.path[:-1] if one.role == "device" else one.path:
            place = place.places.setdefault(name, _Place())
        if one.role == "device":
            place.devices.append(one)
        else:
            place.own = one
    return root


def _places(place: _Place) -> Iterator[_Place]:
    yield place
    for below in place.places.values():
        yield from _places(below)


def _place_lines(place: _Place, depth: int, fleet: str, width: int, full: bool) -> Iterator[Line]:
    for name in sorted(place.places, key=natural):
        below = place.places[name]
        yield from entry("", depth, visible(name), _place_text(below, fleet), width)
        yield from _place_lines(below, depth + 1, fleet, width, full)
    devices = sorted(place.devices, key=lambda one: natural(one.name))
    if not full and len(devices) >= SIBLINGS:
        yield from _together(devices, depth, fleet, width)
        return
    for one in devices:
        yield from entry("", depth, visible(one.name), _device_text(one, fleet), width)


def _place_text(place: _Place, fleet: str) -> str:
    told: list[str] = [place.own.role if place.own is not None else "place"]
    if place.own is not None and place.own.label:
        told.append(f'"{visible(place.own.label)}"')
    devices = list(place.everything())
    if devices:
        told.append(counted(len(devices), "device") + _online(devices))
    return ", ".join(told) + _owner(place.own, fleet)


def _online(devices: Sequence[Shown]) -> str:
    if all(one.online is None for one in devices):
        return ""
    return f", {number(sum(one.online is True for one in devices))} online"


def _owner(one: Shown | None, fleet: str) -> str:
    if one is None:
        return ""
    if one.owner == fleet:
        return f"; renamed on the server, was {visible(one.applied_as)}" if one.applied_as else ""
    return f"; {owner_text(one.owner, 'of')}" if one.owner is not None else "; of no fleet"


def _device_text(one: Shown, fleet: str) -> str:
    state = "unknown" if one.online is None else "online" if one.online else "offline"
    told = [pad(state, len("offline"))]
    if one.profile:
        told.append(visible(one.profile))
    if one.serial:
        told.append(visible(one.serial))
    if one.label:
        told.append(f'"{visible(one.label)}"')
    if one.online is False and one.last_active:
        told.append(f"last active {moment(one.last_active)}")
    return _GAP.join(told) + _owner(one, fleet)


def _together(devices: Sequence[Shown], depth: int, fleet: str, width: int) -> Iterator[Line]:
    """Yield a range of devices, and by name those that are not online, if they are few."""
    title = f"{visible(devices[0].name)}…{visible(devices[-1].name)}"
    profiles = Counter(one.profile for one in devices if one.profile)
    models = ", ".join(f"{visible(name)} {number(count)}" for name, count in sorted(profiles.items()))
    said = counted(len(devices), "device") + _online(devices) + (f": {models}" if models else "")
    yield from entry("", depth, title, said, width)
    away = [one for one in devices if one.online is False]
    indent = " " * (MARGIN + 2 * (depth + 1))
    if 0 < len(away) <= _MOST_NAMES:
        names = ", ".join(visible(one.name) for one in away)
        yield from paragraph(f"offline: {names}", width, first=indent, rest=indent + _GAP)
    renamed = [f"{visible(one.name)} (was {visible(one.applied_as)})" for one in devices if one.applied_as]
    if renamed:
        text = f"renamed on the server: {first_of(renamed)}"
        yield from paragraph(text, width, first=indent, rest=indent + _GAP)
    strangers = [one for one in devices if one.owner != fleet]
    if strangers:
        some = first_of([visible(one.name) for one in strangers])
        text = f"of another fleet or none: {number(len(strangers))} ({some})"
        yield from paragraph(text, width, first=indent, rest=indent + _GAP)


def _sums(entities: Sequence[Shown], width: int) -> Iterator[Line]:
    roles = Counter(one.role for one in entities)
    told = ", ".join(counted(roles[role], role) for role in ("country", "state", "device") if roles[role])
    devices = [one for one in entities if one.role == "device"]
    yield from paragraph(told + (_online(devices) if devices else "") + ".", width)
