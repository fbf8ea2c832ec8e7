"""What concerns this very device: its token, and the service that says where it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from papaya.doctor.finding import Finding, doubtful, fine, of_error, of_fault
from papaya.errors import MissingExtra, ServerError
from papaya.provision.device_api import DeviceApi
from papaya.provision.geolocation import DetectionFailed, detect
from papaya.provision.locating import Locating
from papaya.provision.mqtt_device import MqttDevice
from papaya.provision.mqtt_talk import Broker
from papaya.remedies import token_refused
from papaya.settings import Settings
from papaya.settings.device_token import pending_path, read_token


def check_token(device: str, path: Path, settings: Settings) -> Iterator[Finding]:
    """Yield whether the server knows the device's own token."""
    token = read_token(path)
    if token is None:
        waiting = " (a registration was interrupted)" if pending_path(path).exists() else ""
        yield doubtful(
            "device-token", f"there is no token of {device} in {path}{waiting}", "Run papaya provision there."
        )
        return
    with DeviceApi.of(settings, token) as api:
        if api.is_known():
            yield fine("device-token", f"the server knows the token of {device} in {path}")
        else:
            yield of_fault("device-token", token_refused(str(path)))


def check_mqtt_login(path: Path, broker: Broker, timeout: float) -> Iterator[Finding]:
    """Yield whether the server lets the device in over MQTT; without a token nothing is tried.

    The server ends an older session of the device, so that a running agent has to connect again.
    """
    token = read_token(path)
    if token is None:
        return
    try:
        with MqttDevice(broker, token, timeout=timeout, retry_for=0.0) as line:
            known = line.is_known()
    except MissingExtra as error:
        yield doubtful("mqtt-login", "not tried: the packages for MQTT are not installed", error.remedy)
    except ServerError as error:
        found = of_error("mqtt-login", error)
        yield doubtful(found.check, found.text, found.remedy)
    else:
        if known:
            yield fine("mqtt-login", f"{broker.address} lets the device in (CONNACK: accepted)")
        else:
            # Whether the token itself is wrong, device-token has said.
            yield doubtful(
                "mqtt-login",
                f"{broker.address} refuses the device (CONNACK: not authorized)",
                "Where the server knows the token over HTTP, this is another one: see --mqtt-host and "
                "--mqtt-port. Else fetch the present token: papaya provision",
            )


def check_geolocation(locating: Locating, *, needed: bool) -> Iterator[Finding]:
    """Yield what the geolocation service says; without it, provision falls back on what is nearest."""
    if not locating.geolocate:
        yield fine("geolocation", "not asked (--no-geolocate)")
        return
    try:
        found = detect(locating.url, proxies=locating.proxies, tries=1)
    except DetectionFailed as error:
        text = error.message if needed else f"{error.message}; this device does not need it"
        yield doubtful("geolocation", text, error.remedy + " Otherwise the State's or Country's are used.")
        return
    yield fine("geolocation", f"{found.latitude:.10g}, {found.longitude:.10g} ({found.names})")
