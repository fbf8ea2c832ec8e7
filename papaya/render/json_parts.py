"""What every part of a plan's document is made of: values, changed fields, places in a manifest."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Final

from papaya.diagnostics import Mark
from papaya.engine.canonical import Untyped
from papaya.engine.plan import FieldChange
from papaya.manifest.model import Json

# The server tells administrators the provisioning secret with its profile.
PROVISION_SECRET: Final = "provisionDeviceSecret"  # noqa: S105 - the name of a member, not a secret


def field_json(one: FieldChange) -> Json:
    """Return one changed field."""
    told: dict[str, Json] = {"field": one.field}
    if one.key:
        told["key"] = one.key
    if one.part:
        told["part"] = one.part
    return {**told, "before": value_json(one.before), "after": value_json(one.after)}


def mark_json(mark: Mark) -> Json:
    """Return a place in a manifest."""
    return {"file": mark.file, "line": mark.line, "column": mark.column}


def values_json(values: Mapping[str, Json]) -> dict[str, Json]:
    """Return values in types that JSON has."""
    return {key: value_json(value) for key, value in values.items()}


def value_json(value: Json) -> Json:
    """Return the value in types that JSON has."""
    if isinstance(value, Untyped):
        return str(value)
    if isinstance(value, float) and not math.isfinite(value):
        return repr(value)
    if isinstance(value, dict):
        return values_json(value)
    if isinstance(value, list):
        return [value_json(member) for member in value]
    return value
