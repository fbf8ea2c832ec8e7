"""Where a device that a person wants to speak MQTT does so."""

from __future__ import annotations

from papaya.observer import SILENT, Observer
from papaya.provision.device_line import broker_of
from papaya.provision.mqtt_talk import Broker
from papaya.settings import Settings
from papaya.settings.url import is_loopback


def chosen_broker(
    settings: Settings,
    what: str,
    host: str | None = None,
    port: int | None = None,
    tls: bool | None = None,
    *,
    observer: Observer = SILENT,
) -> Broker:
    """Return where to speak MQTT; the observer is warned where `what` can be read on the way.

    None stands for what the server's URL and the usual ports say.
    """
    broker = broker_of(settings, host, port, tls)
    if not broker.address.tls and not is_loopback(str(broker.address)):
        observer.warned(
            f"{what} for {broker.address} can be read by everybody on the way to it. Use --mqtt-tls."
        )
    return broker
