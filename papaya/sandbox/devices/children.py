"""Devices behind a gateway: their creation, and the notices that their gateway receives."""

from __future__ import annotations

import json
from typing import Any

from papaya.sandbox.devices.creation import create_device
from papaya.sandbox.devices.rpc_records import send_record
from papaya.sandbox.refusal import invalid
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.credentials import fresh_token
from papaya.sandbox.store.entities import Entity, find, find_by_name, find_by_number
from papaya.sandbox.store.profiled import save_profiled
from papaya.sandbox.store.relations import save_relation
from papaya.sandbox.wire import dumps, reference

LAST_GATEWAY = "lastConnectedGateway"
_CREATED, _GROUP = "Created", "COMMON"
# The server's: a gateway hears of it within a day, and is told three times.
_DAY_MS = 24 * 60 * 60 * 1000
_RETRIES = 3


def child_of(core: Core, gateway: int, name: str, kind: str) -> int:
    """Return the number of the device that a gateway names; make it if need be, and note its gateway.

    Raises Refusal where no such device can be.
    """
    parent, known = find_by_number(core, gateway), find_by_name(core, "DEVICE", name)
    if parent is None:
        raise ValueError("the gateway is gone")
    if known is None:
        if not kind:
            raise invalid("Device profile name should be specified!")
        body = {
            "name": name,
            "type": kind,
            "additionalInfo": {LAST_GATEWAY: parent.id},
            "customerId": reference("CUSTOMER", parent.customer_id),
        }
        number = create_device(core, body, fresh_token()).number
        save_relation(core, parent.number, number, _CREATED, _GROUP, None)
        return number
    info = known.json.get("additionalInfo")
    if isinstance(info, dict) and info.get(LAST_GATEWAY) != parent.id:
        save_profiled(core, "DEVICE", {**known.json, "additionalInfo": {**info, LAST_GATEWAY: parent.id}})
    return known.number


def tell_renamed(core: Core, device: Entity, old_name: str) -> None:
    """Let a device's gateway hear of its new name."""
    _tell(core, device, "gateway_device_renamed", {old_name: device.name})


def tell_deleted(core: Core, device: Entity) -> None:
    """Let a device's gateway hear that it was deleted."""
    _tell(core, device, "gateway_device_deleted", device.name)


def _tell(core: Core, device: Entity, method: str, params: Any) -> None:
    info = json.loads(device.additional_info) if device.additional_info else None
    named = info.get(LAST_GATEWAY) if isinstance(info, dict) else None
    gateway = find(core, "DEVICE", named) if isinstance(named, str) else None
    if gateway is not None:
        send_record(
            core,
            gateway,
            method,
            dumps(params),
            one_way=True,
            expires=core.now() + _DAY_MS,
            retries=_RETRIES,
        )
