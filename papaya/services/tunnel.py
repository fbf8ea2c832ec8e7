"""The tunnel as services of this machine: what they consist of, and how they come and go."""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Final

from papaya.bounded_file import read_beginning
from papaya.errors import PapayaError
from papaya.manifest.expand import bundle_of
from papaya.manifest.write import to_yaml
from papaya.observer import SILENT, Observer
from papaya.provision.tunnel_target import BUNDLE, Target
from papaya.services import systemd
from papaya.services.here import check_device, check_root
from papaya.services.systemd import UNIT_FOLDER, Event, InstalledFile, Service, Tell, below, systemctl
from papaya.settings.private_file import locked
from papaya.tunnel.complaints import Complaint
from papaya.tunnel.device_key import usable_key
from papaya.tunnel.known_hosts import known_hosts_of
from papaya.tunnel.line import SERVICE, Line
from papaya.tunnel.unit import OLDEST_SYSTEMD, render, restart_units

_NOT_YET = "It is installed, and tries again by itself. What keeps it from working: papaya tunnel check"
_AGENTS_UNIT: Final = "papaya-ssh-restart"


def check_rights(verb: str, *, root: Path | None = None, dry_run: bool = False) -> None:
    """Raise that the rights of root are missing, where the running system is to be changed."""
    command = f"papaya tunnel {verb}"
    check_root(command, f"see what it would do with {command} --dry-run", root=root, dry_run=dry_run)


def install(
    target: Target,
    *,
    systemd_version: int | None = None,
    restart_by_agent: bool = False,
    root: Path | None,
    dry_run: bool,
    tell: Tell,
    observer: Observer = SILENT,
) -> None:
    """Install the services of a device's tunnel and start them; those that it no longer has go.

    Units are for `systemd_version`, else for this machine's. Raises `PapayaError` for a key or a host key
    that is missing, and for what systemd says against it.
    """
    lines = target.lines()
    services = _services(target, lines, systemd_version or _systemd_of(root))
    if restart_by_agent:
        services.append(_for_agent(lines))
    if root is None and not dry_run:
        _need_files(target, lines)
        _warn_about_users(observer)
    wanted = {file.path.name for service in services for file in service.files}
    with _alone(root, dry_run=dry_run):
        stale = [unit for unit in _installed_units(root) if unit not in wanted]
        if stale:
            paths = [UNIT_FOLDER / unit for unit in stale]
            systemd.uninstall(stale, paths, root=root, dry_run=dry_run, tell=tell)
        systemd.install(services, root=root, dry_run=dry_run, tell=tell)


def uninstall(device: str | None, *, root: Path | None, dry_run: bool, tell: Tell) -> None:
    """Stop this machine's tunnel, which is to be that of `device` if given, and remove its services."""
    check_rights("uninstall", root=root, dry_run=dry_run)
    check_device(device, BUNDLE, root)
    with _alone(root, dry_run=dry_run):
        units = _installed_units(root) or [f"{SERVICE}.service"]
        paths = [*(UNIT_FOLDER / unit for unit in units), BUNDLE]
        systemd.uninstall(units, paths, root=root, dry_run=dry_run, tell=tell)


def start(device: str | None, *, dry_run: bool, tell: Tell) -> None:
    """Start this machine's tunnel, now and at every boot."""
    units = _installed("start", device, dry_run=dry_run)
    if dry_run:
        for unit in units:
            tell(Event("would start", unit))
        return
    systemd.start([Service(unit, (), _NOT_YET) for unit in units], tell=tell)


def stop(device: str | None, *, dry_run: bool, tell: Tell) -> None:
    """Stop this machine's tunnel until it is started again."""
    for unit in _installed("stop", device, dry_run=dry_run):
        if not dry_run:
            systemctl("disable", "--now", unit)
        tell(Event("would stop" if dry_run else "stopped", unit))


def _alone(root: Path | None, *, dry_run: bool) -> AbstractContextManager[None]:
    """Hold others off who install or remove the tunnel at the same time: the end would be neither's."""
    folder = below(root, UNIT_FOLDER)
    return nullcontext() if dry_run or not folder.is_dir() else locked(folder)


def _installed(verb: str, device: str | None, *, dry_run: bool) -> list[str]:
    """Return the services of this machine, or raise that there are none or that rights are missing."""
    units = [unit for unit in _installed_units(None) if not unit.startswith(_AGENTS_UNIT)]
    if not units:
        raise PapayaError(
            "the tunnel is not installed on this machine",
            remedy="Install it with papaya tunnel install, or keep it up with papaya tunnel run.",
        )
    check_rights(verb, dry_run=dry_run)
    check_device(device, BUNDLE)
    return units


def _services(target: Target, lines: Sequence[Line], version: int) -> list[Service]:
    document = to_yaml(bundle_of(target.fleet, target.device))
    bundle = InstalledFile(
        BUNDLE,
        f"# The device bundle, written by papaya tunnel install.\n{document}",
        is_read_by_service=False,
    )
    pinned = known_hosts_of(target.device)
    shared = [InstalledFile(Path(lines[0].known_hosts), pinned)] if pinned else []
    return [
        Service(
            line.unit,
            (bundle, *shared, InstalledFile(UNIT_FOLDER / line.unit, render(line, systemd=version))),
            if_it_fails=_NOT_YET,
        )
        for line in lines
    ]


def _for_agent(lines: Sequence[Line]) -> Service:
    units = restart_units(lines)
    files = tuple(InstalledFile(UNIT_FOLDER / name, text) for name, text in units.items())
    return Service(next(iter(units)), files)


def _need_files(target: Target, lines: Sequence[Line]) -> None:
    """Raise what the service would fail for at every start."""
    key = usable_key(lines[0].identity_file, target.device.name)
    if isinstance(key, Complaint):
        raise PapayaError(key.summary, remedy=key.remedy)
    known = Path(lines[0].known_hosts)
    if not known_hosts_of(target.device) and not known.is_file():
        raise PapayaError(
            f"there is no {known}, so the bastion's host key is not known",
            remedy="Write `hostKeys` at the manifest's tunnel; papaya tunnel check shows the key to compare.",
        )


def _warn_about_users(observer: Observer) -> None:
    """Warn if programs cannot look up the user that systemd makes for the service."""
    try:
        sources = re.search(r"^passwd:(.*)$", read_beginning(Path("/etc/nsswitch.conf")), re.M)
    except OSError:
        return
    if sources and "systemd" not in sources[1].split():
        observer.warned(
            "this machine does not look up users of systemd, without which ssh refuses to run; "
            "install libnss-systemd."
        )


def _installed_units(root: Path | None) -> list[str]:
    folder = below(root, UNIT_FOLDER)
    patterns = (f"{SERVICE}.service", f"{SERVICE}@?*.service", f"{SERVICE}-restart.*")
    return [path.name for pattern in patterns for path in sorted(folder.glob(pattern))]


def _systemd_of(root: Path | None) -> int:
    # An image may be for another machine.
    return OLDEST_SYSTEMD if root is not None else systemd.systemd_version() or OLDEST_SYSTEMD
