"""How a device speaks to its server: over the HTTP device API or over MQTT, with the same meaning."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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


Connect = Callable[[str], DeviceLine]


def connect_by(settings: Settings, broker: Broker | None) -> Connect:
    """Return what makes a line for a token: over MQTT where a broker is named, else over HTTP."""
    if broker is None:
        return lambda token: DeviceApi.of(settings, token)
    return lambda token: MqttDevice(broker, token, timeout=settings.timeout, retry_for=settings.retry_for)


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
