"""Device profiles: what asset profiles have, how devices talk, and how they register themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from papaya.errors import PapayaError
from papaya.kinds.kind import Fault, NameOf, id_in
from papaya.kinds.profile_body import (
    KEY,
    PAYLOAD,
    SCHEMAS,
    SECRET,
    SECRET_MEMBER,
    STRATEGIES,
    STRATEGY,
    TOPICS,
    TRANSPORTS,
    TYPE,
    provisioning_fields,
    secret_of,
    transport_fields,
    with_provisioning,
    with_transport,
)
from papaya.kinds.profiles import PLAIN, Profiles
from papaya.kinds.request import Conversation, Listing, Request
from papaya.kinds.resource import Desired, Fields, Live
from papaya.manifest.model import Fleet, Json, Resource, SecretReference

_PROVISIONING: Final = frozenset((STRATEGY, KEY, SECRET))
_NESTED: Final = ("transport", "provisioning")
_ALIKE: Final = ("transport.telemetryTopic", "transport.attributesTopic")


class DeviceProfiles(Profiles):
    """The kind of device profiles."""

    key = "deviceProfile"
    section = "profiles.devices"
    word = "device profile"
    plural = "device profiles"
    entity_type = "DEVICE_PROFILE"
    path = "/api/deviceProfile"
    listing = Listing("/api/deviceProfiles")
    tree_kind = "device"
    member = "device"
    members_path = "/api/tenant/deviceInfos"
    goes_with_it = "its firmware and software packages, its calculated fields and alarm rules"
    optional = PLAIN | frozenset((TYPE, PAYLOAD, *TOPICS, *SCHEMAS, STRATEGY, KEY, SECRET))

    def own_fields(self, values: Fields) -> dict[str, Json]:
        """Return transport and provisioning, one field for each key of the manifest."""
        told: dict[str, Json] = {}
        for key in _NESTED:
            told |= dict(_flat(key, values.get(key)))
        return told

    def fields(self, row: Fields, details: tuple[Json, ...], name_of: NameOf) -> Fields:
        """Return a live profile as an entry would declare it, without its secret."""
        plain = super().fields(row, details, name_of)
        return {**plain, **transport_fields(row), **provisioning_fields(row)}

    def secrets(self, desired: Desired) -> Mapping[str, SecretReference]:
        """Return where the provisioning secret is found."""
        written = desired.fields.get(SECRET)
        if not isinstance(written, dict):
            return {}
        env, file = (written.get(key) for key in ("env", "file"))
        return {SECRET: SecretReference(_text(env), _text(file), desired.mark)}

    def live_secret(self, row: Fields, field: str) -> str | None:
        """Return the provisioning secret that the server has."""
        return secret_of(row)

    def sent_secrets(self, desired: Desired) -> Mapping[tuple[str, ...], SecretReference]:
        """Return that the provisioning secret goes into the profile's data."""
        reference = self.secrets(desired).get(SECRET)
        return {SECRET_MEMBER: reference} if reference is not None else {}

    def with_own(self, body: Fields, fields: Fields) -> tuple[dict[str, Json], bool]:
        """Return a body with transport and provisioning in it."""
        return with_provisioning(with_transport(body, fields), fields)

    def stays(self, live: Live, fleet: Fleet) -> bool:
        """Return also whether papaya kept nothing but the provisioning on it."""
        sent = live.applied.sent if live.applied is not None else {}
        return super().stays(live, fleet) or (bool(sent) and all(key in _PROVISIONING for key in sent))

    def is_taken_unasked(self, desired: Desired) -> bool:
        """Return whether the entry is about provisioning alone, which apply sets on any profile."""
        return all(key in _PROVISIONING for key in desired.fields)

    def refuse_before_save(self, desired: Desired, row: Fields) -> Conversation[None]:
        """Raise where devices have the profile and its transport would change: the server refuses that."""
        wanted = desired.fields.get(TYPE) or "default"
        is_changed = TYPE in (desired.changed or desired.fields) and TYPE in desired.fields
        if not is_changed or TRANSPORTS.get(str(wanted)) == row.get("transportType"):
            return
        parameters: dict[str, str | int | bool] = {"pageSize": 1, "page": 0}
        parameters["deviceProfileId"] = id_in(dict(row)) or ""
        answer = yield Request("GET", self.members_path, parameters=parameters)
        number = answer.get("totalElements") if isinstance(answer, dict) else 0
        if number:
            raise PapayaError(
                f"the transport of {desired.address} cannot change to {wanted} while it has devices: the "
                "server refuses that",
                remedy="Write a new profile with this transport, and move the devices to it.",
            )

    def used_names(self, fleet: Fleet) -> set[str]:
        """Return the names of the profiles that devices of a fleet have."""
        return {device.profile for device in fleet.devices()}

    def faults(self, declared: Resource, fleet: Fleet) -> Iterator[Fault]:
        """Yield also what the server does not check: topics that reach nothing, formats without a schema."""
        yield from super().faults(declared, fleet)
        fields = self.own_fields(declared.values)
        type_ = fields.get(TYPE)
        ignored = [key for key in (PAYLOAD, *TOPICS, *SCHEMAS) if key in fields]
        if ignored and type_ != "mqtt":
            yield Fault(
                f"{ignored[0]} is for devices with topics of their own, and transport.type is not mqtt",
                "write `type: mqtt` under transport, or remove it",
            )
        topics = [fields.get(key, TOPICS[key][1]) for key in _ALIKE]
        if type_ == "mqtt" and topics[0] == topics[1]:
            yield Fault(
                f"telemetryTopic and attributesTopic are both {topics[0]}: the server mixes them up",
                "write two topics",
            )
        for key in (*TOPICS, *SCHEMAS):
            value = fields.get(key)
            if "Topic" in key and isinstance(value, str) and re.search(r"[+#\s]", value):
                yield Fault(
                    f"{key} is {value}: a topic that devices publish to has no wildcard and no blank",
                    "write one whole topic, such as v1/devices/me/telemetry",
                )
        schemas = [key for key in SCHEMAS if key in fields]
        if schemas and fields.get(PAYLOAD) != "protobuf":
            yield Fault(
                f"{schemas[0]} needs `payload: protobuf`", "write it under transport, or remove protobuf"
            )
        missing = [key for key, (_, default) in SCHEMAS.items() if default is None and not fields.get(key)]
        if fields.get(PAYLOAD) == "protobuf" and missing:
            yield Fault(f"payload: protobuf has no {missing[0]}", "write the schema as a text, after `|`")
        yield from self._same_key(declared, fleet, fields.get(KEY))

    def exported_fields(self, live: Live) -> dict[str, Json]:
        """Return transport and provisioning; a secret becomes the name of a variable for it."""
        fields = live.fields or {}
        told: dict[str, Json] = {}
        if fields.get(TYPE) in TRANSPORTS:
            told["transport"] = _nested("transport", fields)
        if fields.get(STRATEGY) in STRATEGIES:
            plain = re.sub(r"[^A-Z0-9]+", "_", live.address.name.upper()).strip("_")
            name = f"{plain or 'PROFILE'}_PROVISION_SECRET"
            variable = name if not name[0].isdigit() else f"P_{name}"
            known = live.applied.sent.get(SECRET) if live.applied is not None else None
            told["provisioning"] = {
                "strategy": fields.get(STRATEGY),
                "key": fields.get(KEY),
                "secret": known if isinstance(known, dict) and known.keys() <= {"env"} else {"env": variable},
            }
        return told

    def _same_key(self, declared: Resource, fleet: Fleet, key: Json) -> Iterator[Fault]:
        if not key:
            return
        for one in fleet.resources:
            if one.name == declared.name and one.kind == declared.kind:
                return
            if one.kind == self.key and self.own_fields(one.values).get(KEY) == key:
                yield Fault(
                    f"{one.name} has the provisioning key {key}, too",
                    "give each profile a key of its own: it is unique on a server",
                )
                return


def _flat(above: str, value: Json) -> Iterator[tuple[str, Json]]:
    for key, member in value.items() if isinstance(value, dict) else ():
        path = f"{above}.{key}"
        if isinstance(member, dict) and path != SECRET:
            yield from _flat(path, member)
        elif member is not None:
            yield path, member


def _nested(above: str, fields: Fields) -> dict[str, Json]:
    """Return the fields below a key as an entry has them, without what the server has anyway."""
    usual = {key: default for key, (_, default) in (*TOPICS.items(), *SCHEMAS.items())} | {PAYLOAD: "json"}
    told: dict[str, Json] = {}
    for key, value in fields.items():
        if not key.startswith(f"{above}.") or value is None or value == usual.get(key):
            continue
        *path, last = key.split(".")[1:]
        place = told
        for name in path:
            inner = place.get(name)
            below: dict[str, Json] = inner if isinstance(inner, dict) else {}
            place[name] = below
            place = below
        place[last] = value
    return told


def _text(value: Json) -> str | None:
    return value if isinstance(value, str) else None


DEVICE_PROFILES: Final = DeviceProfiles()
