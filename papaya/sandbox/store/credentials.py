"""Device credentials: exactly one per device, unique across all devices."""

from __future__ import annotations

import hashlib
import json
import re
import secrets
import sqlite3
import string
from dataclasses import dataclass
from functools import partial
from typing import Any

from papaya.sandbox.refusal import broken, changed_by_someone_else, invalid
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.forms import enum_member
from papaya.sandbox.wire import dumps, is_uuid, new_id

ACCESS_TOKEN = "ACCESS_TOKEN"  # noqa: S105 - the name of a kind
X509 = "X509_CERTIFICATE"
MQTT_BASIC = "MQTT_BASIC"
LWM2M = "LWM2M_CREDENTIALS"
KINDS = (ACCESS_TOKEN, X509, MQTT_BASIC, LWM2M)
_TAKEN = "Device credentials are already assigned to another device!"
_REGISTERED = "Specified credentials are already registered!"
_LETTERS = string.ascii_letters + string.digits
_BASIC = ("clientId", "userName", "password")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Credentials:
    """The credentials of a device, in stored form."""

    id: str
    created_time: int
    kind: str
    credentials_id: str
    credentials_value: str | None
    version: int

    def text(self, device_id: str, created_time: int | None = None) -> str:
        """Return the JSON that the server answers."""
        return dumps(
            {
                "id": {"id": self.id},
                "createdTime": self.created_time if created_time is None else created_time,
                "deviceId": {"entityType": "DEVICE", "id": device_id},
                "credentialsType": self.kind,
                "credentialsId": self.credentials_id,
                "credentialsValue": self.credentials_value,
                "version": self.version,
            }
        )


def random_token() -> str:
    """Return what the server generates for a device without a token: 20 letters and digits."""
    return "".join(secrets.choice(_LETTERS) for _ in range(20))


def fresh_token() -> tuple[str, str, None]:
    """Return kind, ID and value of the default credentials for a device that does not name any."""
    return ACCESS_TOKEN, random_token(), None


def find_credentials(core: Core, device: int) -> Credentials | None:
    """Return the credentials of a device, by its number."""
    row = core.store.connection.execute(
        "SELECT id, created_time, type, credentials_id, credentials_value, version FROM credentials"
        " WHERE device = ?",
        (device,),
    ).fetchone()
    return None if row is None else Credentials(*row)


def device_by_token(core: Core, token: str) -> tuple[int, str] | None:
    """Return number and id of the device that has this access token."""
    row = core.store.connection.execute(
        "SELECT e.number, e.id FROM credentials c JOIN entity e ON e.number = c.device"
        " WHERE c.credentials_id = ? AND c.type = ?",
        (token, ACCESS_TOKEN),
    ).fetchone()
    return None if row is None else (int(row[0]), str(row[1]))


def refuse_another(core: Core, identifier: str, credentials_id: object) -> None:
    """Refuse to save credentials under a device that is not theirs, in the words of the server's checks."""
    rows = core.store.rows("SELECT credentials_id FROM credentials WHERE id = ?", (identifier,))
    if not rows:
        raise invalid("Unable to update non-existent device credentials!")
    holder = core.store.rows("SELECT id FROM credentials WHERE credentials_id = ?", (credentials_id,))
    raise invalid(_TAKEN if holder and holder[0][0] != identifier else _REGISTERED)


def credentials_by_id(core: Core, credentials_id: str) -> tuple[int, Credentials] | None:
    """Return the number of the device that has these credentials, and the credentials."""
    row = core.store.connection.execute(
        "SELECT device, id, created_time, type, credentials_id, credentials_value, version FROM credentials"
        " WHERE credentials_id = ?",
        (credentials_id,),
    ).fetchone()
    return None if row is None else (int(row[0]), Credentials(*row[1:]))


def sha3(text: str) -> str:
    """Return the digest that the server looks up certificates and client ids by."""
    return hashlib.sha3_256(text.encode()).hexdigest()


def create_credentials(
    core: Core, device: int, kind: str, credentials_id: object, value: object
) -> Credentials:
    """Give a new device its credentials."""
    ready_id, ready_value = formatted(kind, credentials_id, value)
    _check_characters(core, kind, ready_id, ready_value)
    made = Credentials(new_id(), core.now(), kind, ready_id, ready_value, 1)
    try:
        core.store.connection.execute(
            "INSERT INTO credentials VALUES (?, ?, ?, ?, ?, ?, 1)",
            (device, made.id, made.created_time, kind, ready_id, ready_value),
        )
    except sqlite3.IntegrityError as error:
        raise invalid(_TAKEN) from error
    return made


def update_credentials(
    core: Core, device: int, old: Credentials, kind: str, body: dict[str, Any]
) -> Credentials:
    """Replace a device's credentials."""
    ready_id, value = formatted(kind, body.get("credentialsId"), body.get("credentialsValue"))
    _check_characters(core, kind, ready_id, value)
    holder = core.store.connection.execute(
        "SELECT device FROM credentials WHERE credentials_id = ?", (ready_id,)
    ).fetchone()
    if holder is not None and holder[0] != device:
        raise invalid(_TAKEN)
    if body.get("version") not in (None, old.version):
        raise changed_by_someone_else("Entity")
    made = Credentials(old.id, old.created_time, kind, ready_id, value, old.version + 1)
    core.store.connection.execute(
        "UPDATE credentials SET type = ?, credentials_id = ?, credentials_value = ?, version = ?"
        " WHERE device = ?",
        (kind, ready_id, value, made.version, device),
    )
    before = (old.kind, old.credentials_id, old.credentials_value)
    if core.dialect.closes_on_equal_credentials or before != (kind, ready_id, value):
        core.store.after_commit(partial(core.live.end_session, device, "the credentials were changed"))
    return made


def checked_kind(value: object) -> str:
    """Return a credentials type; refuse one that the server does not know."""
    if value is None:
        raise invalid("Device credentials type should be specified")
    return enum_member(value, KINDS, "security.DeviceCredentialsType")


def formatted(kind: str, credentials_id: object, value: object) -> tuple[str, str | None]:
    """Return id and value as they are stored: the server computes the id of all but tokens."""
    if kind == X509:
        if value is None:
            raise broken('Cannot invoke "String.replaceAll(String, String)" because "input" is null')
        trimmed = trimmed_certificate(str(value or ""))
        return sha3(trimmed), trimmed
    if kind == MQTT_BASIC:
        return _mqtt_basic(value)
    if kind == LWM2M:
        return _lwm2m(value)
    if not isinstance(credentials_id, str) or not credentials_id:
        raise invalid("Device credentials id should be specified!")
    return credentials_id, None if value is None else str(value)


def _check_characters(core: Core, kind: str, credentials_id: str, value: str | None) -> None:
    """Refuse control characters (`DeviceCredentialsDataValidator`, measured on 4.2.2.3 and 4.3.1.3)."""
    if not core.dialect.refuses_control_characters:
        return
    parts = json.loads(value) if kind == MQTT_BASIC and value else {}
    named = {"credentialsId": credentials_id, **{name: parts.get(name) for name in _BASIC}}
    for name, text in named.items():
        if text and _CONTROL.search(text):
            raise invalid(f"{name} must not contain control characters!")


def _mqtt_basic(value: object) -> tuple[str, str]:
    try:
        given = json.loads(value) if isinstance(value, str) else None
    except ValueError:
        given = None
    if not isinstance(given, dict):
        raise invalid("Invalid credentials body for simple mqtt credentials!")
    client, user, password = given.get("clientId"), given.get("userName"), given.get("password")
    if not client and not user:
        raise invalid("Both mqtt client id and user name are empty!")
    if client and password and not user:
        raise invalid("Password cannot be specified along with client id")
    text = dumps({"clientId": client, "userName": user, "password": password})
    if not client:
        return str(user), text
    return sha3(str(client) if not user else f"{client}|{user}"), text


def _lwm2m(value: object) -> tuple[str, str]:
    try:
        endpoint = json.loads(str(value))["client"]["endpoint"]
    except (ValueError, KeyError, TypeError) as error:
        raise invalid("Invalid credentials body for LwM2M credentials!") from error
    return str(endpoint), str(value)


def trimmed_certificate(text: str) -> str:
    """Return a PEM certificate in its stored form: only the base64 text."""
    for removed in ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----", "\n", "\r", " "):
        text = text.replace(removed, "")
    return text


def credentials_id_in(body: dict[str, Any]) -> str | None:
    """Return the id that an update must carry."""
    given = body.get("id")
    identifier = given.get("id") if isinstance(given, dict) else None
    return str(identifier).lower() if is_uuid(identifier) else None
