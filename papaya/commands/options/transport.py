"""Which way a device speaks to its server: the options of it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import click

from papaya.command_line.terminal import TERMINAL
from papaya.commands.options.group import Function, with_options

if TYPE_CHECKING:
    from papaya.provision.mqtt_talk import Broker
    from papaya.settings import Settings

_PORT = click.IntRange(1, 65535)
_HOST = click.option(
    "--mqtt-host", metavar="HOST", help="Where the server speaks MQTT.  [default: the host of its URL]"
)
_OPTIONS = (
    click.option(
        "--transport",
        type=click.Choice(["http", "mqtt"]),
        default="http",
        show_default=True,
        help="How the device speaks to its server.",
    ),
    _HOST,
    click.option(
        "--mqtt-port", metavar="PORT", type=_PORT, help="Its port for MQTT.  [default: 1883, in TLS 8883]"
    ),
    click.option(
        "--mqtt-tls/--no-mqtt-tls",
        default=None,
        help="Speak MQTT in TLS.  [default: as the port or the URL says]",
    ),
)


@dataclass(frozen=True, slots=True)
class Transport:
    """What the options say."""

    name: str
    host: str | None
    port: int | None
    tls: bool | None

    def broker(self, settings: Settings, what: str) -> Broker:
        """Return where to speak MQTT; warns where `what` can be read on the way.

        Over HTTP that is for certificates and MQTT basic credentials, which HTTP does not take.
        """
        from papaya.provision.device_line import broker_of
        from papaya.provision.transport import chosen_broker

        if self.name != "mqtt":
            return replace(broker_of(settings, self.host, self.port, self.tls), is_for_others=True)
        return chosen_broker(settings, what, self.host, self.port, self.tls, observer=TERMINAL)


def transport_options(function: Function) -> Callable[..., Any]:
    """Give a command the way to the server; it receives `transport`, a `Transport`."""

    @functools.wraps(function)
    def with_transport(*arguments: Any, **parameters: Any) -> Any:
        chosen = Transport(
            parameters.pop("transport"),
            bare_host(parameters.pop("mqtt_host")),
            parameters.pop("mqtt_port"),
            parameters.pop("mqtt_tls"),
        )
        return function(*arguments, transport=chosen, **parameters)

    return with_options(with_transport, _OPTIONS)


def mqtt_host_option(function: Function) -> Callable[..., Any]:
    """Give a command the host that speaks MQTT, as `mqtt_host`."""
    return _HOST(function)


def bare_host(text: str | None) -> str | None:
    """Return the name or address that --mqtt-host says."""
    if text is None:
        return None
    host = text.strip().removeprefix("[").removesuffix("]")
    if not host or "/" in host or "@" in host or host.count(":") == 1 or any(map(str.isspace, host)):
        raise click.UsageError(
            f"--mqtt-host {text!r} is no name or address of a machine: the port stands in --mqtt-port"
        )
    return host
