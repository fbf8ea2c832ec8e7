"""Who a live entity is for its fleet: the record says so, whatever name the server shows by now.

A rename in ThingsBoard's own UI leaves the record (`papaya.applied`) as it was. So the name in the record,
and not the present one, says which entry of the manifest an entity belongs to. The id in the record says
whether it was written for this entity at all: attributes can be copied by hand.
"""

from __future__ import annotations

import unicodedata
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from papaya.engine.address import Address
from papaya.engine.inventory import Entity, Inventory


def folded(name: str) -> str:
    """Return what names have in common that differ only by case or by Unicode normal form."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).lower())


def is_other_form(one: str, other: str) -> bool:
    """Return whether two different names look the same: they differ by Unicode normal form alone."""
    return one != other and unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


def known_to(entity: Entity, fleet: str) -> Entity:
    """Return a live entity with what its record says of its identity, as far as that concerns this fleet.

    A record that names another entity's id was copied: nothing that it says holds for this one, and neither
    does the fleet's mark beside it. Only the fleet's own entities are known by their recorded names.
    """
    applied = entity.applied
    if applied is None:
        return entity
    is_of_another = applied.id is not None and applied.id != entity.id
    if is_of_another and applied.id != _external_id(entity):
        owner = None if entity.owner == fleet else entity.owner
        return replace(entity, owner=owner, applied=None, copy_of=applied.id)
    if is_of_another:
        # Restored by ThingsBoard's version control: its credentials may not have been.
        applied = replace(applied, token=None)
    if entity.owner != fleet and applied.name is not None:
        fields = {name: value for name, value in applied.fields.items() if name != "name"}
        applied = replace(applied, fields=fields)
    return entity if applied is entity.applied else replace(entity, applied=applied)


def _external_id(entity: Entity) -> str | None:
    """Return the id of the entity that this one was imported from, as version control writes it."""
    external = entity.body.get("externalId") if entity.body is not None else None
    id_ = external.get("id") if isinstance(external, dict) else None
    return id_ if isinstance(id_, str) else None


@dataclass(frozen=True, slots=True)
class Known:
    """Live entities by the addresses that their records name; `disputed` addresses have several claims."""

    claims: Mapping[Address, Entity] = field(default_factory=dict)
    disputed: Mapping[Address, tuple[Entity, ...]] = field(default_factory=dict)

    def claim_of(self, entity: Entity) -> Address | None:
        """Return the address that an entity's record claims, unless another one's claim is better."""
        claimed = self.claims.get(entity.identity)
        return entity.identity if claimed is entity else None


def known_in(live: Inventory) -> Known:
    """Return who is who by the records.

    If several entities have one recorded name, papaya takes the one that has it on the server. A run that
    broke off before it wrote their records renamed the others.
    """
    by_record: dict[Address, list[Entity]] = defaultdict(list)
    for entity in live:
        if entity.applied is not None and entity.applied.name is not None:
            by_record[entity.identity].append(entity)
    claims: dict[Address, Entity] = {}
    disputed: dict[Address, tuple[Entity, ...]] = {}
    for address, entities in by_record.items():
        present = [entity for entity in entities if entity.address == address]
        if len(entities) == 1 or present:
            claims[address] = (present or entities)[0]
        else:
            disputed[address] = tuple(entities)
    return Known(claims, disputed)
