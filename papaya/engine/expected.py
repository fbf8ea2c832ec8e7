"""What a server says of entities that are as their manifest wants them, told apart by texts alone.

Nearly all entities of a fleet are. Their records and attributes need no parsing then, and the values are the
manifest's.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from papaya.engine.attributes import is_text_of
from papaya.engine.canonical import Untyped
from papaya.engine.inventory import Applied, Entity, Inventory
from papaya.engine.record import record_of, written
from papaya.engine.settled import COMPARED
from papaya.manifest.model import Json

# Of the documents that devices share, and of the texts that say the same.
_MOST: Final = 512
# What follows in a record of a device with credentials.
_TOKEN: Final = re.compile(r',"token":"([^"\\\\\x00-\x1f]+)"\}')


class Expected:
    """What a server should say of the entities that a fleet wants; not safe for threads."""

    def __init__(self, desired: Inventory, fleet: str) -> None:
        self._desired, self._fleet = desired, fleet
        self._documents: dict[int, tuple[Json, str]] = {}

    def agreed(
        self,
        said: Mapping[str, Any],
        record: str | None,
        server: Mapping[str, str],
        shared: Mapping[str, str],
    ) -> dict[str, Any] | None:
        """Return fields of a live entity with the manifest's own values, None where something differs.

        `said` are other fields of the live entity, `record` and the others the texts of its attributes.
        """
        wanted = self._desired.entities.get(said["address"]) if said["owner"] == self._fleet else None
        if wanted is None or record is None or said["protect"] != wanted.protect:
            return None
        if any(getattr(wanted, name) not in (None, said[name]) for name in COMPARED):
            return None
        if not self._are(server, wanted.server) or not self._are(shared, wanted.shared):
            return None
        applied = _recorded(wanted, said["id"], record)
        if applied is None:
            return None
        return {
            "address": wanted.address,
            "label": wanted.label or said["label"],
            "server": wanted.server,
            "shared": wanted.shared,
            "applied": applied,
        }

    def _are(self, texts: Mapping[str, str], wanted: Mapping[str, Json]) -> bool:
        if texts.keys() != wanted.keys():
            return False
        for key, value in wanted.items():
            text = texts[key]
            # Nearly all values are texts; of each device each look counts.
            if value != text and not self._is_text_of(value, text):
                return False
        return True

    def _is_text_of(self, value: Json, text: str) -> bool:
        kind = type(value)
        if kind is str or kind is int or kind is float:
            return str(value) == text or is_text_of(value, Untyped(text))
        if kind is not list and kind is not dict:
            return is_text_of(value, Untyped(text))
        known = self._documents.get(id(value))
        if known is not None and known[1] == text:
            return True
        is_same = is_text_of(value, Untyped(text))
        if is_same and len(self._documents) < _MOST:
            self._documents[id(value)] = value, text
        return is_same


def _recorded(entity: Entity, id_: str, text: str) -> Applied | None:
    """Return the record that a text holds if it is what papaya writes for an entity, else None."""
    record = record_of(entity, name=entity.address.name, id_=id_)
    usual = written(record)
    if text == usual:
        return record
    # The token's fingerprint has a salt, so that nobody can tell it beforehand.
    token = _TOKEN.fullmatch(text, len(usual) - 1) if text.startswith(usual[:-1]) else None
    return replace(record, token=token.group(1)) if token is not None else None
