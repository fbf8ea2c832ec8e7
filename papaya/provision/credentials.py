"""The access token of a live device: fetched once by who may, kept on the device for its agent."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from papaya.api.malformed import malformed
from papaya.api.protocols import Readable
from papaya.errors import PapayaError
from papaya.settings.device_token import forget_pending, store_token


@dataclass(frozen=True, slots=True)
class Kept:
    """A token and where it is stored; `written` says whether the file had to be changed."""

    token: str = field(repr=False)
    path: Path
    written: bool


def fetch_and_keep(session: Readable, device: str, device_id: str, path: Path) -> Kept:
    """Fetch a device's access token and store it."""
    token = fetch_token(session, device, device_id)
    written = store_token(path, token)
    forget_pending(path)
    return Kept(token, path, written)


def fetch_token(session: Readable, device: str, device_id: str) -> str:
    """Return the access token of a device."""
    path = f"/api/device/{device_id}/credentials"
    body = session.get(path)
    if not isinstance(body, dict):
        raise malformed(session, "GET", path, "credentials are no object")
    kind, token = body.get("credentialsType"), body.get("credentialsId")
    if kind != "ACCESS_TOKEN" or not isinstance(token, str) or not token:
        raise PapayaError(
            f"{device} signs in with {kind}, not with an access token",
            remedy="Choose Access token under Manage credentials in ThingsBoard, or give the device "
            "one in the manifest: credentials: {accessToken: {env: …}}",
        )
    return token
