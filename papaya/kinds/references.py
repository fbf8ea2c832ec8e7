"""References of documents to objects of a server: ids on a server, names in a file.

A dashboard names entities by their UUIDs, which differ between servers. In a file they are
`papaya://device/PM-0001`. Exports of 4.0.1 and 4.3.1.3 show where an id may be: an object with `entityType`
and `id`, a list beside an `entityType`, and members that always name one kind.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from papaya.errors import PapayaError
from papaya.kinds.address import Address
from papaya.kinds.names import id_of_link, link
from papaya.manifest.model import Json

_UUID: Final = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.IGNORECASE | re.ASCII)
_LINK: Final = "papaya://"
# What a name in a reference begins with, by the server's word for the type.
KEYS: Final = {
    "DEVICE": "device",
    "ASSET": "asset",
    "DEVICE_PROFILE": "deviceProfile",
    "ASSET_PROFILE": "assetProfile",
    "CUSTOMER": "customer",
    "DASHBOARD": "dashboard",
    "RULE_CHAIN": "ruleChain",
    "TENANT": "tenant",
}
# These have no name that means one object on every server: their ids stay.
_BY_ID: Final = frozenset({"USER", "ENTITY_VIEW", "EDGE"})
_ALWAYS: Final = {
    "deviceId": "DEVICE",
    "dsDeviceId": "DEVICE",
    "targetDashboardId": "DASHBOARD",
    "assigneeId": "USER",
}
TREE: Final = frozenset({"device", "asset", "deviceProfile", "assetProfile"})
# The tenant has no other name: there is one, and a session is in it.
THE_TENANT: Final = Address("tenant", "this")

NameOf = Callable[[str, str], str | None]
Replace = Callable[[str, str], str]


@dataclass(frozen=True, slots=True)
class Reference:
    """One reference as it is written: an id, or a name. `entity_type` is empty for a name."""

    text: str
    entity_type: str = ""

    @property
    def address(self) -> Address | None:
        """Return the address that a name stands for, None for an id."""
        found = None if self.entity_type else id_of_link(self.text)
        return Address(*found) if found is not None else None


def references_in(value: Json) -> Iterator[Reference]:
    """Yield every reference in a document, each once."""
    found: dict[Reference, None] = {}

    def remember(entity_type: str, text: str) -> str:
        found[Reference(text, entity_type)] = None
        return text

    _walked(value, remember)
    yield from found


def with_names(value: Json, name_of: NameOf) -> Json:
    """Return a document with names in the place of the ids whose names are known."""

    def named(entity_type: str, text: str) -> str:
        key = KEYS.get(entity_type)
        name = name_of(entity_type, text) if key is not None else None
        return link(key, name) if key is not None and name is not None else text

    return _walked(value, named)


def with_ids(value: Json, id_of: Callable[[Address], str]) -> Json:
    """Return a document with ids in the place of names; raises what `id_of` raises."""

    def identified(entity_type: str, text: str) -> str:
        address = Reference(text, entity_type).address
        if address is None:
            return text
        if address.kind not in KEYS.values():
            raise PapayaError(f"{text} is no reference that papaya knows")
        return id_of(address)

    return _walked(value, identified)


def _walked(value: Json, replace: Replace) -> Json:
    if isinstance(value, str):
        return replace("", value) if value.startswith(_LINK) else value
    if isinstance(value, list):
        return [_walked(member, replace) for member in value]
    if not isinstance(value, dict):
        return value
    type_ = value.get("entityType")
    of_type = type_ if isinstance(type_, str) and (type_ in KEYS or type_ in _BY_ID) else None
    return {key: _member(key, member, of_type, replace) for key, member in value.items()}


def _member(key: str, value: Json, of_type: str | None, replace: Replace) -> Json:
    entity_type = _ALWAYS.get(key) or (of_type if key in ("id", "entityId", "entityList") else None)
    if entity_type is not None and isinstance(value, str) and _UUID.fullmatch(value):
        return replace(entity_type, value)
    if entity_type is not None and key == "entityList" and isinstance(value, list):
        return [_member("id", member, entity_type, replace) for member in value]
    return _walked(value, replace)
