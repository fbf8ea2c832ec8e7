"""`papaya tunnel install`, `uninstall`, `start` and `stop`: the tunnel as a service of this machine."""

from __future__ import annotations

import os
import re
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.commands.options.tunnel import BUNDLE, tunnel_device_options
from papaya.errors import PapayaError

if TYPE_CHECKING:
    from papaya.commands.options.tunnel import Target, TargetChoice
    from papaya.services.systemd import Service
    from papaya.tunnel.line import Line

_NOT_YET = "It is installed, and tries again by itself. What keeps it from working: papaya tunnel check"

_AGENTS_UNIT = "papaya-ssh-restart"

_DEVICE = click.argument("device", required=False, metavar="[DEVICE]")
_ROOT = click.option(
    "--root",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Work below this folder, as for an image, and start nothing.",
)
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Print what would change; change nothing.")
_SYSTEMD = click.option(
    "--systemd",
    metavar="VERSION",
    type=click.IntRange(min=247),
    help="The version of systemd that the unit is for.  [default: this machine's]",
)


@click.command("install")
@tunnel_device_options
@_SYSTEMD
@click.option(
    "--restart-by-agent",
    is_flag=True,
    help="Let papaya agent start the tunnel anew, by the file restart-tunnel in its state folder.",
)
@_ROOT
@_DRY_RUN
def install_tunnel(
    target: TargetChoice, systemd: int | None, restart_by_agent: bool, root: Path | None, dry_run: bool
) -> None:
    """Install the tunnel of DEVICE as a service of this machine, and start it.

    Writes the units, the device's bundle to /etc/papaya/tunnel.yaml, and the bastion's host keys if the
    manifest pins them; shows what differs. Running it again brings everything up to date.
    """
    from papaya.services.systemd import UNIT_FOLDER, install, uninstall

    if root is None and not dry_run:
        _need_root("install")
    found = target.find()
    lines = found.lines()
    services = _services(found, lines, systemd or _systemd_of(root))
    if restart_by_agent:
        services.append(_for_agent(lines))
    if root is None and not dry_run:
        _need_files(found, lines)
        _warn_about_users()
    wanted = {file.path.name for service in services for file in service.files}
    with _alone(root, dry_run=dry_run):
        stale = [unit for unit in _installed_units(root) if unit not in wanted]
        if stale:
            uninstall(stale, [UNIT_FOLDER / unit for unit in stale], root=root, dry_run=dry_run)
        install(services, root=root, dry_run=dry_run)


@click.command("uninstall")
@_DEVICE
@_ROOT
@_DRY_RUN
def uninstall_tunnel(device: str | None, root: Path | None, dry_run: bool) -> None:
    """Stop the tunnel of this machine and remove its service.

    The device's key and what it knows of the bastion stay.
    """
    from papaya.services.systemd import UNIT_FOLDER, uninstall
    from papaya.tunnel.line import SERVICE

    if root is None and not dry_run:
        _need_root("uninstall")
    _check_device(device, root)
    with _alone(root, dry_run=dry_run):
        units = _installed_units(root) or [f"{SERVICE}.service"]
        uninstall(units, [*(UNIT_FOLDER / unit for unit in units), BUNDLE], root=root, dry_run=dry_run)


@click.command("start")
@_DEVICE
@_DRY_RUN
def start_tunnel(device: str | None, dry_run: bool) -> None:
    """Start the tunnel of this machine, now and at every boot."""
    from papaya.services.systemd import Service, start

    units = _installed("start", device, dry_run=dry_run)
    if dry_run:
        click.echo("".join(f"would start  {unit}\n" for unit in units), nl=False)
        return
    start([Service(unit, (), _NOT_YET) for unit in units])


@click.command("stop")
@_DEVICE
@_DRY_RUN
def stop_tunnel(device: str | None, dry_run: bool) -> None:
    """Stop the tunnel of this machine, until it is started again."""
    from papaya.services.systemd import systemctl

    for unit in _installed("stop", device, dry_run=dry_run):
        if dry_run:
            click.echo(f"would stop   {unit}")
            continue
        systemctl("disable", "--now", unit)
        click.echo(f"{unit} is stopped, and stays so")


def _alone(root: Path | None, *, dry_run: bool) -> AbstractContextManager[None]:
    """Hold others off who install or remove the tunnel at the same time: the end would be neither's."""
    from papaya.services.systemd import UNIT_FOLDER, below
    from papaya.settings.private_file import locked

    folder = below(root, UNIT_FOLDER)
    return nullcontext() if dry_run or not folder.is_dir() else locked(folder)


def _check_device(name: str | None, root: Path | None) -> None:
    """Refuse a device that is not the one that this machine is."""
    from papaya.services.systemd import below
    from papaya.workspace.fleet import load_fleet

    bundle = below(root, BUNDLE)
    if name is None or not bundle.is_file():
        return
    here = load_fleet([bundle]).bundle
    if here != name:
        raise PapayaError(
            f"this machine is {here}, not {name}: so says {bundle}",
            remedy="Run this on the other device, or leave the name out.",
        )


def _installed(verb: str, device: str | None, *, dry_run: bool) -> list[str]:
    """Return the services of this machine, or raise that there are none or that rights are missing."""
    units = [unit for unit in _installed_units(None) if not unit.startswith(_AGENTS_UNIT)]
    if not units:
        raise PapayaError(
            "the tunnel is not installed on this machine",
            remedy="Install it with papaya tunnel install, or keep it up with papaya tunnel run.",
        )
    if not dry_run:
        _need_root(verb)
    _check_device(device, None)
    return units


def _services(found: Target, lines: tuple[Line, ...], systemd: int) -> list[Service]:
    from papaya.manifest.expand import bundle_of
    from papaya.manifest.write import to_yaml
    from papaya.services.systemd import UNIT_FOLDER, InstalledFile, Service
    from papaya.tunnel.known_hosts import known_hosts_of
    from papaya.tunnel.unit import render

    document = to_yaml(bundle_of(found.fleet, found.device))
    bundle = InstalledFile(
        BUNDLE,
        f"# The bundle of this device, written by papaya tunnel install.\n{document}",
        is_read_by_service=False,
    )
    pinned = known_hosts_of(found.device)
    shared = [InstalledFile(Path(lines[0].known_hosts), pinned)] if pinned else []
    return [
        Service(
            line.unit,
            (bundle, *shared, InstalledFile(UNIT_FOLDER / line.unit, render(line, systemd=systemd))),
            if_it_fails=_NOT_YET,
        )
        for line in lines
    ]


def _for_agent(lines: tuple[Line, ...]) -> Service:
    from papaya.services.systemd import UNIT_FOLDER, InstalledFile, Service
    from papaya.tunnel.unit import restart_units

    units = restart_units(lines)
    return Service(
        next(iter(units)), tuple(InstalledFile(UNIT_FOLDER / name, text) for name, text in units.items())
    )


def _need_root(verb: str) -> None:
    if os.geteuid():
        raise PapayaError(
            f"papaya tunnel {verb} needs the rights of root",
            remedy=f"Run it with sudo, or see what it would do with papaya tunnel {verb} --dry-run.",
        )


def _need_files(found: Target, lines: tuple[Line, ...]) -> None:
    """Raise what the service would fail for at every start."""
    from papaya.tunnel.complaints import Complaint
    from papaya.tunnel.device_key import usable_key
    from papaya.tunnel.known_hosts import known_hosts_of

    key = usable_key(lines[0].identity_file, found.device.name)
    if isinstance(key, Complaint):
        raise PapayaError(key.summary, remedy=key.remedy)
    known = Path(lines[0].known_hosts)
    if not known_hosts_of(found.device) and not known.is_file():
        raise PapayaError(
            f"there is no {known}, so the bastion's host key is not known",
            remedy="Write `hostKeys` at the manifest's tunnel; papaya tunnel check shows the key to compare.",
        )


def _warn_about_users() -> None:
    """Tell if programs cannot look up the user that systemd makes for the service."""
    try:
        sources = re.search(r"^passwd:(.*)$", Path("/etc/nsswitch.conf").read_text(encoding="utf-8"), re.M)
    except (OSError, UnicodeDecodeError):
        return
    if sources and "systemd" not in sources[1].split():
        click.echo(
            "Warning: this machine does not look up users of systemd, without which ssh refuses to run; "
            "install libnss-systemd.",
            err=True,
        )


def _installed_units(root: Path | None) -> list[str]:
    from papaya.services.systemd import UNIT_FOLDER, below
    from papaya.tunnel.line import SERVICE

    folder = below(root, UNIT_FOLDER)
    patterns = (f"{SERVICE}.service", f"{SERVICE}@?*.service", f"{SERVICE}-restart.*")
    return [path.name for pattern in patterns for path in sorted(folder.glob(pattern))]


def _systemd_of(root: Path | None) -> int:
    from papaya.services.systemd import systemd_version
    from papaya.tunnel.unit import OLDEST_SYSTEMD

    # An image may be for another machine.
    return OLDEST_SYSTEMD if root is not None else systemd_version() or OLDEST_SYSTEMD
