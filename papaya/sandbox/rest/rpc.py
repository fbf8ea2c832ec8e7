"""Server-side RPC: from a REST request to the device and back."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any

from papaya.sandbox.devices.rpc_records import follow, remember
from papaya.sandbox.numbers import whole
from papaya.sandbox.refusal import broken, invalid, missing
from papaya.sandbox.rest.access import permitted, readable
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.paging import page_reply, read_page_link
from papaya.sandbox.rest.reply import EMPTY, Reply, json_text, json_value
from papaya.sandbox.rest.routing import ANYONE, TENANT, Route
from papaya.sandbox.store.entities import Entity
from papaya.sandbox.store.live import PendingRpc
from papaya.sandbox.wire import dumps, loads

_DEFAULT_MS = 10_000
_V2_TIMEOUT = 504
_V1_TIMEOUT, _V1_OFFLINE = 408, 409


async def _send(one_way: bool, offline_status: int, timeout_status: int, call: Call) -> Reply:
    with call.core.store.transaction():
        device = permitted(call, "DEVICE", call.parameters["deviceId"])
        request = _request(call)
        seconds = _seconds(call, request)
        persistent = request.get("persistent") is True
        record = _remember(call, device, request, one_way, seconds) if persistent else None
    live = call.core.live
    rpc = PendingRpc(
        request_id=live.next_request_id(device.number),
        method=str(request["method"]),
        params_text=dumps(request.get("params")),
        one_way=one_way,
        answer=asyncio.get_running_loop().create_future(),
    )
    if record is not None:
        follow(call.core, device.number, record, rpc, seconds)
        return json_value({"rpcId": record})
    live.offer(device.number, rpc)
    longest = call.core.unanswered_seconds
    try:
        text = await asyncio.wait_for(rpc.answer, min(seconds, longest))
    except TimeoutError as error:
        if seconds >= longest:
            # The container of the server's web application waits no longer.
            raise broken("Request timeout") from error
        taken = (device.number, rpc.request_id) in live.rpc_sent
        # A device that has the call but does not answer is a timeout, any other is offline.
        return Reply(timeout_status if taken else offline_status)
    finally:
        live.give_up(device.number, rpc)
    return _answer(text)


def _answer(text: str | None) -> Reply:
    if not text:
        return EMPTY
    try:
        # Written again, as the server does: a device's spaces do not get through.
        return json_value(json.loads(text))
    except ValueError:
        return Reply(406)


def _request(call: Call) -> dict[str, Any]:
    try:
        request = loads(call.body)
    except ValueError as error:
        raise invalid("Invalid request body") from error
    if not isinstance(request, dict) or not isinstance(request.get("method"), str):
        raise broken(
            'Cannot invoke "com.fasterxml.jackson.databind.JsonNode.asText()" because the method is null'
        )
    return request


def _seconds(call: Call, request: dict[str, Any]) -> float:
    expires = whole(request.get("expirationTime"))
    if expires:
        return max(0.0, (expires - call.core.now()) / 1000)
    wanted = whole(request.get("timeout")) or _DEFAULT_MS
    return max(call.core.rpc_timeout_floor, wanted / 1000)


def _remember(call: Call, device: Entity, request: dict[str, Any], one_way: bool, seconds: float) -> str:
    return remember(
        call.core,
        device,
        {
            "body": {"method": request["method"], "params": dumps(request.get("params"))},
            "oneway": one_way,
            "persisted": True,
        },
        expires=whole(request.get("expirationTime")) or call.core.now() + int(seconds * 1000),
        info=request.get("additionalInfo"),
    )


def _read(call: Call) -> Reply:
    row = call.core.store.connection.execute(
        "SELECT body FROM rpc WHERE id = ?", (call.identifier("id"),)
    ).fetchone()
    if row is None:
        raise missing(f"Rpc with id [{call.parameters['id']}] is not found")
    return json_text(row[0])


def _delete(call: Call) -> Reply:
    call.core.store.connection.execute("DELETE FROM rpc WHERE id = ?", (call.identifier("id"),))
    return EMPTY


def _of_device(call: Call) -> Reply:
    device = readable(call, "DEVICE", call.identifier("deviceId"))
    link = read_page_link(call)
    rows = call.core.store.rows(
        "SELECT body FROM rpc WHERE device = ? ORDER BY created_time DESC, id", (device.number,)
    )
    return page_reply(link, rows)


def _sending(prefix: str, offline: int, timeout: int) -> tuple[Route, ...]:
    return tuple(
        Route(
            "POST",
            f"{prefix}/{way}/{{deviceId}}",
            None,
            ANYONE,
            waiting=partial(_send, way == "oneway", offline, timeout),
        )
        for way in ("oneway", "twoway")
    )


ROUTES = (
    *_sending("/api/rpc", _V2_TIMEOUT, _V2_TIMEOUT),
    *_sending("/api/plugins/rpc", _V1_OFFLINE, _V1_TIMEOUT),
    Route("GET", "/api/rpc/persistent/{id}", _read),
    Route("GET", "/api/rpc/persistent/device/{deviceId}", _of_device),
    Route("DELETE", "/api/rpc/persistent/{id}", _delete, TENANT),
)
