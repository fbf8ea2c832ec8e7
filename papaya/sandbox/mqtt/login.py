"""Which device a CONNECT packet names: by access token, or by user name, password and client id."""

from __future__ import annotations

import json

from papaya.sandbox.mqtt.packets import BAD_CLIENT_ID, BAD_USER_NAME, NOT_AUTHORIZED
from papaya.sandbox.mqtt.values import Connect
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.credentials import (
    ACCESS_TOKEN,
    MQTT_BASIC,
    X509,
    Credentials,
    credentials_by_id,
    sha3,
)


class LoginRefused(Exception):
    """The credentials name no device; `code` goes into CONNACK."""

    def __init__(self, code: int) -> None:
        super().__init__(f"refused with {code}")
        self.code = code


def device_of(core: Core, connect: Connect, certificate: str | None = None) -> int:
    """Return the number of the device, tried in the order of the server.

    If the client sent a TLS certificate (DER in base64), only the certificate counts.
    """
    if certificate is not None:
        found = credentials_by_id(core, sha3(certificate))
        if found is None or found[1].kind != X509 or found[1].credentials_value != certificate:
            raise LoginRefused(NOT_AUTHORIZED)
        return found[0]
    user = connect.user_name
    tries = [sha3(connect.client_id)] if connect.client_id else []
    if user:
        tries = [sha3(f"{connect.client_id}|{user}"), *tries]
    for credentials_id in tries:
        found = credentials_by_id(core, credentials_id)
        if found is not None and found[1].kind == MQTT_BASIC and _fits(found[1], connect):
            return found[0]
    found = credentials_by_id(core, user) if user else None
    # The password beside an access token is ignored.
    if found is None or not (
        found[1].kind == ACCESS_TOKEN or (found[1].kind == MQTT_BASIC and _fits(found[1], connect))
    ):
        raise LoginRefused(_refusal(connect))
    return found[0]


def _refusal(connect: Connect) -> int:
    """Return the code for credentials that fit no device (`MqttTransportHandler`, 4.0.1 to 4.3.1.3)."""
    if connect.user_name is not None or connect.password is not None:
        return BAD_USER_NAME
    return BAD_CLIENT_ID if connect.client_id.strip() else NOT_AUTHORIZED


def _fits(credentials: Credentials, connect: Connect) -> bool:
    wanted = json.loads(credentials.credentials_value or "{}")
    given = {"clientId": connect.client_id, "userName": connect.user_name, "password": connect.password}
    return all(not wanted.get(name) or wanted[name] == value for name, value in given.items())
