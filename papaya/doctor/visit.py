"""One visit of the doctor: all checks in their order, what one finds out serving the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit

from papaya.api.session import Session
from papaya.doctor.account import (
    check_authority,
    check_limits,
    check_profiles,
    check_sign_in,
    check_version,
)
from papaya.doctor.certificates import check_fleet_certificates
from papaya.doctor.device import check_geolocation, check_mqtt_login, check_token
from papaya.doctor.finding import Finding, attempt, fine, of_diagnostic, wrong
from papaya.doctor.machine import check_libraries, check_permissions, check_ssh
from papaya.doctor.network import (
    MQTT_PORT,
    MQTT_TLS_PORT,
    check_mqtt,
    check_name,
    check_port,
    check_server,
    check_tls,
)
from papaya.engine.meaning import device_named
from papaya.manifest.model import AUTO, Device, Fleet, MqttBasic, SecretReference
from papaya.provision.device_line import broker_of
from papaya.provision.from_properties import fleet_of
from papaya.provision.locating import Locating
from papaya.provision.one_device import one_of
from papaya.remedies import HOW_TO_LOG_IN
from papaya.settings import Options, Properties, Settings, find_properties, find_settings
from papaya.settings.device_login import DeviceLogin
from papaya.settings.device_token import path_to_read
from papaya.settings.token_store import default_path

_ON_SERVER = ("authentication", "authority", "version", "profiles", "limits")
_LONGEST_WAIT = 10.0


class Visit:
    """One run of all checks; what one finds out serves the next."""

    def __init__(
        self,
        load: Callable[[], Fleet] | None,
        paths: tuple[str, ...],
        options: Options,
        connect: Callable[[Settings], Session],
        locating: Locating,
        *,
        name: str | None = None,
        token_file: Path | None = None,
        login: DeviceLogin | None = None,
        mqtt_ports: tuple[int, int] = (MQTT_PORT, MQTT_TLS_PORT),
        mqtt_host: str | None = None,
    ) -> None:
        self.not_checked: list[str] = []
        self._load = load
        self._paths = paths
        self._options = options
        self._connect = connect
        self._locating = locating
        self._name = name
        self._token_file = token_file
        self._login = login
        self._mqtt = mqtt_ports
        self._mqtt_host = mqtt_host
        self._fleet: Fleet | None = None
        self._properties: Properties | None = None
        self._settings: Settings | None = None

    def findings(self) -> Iterator[Finding]:
        """Yield one line after the other."""

        yield from self._configuration()
        yield from attempt("permissions", lambda: check_permissions(self._secret_files()))
        fleet = self._fleet
        if fleet is not None and fleet.bundle is None:
            yield from attempt("certificates", lambda: check_fleet_certificates(fleet))
        if self._settings is not None:
            yield from self._server(self._settings)
        else:
            self.not_checked += ["dns", "port", "tls", "server", *_ON_SERVER, "mqtt", "device-token"]
        device = self._device()
        needed = device is None or device.location == AUTO
        yield from attempt("geolocation", lambda: check_geolocation(self._locating, needed=needed))
        yield from check_libraries()
        yield from check_ssh(*self._tunnel())

    def _configuration(self) -> Iterator[Finding]:

        def find() -> Iterator[Finding]:

            self._properties = find_properties(self._options.config)
            if self._load is not None:
                self._fleet = self._load()
            elif self._properties is not None and self._properties.country_name:
                self._fleet = fleet_of(self._properties, self._name)
            fleet = self._fleet
            settings = find_settings(
                self._options,
                fleet.server if fleet is not None else None,
                manifest_folder=Path(fleet.folder) if fleet is not None else None,
            )
            # A person waits for the answer: what does not work now is told now.
            self._settings = replace(settings, retry_for=0.0, timeout=min(settings.timeout, _LONGEST_WAIT))
            for warning in settings.warnings:
                yield of_diagnostic("configuration", warning)
            named = [*self._paths]
            if settings.config_path is not None:
                named.append(str(settings.config_path))
            told = f"{settings.url} ({settings.origin('url')})"
            yield fine("configuration", told + (f"; read {', '.join(named)}" if named else ""))
            if self._load is not None and fleet is not None and self._name is not None:
                # Raises where the manifest has no such device: a check of another one would mislead.
                self._name = one_of(fleet, self._name, None).device.name

        yield from attempt("configuration", find)

    def _server(self, settings: Settings) -> Iterator[Finding]:

        parts = urlsplit(settings.url)
        host, port = parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80)
        ways: list[tuple[str, Callable[[], Iterator[Finding]]]] = []
        if settings.proxies:
            yield fine("proxy", f"{settings.url} is asked through the proxy of the environment")
        else:
            ways += [("dns", lambda: check_name(host)), ("port", lambda: check_port(host, port))]
            ways += [("tls", lambda: check_tls(settings))]
        ways += [("server", lambda: check_server(settings))]
        for number, (check, find) in enumerate(ways):
            found = list(attempt(check, find))
            yield from found
            if any(one.status == "failed" for one in found):
                later = [name for name, _ in ways[number + 1 :]]
                self.not_checked += [*later, *_ON_SERVER, "mqtt", "device-token"]
                return
        yield from self._account(settings)
        name = self._device_name()
        path = self._token_file or path_to_read(name) if name is not None else None
        if name is not None and path is not None:
            file = path
            yield from attempt("device-token", lambda: check_token(name, file, settings, self._login))
        yield from self._over_mqtt(self._mqtt_host or host, path, settings)

    def _over_mqtt(self, host: str, token_file: Path | None, settings: Settings) -> Iterator[Finding]:
        found = list(attempt("mqtt", lambda: check_mqtt(host, *self._mqtt, settings)))
        yield from found
        working = {one.check for one in found if one.status == "ok"}
        wants_tls = urlsplit(settings.url).scheme == "https"
        # In the clear the token goes only where passwords do, too.
        if token_file is None or not ("mqtt-tls" in working or ("mqtt" in working and not wants_tls)):
            return
        tls = "mqtt-tls" in working
        broker = broker_of(settings, host, self._mqtt[1] if tls else self._mqtt[0], tls)
        yield from attempt(
            "mqtt-login", lambda: check_mqtt_login(token_file, broker, settings.timeout, self._login)
        )

    def _account(self, settings: Settings) -> Iterator[Finding]:

        if not settings.credentials:
            remedy = "\n".join((*settings.notes, HOW_TO_LOG_IN))
            yield wrong("authentication", f"there are no credentials for {settings.url}", remedy)
            self.not_checked += _ON_SERVER[1:]
            return
        with self._connect(settings) as session:
            found = list(attempt("authentication", lambda: check_sign_in(session, settings)))
            yield from found
            if any(one.status == "failed" for one in found):
                self.not_checked += _ON_SERVER[1:]
                return
            found = list(attempt("authority", lambda: check_authority(session, settings)))
            yield from found
            yield from attempt("version", lambda: check_version(session))
            if any(one.status == "failed" for one in found):
                self.not_checked += _ON_SERVER[3:]
                return
            fleet = self._fleet
            if fleet is not None:
                yield from attempt("profiles", lambda: check_profiles(session, fleet))
            yield from attempt("limits", lambda: check_limits(session))

    def _secret_files(self) -> list[Path]:

        files = [self._settings.config_path] if self._settings is not None else []
        files.append(default_path())
        fleet, name = self._fleet, self._device_name()
        if fleet is not None:
            references = [fleet.server.password, fleet.server.api_key]
            references += [profile.provisioning.secret for profile in fleet.profiles.devices
                           if profile.provisioning is not None]  # fmt: skip
            device = self._device()
            declared = device.credentials if device is not None else None
            references.append(declared if isinstance(declared, SecretReference) else None)
            references.append(declared.password if isinstance(declared, MqttBasic) else None)
            files += [
                Path(fleet.folder) / Path(reference.file).expanduser()
                for reference in references
                if reference is not None and reference.file is not None
            ]
        if name is not None:
            files.append(self._token_file or path_to_read(name))
        return [path for path in files if path is not None]

    def _device_name(self) -> str | None:
        if self._name is not None:
            return self._name
        properties = self._properties
        if self._fleet is not None and self._fleet.bundle is not None:
            return self._fleet.bundle
        return properties.device_name or properties.serial_number if properties is not None else None

    def _device(self) -> Device | None:
        name = self._device_name()
        return device_named(self._fleet, name) if self._fleet is not None and name is not None else None

    def _tunnel(self) -> tuple[bool]:
        device = self._device()
        if device is not None:
            return (device.tunnel is not None and device.tunnel.enabled,)
        return (bool(self._properties is not None and self._properties.ssh_enabled),)
