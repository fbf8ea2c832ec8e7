"""The agent as a service of this machine: what it consists of, and how it comes and goes."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from papaya.manifest.expand import bundle_of
from papaya.manifest.model import Device, Fleet
from papaya.manifest.write import to_yaml
from papaya.services import systemd
from papaya.services.here import check_device, check_root
from papaya.services.systemd import UNIT_FOLDER, InstalledFile, Service, Tell, papaya_command
from papaya.services.user_agent import BUNDLE, UNIT, check_login_files, user_bundle
from papaya.settings.device_login import DeviceLogin, certificate_paths, of_certificate, read_login
from papaya.settings.device_token import token_paths
from papaya.systemd_unit import quoted, render_unit, unexpanded
from papaya.workspace.choice import ManifestChoice


def here(manifest: ManifestChoice, bundle: Path = BUNDLE) -> ManifestChoice:
    """Return the manifest that a person means: without any at hand, the bundle of the installed service."""
    found = next((path for path in (bundle, user_bundle()) if path.is_file()), None)
    return replace(manifest, paths=(found,)) if not manifest.paths and found else manifest


def install(service: Service, device: str, *, root: Path | None, dry_run: bool, tell: Tell) -> None:
    """Write the service of the machine and start it, now and at every boot.

    Raises `PapayaError` where the rights of root or the device's token are missing, and for what systemd says
    against it.
    """
    check_root(
        "papaya agent install",
        "install it for yourself alone: papaya agent install --user",
        root=root,
        dry_run=dry_run,
    )
    if root is None and not dry_run:
        check_login_files(service, device)
    systemd.install([service], root=root, dry_run=dry_run, tell=tell)


@dataclass(frozen=True, slots=True)
class _Handed:
    """A file that stays root's and that systemd hands to the service, with the option that names it."""

    name: str
    option: str
    file: Path


def agent_service(
    fleet: Fleet,
    device: Device,
    *,
    options: Sequence[str] = (),
    token_file: Path | None = None,
    login: DeviceLogin | None = None,
    groups: Sequence[str] = (),
) -> Service:
    """Return the service of a device's agent: its unit and the bundle of the device.

    `options` are those of `papaya agent run`; without `token_file` the token is where provisioning stores it.
    A device with a certificate, `login` or what provisioning has stored, is handed that and its key instead.
    """
    bundle = f"# The device bundle, written by papaya agent install.\n{to_yaml(bundle_of(fleet, device))}"
    arguments = [*papaya_command(), "agent", "run", device.name, "--file", str(BUNDLE)]
    handed = _handed(device, token_file.absolute() if token_file else token_paths(device.name)[0], login)
    given = [text for one in handed for text in (one.option, f"%d/{one.name}")]
    arguments += [*given, *options]
    unit = render_unit(
        "papaya-agent.service.j2",
        {
            "device": " ".join(device.name.replace("%", "%%").split()),
            "command": quoted(arguments, with_specifiers=[f"%d/{one.name}" for one in handed]),
            "credentials": [f"{one.name}:{unexpanded(str(one.file))}" for one in handed],
            "groups": " ".join(groups),
            # A virtual environment in somebody's home must stay readable.
            "home": "read-only" if arguments[0].startswith("/home/") else "yes",
        },
    )
    return Service(
        UNIT,
        (InstalledFile(BUNDLE, bundle), InstalledFile(UNIT_FOLDER / UNIT, unit)),
        if_it_fails=f"What keeps it from working: journalctl -u {UNIT}",
        needs=tuple(one.file for one in handed),
    )


def _handed(device: Device, token_file: Path, login: DeviceLogin | None) -> list[_Handed]:
    if login is None and os.access(token_file, os.R_OK):
        login = read_login(token_file)
    if login is None and device.x509 is not None:
        login = of_certificate(*certificate_paths(token_file))
    if login is None or login.certificate is None or login.key is None:
        return [_Handed("token", "--token-file", token_file)]
    return [
        _Handed("certificate", "--certificate", login.certificate.absolute()),
        _Handed("key", "--key", login.key.absolute()),
    ]


def uninstall(device: str | None, *, root: Path | None, dry_run: bool, tell: Tell) -> None:
    """Stop the service and remove it; the device's token and the readings that wait stay.

    Raises `PapayaError` where it is the service of another device than `device`.
    """
    command = "papaya agent uninstall"
    remedy = f"see what it would do with {command} --dry-run"
    check_root(command, remedy, root=root, dry_run=dry_run)
    check_device(device, BUNDLE, root)
    systemd.uninstall([UNIT], [UNIT_FOLDER / UNIT, BUNDLE], root=root, dry_run=dry_run, tell=tell)
