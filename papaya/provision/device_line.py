"""How a device speaks to its server: over the HTTP device API or over MQTT, with the same meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import TracebackType
from typing import Protocol, Self
from urllib.parse import urlsplit

from papaya.agent.link import Address
from papaya.agent.settings import PORT, TLS_PORT
from papaya.manifest.model import Json
from papaya.provision.device_api import DeviceApi
from papaya.provision.mqtt_device import MqttDevice
from papaya.provision.mqtt_talk import Broker
from papaya.settings import Settings
from papaya.settings.device_login import DeviceLogin, login_of


class DeviceLine(Protocol):
    """What a device may ask; `over` names the way."""

    @property
    def over(self) -> str:
        """The way, for people."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...

    def send_telemetry(self, ts: int, values: Mapping[str, Json]) -> None:
        """Send values of one moment."""

    def send_attributes(self, values: Mapping[str, Json]) -> None:
        """Set client attributes."""

    def client_attributes(self, *keys: str) -> dict[str, Json]:
        """Return client attributes as the server has them."""

    def is_known(self) -> bool:
        """Return whether the server knows the token."""

    def provision(self, request: Mapping[str, Json]) -> Json:
        """Ask for registration with a provision key."""


Connect = Callable[[str | DeviceLogin], DeviceLine]


def connect_by(settings: Settings, broker: Broker | None) -> Connect:
    """Return what makes a line for a login: over MQTT where a broker is named, else over HTTP.

    The HTTP device API takes access tokens alone, so that others go over MQTT, a certificate in TLS.
    """

    def connect(given: str | DeviceLogin) -> DeviceLine:
        login = login_of(given)
        if login.kind == "accessToken" and (broker is None or broker.is_for_others):
            return DeviceApi.of(settings, login.token)
        to = broker or broker_of(settings)
        if login.kind == "x509":
            to = in_tls(to)
        return MqttDevice(to, login, timeout=settings.timeout, retry_for=settings.retry_for)

    return connect


def in_tls(broker: Broker) -> Broker:
    """Return where the server takes MQTT in TLS: at the usual port, unless another was named."""
    address = broker.address
    if address.tls:
        return broker
    port = TLS_PORT if address.port == PORT else address.port
    return replace(broker, address=replace(address, tls=True, port=port))


def broker_of(
    settings: Settings, host: str | None = None, port: int | None = None, tls: bool | None = None
) -> Broker:
    """Return where the server takes MQTT: what is given, else its host at the usual port.

    Where nothing says whether in TLS, the two usual ports do, and else whether the URL is https.
    """
    parts = urlsplit(settings.url)
    if tls is None:
        tls = {PORT: False, TLS_PORT: True}.get(port or 0, parts.scheme == "https")
    name = host or parts.hostname or ""
    address = Address(name, port or (TLS_PORT if tls else PORT), tls, settings.ca_file)
    return Broker(address, settings.insecure)
