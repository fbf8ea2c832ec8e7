"""The endpoint where devices introduce themselves."""

from __future__ import annotations

from papaya.sandbox.devices.provisioning import provision
from papaya.sandbox.refusal import broken
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.device_api import read_payload
from papaya.sandbox.rest.reply import Reply, plain
from papaya.sandbox.rest.routing import Route
from papaya.sandbox.wire import dumps


def _provision(call: Call) -> Reply:
    request = read_payload(call.body)
    if not isinstance(request, dict):
        raise broken("Can't parse value: the provision request is no object")
    for field in ("provisionDeviceKey", "provisionDeviceSecret"):
        if field not in request:
            raise broken(f"Failed to find the field {field} in JSON body {dumps(request)}!")
    return plain(dumps(provision(call.core, request)))


ROUTES = (Route("POST", "/api/v1/provision", _provision, None),)
