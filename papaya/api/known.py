"""Which device of a server a fleet means by a name: its own under that name, whatever it is called by now."""

from __future__ import annotations

from collections.abc import Iterable

from papaya.api.fetch import read_rows
from papaya.api.protocols import Server
from papaya.api.query import Key, Query, Row, all_of, count, find, named, owned_by
from papaya.api.recorded import is_nobody_else
from papaya.engine.address import Address
from papaya.engine.inventory import APPLIED_KEY, FLEET_KEY, Applied
from papaya.engine.record import from_text

# The records of a larger fleet take more time to read than a search for one of them.
_LARGE = 5_000
_PAGE = 5_000
_OWNER, _RECORD = Key("SERVER_SCOPE", FLEET_KEY), Key("SERVER_SCOPE", APPLIED_KEY)


def known_device(server: Server, name: str, fleet: str | None, *, large: int = _LARGE) -> str | None:
    """Return the id of the device that a fleet knows by this name, or that has it on the server.

    Somebody may have renamed the fleet's device, and given its name to another one. Then what the record
    says counts; the records of more than `large` devices are searched for the name. Names that differ by
    case or normal form alone are the same, where only one device has it.
    """
    everything = all_of("DEVICE")
    rows = list(
        find(server, everything, fields=("name",), keys=(_OWNER, _RECORD), key_filters=(named([name]),))
    )
    exact = [row for row in rows if row.name == name] or (rows if len(rows) == 1 else [])
    if fleet is None or any(_name_in(row, fleet) == name for row in exact):
        return exact[0].id if exact else None
    claims = _claims(server, name, fleet, large)
    if claims:
        return claims[0] if len(claims) == 1 else None
    left = [row for row in exact if _name_in(row, fleet) is None]
    # The only one of this name is known by another: the manifest has followed a rename, or is about to.
    return (left or exact)[0].id if exact else None


def _claims(server: Server, name: str, fleet: str, large: int) -> list[str]:
    """Return the ids of the fleet's devices whose records have a name; a large fleet is searched for it."""
    own = (owned_by(fleet, FLEET_KEY),)
    is_large = count(server, all_of("DEVICE"), own) > large
    if is_large and is_nobody_else(server, fleet, {Address("device", name)}, (), few=large):
        return []
    claims: list[str] = []

    def take(rows: Iterable[Row]) -> None:
        claims.extend(row.id for row in rows if _name_in(row, fleet) == name)

    records = Query(server, all_of("DEVICE"), keys=(_OWNER, _RECORD), key_filters=own)
    read_rows(server, records, take, page_size=_PAGE)
    return claims


def _name_in(row: Row, fleet: str) -> str | None:
    """Return the name that a device's own record of this fleet says."""
    record: Applied | None = from_text(row.values.get(_RECORD, ""))
    if record is None or row.values.get(_OWNER) != fleet or record.id not in (None, row.id):
        return None
    return record.name
