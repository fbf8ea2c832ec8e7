"""Claiming: a device lets itself be claimed, and a customer's user claims it (`ClaimDevicesServiceImpl`).

What a device said is kept in memory, as in the server's cache.
"""

from __future__ import annotations

import json
import logging
from typing import Any

from papaya.sandbox.store.attributes import SERVER_SCOPE, delete_attributes, read_attributes
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, find_by_number
from papaya.sandbox.store.live import Claim
from papaya.sandbox.store.profiled import save_profiled
from papaya.sandbox.store.values import as_text
from papaya.sandbox.wire import Numeral, reference, whole_of

_LOG = logging.getLogger(__name__)
_DAY_MS = 24 * 60 * 60 * 1000
_DATA, _ALLOWED = "claimingData", "claimingAllowed"
SUCCESS, FAILURE, CLAIMED = "SUCCESS", "FAILURE", "CLAIMED"


def read_claim(body: dict[str, Any]) -> tuple[str, int]:
    """Return secret and duration (ms) of a device's message; raise ValueError for other members."""
    secret = body.get("secretKey", "")
    if isinstance(secret, bool):
        secret = "true" if secret else "false"
    elif isinstance(secret, int | float):
        secret = secret.text if isinstance(secret, Numeral) else str(secret)
    if not isinstance(secret, str):
        raise ValueError("secretKey is no text")
    duration = body.get("durationMs", 0)
    if duration is None or isinstance(duration, bool | list | dict):
        raise ValueError("durationMs is no number")
    return secret, whole_of(duration)


def register_claim(core: Core, device: int, claim: tuple[str, int]) -> None:
    """Let a device be claimed; the first of several messages counts until it is used or gone."""
    found = find_by_number(core, device)
    if found is None or found.customer_id is not None:
        _LOG.info("a device that is already claimed cannot be claimed again")
        return
    secret, duration = claim
    core.live.claims.setdefault(device, Claim(secret, core.now() + (duration if duration > 0 else _DAY_MS)))


def claim_device(core: Core, device: Entity, customer: str | None, secret: str) -> tuple[Entity | None, str]:
    """Give a device to a customer whose user knows its secret; return the device and what became of it."""
    cached = core.live.claims.get(device.number)
    claim = cached or _in_attribute(core, device)
    if claim is None:
        return None, FAILURE if device.customer_id is None else CLAIMED
    if core.now() > claim.expires or secret != claim.secret:
        core.live.claims.pop(device.number, None)
        return None, FAILURE
    core.live.claims.pop(device.number, None)
    delete_attributes(core, device.number, SERVER_SCOPE, [_DATA, _ALLOWED])
    if device.customer_id is not None:
        return None, CLAIMED
    return _with_customer(core, device, customer), SUCCESS


def reclaim_device(core: Core, device: Entity) -> None:
    """Take a device from its customer; what it said of claiming is forgotten."""
    core.live.claims.pop(device.number, None)
    if device.customer_id is not None:
        _with_customer(core, device, None)


def _with_customer(core: Core, device: Entity, customer: str | None) -> Entity:
    body = {**device.json, "customerId": reference("CUSTOMER", customer)}
    return save_profiled(core, "DEVICE", body).entity


def _in_attribute(core: Core, device: Entity) -> Claim | None:
    rows = read_attributes(core, device.number, SERVER_SCOPE, (_DATA,))
    try:
        given = json.loads(as_text(rows[0][2], rows[0][3])) if rows else None
        return (
            None if given is None else Claim(str(given["secretKey"] or ""), whole_of(given["expirationTime"]))
        )
    except (ValueError, TypeError, KeyError):
        return None
