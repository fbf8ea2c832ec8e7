"""What a manifest says about the agent of one device."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from pathlib import Path
from urllib.parse import quote

from papaya.agent.configuration import Unacceptable, report_every_from
from papaya.agent.link import Address
from papaya.agent.settings import AgentSettings
from papaya.errors import PapayaError
from papaya.manifest.model import Device, Fleet, Json, MqttBasic, SecretReference
from papaya.secrets import resolve
from papaya.settings.device_login import DeviceLogin, missing_login, read_login
from papaya.settings.device_token import path_to_read
from papaya.tunnel.here import condition_here
from papaya.tunnel.line import lines_of
from papaya.tunnel.ports import Ports


def agent_settings(
    fleet: Fleet,
    device: Device,
    address: Address,
    environment: Mapping[str, str],
    *,
    token_file: Path | None = None,
    login: DeviceLogin | None = None,
    spool: Path | None = None,
) -> AgentSettings:
    """Return how the agent of a device runs as far as its manifest says; the rest is as usual."""
    folder = Path(fleet.folder)
    return AgentSettings(
        device=device.name,
        address=address,
        token=(lambda: login) if login is not None else DeviceToken(device, folder, token_file),
        spool=spool or _spool_of(device.name, environment),
        sensors=device.sensors,
        folder=folder,
        report_every=_report_every_of(device),
        attributes={} if device.serial is None else {"serial": device.serial},
        tunnel=_tunnel_of(fleet, device, environment),
    )


class DeviceToken:
    """What the device signs in with, read anew for every connection, so that a rotated token is taken up."""

    def __init__(self, device: Device, folder: Path, file: Path | None) -> None:
        self._device, self._folder, self._file = device, folder, file

    def __call__(self) -> DeviceLogin:
        """Return it: from the named file, from where provisioning stored it, as the manifest says."""
        path = self._file or path_to_read(self._device.name)
        login = read_login(path)
        if login is None and self._file is None:
            login = self._declared()
        if login is None:
            raise missing_login(self._device.name, path, "--token-file")
        return login

    def _declared(self) -> DeviceLogin | None:
        declared = self._device.credentials
        if isinstance(declared, SecretReference):
            return DeviceLogin("accessToken", resolve(declared, self._folder))
        if isinstance(declared, MqttBasic):
            secret = resolve(declared.password, self._folder) if declared.password is not None else None
            return DeviceLogin(
                "mqttBasic", client_id=declared.client_id, username=declared.username, password=secret
            )
        # Of a certificate the manifest has no key: that is on the device alone.
        return None


def _spool_of(device: str, environment: Mapping[str, str]) -> Path:
    """Return where readings of a device wait: in the service's state folder, else in the user's."""
    folder = environment.get("STATE_DIRECTORY")
    if not folder:
        import platformdirs

        folder = str(platformdirs.user_state_path("papaya", appauthor=False) / "agent")
    return Path(folder) / f"{quote(device, safe=' @+,=()[]{}~!$')[:100]}.spool"


def _tunnel_of(
    fleet: Fleet, device: Device, environment: Mapping[str, str]
) -> Callable[[], Mapping[str, Json]] | None:
    """Return what tells how the device's tunnel is doing, if it keeps one."""
    if device.tunnel is None or not device.tunnel.enabled:
        return None
    try:
        line = lines_of(fleet, device, Ports())[0]
    except PapayaError:
        # The tunnel's own commands tell what it lacks; the agent has other things to do.
        return None
    return lambda: condition_here(line, environment).as_attribute()


def _report_every_of(device: Device) -> float | None:
    """Return how often, in seconds, sensors are to be read; None where the manifest does not say."""
    written = device.shared_attributes.get("reportEverySeconds")
    if written is None:
        return None
    try:
        return report_every_from(written)
    except Unacceptable as error:
        logging.getLogger(__name__).warning(
            "reportEverySeconds of %s is ignored: %s", device.name, error.message
        )
        return None
