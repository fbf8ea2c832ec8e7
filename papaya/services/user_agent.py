"""The agent as a service of a user: for people without root, with the same agent and the same manifest."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import platformdirs

from papaya.child_environment import child_environment
from papaya.errors import PapayaError
from papaya.manifest.expand import bundle_of
from papaya.manifest.model import Device, Fleet
from papaya.manifest.write import to_yaml
from papaya.observer import Observer
from papaya.services import systemd
from papaya.services.here import check_device, device_of
from papaya.services.systemd import InstalledFile, Service, Tell, papaya_command
from papaya.settings.device_login import DeviceLogin, missing_login
from papaya.settings.device_token import path_to_read
from papaya.systemd_unit import quoted, render_unit

UNIT: Final = "papaya-agent.service"
# What papaya agent install leaves on a device: the bundle that the other commands read there.
BUNDLE: Final = Path("/etc/papaya/agent.yaml")
_LINGERING = Path("/var/lib/systemd/linger")
_LOGINCTL_SECONDS = 30.0


def user_bundle() -> Path:
    """Return where the device bundle of the user's own service is."""
    return platformdirs.user_config_path("papaya", appauthor=False) / "agent.yaml"


def unit_path() -> Path:
    """Return where systemd looks for the unit among the services of this user."""
    return platformdirs.user_config_path("systemd") / "user" / UNIT


def user_agent_service(
    fleet: Fleet,
    device: Device,
    *,
    options: Sequence[str] = (),
    token_file: Path | None = None,
    login: DeviceLogin | None = None,
) -> Service:
    """Return the service of a device's agent for this user: its unit and the bundle of the device.

    The agent reads token or certificate itself, from the files given or from where provisioning stores them.
    """
    bundle = (
        f"# The device bundle, written by papaya agent install --user.\n{to_yaml(bundle_of(fleet, device))}"
    )
    arguments = [*papaya_command(), "agent", "run", device.name, "--file", str(user_bundle())]
    needs: tuple[Path, ...] = ()
    if login is not None and login.certificate is not None and login.key is not None:
        needs = (login.certificate.absolute(), login.key.absolute())
        arguments += ["--certificate", str(needs[0]), "--key", str(needs[1])]
    elif token_file is not None:
        needs = (token_file.absolute(),)
        arguments += ["--token-file", str(needs[0])]
    elif device.credentials is None:
        needs = (path_to_read(device.name),)
    unit = render_unit(
        "papaya-agent-user.service.j2",
        {
            "device": " ".join(device.name.replace("%", "%%").split()),
            "command": quoted([*arguments, *options]),
        },
    )
    return Service(
        UNIT,
        (InstalledFile(user_bundle(), bundle), InstalledFile(unit_path(), unit)),
        if_it_fails=f"What keeps it from working: journalctl --user -u {UNIT}",
        needs=needs,
    )


def check_login_files(service: Service, device: str) -> None:
    """Raise `SettingsError` where a file is missing that the service needs to sign in as the device."""
    for path in service.needs:
        if not path.is_file():
            raise missing_login(device, path, "--token-file")


def install(service: Service, device: str, *, dry_run: bool, tell: Tell, observer: Observer) -> None:
    """Write the service of this user and start it, now and at every boot.

    Raises `PapayaError` where root asks for it through sudo, where a service of the machine is the agent of
    this device already, where the device's token is missing, and for what systemd says against it.
    """
    _refuse_sudo("install")
    _refuse_second(device)
    if not dry_run:
        check_login_files(service, device)
    systemd.install([service], root=None, dry_run=dry_run, tell=tell, of_user=True)
    if not dry_run:
        _linger(observer)


def uninstall(device: str | None, *, dry_run: bool, tell: Tell) -> None:
    """Stop the service of this user and remove it; the device's token and the readings that wait stay.

    Raises `PapayaError` where it is the service of another device than `device`.
    """
    _refuse_sudo("uninstall")
    check_device(device, user_bundle())
    paths = [unit_path(), user_bundle()]
    systemd.uninstall([UNIT], paths, root=None, dry_run=dry_run, tell=tell, of_user=True)


def _refuse_sudo(verb: str) -> None:
    if os.geteuid() == 0 and os.environ.get("SUDO_USER"):
        raise PapayaError(
            "with sudo, --user would mean the services of root",
            remedy=f"Run papaya agent {verb} --user without sudo.",
        )


def _refuse_second(device: str) -> None:
    """Raise that the machine has a service for this device: two agents with one token evict each other."""
    if device_of(BUNDLE) == device:
        raise PapayaError(
            f"the agent of {device} is a service of this machine already: so says {BUNDLE}",
            remedy="Keep that one, or remove it first: sudo papaya agent uninstall",
        )


def _linger(observer: Observer) -> None:
    """Let the user's services begin at boot and stay after signing out, or say who can allow that."""
    name = pwd.getpwuid(os.geteuid()).pw_name
    if (_LINGERING / name).exists():
        return
    try:
        done = subprocess.run(
            ["loginctl", "enable-linger"],  # noqa: S607 - where loginctl is differs between systems
            capture_output=True,
            env=child_environment(),
            check=False,
            timeout=_LOGINCTL_SECONDS,
        )
        if done.returncode == 0:
            return
    except (OSError, subprocess.TimeoutExpired):
        pass
    observer.warned(
        f"the agent stops when {name} signs out, and does not start at boot. "
        f"To change that: sudo loginctl enable-linger {name}"
    )
