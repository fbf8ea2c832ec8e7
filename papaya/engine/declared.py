"""What a manifest can say of one live entity, so that a plan made from it changes nothing.

For an entity that papaya manages, that is what its record holds, as far as the server still has it. For an
unmanaged one, it is everything that an operator may have set.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from papaya.engine.address import Address
from papaya.engine.canonical import canonical
from papaya.engine.inventory import (
    LATITUDE_KEY,
    LOCATION_SOURCE_KEY,
    LONGITUDE_KEY,
    SENSORS_KEY,
    SERIAL_KEY,
    TUNNEL_PORT_KEY,
    Entity,
)
from papaya.engine.writable import UNWRITABLE, is_serial, reserved, unwritable
from papaya.manifest.characters import invisible_in
from papaya.manifest.expressions import is_expression
from papaya.manifest.model import AUTO, Certificate, Json, MqttBasic
from papaya.manifest.names import object_to_text

Fields = dict[str, Any]
SensorsOf = Callable[[Json], "list[Json] | None"]

_LONGEST_DESCRIPTION = 100_000
_PORTS = range(1, 65536)

UNMANAGED = "somebody else keeps them on entities of the fleet"


@dataclass(slots=True)
class Omissions:
    """Keys and fields that the manifest leaves out: how often, by reason and key, with the first entity."""

    counts: dict[tuple[str, str], int] = field(default_factory=dict)
    first: dict[tuple[str, str], Address] = field(default_factory=dict)

    def add(self, address: Address, key: str, reason: str) -> None:
        """Note that a key of an entity is left out."""
        what = (reason, key)
        self.counts[what] = self.counts.get(what, 0) + 1
        self.first.setdefault(what, address)

    def by_reason(self) -> dict[str, list[tuple[str, int, Address]]]:
        """Return keys, their number and the first entity that has them, for each reason."""
        told: dict[str, list[tuple[str, int, Address]]] = {}
        for (reason, key), number in sorted(self.counts.items()):
            told.setdefault(reason, []).append((key, number, self.first[reason, key]))
        return told


class Declaring:
    """Turns live entities into entries of a manifest; `unmanaged` also takes what no record holds.

    `sensors_of` returns a list of sensors as a manifest writes it, or None where it cannot.
    """

    def __init__(self, sensors_of: SensorsOf, *, unmanaged: bool = False, with_tunnels: bool = False) -> None:
        self.omissions = Omissions()
        self._sensors_of = sensors_of
        self._unmanaged = unmanaged
        self._with_tunnels = with_tunnels
        self._ports: set[int] = set()

    def place(self, entity: Entity) -> Fields:
        """Return the entry of a Country or State, without what it contains."""
        server = dict(self._kept(entity, entity.server, "server"))
        said: Fields = {"name": entity.address.name, "shared": entity.shared_place or None}
        said.update(self._texts(entity))
        said["location"] = _point(server)
        said["attributes"] = server
        said["customer"] = self._field(entity, "customer")
        said["protect"] = entity.protect or None
        return _filled(said)

    def device(self, entity: Entity) -> Fields:
        """Return the entry of a device; its profile is always said, its sensors are a list."""
        server = dict(self._kept(entity, entity.server, "server"))
        shared = dict(self._kept(entity, entity.shared, "shared"))
        said: Fields = {"name": entity.address.name, "profile": entity.profile}
        said["serial"] = server.pop(SERIAL_KEY) if is_serial(server.get(SERIAL_KEY)) else None
        said.update(self._texts(entity))
        said["location"] = _point(server)
        if _finds_itself(entity) and not {LATITUDE_KEY, LONGITUDE_KEY} & server.keys():
            said["location"] = AUTO
        said["attributes"] = server
        said["sharedAttributes"] = shared
        said["sensors"] = self._sensors(entity)
        said["credentials"] = self._credentials(entity)
        said["tunnel"] = self._tunnel(server)
        said["customer"] = self._field(entity, "customer")
        said["firmware"] = self._field(entity, "firmware")
        said["software"] = self._field(entity, "software")
        said["gateway"] = self._field(entity, "gateway")
        said["protect"] = entity.protect or None
        return _filled(said)

    def _kept(self, entity: Entity, values: Mapping[str, Json], scope: str) -> Iterator[tuple[str, Json]]:
        record: Mapping[str, Json] | None = None
        if entity.applied is not None:
            record = entity.applied.server if scope == "server" else entity.applied.shared
        for key in sorted(values):
            value = values[key]
            if scope == "shared" and key == SENSORS_KEY:
                continue
            reason = reserved(key)
            if not reason and record is not None and key not in record and not self._unmanaged:
                # What a device has set when it is provisioned is said by `location: auto`.
                if entity.role != "device" or key not in (LATITUDE_KEY, LONGITUDE_KEY):
                    self.omissions.add(entity.address, key, UNMANAGED)
                continue
            if record is not None and key in record and canonical(record[key]) == canonical(value):
                # As the manifest spelled it: the server stores the text 1.50 as the number 1.5, and a number
                # that it cannot hold as text.
                value = record[key]
            reason = reason or unwritable(key, value)
            if reason:
                self.omissions.add(entity.address, key, reason)
            else:
                yield key, value

    def _texts(self, entity: Entity) -> Iterator[tuple[str, Json]]:
        for name, longest in (("label", 255), ("description", _LONGEST_DESCRIPTION)):
            text = self._field(entity, name)
            if not isinstance(text, str):
                continue
            if any(objection.severity == "error" for objection in object_to_text(text, longest)):
                self.omissions.add(entity.address, name, UNWRITABLE)
            else:
                yield name, text
        formerly = _recorded(entity, "formerly")
        if isinstance(formerly, str):
            yield "formerly", formerly

    def _field(self, entity: Entity, name: str) -> Json:
        """Return a field of the object; of a managed entity one that its record holds."""
        live: Json = getattr(entity, name)
        if entity.applied is None:
            return live or None
        recorded = entity.applied.fields.get(name)
        if recorded is None and live and not self._unmanaged:
            self.omissions.add(entity.address, name, UNMANAGED)
            return None
        # Empty and absent are the same to the server, but not to the record.
        return live or (recorded if not recorded else None)

    def _sensors(self, entity: Entity) -> list[Json] | None:
        if SENSORS_KEY not in entity.shared:
            return None
        live = entity.shared[SENSORS_KEY]
        recorded = entity.applied.shared.get(SENSORS_KEY) if entity.applied else None
        sensors = self._sensors_of(
            recorded if recorded is not None and canonical(recorded) == canonical(live) else live
        )
        if sensors is None:
            self.omissions.add(entity.address, SENSORS_KEY, UNWRITABLE)
        return sensors

    def _credentials(self, entity: Entity) -> Fields | None:
        """Return certificates and MQTT basic credentials; of secrets, where their files are expected."""
        declared = entity.credentials
        if isinstance(declared, Certificate):
            return {"x509": {"file": declared.file}}
        if not isinstance(declared, MqttBasic):
            return None
        told = {"clientId": declared.client_id, "username": declared.username}
        texts = {key: text for key, text in told.items() if text is not None}
        if any(is_expression(text) or invisible_in(text) is not None for text in texts.values()):
            self.omissions.add(entity.address, "credentials", UNWRITABLE)
            return None
        secret = {"password": {"file": declared.password.file}} if declared.password is not None else {}
        return {"mqttBasic": {**texts, **secret}}

    def _tunnel(self, server: Fields) -> Fields | None:
        port = server.get(TUNNEL_PORT_KEY)
        if not self._with_tunnels or not isinstance(port, int) or isinstance(port, bool):
            return None
        if port not in _PORTS or port in self._ports:
            return None
        self._ports.add(port)
        return {"remotePort": server.pop(TUNNEL_PORT_KEY)}


def _point(server: Fields) -> Fields | None:
    """Take latitude and longitude out of the attributes, if they are a point."""
    latitude, longitude = server.get(LATITUDE_KEY), server.get(LONGITUDE_KEY)
    if not _is_degrees(latitude, 90) or not _is_degrees(longitude, 180):
        return None
    return {"latitude": server.pop(LATITUDE_KEY), "longitude": server.pop(LONGITUDE_KEY)}


def _is_degrees(value: Json, most: int) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and -most <= value <= most


def _finds_itself(entity: Entity) -> bool:
    """Return whether a device found its own place: the record does not know it, or its source is told."""
    if LATITUDE_KEY not in entity.server:
        return False
    if entity.applied is not None:
        return LATITUDE_KEY not in entity.applied.server
    return LOCATION_SOURCE_KEY in entity.server


def _recorded(entity: Entity, name: str) -> Json:
    return entity.applied.fields.get(name) if entity.applied is not None else None


def _filled(said: Fields) -> Fields:
    return {
        key: value
        for key, value in said.items()
        if value is not None and not (isinstance(value, dict) and not value)
    }
