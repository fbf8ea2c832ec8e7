"""Persistent RPC: what became of a call, kept in the database, and calls that outlive a restart."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any

from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity
from papaya.sandbox.store.live import PendingRpc
from papaya.sandbox.wire import dumps, loads, new_id

# A call of these ends is over; the server moves it no further.
_FINAL = frozenset({"SUCCESSFUL", "EXPIRED", "TIMEOUT", "FAILED"})


def follow(core: Core, device: int, record: str, rpc: PendingRpc, seconds: float) -> None:
    """Offer a call to its device and write down what becomes of it."""
    rpc.progress = partial(_set_status, core, record)
    core.live.offer(device, rpc)
    waiting = asyncio.get_running_loop().create_task(_wait(core, device, record, rpc, seconds))
    core.live.followed.add(waiting)
    waiting.add_done_callback(core.live.followed.discard)


def remember(
    core: Core, device: Entity, request: dict[str, Any], *, expires: int, info: object = None
) -> str:
    """Write down a call that has yet to reach its device, and return its id."""
    identifier, now = new_id(), core.now()
    record = {
        "id": {"entityType": "RPC", "id": identifier},
        "createdTime": now,
        "tenantId": {"entityType": "TENANT", "id": core.tenant_id},
        "deviceId": {"entityType": "DEVICE", "id": device.id},
        "expirationTime": expires,
        "request": request,
        "response": None,
        "status": "QUEUED",
        "additionalInfo": info,
    }
    core.store.connection.execute(
        "INSERT INTO rpc VALUES (?, ?, ?, ?)", (identifier, device.number, now, dumps(record))
    )
    return identifier


def send_record(
    core: Core, device: Entity, method: str, params: str, *, one_way: bool, expires: int, retries: int
) -> None:
    """Call a device on the server's own behalf once this transaction is stored."""
    request = {
        "id": new_id(),
        "tenantId": {"entityType": "TENANT", "id": core.tenant_id},
        "deviceId": {"entityType": "DEVICE", "id": device.id},
        "oneway": one_way,
        "expirationTime": expires,
        "body": {"method": method, "params": params},
        "persisted": True,
        "retries": retries,
    }
    record = remember(core, device, request, expires=expires)

    def send() -> None:
        rpc = _call(core, device.number, method, params, one_way=one_way)
        follow(core, device.number, record, rpc, (expires - core.now()) / 1000)

    core.store.after_commit(send)


def _call(core: Core, device: int, method: str, params: str, *, one_way: bool) -> PendingRpc:
    return PendingRpc(
        request_id=core.live.next_request_id(device),
        method=method,
        params_text=params,
        one_way=one_way,
        answer=asyncio.get_running_loop().create_future(),
    )


def resume(core: Core) -> None:
    """Offer the calls again that no device had when the server stopped."""
    for identifier, device, text in core.store.rows("SELECT id, device, body FROM rpc ORDER BY created_time"):
        record = json.loads(text)
        if record["status"] != "QUEUED":
            continue
        body, seconds = record["request"]["body"], (record["expirationTime"] - core.now()) / 1000
        one_way = record["request"]["oneway"]
        rpc = _call(core, device, body["method"], body["params"], one_way=one_way)
        follow(core, device, identifier, rpc, max(0.0, seconds))


async def _wait(core: Core, device: int, record: str, rpc: PendingRpc, seconds: float) -> None:
    try:
        text = await asyncio.wait_for(rpc.answer, seconds)
    except TimeoutError:
        _set_status(core, record, "EXPIRED")
        return
    finally:
        core.live.give_up(device, rpc)
    if rpc.one_way:
        return
    try:
        _set_status(core, record, "SUCCESSFUL", loads(text or "null"))
    except ValueError:
        _set_status(core, record, "FAILED")


def _set_status(core: Core, record: str, status: str, response: Any = None) -> None:
    def write() -> None:
        row = core.store.connection.execute("SELECT body FROM rpc WHERE id = ?", (record,)).fetchone()
        if row is None:
            return
        body = json.loads(row[0])
        # An answer may come before the acknowledgement of the call that it answers.
        if body["status"] not in _FINAL:
            body |= {"status": status, "response": response}
            core.store.connection.execute("UPDATE rpc SET body = ? WHERE id = ?", (dumps(body), record))

    core.writes.submit(write)
