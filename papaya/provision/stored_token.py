"""The token that an earlier provisioning has left on this device."""

from __future__ import annotations

from pathlib import Path

from papaya.errors import SettingsError
from papaya.settings.device_token import path_to_read, read_token


def stored_token(device: str, path: Path | None = None) -> tuple[str, Path]:
    """Return the token of a device and the file that it is in."""
    path = path or path_to_read(device)
    token = read_token(path)
    if token is None:
        raise SettingsError(
            f"there is no token of {device} in {path}",
            remedy="Fetch it with papaya provision, or name another file with --credentials-file.",
        )
    return token, path
