"""Registration with a device profile's key and secret: no administrator's password on the device.

The server gives a new device the token that the request names, once: a second request for the same name
fails. So the token is made here, stored before it is sent, and tried when the server says that it failed.
"""

from __future__ import annotations

import secrets
import string
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from papaya.errors import PapayaError, UnexpectedReply
from papaya.manifest.model import Json, ProvisioningStrategy
from papaya.provision.device_line import DeviceLine
from papaya.settings.device_login import read_login
from papaya.settings.device_token import forget_pending, pending_path, read_token, store_token

_ALPHABET = string.ascii_letters + string.digits
_LENGTH = 32

How = Literal["registered", "registered earlier", "known already"]


@dataclass(frozen=True, slots=True)
class Key:
    """What a device profile lets devices register with; `strategy` is None where nobody has said it."""

    key: str
    secret: str = field(repr=False)
    strategy: ProvisioningStrategy | None = None


@dataclass(frozen=True, slots=True)
class Registered:
    """The token that the server knows, and how it came to know it."""

    token: str = field(repr=False)
    path: Path
    how: How


def new_token() -> str:
    """Return a token that the HTTP device API can hold in its path: letters and digits alone."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(_LENGTH))


def register(device: str, key: Key, path: Path, connect: Callable[[str], DeviceLine]) -> Registered:
    """Register a device and store its token; an interrupted attempt is gone on with."""
    known = read_login(path)
    stored = known.token if known is not None and known.kind == "accessToken" else None
    if stored is not None:
        with connect(stored) as api:
            if api.is_known():
                forget_pending(path)
                return Registered(stored, path, "known already")
    waiting = pending_path(path)
    token = read_token(waiting)
    if token is None:
        token = new_token()
        store_token(waiting, token)
    with connect(token) as api:
        answer = api.provision(
            {
                "deviceName": device,
                "provisionDeviceKey": key.key,
                "provisionDeviceSecret": key.secret,
                "credentialsType": "ACCESS_TOKEN",
                "token": token,
            }
        )
        status, given = _read(answer)
        how: How = "registered"
        if status == "FAILURE" and api.is_known():
            # An earlier request got through and its answer did not.
            status, given, how = "SUCCESS", token, "registered earlier"
    if status != "SUCCESS" or given is None:
        raise refused(device, status, key.strategy, had_token=stored is not None)
    store_token(path, given)
    forget_pending(path)
    return Registered(given, path, how)


def refused(
    device: str, status: str, strategy: ProvisioningStrategy | None, *, had_token: bool = False
) -> PapayaError:
    """Return what to say where the server registers a device not."""
    if status == "NOT_FOUND":
        return PapayaError(
            "the server knows no device profile with this provision key and secret",
            remedy="Compare them with the manifest's provisioning and apply it; a secret that has changed "
            "there has to reach the device, too.",
        )
    pre_provisioned = (
        f"{device} has to be on the server before, under the profile of this key: papaya apply. If it was "
        "registered before and its token is lost here, a newer server lets it register again only after "
        "its server attribute provisionState has been deleted."
    )
    create = (
        f"A device called {device} is on the server with another token: delete it there, or provision it as "
        "an administrator."
    )
    remedies = {"checkPreProvisioned": pre_provisioned, "allowCreate": create}
    remedy = remedies[strategy] if strategy is not None else f"{pre_provisioned}\n{create}"
    if had_token:
        remedy += "\nThe token that is stored here is no longer known to the server."
    return PapayaError(f"the server does not register {device} with this key", remedy=remedy)


def _read(answer: Json) -> tuple[str, str | None]:
    """Return status and token of an answer; the token is never quoted."""
    if not isinstance(answer, dict) or not isinstance(answer.get("status"), str):
        raise UnexpectedReply(
            "the answer to the registration names no status", remedy="Is the URL that of ThingsBoard itself?"
        )
    status, given = str(answer["status"]), answer.get("credentialsValue")
    if status == "SUCCESS" and (
        answer.get("credentialsType") != "ACCESS_TOKEN" or not isinstance(given, str)
    ):
        raise PapayaError(
            "the device signs in with something else than an access token",
            remedy="Choose Access token under Manage credentials in ThingsBoard.",
        )
    return status, given if isinstance(given, str) else None
