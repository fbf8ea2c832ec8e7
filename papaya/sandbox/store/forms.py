"""Reading JSON as the server's parser does: enumerations, kinds of objects, truth values, members."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from papaya.sandbox.refusal import broken

DATA = "org.thingsboard.server.common.data"


def enum_member(value: object, known: Collection[str], name: str) -> str:
    """Return a member of an enumeration, or refuse in the words of the server's parser."""
    if isinstance(value, str) and value in known:
        return value
    target = name if name.startswith("java.") else f"{DATA}.{name}"
    raise broken(
        f'JSON parse error: Cannot deserialize value of type `{target}` from String "{value}": not one of '
        f"the values accepted for Enum class: [{', '.join(known)}]"
    )


def kind_of_object(given: object, known: Collection[str], name: str, member: str) -> str:
    """Return the member `type` of an object that may be of several kinds, or refuse it."""
    kind = given.get("type") if isinstance(given, dict) else None
    if isinstance(kind, str) and kind in known:
        return kind
    where = f"(for POJO property '{member}')"
    if kind is None:
        raise broken(
            f"JSON parse error: Could not resolve subtype of [simple type, class {DATA}.{name}]: missing "
            f"type id property 'type' {where}"
        )
    raise broken(
        f"JSON parse error: Could not resolve type id '{kind}' as a subtype of `{DATA}.{name}`: known type "
        f"ids = [{', '.join(sorted(known))}] {where}"
    )


def flag(value: object) -> bool:
    """Return a truth value; text that says so is true as well."""
    return value is True or (isinstance(value, str) and value.lower() == "true")


def texts(value: object) -> list[Any] | None:
    """Return a list, which may be missing; refuse other values."""
    if value is None or isinstance(value, list):
        return value
    raise broken(
        "JSON parse error: Cannot construct instance of `java.util.ArrayList` (although at least one Creator "
        f"exists): no String-argument constructor/factory method to deserialize from String value ('{value}')"
    )


def members(given: Mapping[str, Any], defaults: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of an object that the server knows; missing members get their defaults."""
    return {name: given.get(name, default) for name, default in defaults.items()}
