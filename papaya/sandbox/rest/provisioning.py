"""The endpoint where devices introduce themselves."""

from __future__ import annotations

from papaya.sandbox.devices.provisioning import Incomplete, check_request, provision
from papaya.sandbox.refusal import broken
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.device_api import read_payload
from papaya.sandbox.rest.reply import Reply, plain
from papaya.sandbox.rest.routing import Route
from papaya.sandbox.wire import dumps


def _provision(call: Call) -> Reply:
    try:
        request = check_request(read_payload(call.body))
    except Incomplete as error:
        raise broken(str(error)) from error
    return plain(dumps(provision(call.core, request)))


ROUTES = (Route("POST", "/api/v1/provision", _provision, None),)
