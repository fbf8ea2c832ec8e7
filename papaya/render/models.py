"""Many new devices in few lines: what those of one model have in common, and what each has for itself."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence

from papaya.engine.address import natural
from papaya.engine.canonical import canonical
from papaya.engine.credentials import CREDENTIAL_FIELDS
from papaya.engine.plan import Change, FieldChange
from papaya.render.fields import location_text, sensors_text, token_text
from papaya.render.layout import VALUES, Line, cells, field_indent, pad, value_lines, visible, wrap
from papaya.render.words import counted, number, value_text

_MOST_VALUES = 3
_WITHOUT = "without model"
_ORDER = (
    "label",
    "description",
    "customer",
    "firmware",
    "software",
    "gateway",
    "serial",
    "location",
    "tunnel",
    "attributes",
    "sharedAttributes",
    "sensors",
    "accessToken",
    "x509",
    "mqttBasic",
)


def model_counts(changes: Sequence[Change]) -> str:
    """Return `mk1 272, mk2 128`, or nothing where no device names a model."""
    models = Counter(_model(change) for change in changes)
    if set(models) == {None}:
        return ""
    return ", ".join(f"{_title(model)} {number(models[model])}" for model in sorted(models, key=_model_order))


def model_blocks(changes: Sequence[Change], width: int) -> list[Line]:
    """Return one block for each model among new devices that were told together."""
    by_model: dict[str | None, list[Change]] = defaultdict(list)
    for change in changes:
        by_model[_model(change)].append(change)
    lines: list[Line] = []
    for model in sorted(by_model, key=_model_order):
        lines += _block(by_model[model], model, len(by_model) == 1, width)
    return lines


def _model(change: Change) -> str | None:
    return change.desired.model if change.desired is not None else None


def _model_order(model: str | None) -> tuple[bool, object]:
    return (model is None, natural(model or ""))


def _title(model: str | None) -> str:
    return visible(model) if model is not None else _WITHOUT


def _block(changes: Sequence[Change], model: str | None, alone: bool, width: int) -> Iterator[Line]:
    size = len(changes)
    title = f"{_title(model)}, {counted(size, 'device')}"
    if model is None and alone:
        title = counted(size, "new device")
    profiles = Counter(change.desired.profile for change in changes if change.desired is not None)
    told = "profile " + ", ".join(
        value_text(profile) + _times(count, size) for profile, count in _by_count(profiles)
    )
    if cells(title) > VALUES - 2:
        yield from (Line(piece) for piece in wrap(title, width))
        title = ""
    for position, piece in enumerate(wrap(told, width - VALUES)):
        yield Line(pad("" if position else title, VALUES) + piece)
    values, own = _values(changes)
    indent = field_indent(0)
    for label in _ORDER:
        if label in values:
            yield from value_lines(indent, label, "; ".join(values[label]), width)
    protected = sum(change.desired.protect for change in changes if change.desired is not None)
    if protected:
        yield from value_lines(indent, "protect", "true" + _times(protected, size), width)
    if own:
        yield from value_lines(indent, "per device", ", ".join(own), width)


def _values(changes: Sequence[Change]) -> tuple[dict[str, list[str]], list[str]]:
    """Return the common values under their labels, and the names of what is different on each device."""
    size = len(changes)
    texts: dict[tuple[str, str], Counter[str]] = {}
    told: dict[tuple[str, str], dict[str, str]] = {}
    lists: dict[int, str] = {}
    found_by_itself = 0
    for change in changes:
        if change.desired is not None and change.desired.finds_itself:
            found_by_itself += 1
        for one in change.fields:
            if one.field in ("profile", "protect"):
                continue
            place = (one.field, one.key or one.part)
            counts = texts.setdefault(place, Counter())
            # Once the values are known to be many, they are not looked at any more.
            if len(counts) > _MOST_VALUES:
                continue
            text = _canonical(change, one, lists)
            counts[text] += 1
            told.setdefault(place, {}).setdefault(text, _text(change, one))
    values: dict[str, list[str]] = defaultdict(list)
    own: list[str] = []
    for place in sorted(texts, key=lambda place: _rank(place[0])):
        (label, key), counts = place, texts[place]
        if len(counts) > _MOST_VALUES:
            own.append(visible(key) if key and label != "tunnel" else label)
            continue
        several = ", ".join(told[place][text] + _times(count, size) for text, count in _by_count(counts))
        values[label].append(f"{visible(key)} {several}" if key else several)
    if found_by_itself:
        values["location"].append("set when it is provisioned" + _times(found_by_itself, size))
    return dict(values), own


def _rank(label: str) -> int:
    return _ORDER.index(label) if label in _ORDER else len(_ORDER)


def _canonical(change: Change, one: FieldChange, lists: dict[int, str]) -> str:
    if one.field in CREDENTIAL_FIELDS:
        return token_text(change)
    if isinstance(one.after, list | dict):
        # Devices of one model share the same long list of sensors, which is written out once.
        text = lists.get(id(one.after))
        if text is None:
            text = lists[id(one.after)] = canonical(one.after)
        return text
    return f"{type(one.after).__name__}:{canonical(one.after)}"


def _text(change: Change, one: FieldChange) -> str:
    if one.field in CREDENTIAL_FIELDS:
        return token_text(change)
    if one.field == "sensors":
        return sensors_text(one.after, change.desired)
    if one.field == "location":
        return location_text(one.after)
    return value_text(one.after)


def _by_count(counts: Counter[str] | Counter[str | None]) -> list[tuple[str, int]]:
    return sorted(
        ((str(text), count) for text, count in counts.items()), key=lambda item: (-item[1], item[0])
    )


def _times(count: int, size: int) -> str:
    return "" if count == size else f" ×{number(count)}"
