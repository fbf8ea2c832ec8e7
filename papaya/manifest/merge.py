"""How one mapping is laid over another: environments by RFC 7396, layers of defaults likewise."""

from __future__ import annotations

from collections.abc import Mapping
from copy import copy
from typing import Any, TypeVar

from papaya.manifest.tree import Map, Value

M = TypeVar("M", bound=dict[str, Any])

_REFERENCE_FIELDS = frozenset({"accessToken", "apiKey", "password", "secret"})


def overlay(base: Map, over: Map) -> Map:
    """Return a document with an environment merged over it; what the environment says keeps its marks.

    One thing differs from RFC 7396: a secret reference is one value, so that `file` replaces `env`.
    """
    merged = Map(over.source, over.node, under=base)
    merged.update(base)
    for key, value in over.items():
        below = base.get(key)
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, Map) and isinstance(below, Map) and key not in _REFERENCE_FIELDS:
            merged[key] = overlay(_less_other_kinds(key, below, value), value)
        else:
            merged[key] = value
    return merged


def layered(base: Mapping[str, Value], over: Mapping[str, Value]) -> dict[str, Any]:
    """Return the fields of a layer with those of a nearer one over them.

    Maps merge, lists replace, null drops an inherited key and is itself not kept. Neither argument changes,
    and what only one of them has is shared, not copied. A secret reference is one value here, too.
    """
    merged = dict(base)
    for key, value in over.items():
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, dict) and key not in _REFERENCE_FIELDS:
            below = merged.get(key)
            if isinstance(below, dict):
                merged[key] = layered(_less_other_kinds(key, below, value), value)
            else:
                merged[key] = value if not _holds_null(value) else layered({}, value)
        else:
            merged[key] = value
    return merged


def _less_other_kinds(key: str, below: M, over: Mapping[str, Value]) -> M:
    """Return inherited credentials without the kinds that a nearer layer replaces by another one."""
    if key != "credentials":
        return below
    named = {kind for kind, value in over.items() if value is not None}
    if not named or not below.keys() - named:
        return below
    rest = copy(below)
    for kind in below.keys() - named:
        del rest[kind]
    return rest


def _holds_null(value: Mapping[str, Value]) -> bool:
    return any(item is None or (isinstance(item, dict) and _holds_null(item)) for item in value.values())
