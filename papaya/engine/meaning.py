"""What a person means by a name: a bare name as its path or address, or a question back."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from papaya.engine.address import Address, path_text
from papaya.engine.naming import Known, Name
from papaya.engine.scope import RunScope, is_bare, matches
from papaya.errors import PapayaError
from papaya.manifest.characters import composed
from papaya.manifest.model import Device, Fleet
from papaya.remedies import nearest

_WILD: Final = re.compile(r"(?<!\\)(?:\\\\)*[*?]")
_FORMS: Final = (
    "Paths look like INDIA/Karnataka/PM-0001, addresses like device/PM-0001; * and ? match within a name. "
    "A /, * or ? that belongs to a name has a backslash before it."
)


def in_full(scope: RunScope, entities: Iterable[Known]) -> RunScope:
    """Return the scope with every bare name replaced by the path or address of the entity that it names.

    `/BERLIN` is the country alone. Raises `PapayaError` for a pattern that matches nothing, and for a bare
    name that matches several entities.
    """
    if not scope:
        return scope
    entities = tuple(entities)
    return RunScope(
        tuple(_in_full(pattern, entities) for pattern in scope.targets),
        tuple(_in_full(pattern, entities) for pattern in scope.excludes),
        scope.only,
    )


def device_named(fleet: Fleet, text: str) -> Device | None:
    """Return the device of a fleet that a name, a path or an address names."""
    found = fleet.device(text) or next(
        (device for device in fleet.devices() if composed(device.name) == composed(text)), None
    )
    if found is not None:
        return found
    if is_bare(_trimmed(text)):
        alike = devices_like(fleet, text)
        return alike[0] if len(alike) == 1 else None
    pattern = _trimmed(text).removeprefix("/")
    named = [
        device
        for country, state in fleet.states()
        for device in state.devices
        if matches(pattern, (country.name, state.name, device.name), Address("device", device.name))
        # A place is no device, even where it has only one.
        and not matches(pattern, (country.name, state.name), Address("asset", state.asset_name))
    ]
    return named[0] if len(named) == 1 else None


def devices_like(fleet: Fleet, pattern: str) -> list[Device]:
    """Return the devices of a fleet whose names a bare pattern such as `PM-0*` matches; a name is none."""
    if not is_pattern(pattern) or not is_bare(pattern):
        return []
    return [
        device
        for device in fleet.devices()
        if matches(pattern, (device.name,), Address("device", device.name))
    ]


def is_pattern(text: str) -> bool:
    """Return whether a text has a `*` or `?` that stands for other characters."""
    return _WILD.search(text) is not None


def _in_full(pattern: str, entities: Sequence[Known]) -> str:
    trimmed = composed(_trimmed(pattern))
    if trimmed.startswith("/") or not is_bare(trimmed):
        path = trimmed.removeprefix("/")
        if any(matches(path, *name) for known in entities for name in known.names):
            return path
    elif found := [name for known in entities for name in known.names if _is_called(trimmed, name)]:
        forms = _forms_of_glob(trimmed, found) if is_pattern(trimmed) else _forms(trimmed, entities)
        if any(_last(name) != trimmed for name in found):
            # Somebody may mean the one that is called `A?`, and not every A with one more character.
            forms = [*dict.fromkeys(_written(name) for name in found if _last(name) == trimmed), *forms]
        if len(forms) == 1:
            return forms[0].removeprefix("/")
        raise PapayaError(
            f"{pattern} is ambiguous: it can mean {' or '.join(forms)}",
            remedy="Write one of them. A place includes everything in it.",
        )
    hint = _hint(trimmed, entities)
    raise PapayaError(
        f"no device or place matches {pattern or 'an empty name'}"
        + (f"; did you mean {hint}?" if hint else ""),
        remedy=_FORMS,
    )


def _last(name: Name) -> str:
    """Return an entity's own name; what stands beside the tree has no path."""
    path, address = name
    return path[-1] if path else address.name


def _trimmed(pattern: str) -> str:
    """Return a pattern without the slash that a shell's completion leaves at its end."""
    return pattern[:-1] if pattern.endswith("/") and not pattern.endswith("\\/") else pattern


def _is_called(pattern: str, name: Name) -> bool:
    path, address = name
    return matches(pattern, path[-1:], address) or matches(pattern, (address.name,), address)


def _forms(bare: str, entities: Iterable[Known]) -> list[str]:
    """Return how to write each entity that a bare name names."""
    forms: dict[str, None] = {}
    for known in entities:
        called = next((name for name in known.names if _is_called(bare, name)), None)
        if called is not None:
            forms[_written(called)] = None
    return list(forms)


def _written(name: Name) -> str:
    path, address = name
    if address.kind == "device" or not path:
        return f"{address.kind}/{path_text((address.name,))}"
    return path_text(path) if len(path) > 1 else f"/{path_text(path)}"


def _forms_of_glob(glob: str, found: Sequence[Name]) -> list[str]:
    """Return the widest pattern if it covers all that a bare glob matches, else one for each kind."""
    forms = []
    kinds = dict.fromkeys(address.kind for path, address in found if not path)
    if any(address.kind != "device" and len(path) == 1 for path, address in found):
        forms.append(f"/{glob}")
    if any(address.kind != "device" and len(path) > 1 for path, address in found):
        forms.append(f"*/{glob}")
    if any(address.kind == "device" for _, address in found):
        forms.append(f"device/{glob}")
    forms += [f"{kind}/{glob}" for kind in kinds]
    widest = forms[0].removeprefix("/")
    return forms[:1] if all(matches(widest, *name) for name in found) else forms


def _hint(pattern: str, entities: Sequence[Known]) -> str:
    """Return the pattern that a mistyped one was most likely meant to be, or nothing."""
    forms: dict[str, str] = {}
    for name in _names(entities):
        forms.setdefault(_last(name), _written(name))
    if pattern in forms:
        # A / or * that belongs to the name was not escaped.
        return forms[pattern]
    last = re.split(r"(?<!\\)/", pattern)[-1]
    if last in forms:
        # The name is right, so the place is not.
        return forms[last]
    near = nearest(last, forms)
    return forms[near] if near else ""


def _names(entities: Iterable[Known]) -> Iterator[Name]:
    """Yield the names by which entities are best known: devices before places."""
    firsts = [known.names[0] for known in entities if known.names]
    yield from (name for name in firsts if name[1].kind == "device")
    yield from (name for name in firsts if name[1].kind != "device")
