"""Endpoints that only devices have: saving and credentials."""

from __future__ import annotations

from papaya.sandbox.devices.creation import apply_credentials, equip
from papaya.sandbox.numbers import whole
from papaya.sandbox.refusal import broken, invalid, missing
from papaya.sandbox.rest.access import writable
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.profiled import save_from
from papaya.sandbox.rest.reply import Reply, json_text
from papaya.sandbox.rest.routing import TENANT, Route
from papaya.sandbox.rest.shapes import body_of
from papaya.sandbox.store.credentials import (
    ACCESS_TOKEN,
    checked_kind,
    credentials_id_in,
    find_credentials,
    random_token,
    refuse_another,
    update_credentials,
)
from papaya.sandbox.store.entities import reference_in
from papaya.sandbox.store.entity_views import views_of
from papaya.sandbox.store.profiled import save_profiled
from papaya.sandbox.store.relations import delete_relations


def _save(call: Call) -> Reply:
    saved = save_from(call, "DEVICE", body_of(call, "DEVICE"))
    if saved.created:
        token = call.argument("accessToken") or random_token()
        equip(call.core, saved.entity, ACCESS_TOKEN, token, None)
    return json_text(saved.answer)


def _save_with_credentials(call: Call) -> Reply:
    body = call.json_object()
    device, credentials = body.get("device"), body.get("credentials")
    if not isinstance(device, dict) or not isinstance(credentials, dict):
        raise broken("Validation error: device and credentials must not be null")
    saved = save_from(call, "DEVICE", device)
    apply_credentials(call.core, saved, credentials)
    return json_text(saved.answer)


def _read_credentials(call: Call) -> Reply:
    device = writable(call, "DEVICE", call.identifier("id"))
    found = find_credentials(call.core, device.number)
    if found is None:
        raise missing()
    return json_text(found.text(device.id))


def _update_credentials(call: Call) -> Reply:
    body = call.json_object()
    reference = reference_in(body.get("deviceId"), "DEVICE")
    if reference is None:
        raise invalid("Invalid entity id")
    device = writable(call, "DEVICE", reference[1])
    kind = checked_kind(body.get("credentialsType"))
    old = find_credentials(call.core, device.number)
    identifier = credentials_id_in(body)
    if identifier is None:
        raise invalid("Credentials for this device are already specified!")
    if old is None or old.id != identifier:
        refuse_another(call.core, identifier, body.get("credentialsId"))
        raise missing()
    made = update_credentials(call.core, device.number, old, kind, body)
    echoed = whole(body.get("createdTime")) if call.core.dialect.echoes_created_time else None
    return json_text(made.text(device.id, echoed))


def _to_tenant(call: Call) -> Reply:
    """Move a device to its own tenant, the only one with devices: it loses its customer and its relations."""
    device = writable(call, "DEVICE", call.identifier("id"))
    if call.identifier("tenantId") != call.core.tenant_id:
        raise invalid("Could not find the specified Tenant!")
    if views_of(call.core, device):
        raise invalid("Can't assign device that has entity views to another tenant!")
    delete_relations(call.core, device.number)
    return json_text(
        save_profiled(
            call.core, "DEVICE", {**device.json, "customerId": None, "deviceProfileId": None, "type": None}
        ).entity.body
    )


ROUTES = (
    Route("POST", "/api/tenant/{tenantId}/device/{id}", _to_tenant, TENANT),
    Route("POST", "/api/device", _save),
    Route("POST", "/api/device-with-credentials", _save_with_credentials, TENANT),
    Route("GET", "/api/device/{id}/credentials", _read_credentials, TENANT),
    Route("POST", "/api/device/credentials", _update_credentials, TENANT),
)
