"""Proves with the token that provisioning has stored that a device reaches its server."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from papaya.api.known import known_device
from papaya.api.session import Session
from papaya.errors import PapayaError
from papaya.manifest.model import Json
from papaya.provision.device_api import TokenRefused
from papaya.provision.device_line import Connect, DeviceLine
from papaya.provision.handshake import Arrived, first_values, handshake_as_device, handshake_over_rest
from papaya.provision.one_device import OneDevice
from papaya.remedies import token_refused
from papaya.settings.device_login import DeviceLogin, login_of


def prove(
    one: OneDevice,
    connect: Connect,
    token: str | DeviceLogin,
    path: Path | None,
    information: Mapping[str, Json],
    *,
    wait: float,
    open_session: Callable[[], Session] | None,
) -> Arrived:
    """Send a device's first telemetry and read it back, within `wait` seconds.

    A user's session reads it back over REST; without one the device does so itself. Raises `TokenRefused`,
    which names the token's file `path`, or `NotArrived`.
    """
    try:
        with connect(token) as line:
            return _shake(one, line, information, wait, open_session)
    except TokenRefused as error:
        login = login_of(token)
        if login.kind != "accessToken":
            raise
        fault = token_refused(str(path))
        raise TokenRefused(fault.summary, remedy=fault.remedy, status=error.status) from None


def _shake(
    one: OneDevice,
    line: DeviceLine,
    information: Mapping[str, Json],
    wait: float,
    open_session: Callable[[], Session] | None,
) -> Arrived:
    values = first_values(information, one.serial, one.surveyed)
    if open_session is None:
        return handshake_as_device(line, values, wait=wait)
    with open_session() as session:
        id_ = known_device(session, one.device.name, one.fleet.name)
        if id_ is None:
            raise PapayaError(
                f"the server has no device {one.device.name}", remedy="Register it: papaya provision"
            )
        return handshake_over_rest(line, session, id_, values, wait=wait, now=session.server_time)
