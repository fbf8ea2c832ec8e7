"""Every kind beside the tree. Nothing else in papaya lists them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Final

from papaya.kinds.address import Address
from papaya.kinds.alarm_rule_files import ALARM_RULES
from papaya.kinds.alarms import AlarmSets
from papaya.kinds.calculated_fields import CALCULATED_FIELDS
from papaya.kinds.customers import CUSTOMERS
from papaya.kinds.dashboards import DASHBOARDS
from papaya.kinds.device_profiles import DEVICE_PROFILES
from papaya.kinds.kind import Kind
from papaya.kinds.package_assignments import FirmwareOfProfile, SoftwareOfProfile
from papaya.kinds.packages import Firmware, Software
from papaya.kinds.profiles import ASSET_PROFILES
from papaya.kinds.rule_chains import RULE_CHAINS
from papaya.kinds.users import USERS

KINDS: Final[dict[str, Kind]] = {
    kind.key: kind
    for kind in (
        CUSTOMERS,
        RULE_CHAINS,
        DASHBOARDS,
        DEVICE_PROFILES,
        ASSET_PROFILES,
        CALCULATED_FIELDS,
        ALARM_RULES,
        Firmware("firmware"),
        Software("software"),
        FirmwareOfProfile("firmware"),
        SoftwareOfProfile("software"),
        AlarmSets(),
        USERS,
    )
}


def kind_of(address: Address) -> Kind:
    """Return the kind of an address."""
    return KINDS[address.kind]


def is_resource(address: Address) -> bool:
    """Return whether an address is that of an object beside the tree."""
    return address.kind in KINDS


def with_referred(keys: Iterable[str]) -> Iterator[Kind]:
    """Yield the kinds of these keys and all that they refer to, each once, in the order of the registry."""
    wanted: set[str] = set()
    pending = list(keys)
    while pending:
        key = pending.pop()
        if key in KINDS and key not in wanted:
            wanted.add(key)
            pending += KINDS[key].refers_to
    yield from (kind for key, kind in KINDS.items() if key in wanted)


def by_entity_type(entity_type: str) -> tuple[Kind, ...]:
    """Return the kinds whose objects the server calls by this type; packages are of two kinds."""
    return tuple(kind for kind in KINDS.values() if kind.entity_type == entity_type and not kind.is_part)


def named_by_tree(field: str) -> Kind | None:
    """Return the kind whose objects places and devices name in a field."""
    return next((kind for kind in KINDS.values() if kind.tree_field == field), None)
