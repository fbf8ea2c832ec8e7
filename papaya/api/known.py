"""Which device of a server a fleet means by a name: its own under that name, whatever it is called by now."""

from __future__ import annotations

from papaya.api.protocols import Server
from papaya.api.query import Key, Row, all_of, find, named, owned_by
from papaya.engine.inventory import APPLIED_KEY, FLEET_KEY, Applied
from papaya.engine.record import from_text

_OWNER, _RECORD = Key("SERVER_SCOPE", FLEET_KEY), Key("SERVER_SCOPE", APPLIED_KEY)


def known_device(server: Server, name: str, fleet: str | None) -> str | None:
    """Return the id of the device that a fleet knows by this name, or that has it on the server.

    Somebody may have renamed the fleet's device, and given its name to another one. Then what the record
    says counts. Names that differ by case or normal form alone are the same, where only one device has it.
    """
    everything = all_of("DEVICE")
    rows = list(
        find(server, everything, fields=("name",), keys=(_OWNER, _RECORD), key_filters=(named([name]),))
    )
    exact = [row for row in rows if row.name == name] or (rows if len(rows) == 1 else [])
    if fleet is None or any(_name_in(row, fleet) == name for row in exact):
        return exact[0].id if exact else None
    own = find(
        server,
        everything,
        fields=("name",),
        keys=(_OWNER, _RECORD),
        key_filters=(owned_by(fleet, FLEET_KEY),),
    )
    claims = [row for row in own if _name_in(row, fleet) == name]
    if claims:
        return claims[0].id if len(claims) == 1 else None
    left = [row for row in exact if _name_in(row, fleet) is None]
    # The only one of this name is known by another: the manifest has followed a rename, or is about to.
    return (left or exact)[0].id if exact else None


def _name_in(row: Row, fleet: str) -> str | None:
    """Return the name that a device's own record of this fleet says."""
    record: Applied | None = from_text(row.values.get(_RECORD, ""))
    if record is None or row.values.get(_OWNER) != fleet or record.id not in (None, row.id):
        return None
    return record.name
