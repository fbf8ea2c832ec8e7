"""What concerns this very device: its token, and the service that says where it is."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from papaya.doctor.certificates import check_own_certificate
from papaya.doctor.finding import Finding, attempt, doubtful, fine, of_error, of_fault
from papaya.errors import MissingExtra, ServerError
from papaya.provision.device_api import DeviceApi
from papaya.provision.geolocation import DetectionFailed, detect
from papaya.provision.locating import Locating
from papaya.provision.mqtt_device import MqttDevice
from papaya.provision.mqtt_talk import Broker
from papaya.remedies import token_refused
from papaya.settings import Settings
from papaya.settings.device_login import DeviceLogin, read_login
from papaya.settings.device_token import pending_path


def check_token(
    device: str, path: Path, settings: Settings, given: DeviceLogin | None = None
) -> Iterator[Finding]:
    """Yield whether the server knows the device's own token; of a certificate, whether it can be used."""
    login = given or read_login(path)
    if login is not None and login.kind == "x509":
        yield from attempt("device-certificate", lambda: check_own_certificate(device, login))
        return
    if login is not None and login.kind == "mqttBasic":
        yield fine("device-token", f"{device} signs in with the MQTT credentials in {path}")
        return
    token = login.token if login is not None else None
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


def check_mqtt_login(
    path: Path, broker: Broker, timeout: float, given: DeviceLogin | None = None
) -> Iterator[Finding]:
    """Yield whether the server lets the device in over MQTT; without a token nothing is tried.

    The server ends an older session of the device, so that a running agent has to connect again.
    """
    login = given or read_login(path)
    if login is None:
        return
    if login.kind == "x509" and not broker.address.tls:
        yield doubtful(
            "mqtt-login",
            "not tried: a certificate needs MQTT in TLS, and the server does not speak it there",
            "Name its port with --mqtt-tls-port.",
        )
        return
    try:
        with MqttDevice(broker, login, timeout=timeout, retry_for=0.0) as line:
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
                "--mqtt-port. Else fetch the present token: papaya provision"
                if login.kind == "accessToken"
                else f"The server does not know the device's {login.called}. Store those that it knows: "
                "papaya provision",
            )


def check_geolocation(locating: Locating, *, needed: bool) -> Iterator[Finding]:
    """Yield what the geolocation service says; without it, provision falls back on what is nearest."""
    if not locating.geolocate:
        yield fine("geolocation", "not asked (--no-geolocate)")
        return
    try:
        found = detect(locating.url, proxies=locating.proxies, timeout=locating.timeout, tries=1)
    except DetectionFailed as error:
        text = error.message if needed else f"{error.message}; this device does not need it"
        yield doubtful("geolocation", text, error.remedy + " Otherwise the State's or Country's are used.")
        return
    yield fine("geolocation", f"{found.latitude:.10g}, {found.longitude:.10g} ({found.names})")
