"""Walks what is written, layer by layer, so that each fault is told once and where it stands."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

from papaya.manifest.fields import FieldRules
from papaya.manifest.names import object_to_name
from papaya.manifest.report import Report
from papaya.manifest.scalars import is_number_elsewhere
from papaya.manifest.tree import List, Map, Path, Value, show_path, written_at

_LEVELS = ("country", "state")
# Below these any JSON value may stand, and `22:30` is the text that YAML 1.2 says it is.
_ATTRIBUTES = frozenset({"attributes", "sharedAttributes"})
_ANY_VALUE = _ATTRIBUTES | {"source"}


def check_written(document: Map, countries: Sequence[tuple[Map, Path]], rules: FieldRules) -> None:
    """Check every layer of a manifest that is written in YAML."""
    _check_fleet(document, rules)
    for layer, path in _device_layers(document, countries):
        rules.check_device(layer, path)
    for layer, path in _place_layers(document, countries):
        rules.check_place(layer, path)


def refuse_ambiguous(document: Value, report: Report) -> None:
    """Refuse plain scalars in text fields that are text here and numbers for readers of YAML 1.1."""
    pending: list[tuple[Value, Path]] = [(document, ())]
    while pending:
        value, path = pending.pop()
        if not isinstance(value, Map | List):
            continue
        for key, item in value.items() if isinstance(value, Map) else enumerate(value):
            if isinstance(item, Map | List):
                if key not in _ANY_VALUE:
                    pending.append((item, (*path, key)))
                continue
            written = written_at(value, key) if isinstance(item, str) else None
            if written is not None and is_number_elsewhere(written):
                report.add(
                    value.place_of(key),
                    f"{written} is a number to other readers of YAML",
                    f'quote it: "{written}"',
                    path=(*path, key),
                )


def refuse_endless(document: Value, report: Report) -> None:
    """Refuse numbers that are infinite or none, except in attributes, which have a check of their own."""
    pending: list[tuple[Value, Path]] = [(document, ())]
    while pending:
        value, path = pending.pop()
        for key, item in _entries(value):
            if isinstance(item, Map | List):
                if key not in _ATTRIBUTES:
                    pending.append((item, (*path, key)))
            elif isinstance(item, float) and not math.isfinite(item):
                written = written_at(value, key) or str(item)
                report.add(
                    value.place_of(key),
                    f"{key if isinstance(key, str) else show_path((*path, key))} must be a finite number, "
                    f"not {written}",
                    f'write a plain number; if text is meant, quote it: "{written}"',
                    path=(*path, key),
                )
                value[key] = 0
                told = report.diagnostics[-1]
                if told.mark.column:
                    report.unread[told.mark] = told


def _entries(value: Value) -> list[tuple[str | int, Value]]:
    if isinstance(value, Map):
        return list(value.items())
    return list(enumerate(value)) if isinstance(value, List) else []


def _check_fleet(document: Map, rules: FieldRules) -> None:
    profiles = document.get("profiles") or Map(document.source)
    for field in ("country", "state", "device"):
        _check_name(profiles, field, ("profiles",), rules.report)
    devices = profiles.get("devices") or Map(document.source)
    for name in devices:
        _check_key(devices, name, rules.report)
        _check_provisioning(devices[name], ("profiles", "devices", name), rules.report)
    assets = profiles.get("assets") or Map(document.source)
    for name in assets:
        _check_key(assets, name, rules.report)
    renamed = document.get("renamed") or Map(document.source)
    for old in renamed:
        _check_name(renamed, old, ("renamed",), rules.report)
    tunnel = document.get("tunnel")
    if tunnel and not tunnel.get("host"):
        rules.report.unsure.add("tunnel")
        rules.report.add(
            document.place_of("tunnel", of_key=True),
            "the tunnel has no host",
            "write `host: bastion.example.com`",
            path="tunnel",
        )


def _check_key(owner: Map, name: str, report: Report) -> None:
    for objection in object_to_name(name):
        place = owner.place_of(name, of_key=True)
        report.add(place, f"the name {objection.summary}", objection.remedy, severity=objection.severity)


def _check_provisioning(profile: Map | None, path: Path, report: Report) -> None:
    written = profile.get("provisioning") if profile is not None else None
    if not isinstance(written, Map):
        return
    for field, example in (
        ("strategy", "checkPreProvisioned"),
        ("key", "my-fleet-mk2"),
        ("secret", "{env: PROVISION_SECRET}"),
    ):
        if written.get(field) is None:
            summary, remedy = f'provisioning has no "{field}"', f"write `{field}: {example}`"
            report.add(written.place(), summary, remedy, path=(*path, "provisioning"))


def _check_name(owner: Map, field: str, path: Path, report: Report) -> None:
    name = owner.get(field)
    if name is None:
        return
    for objection in object_to_name(name):
        report.add(
            owner.place_of(field),
            f"{field} {objection.summary}",
            objection.remedy,
            path=(*path, field),
            severity=objection.severity,
        )


def _device_layers(document: Map, countries: Sequence[tuple[Map, Path]]) -> Iterator[tuple[Map, Path]]:
    yield from _defaults(document, ("device",), ())
    for name, model in (document.get("models") or {}).items():
        if model is not None:
            yield model, ("models", name)
    for country, path in countries:
        yield from _defaults(country, ("device",), path)
        for index, state in enumerate(country.get("states") or ()):
            here = (*path, "states", index)
            yield from _defaults(state, ("device",), here)
            for position, device in enumerate(state.get("devices") or ()):
                yield device, (*here, "devices", position)


def _place_layers(document: Map, countries: Sequence[tuple[Map, Path]]) -> Iterator[tuple[Map, Path]]:
    yield from _defaults(document, _LEVELS, ())
    for country, path in countries:
        yield country, path
        yield from _defaults(country, _LEVELS, path)
        for index, state in enumerate(country.get("states") or ()):
            yield state, (*path, "states", index)


def _defaults(owner: Map, kinds: Sequence[str], path: Path) -> Iterator[tuple[Map, Path]]:
    defaults = owner.get("defaults") or {}
    for kind in kinds:
        layer = defaults.get(kind)
        if layer is not None:
            yield layer, (*path, "defaults", kind)
