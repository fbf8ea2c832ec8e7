"""The HTTP API of devices, /api/v1/{token}/…, where the token in the path is the login."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable
from functools import partial
from typing import Any, TypeVar

from papaya.sandbox.devices.activity import note_activity
from papaya.sandbox.devices.calls import answer_call
from papaya.sandbox.devices.claiming import read_claim, register_claim
from papaya.sandbox.devices.receiving import receive_attributes, receive_series
from papaya.sandbox.lenient import device_json
from papaya.sandbox.refusal import BAD_REQUEST, PlainRefusal, Refusal, Unanswered
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.reply import EMPTY, Reply, json_text
from papaya.sandbox.rest.routing import Route
from papaya.sandbox.store.attributes import EmptyKey, device_attributes_text
from papaya.sandbox.store.core import DEVICE_CALL_SECONDS
from papaya.sandbox.store.credentials import device_by_token
from papaya.sandbox.store.live import DeviceDeleted, PendingRpc
from papaya.sandbox.store.series import read_entries
from papaya.sandbox.store.values import Unparsable, Wordless, cast_attributes
from papaya.sandbox.wire import MOST_INT, MOST_LONG, dumps, whole_number

# The server's default for long polls that name no timeout.
_POLL_MS = 60_000
_T = TypeVar("_T")


def device_of(call: Call) -> int:
    """Return the number of the device that the token names."""
    found = device_by_token(call.core, call.parameters["token"])
    if found is None:
        raise PlainRefusal(401)
    return found[0]


def read_payload(body: bytes) -> Any:
    """Return the parsed body; broken JSON is answered with 500 and the parser's words."""
    if not body:
        raise Refusal(400, BAD_REQUEST, "Required request body is missing", by_advice=False)
    try:
        return device_json(body)
    except ValueError as fault:
        text = body.decode("utf-8", "replace")
        if text.count("{") + text.count("[") > text.count("}") + text.count("]"):
            lines = text.split("\n")
            where = f"line {len(lines)} column {len(lines[-1]) + 1}"
            raise PlainRefusal(500, f"java.io.EOFException: End of input at {where} path $.") from fault
        message = f"com.google.gson.stream.MalformedJsonException: {fault}"
        raise PlainRefusal(500, message) from fault


async def _telemetry(call: Call) -> Reply:
    with call.core.store.transaction():
        device, payload = device_of(call), read_payload(call.body)
        try:
            entries = read_entries(payload, call.core.now(), skip_nulls=True)
        except Unparsable as fault:
            raise PlainRefusal(500, None if isinstance(fault, Wordless) else str(fault)) from fault
        receive_series(call.core, device, entries)
        note_activity(call.core, device)
    if payload != []:
        return EMPTY
    # The server waits for the values of the list, until it gives up.
    await asyncio.sleep(call.core.unanswered_seconds)
    raise Unanswered


def _post_attributes(call: Call) -> Reply:
    device, payload = device_of(call), read_payload(call.body)
    if not isinstance(payload, dict):
        raise PlainRefusal(500, f"Can't parse value: {dumps(payload)}")
    try:
        values = cast_attributes(payload)
    except Unparsable as fault:
        raise PlainRefusal(500, str(fault)) from fault
    receive_attributes(call.core, device, values)
    note_activity(call.core, device)
    return EMPTY


def _get_attributes(call: Call) -> Reply:
    device = device_of(call)
    keys = call.argument("clientKeys"), call.argument("sharedKeys")
    try:
        text = device_attributes_text(call.core, device, *keys)
    except EmptyKey as fault:
        raise PlainRefusal(503) from fault
    note_activity(call.core, device)
    return json_text(text)


def _claim(call: Call) -> Reply:
    device = device_of(call)
    body = read_payload(call.body) if call.body else {}
    if not isinstance(body, dict):
        raise PlainRefusal(500, f"Can't parse value: {dumps(body)}")
    try:
        claim = read_claim(body)
    except ValueError as fault:
        # The server has no words for these.
        raise PlainRefusal(500) from fault
    register_claim(call.core, device, claim)
    return EMPTY


def _seconds(call: Call) -> float:
    milliseconds = number_in(call.first("timeout") or "0", "timeout", "long", MOST_LONG)
    return max(0, milliseconds or _POLL_MS) / 1000


def number_in(text: str, name: str, kind: str, most: int) -> int:
    """Return a number of the path or query as Java's int or long, or refuse it in the server's words."""
    try:
        return whole_number(text, most=most)
    except ValueError as fault:
        what = f"Method parameter '{name}': Failed to convert value of type 'java.lang.String'"
        message = f"{what} to required type '{kind}'; {fault}"
        raise Refusal(400, BAD_REQUEST, message, by_advice=False) from fault


def _seen(call: Call) -> int:
    with call.core.store.transaction():
        device = device_of(call)
        note_activity(call.core, device)
    return device


async def _within(call: Call, seconds: float, waiting: Awaitable[_T]) -> _T:
    """Return what is waited for, or refuse as the server does when nothing comes.

    Its transport gives up after `seconds` with 408, the container of its web application earlier with 503.
    """
    longest = call.core.unanswered_seconds
    try:
        return await asyncio.wait_for(waiting, min(seconds, longest))
    except TimeoutError as fault:
        raise (Unanswered if seconds >= longest else PlainRefusal(408)) from fault
    except DeviceDeleted as fault:
        raise PlainRefusal(403, "Device was deleted!") from fault


async def _poll_rpc(call: Call) -> Reply:
    device, live = _seen(call), call.core.live
    rpc = live.take(device)
    if rpc is None:
        poll: asyncio.Future[PendingRpc] = asyncio.get_running_loop().create_future()
        live.rpc_polls.setdefault(device, deque()).append(poll)
        try:
            rpc = await _within(call, _seconds(call), poll)
        except asyncio.CancelledError:
            if poll.done() and not poll.cancelled():
                # The client went in the moment in which a call came.
                live.offer(device, poll.result())
            raise
    live.deliver(device, rpc)
    # HTTP has no acknowledgement: a sent message counts as delivered.
    rpc.note("DELIVERED")
    return json_text(rpc.text)


async def _poll_updates(call: Call) -> Reply:
    device = _seen(call)
    poll: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    call.core.live.update_polls.setdefault(device, []).append(poll)
    return json_text(await _within(call, _seconds(call), poll))


def _answer_rpc(call: Call) -> Reply:
    device = device_of(call)
    number = number_in(call.parameters["requestId"], "requestId", "java.lang.Integer", MOST_INT)
    call.core.live.answer(device, number, call.body.decode("utf-8", "replace"))
    note_activity(call.core, device)
    return EMPTY


async def _call_server(call: Call) -> Reply:
    device = _seen(call)
    request = read_payload(call.body)
    if not isinstance(request, dict) or not {"method", "params"} <= request.keys():
        # The server stumbles over what is not there, and has no words for it.
        raise PlainRefusal(500)
    waiting = answer_call(call.core, device, str(request["method"]), request["params"])
    return json_text(await _within(call, DEVICE_CALL_SECONDS, waiting))


_DEVICE = "/api/v1/{token}"
_route = partial(Route, authorities=None)
ROUTES = (
    _route("POST", f"{_DEVICE}/telemetry", None, waiting=_telemetry),
    _route("POST", f"{_DEVICE}/attributes", _post_attributes),
    _route("GET", f"{_DEVICE}/attributes", _get_attributes),
    _route("GET", f"{_DEVICE}/attributes/updates", None, waiting=_poll_updates),
    _route("GET", f"{_DEVICE}/rpc", None, waiting=_poll_rpc),
    _route("POST", f"{_DEVICE}/rpc", None, waiting=_call_server),
    _route("POST", f"{_DEVICE}/rpc/{{requestId}}", _answer_rpc),
    _route("POST", f"{_DEVICE}/claim", _claim),
)
