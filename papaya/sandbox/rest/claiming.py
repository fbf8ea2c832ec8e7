"""Endpoints of claiming: a customer's user takes a device, or it is taken back."""

from __future__ import annotations

from papaya.sandbox.devices.claiming import claim_device, reclaim_device
from papaya.sandbox.refusal import broken, missing
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.reply import EMPTY, Reply, json_text, json_value
from papaya.sandbox.rest.routing import TENANT_OR_CUSTOMER, Route
from papaya.sandbox.store.entities import Entity, find_by_name
from papaya.sandbox.store.users import CUSTOMER_USER

_NO_REQUEST = (
    'Cannot invoke "org.thingsboard.server.common.data.ClaimRequest.getSecretKey()"'
    ' because "claimRequest" is null'
)


def _device(call: Call) -> Entity:
    found = find_by_name(call.core, "DEVICE", call.parameters["name"])
    if found is None:
        raise missing()
    return found


def _claim(call: Call) -> Reply:
    device = _device(call)
    request = call.json() if call.body.strip() else None
    if not isinstance(request, dict):
        raise broken(_NO_REQUEST)
    saved, response = claim_device(
        call.core, device, call.sender.customer_id, str(request.get("secretKey") or "")
    )
    if saved is None:
        return json_value(response, 400)
    return json_text(f'{{"device":{saved.body},"response":"{response}"}}')


def _reclaim(call: Call) -> Reply:
    reclaim_device(call.core, _device(call))
    return EMPTY


_PATH = "/api/customer/device/{name}/claim"
ROUTES = (
    Route("POST", _PATH, _claim, frozenset({CUSTOMER_USER})),
    Route("DELETE", _PATH, _reclaim, TENANT_OR_CUSTOMER),
)
