"""What is known about the access tokens of a fleet before anything is written."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Final

from papaya.engine.address import Address
from papaya.engine.plan import Plan, Refusal, WayOut
from papaya.errors import SecretUnavailable
from papaya.manifest.model import Device, Fleet
from papaya.secrets import fault_in_token, resolve

GUARD: Final = "token"
_HOW: Final = WayOut(
    "To give each device a token of its own", "one line in one file for each device, in UTF-8"
)


def refused_tokens(fleet: Fleet, plan: Plan, *, chosen: bool) -> Iterator[Refusal]:
    """Yield a refusal for each token that apply would fail with; no secret is told.

    The secret of a device that the plan creates has to be there. The file of another device may be missing,
    as its token is not touched, but not hold what is no token. With `chosen` the plan is about a part of the
    fleet, and so are the refusals.
    """
    changed = {change.address: change for change in plan.changes}
    if chosen and not changed:
        return
    folder = Path(fleet.folder)
    seen: dict[str, Device] = {}
    for device in fleet.devices():
        if device.access_token is None:
            continue
        address = Address("device", device.name)
        change = changed.get(address)
        is_new = change is not None and change.action == "create"
        reason = ""
        token = None
        try:
            token = resolve(device.access_token, folder)
        except SecretUnavailable as error:
            # Variables are set where apply runs, which may be another machine.
            is_file = device.access_token.file is not None
            if is_file and (is_new or not error.is_missing):
                reason = error.reason
        if token is not None:
            reason = fault_in_token(token) or ""
            twin = seen.setdefault(token, device)
            if twin is not device:
                reason = f"it is the token of {twin.name} ({twin.access_token}), too"
        if reason and (change is not None or not chosen):
            yield Refusal(
                GUARD,
                f"the access token of {device.name} ({device.access_token}) cannot be used: {reason}",
                (_HOW,),
                device.access_token.mark or device.mark,
                (address,),
            )
