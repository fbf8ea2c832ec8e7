"""What a device signs in with: an access token, a certificate with its key, or MQTT basic credentials.

The file of the device's token says which. It holds only a token, or one JSON object: `{"clientId": …,
"username": …, "password": …}` or `{"certificate": FILE, "key": FILE}`. Paths in it are relative to its
folder.
"""

from __future__ import annotations

import json
import shlex
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from papaya.errors import SettingsError
from papaya.foreign import ForeignValue, json_in
from papaya.settings.device_token import read_secret_text, store_text

LoginKind = Literal["accessToken", "x509", "mqttBasic"]
CERTIFICATE_SUFFIX = ".crt"
KEY_SUFFIX = ".key"


@dataclass(frozen=True, slots=True)
class DeviceLogin:
    """One of three kinds: `token`; `certificate` and `key`; or `client_id`, `username` and `password`."""

    kind: LoginKind
    token: str = field(default="", repr=False)
    client_id: str | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    certificate: Path | None = None
    key: Path | None = None

    @property
    def called(self) -> str:
        """The words of messages: what the server may not know."""
        return {"accessToken": "access token", "x509": "certificate", "mqttBasic": "MQTT credentials"}[
            self.kind
        ]

    @property
    def user(self) -> str | None:
        """The MQTT user name to connect with; None with a certificate."""
        return self.token if self.kind == "accessToken" else self.username


def login_of(given: str | DeviceLogin) -> DeviceLogin:
    """Return a login; a text is an access token."""
    return given if isinstance(given, DeviceLogin) else DeviceLogin("accessToken", given)


def of_certificate(certificate: Path, key: Path) -> DeviceLogin:
    """Return the login with a certificate and its private key."""
    return DeviceLogin("x509", certificate=certificate, key=key)


def read_login(path: Path) -> DeviceLogin | None:
    """Return what a device signs in with, as the file of its token says; None where there is no file.

    Raises `SettingsError` where the file holds something else.
    """
    text = read_secret_text(path)
    if text is None:
        return None
    if not text.startswith("{"):
        return DeviceLogin("accessToken", text)
    try:
        told = json_in(text)
    except ForeignValue:
        told = None
    if isinstance(told, dict):
        texts = {key: value for key, value in told.items() if isinstance(value, str) and value}
        if "certificate" in texts and "key" in texts:
            return of_certificate(path.parent / texts["certificate"], path.parent / texts["key"])
        if "clientId" in texts or "username" in texts:
            return DeviceLogin(
                "mqttBasic",
                client_id=texts.get("clientId"),
                username=texts.get("username"),
                password=texts.get("password"),
            )
    raise SettingsError(
        f"{path} holds no credentials of a device",
        remedy="Fetch them with papaya provision, or name another file with --credentials-file.",
    )


def store_login(path: Path, login: DeviceLogin) -> bool:
    """Store what a device signs in with, mode 0600, in one step; return whether it had to be written."""
    return store_text(path, text_of(login, path.parent))


def text_of(login: DeviceLogin, folder: Path) -> str:
    """Return the content of the file of a device's token."""
    if login.kind == "accessToken":
        return login.token
    if login.kind == "mqttBasic":
        told = {"clientId": login.client_id, "username": login.username, "password": login.password}
        return json.dumps({key: value for key, value in told.items() if value is not None})
    files = {"certificate": login.certificate, "key": login.key}
    return json.dumps({name: _relative(file, folder) for name, file in files.items() if file is not None})


def _relative(file: Path, folder: Path) -> str:
    return file.name if file.parent == folder else str(file.absolute())


def certificate_paths(path: Path) -> tuple[Path, Path]:
    """Return where certificate and key of a device stand: beside the file of its token."""
    stem = path.name.removesuffix(".token")
    return path.with_name(stem + CERTIFICATE_SUFFIX), path.with_name(stem + KEY_SUFFIX)


def missing_login(device: str, path: Path, option: str) -> SettingsError:
    """Return the error that there is nothing to sign in with."""
    return SettingsError(
        f"there is no token of {device} in {path}",
        remedy=f"Fetch it with papaya provision {shlex.quote(device)}, or name another file with {option}.",
    )
