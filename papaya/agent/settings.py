"""What one run of the agent is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from papaya.agent.link import Address
from papaya.errors import SettingsError
from papaya.manifest.model import Json, Sensor
from papaya.server_url import shown_url, split_url
from papaya.settings.device_login import DeviceLogin

PORT, TLS_PORT = 1883, 8883
SPOOL_BYTES = 256 * 1024 * 1024
SPOOL_SECONDS = 30 * 86_400.0
CATCH_UP_RATE = 1000.0


@dataclass(frozen=True, slots=True)
class AgentSettings:
    """The device, its sensors, its server, the bounds of the run.

    `installed` is telemetry that each connection begins with. `token`, which may return a login of another
    kind, is called before every attempt.
    """

    device: str
    address: Address
    token: Callable[[], str | DeviceLogin] = field(repr=False)
    spool: Path
    sensors: tuple[Sensor, ...] = ()
    folder: Path = Path()
    report_every: float | None = None
    attributes: Mapping[str, Json] = field(default_factory=dict)
    installed: Mapping[str, Json] = field(default_factory=dict)
    simulate: bool = False
    spool_bytes: int = SPOOL_BYTES
    spool_seconds: float = SPOOL_SECONDS
    catch_up_rate: float = CATCH_UP_RATE
    window: int = 8
    first_pause: float = 1.0
    longest_pause: float = 120.0
    refused_pause: float = 60.0
    longest_refused_pause: float = 900.0
    acknowledged_within: float = 30.0
    identify: tuple[str, ...] = ()
    restart_tunnel: tuple[str, ...] = ()
    tunnel: Callable[[], Mapping[str, Json]] | None = None


def address_of(
    mqtt_url: str | None, server_url: str | None, ca_file: Path | None, *, needs_tls: bool = False
) -> Address:
    """Return where to connect: what is said about MQTT, else the host of the server at the usual port.

    A server that is reached in TLS over HTTP is reached in TLS over MQTT, too; one of a device that
    `needs_tls`, because it shows a certificate, always.
    """
    url = mqtt_url or server_url
    if not url:
        raise SettingsError(
            "no server is named",
            remedy="Name one with --mqtt-url mqtts://HOST, or server.url in the manifest.",
        )
    parts = split_url(url)
    known = {"mqtt": False, "mqtts": True} if mqtt_url else {"http": False, "https": True}
    port = parts.port
    if parts.scheme not in known or not parts.hostname or parts.username is not None:
        raise SettingsError(
            f"{shown_url(url)} is no address for MQTT",
            remedy="Write mqtt://HOST:PORT or mqtts://HOST:PORT.",
        )
    tls = known[parts.scheme] or (needs_tls and not mqtt_url)
    if not mqtt_url:
        # The port of the URL is that of HTTP.
        port = None
    return Address(parts.hostname, port or (TLS_PORT if tls else PORT), tls, ca_file)
