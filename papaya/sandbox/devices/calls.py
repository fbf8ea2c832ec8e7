"""Calls of devices to the server: what a fresh server answers to them, which is next to nothing."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

from papaya.sandbox.store.core import Core
from papaya.sandbox.unforeseen import tell
from papaya.sandbox.wire import dumps

MAX_PAYLOAD = 65536
_LOG = logging.getLogger(__name__)
# A rule chain that answers is missing on a fresh server as well; its transport gives up after this.
SESSION_LIMITS = "getSessionLimits"
_RATES = {"messages": None, "telemetryMessages": None, "telemetryDataPoints": None}
TIMED_OUT = dumps({"error": "timeout"})


def session_limits(*, is_gateway: bool) -> str:
    """Return the limits that the server tells on the long MQTT topics, and nowhere else."""
    limits = {"maxPayloadSize": MAX_PAYLOAD, "maxInflightMessages": 100, "rateLimits": _RATES}
    return dumps({**limits, "gatewayRateLimits": _RATES} if is_gateway else limits)


async def answer_call(core: Core, device: int, method: str, params: Any) -> str:
    """Return the JSON answer to a device's call; without anyone who answers, that is a timeout."""
    if core.answer_device is not None:
        row = core.store.connection.execute("SELECT name FROM entity WHERE number = ?", (device,)).fetchone()
        try:
            return dumps(core.answer_device(str(row[0]) if row else "", method, json.loads(dumps(params))))
        except Exception as fault:
            tell(_LOG, f"answering {method} of a device", fault)
    await asyncio.sleep(core.device_call_seconds)
    return TIMED_OUT
