"""Whether an entity is recorded under a name that it no longer has: somebody renamed it on the server."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from itertools import islice

from papaya.api.kinds import endpoints
from papaya.api.query import (
    RENAMING,
    Key,
    Poster,
    Row,
    all_of,
    being_renamed,
    count,
    find,
    marked_inside,
    owned_by,
)
from papaya.engine.address import Address
from papaya.engine.identity import folded
from papaya.engine.inventory import APPLIED_KEY, FLEET_KEY
from papaya.engine.record import from_text

_OWNER, _RECORD = Key("SERVER_SCOPE", FLEET_KEY), Key("SERVER_SCOPE", APPLIED_KEY)
# Of these characters a text is the same in JSON, and a search finds at least that text.
_PLAIN = re.compile(r"[A-Za-z0-9 ._:/#()+-]{3,}")
_DEVICE = endpoints("device").entity_type
_ASSET = endpoints("asset").entity_type
# A search that finds more, and a fleet that has more places, is not worth the requests.
_MOST_FOUND, _MOST_READ, _EXAMPLES = 200, 5_000, 20
# The records of so many devices are read sooner than those of all are searched.
FEW = 1_000


def is_nobody_else(
    session: Poster, fleet: str, names: Collection[Address], known: Collection[str], *, few: int = FEW
) -> bool:
    """Return whether it is certain that no entity but the `known` ones (ids) is recorded under these names.

    Only entities with the fleet's mark count. Its places are few, and their records are read, as are those of
    up to `few` devices. More devices are searched: the text search of an entity query looks through the
    values that it selects, JSON attributes included. A search for a device that the fleet is known to have
    must find it first; where it does not, nothing is certain.
    """
    places = {folded(one.name) for one in names if one.kind == "asset"}
    if places and not _none_among_all(session, _ASSET, fleet, places, known):
        return False
    devices = sorted(one.name for one in names if one.kind == "device")
    if not devices:
        return True
    if count(session, all_of(_DEVICE), (owned_by(fleet, FLEET_KEY),)) <= few:
        return _none_among_all(session, _DEVICE, fleet, {folded(one) for one in devices}, known)
    if not all(map(_searchable, devices)) or count(session, all_of(_DEVICE), (being_renamed(),)):
        return False
    if not _search_works(session, fleet):
        return False
    return all(_no_device(session, fleet, name, known) for name in devices)


def _searchable(name: str) -> str:
    """Return the longest part of a name that a search finds in its record; nothing where all are short.

    A quotation mark belongs to it where the name begins or ends. The letter before another character does
    not: the record may have both as one character.
    """
    parts = []
    for found in _PLAIN.finditer(name):
        is_last = found.end() == len(name)
        parts.append('"' * (found.start() == 0) + (f'{found[0]}"' if is_last else found[0][:-1]))
    return max(parts, key=len, default="")


def _none_among_all(
    session: Poster, entity_type: str, fleet: str, names: Collection[str], known: Collection[str]
) -> bool:
    for key_filter in (owned_by(fleet, FLEET_KEY), marked_inside(fleet)):
        found = find(
            session,
            all_of(entity_type),
            fields=("additionalInfo",),
            keys=(_OWNER, _RECORD),
            key_filters=(key_filter,),
            page_size=_MOST_READ,
        )
        rows = list(islice(found, _MOST_READ))
        if len(rows) == _MOST_READ or any(RENAMING in row.additional_info for row in rows):
            return False
        if _is_claimed(rows, fleet, names, known):
            return False
    return True


def _no_device(session: Poster, fleet: str, name: str, known: Collection[str]) -> bool:
    rows = list(islice(_searched(session, name), _MOST_FOUND))
    return len(rows) < _MOST_FOUND and not _is_claimed(rows, fleet, {folded(name)}, known)


def _search_works(session: Poster, fleet: str) -> bool:
    """Return whether the search finds a device of the fleet by its recorded name, in any case."""
    mine = (owned_by(fleet, FLEET_KEY),)
    some = find(session, all_of(_DEVICE), keys=(_RECORD,), key_filters=mine, page_size=_EXAMPLES)
    for example in islice(some, _EXAMPLES):
        record = from_text(example.values.get(_RECORD, ""))
        if record is not None and record.name is not None and _searchable(record.name):
            found = islice(_searched(session, record.name, swapped=True), _MOST_FOUND)
            return any(row.id == example.id for row in found)
    return False


def _searched(session: Poster, name: str, *, swapped: bool = False) -> Iterator[Row]:
    """Yield at least the devices whose records hold a name; `swapped` asks for it in the other case."""
    text = _searchable(name).swapcase() if swapped else _searchable(name)
    return find(session, all_of(_DEVICE), keys=(_OWNER, _RECORD), page_size=_MOST_FOUND, text=text)


def _is_claimed(rows: Iterable[Row], fleet: str, names: Collection[str], known: Collection[str]) -> bool:
    """Return whether the record of an entity that may be the fleet's has one of these names (folded)."""
    for row in rows:
        record = from_text(row.values.get(_RECORD, "")) if row.id not in known else None
        is_of_another = row.values.get(_OWNER, fleet) != fleet
        if record is not None and not is_of_another and record.name and folded(record.name) in names:
            return True
    return False
