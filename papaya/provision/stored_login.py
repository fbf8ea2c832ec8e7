"""What an earlier provisioning has left on this device to sign in with."""

from __future__ import annotations

from pathlib import Path

from papaya.settings.device_login import DeviceLogin, missing_login, read_login
from papaya.settings.device_token import path_to_read


def stored_login(device: str, path: Path | None = None) -> tuple[DeviceLogin, Path]:
    """Return what a device signs in with and the file that says so."""
    path = path or path_to_read(device)
    login = read_login(path)
    if login is None:
        raise missing_login(device, path, "--credentials-file")
    return login, path
