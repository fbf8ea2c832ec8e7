"""Persistent RPC: what became of a call, kept in the database, and calls that outlive a restart."""

from __future__ import annotations

import asyncio
import json
from functools import partial
from typing import Any

from papaya.sandbox.store.core import Core
from papaya.sandbox.store.live import PendingRpc
from papaya.sandbox.wire import dumps, loads

# A call of these ends is over; the server moves it no further.
_FINAL = frozenset({"SUCCESSFUL", "EXPIRED", "TIMEOUT", "FAILED"})


def follow(core: Core, device: int, record: str, rpc: PendingRpc, seconds: float) -> None:
    """Offer a call to its device and write down what becomes of it."""
    rpc.progress = partial(_set_status, core, record)
    core.live.offer(device, rpc)
    waiting = asyncio.get_running_loop().create_task(_wait(core, device, record, rpc, seconds))
    core.live.followed.add(waiting)
    waiting.add_done_callback(core.live.followed.discard)


def resume(core: Core) -> None:
    """Offer the calls again that no device had when the server stopped."""
    for identifier, device, text in core.store.rows("SELECT id, device, body FROM rpc ORDER BY created_time"):
        record = json.loads(text)
        if record["status"] != "QUEUED":
            continue
        body, seconds = record["request"]["body"], (record["expirationTime"] - core.now()) / 1000
        rpc = PendingRpc(
            request_id=core.live.next_request_id(device),
            method=body["method"],
            params_text=body["params"],
            one_way=record["request"]["oneway"],
            answer=asyncio.get_running_loop().create_future(),
        )
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
