"""Saving assets and devices: the entities that have a profile."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from papaya.sandbox.refusal import invalid
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.device_profiles import DEVICE_PROFILE
from papaya.sandbox.store.entities import (
    NORMAL_NAMES,
    Entity,
    find,
    id_in,
    save,
)
from papaya.sandbox.store.naming import REFUSE_CONFLICTS, NameConflict, check_limit, free_name
from papaya.sandbox.store.packages import FIELDS, PACKAGE, check_assignable
from papaya.sandbox.store.profiles import ASSET_PROFILE, default_profile, find_or_create
from papaya.sandbox.store.revisions import check_version, next_revision, replaced_by
from papaya.sandbox.store.rollout import roll_out
from papaya.sandbox.store.validation import check_fields, check_name, refuse_nul, text_or_none
from papaya.sandbox.wire import NULL_ID, dumps, reference

PROFILE_KINDS = {"ASSET": ASSET_PROFILE, "DEVICE": DEVICE_PROFILE}
PROFILE_FIELDS = {"ASSET": "assetProfileId", "DEVICE": "deviceProfileId"}
_PLAIN_TAIL = '"deviceData":{"configuration":{"type":"DEFAULT"},"transportConfiguration":{"type":"DEFAULT"}}}'
_DOUBLE_TAIL = _PLAIN_TAIL.replace('{"type":"DEFAULT"}', '{"type":"DEFAULT","type":"DEFAULT"}', 1)


@dataclass(frozen=True, slots=True)
class Saved:
    """A stored asset or device, what it was before, and the text that answers the request."""

    entity: Entity
    answer: str
    created: bool
    old_name: str | None = None


def save_profiled(
    core: Core, kind: str, body: dict[str, Any], conflict: NameConflict = REFUSE_CONFLICTS
) -> Saved:
    """Create an asset or a device, or replace one whole."""
    normal = NORMAL_NAMES[kind]
    old = replaced_by(core, kind, body)
    info = body.get("additionalInfo")
    info_text = None if info is None else dumps(info)
    label = text_or_none(body.get("label"))
    short = {"name": text_or_none(body.get("name")), "type": text_or_none(body.get("type")), "label": label}
    check_fields(core.dialect, short, {"additionalInfo": info_text})
    name = check_name(f"{normal} name", short["name"])
    customer_id = _customer(core, kind, body)
    if old is None:
        check_limit(core, kind)
        name = free_name(core, kind, name, conflict)
    profile = _profile(core, kind, body, short["type"])
    check_version(old, body, normal)
    refuse_nul(core.dialect, label)
    entity, frame = _assemble(core, kind, body, old, profile, (name, label, customer_id, info, info_text))
    number = save(core, entity, is_new=old is None, taken=f"{normal} with such name already exists!")
    answer = entity.body
    if old is not None and core.dialect.echoes_created_time:
        answer = _text(core, {**frame, "createdTime": body.get("createdTime") or 0})
    saved = replace(entity, number=number)
    if kind == "DEVICE":
        _roll_out(core, saved, old, profile)
    core.rules.forget_member(number)
    return Saved(saved, answer, created=old is None, old_name=None if old is None else old.name)


def _roll_out(core: Core, device: Entity, old: Entity | None, profile: Entity) -> None:
    # Most devices, and their profiles, name no package: that costs no more than looking for one.
    if any(f'"{field}":{{' in text for field in FIELDS.values() for text in _bodies(device, old, profile)):
        roll_out(core, device, None if old is None else old.json)


def _bodies(*entities: Entity | None) -> list[str]:
    return [each.body for each in entities if each is not None]


def _assemble(
    core: Core,
    kind: str,
    body: dict[str, Any],
    old: Entity | None,
    profile: Entity,
    fields: tuple[str, str | None, str | None, object, str | None],
) -> tuple[Entity, dict[str, Any]]:
    name, label, customer_id, info, info_text = fields
    made = next_revision(core, old)
    frame: dict[str, Any] = {
        "id": {"entityType": kind, "id": made.id},
        "createdTime": made.created_time,
        "tenantId": {"entityType": "TENANT", "id": core.tenant_id},
        "customerId": reference("CUSTOMER", customer_id or NULL_ID),
        "name": name,
        "type": profile.name,
        "label": label,
        PROFILE_FIELDS[kind]: {"entityType": profile.kind, "id": profile.id},
        "externalId": body.get("externalId"),
        "version": made.version,
        "additionalInfo": info,
    }
    if kind == "DEVICE":
        for kind_of_package, field in FIELDS.items():
            wanted = id_in(body, field, PACKAGE)
            frame[field] = reference(PACKAGE, check_assignable(core, wanted, kind_of_package, profile.id))
        frame["deviceData"] = _device_data(profile, body.get("deviceData"))
    entity = Entity(
        number=made.number,
        id=made.id,
        kind=kind,
        name=name,
        type=profile.name,
        label=label,
        profile_id=profile.id,
        customer_id=customer_id,
        created_time=made.created_time,
        version=made.version,
        additional_info=info_text,
        body=_text(core, frame),
    )
    return entity, frame


def _text(core: Core, frame: dict[str, Any]) -> str:
    text = dumps(frame)
    if core.dialect.doubles_configuration_type and text.endswith(_PLAIN_TAIL):
        return text[: -len(_PLAIN_TAIL)] + _DOUBLE_TAIL
    return text


def _device_data(profile: Entity, sent: object) -> dict[str, Any]:
    data = sent if isinstance(sent, dict) else {}
    kind = profile.type or "DEFAULT"
    transport_kind = "DEFAULT"
    if '"transportType":"DEFAULT"' not in profile.body:
        transport_kind = profile.json["transportType"]
    configuration = data.get("configuration")
    if not isinstance(configuration, dict) or configuration.get("type") != kind:
        configuration = {"type": kind}
    transport = data.get("transportConfiguration")
    if not isinstance(transport, dict) or transport.get("type") != transport_kind:
        transport = {"type": transport_kind}
    return {"configuration": configuration, "transportConfiguration": transport}


def _customer(core: Core, kind: str, body: dict[str, Any]) -> str | None:
    identifier = id_in(body, "customerId", "CUSTOMER")
    if identifier is not None and find(core, "CUSTOMER", identifier) is None:
        raise invalid(f"Can't assign {kind.lower()} to non-existent customer!")
    return identifier


def _profile(core: Core, kind: str, body: dict[str, Any], type_name: str | None) -> Entity:
    profile_kind = PROFILE_KINDS[kind]
    identifier = id_in(body, PROFILE_FIELDS[kind], profile_kind)
    if identifier is None:
        if type_name:
            return find_or_create(core, profile_kind, type_name)
        return default_profile(core, profile_kind)
    found = find(core, profile_kind, identifier)
    if found is None:
        wanted = NORMAL_NAMES[profile_kind].lower()
        raise invalid(f"{NORMAL_NAMES[kind]} is referencing non existing {wanted}!")
    return found
