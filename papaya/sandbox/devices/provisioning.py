"""Devices that introduce themselves with the key and secret of a device profile."""

from __future__ import annotations

import json
from typing import Any

from papaya.sandbox.devices.creation import create_device
from papaya.sandbox.refusal import Refusal
from papaya.sandbox.store.attributes import SERVER_SCOPE, read_attributes, store_attributes
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.credentials import (
    ACCESS_TOKEN,
    MQTT_BASIC,
    X509,
    find_credentials,
    fresh_token,
    random_token,
)
from papaya.sandbox.store.device_profiles import find_by_provision_key
from papaya.sandbox.store.entities import Entity, find_by_name
from papaya.sandbox.store.values import TEXT
from papaya.sandbox.wire import dumps

_STATE = "provisionState"
_PROVISIONED = "provisioned"
_MESSAGES = {"NOT_FOUND": "Provision data was not found!", "FAILURE": "Failed to provision device!"}


_NEEDED = ("provisionDeviceKey", "provisionDeviceSecret")


class Incomplete(ValueError):
    """A provision request lacks what it needs: the server has no answer. The text is the server's."""


def check_request(request: object) -> dict[str, Any]:
    """Return a provision request that has key and secret, even if they are empty."""
    if not isinstance(request, dict):
        raise Incomplete(f"Can't parse value: {dumps(request)}")
    for field in _NEEDED:
        if field not in request:
            raise Incomplete(f"Failed to find the field {field} in JSON body {dumps(request)}!")
        if isinstance(request[field], dict):
            raise Incomplete("JsonObject")
        if request[field] is None:
            raise Incomplete("JsonNull")
    return request


class Refused(Exception):
    """A provision request is answered with NOT_FOUND or FAILURE."""

    def __init__(self, status: str) -> None:
        super().__init__(status)
        self.status = status


def provision(core: Core, request: dict[str, Any]) -> dict[str, object]:
    """Return the answer to a provision request, over whatever transport it came."""
    try:
        with core.store.savepoint():
            device = _provisioned(core, request)
    except Refused as refused:
        return {"errorMsg": _MESSAGES[refused.status], "status": refused.status}
    found = find_credentials(core, device.number)
    if found is None:
        return {"errorMsg": _MESSAGES["FAILURE"], "status": "FAILURE"}
    value: object = found.credentials_id if found.kind == ACCESS_TOKEN else found.credentials_value
    if found.kind == MQTT_BASIC:
        value = json.loads(str(value))
    return {"credentialsValue": value, "credentialsType": found.kind, "status": "SUCCESS"}


def _provisioned(core: Core, request: dict[str, Any]) -> Entity:
    name = str(request.get("deviceName") or "")
    if name and not name.strip():
        raise Refused("FAILURE")
    name = name.strip()
    key, secret = request.get("provisionDeviceKey"), request.get("provisionDeviceSecret")
    if not key or not secret:
        raise Refused("NOT_FOUND")
    profile = find_by_provision_key(core, str(key))
    if profile is None:
        raise Refused("NOT_FOUND")
    body = profile.json
    expected = (body["profileData"]["provisionConfiguration"] or {}).get("provisionDeviceSecret")
    if expected is None or expected != secret:
        raise Refused("NOT_FOUND")
    device = find_by_name(core, "DEVICE", name) if name else None
    if body["provisionType"] == "ALLOW_CREATE_NEW_DEVICES":
        if device is not None:
            raise Refused("FAILURE")
        return _created(core, profile, name or random_token(), request)
    if body["provisionType"] != "CHECK_PRE_PROVISIONED_DEVICES":
        raise Refused("NOT_FOUND")
    if device is None or device.profile_id != profile.id:
        raise Refused("FAILURE")
    # 4.0 lets a device do this again and again, unless its state was set to something else.
    state = read_attributes(core, device.number, SERVER_SCOPE, (_STATE,))
    if state and (core.dialect.registers_once or state[0][3] != _PROVISIONED):
        raise Refused("FAILURE")
    _note_state(core, device)
    return device


def _note_state(core: Core, device: Entity) -> None:
    store_attributes(core, device.number, SERVER_SCOPE, {_STATE: (TEXT, _PROVISIONED)}, core.now())


def _created(core: Core, profile: Entity, name: str, request: dict[str, Any]) -> Entity:
    info = {"gateway": True} if request.get("gateway") is True else None
    try:
        body = {"name": name, "type": profile.name, "additionalInfo": info}
        device = create_device(core, body, _wanted(request))
    except Refusal as refusal:
        raise Refused("FAILURE") from refusal
    _note_state(core, device)
    return device


def _wanted(request: dict[str, Any]) -> tuple[str, object, object]:
    given = {field: request.get(field) for field in ("token", "hash", "username", "password", "clientId")}
    if not any(given.values()):
        return fresh_token()
    kind = request.get("credentialsType") or ACCESS_TOKEN
    if kind == MQTT_BASIC:
        fields = {"clientId": "clientId", "userName": "username", "password": "password"}
        return MQTT_BASIC, None, dumps({name: given[field] or "" for name, field in fields.items()})
    if kind == X509:
        return X509, None, given["hash"]
    return ACCESS_TOKEN, given["token"], None
