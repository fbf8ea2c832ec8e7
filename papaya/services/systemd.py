"""Installs systemd services: their units, the files that they need, and what systemd has to be told."""

from __future__ import annotations

import difflib
import os
import re
import subprocess
import sys
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from papaya.bounded_file import read_bytes
from papaya.child_environment import child_environment
from papaya.errors import PapayaError, system_reason
from papaya.whole_file import write_whole

UNIT_FOLDER = Path("/etc/systemd/system")
_SYSTEMCTL_SECONDS = 90.0


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """A file that belongs to a service; paths are those of the running system, before any `--root`.

    The service is restarted when one changes that `is_read_by_service`.
    """

    path: Path
    text: str
    mode: int = 0o644
    is_read_by_service: bool = True


@dataclass(frozen=True, slots=True)
class Service:
    """A unit with its files; `if_it_fails` says what to do when it does not start.

    It cannot start without the files in `needs`, which papaya does not write.
    """

    unit: str
    files: tuple[InstalledFile, ...]
    if_it_fails: str = ""
    needs: tuple[Path, ...] = ()


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that was done, or would be: to a file or to a unit.

    `lines` are those of a new file, or the difference to the file that it replaces. A unit `of_user` belongs
    to the services of a user, others to those of the system.
    """

    what: Literal[
        "unchanged",
        "wrote",
        "would write",
        "switched on",
        "started",
        "would start",
        "stopped",
        "would stop",
        "removed",
        "would remove",
        "not installed",
    ]
    subject: str
    lines: tuple[str, ...] = ()
    of_user: bool = False

    @property
    def text(self) -> str:
        """Return the event as lines for people; each ends with a line break."""
        match self.what:
            case "started":
                log = f"journalctl {'--user ' if self.of_user else ''}-u {self.subject}"
                text = f"{self.subject} runs; its log: {log}"
            case "stopped":
                text = f"{self.subject} is stopped, and stays so"
            case "not installed":
                text = f"{self.subject} is not installed"
            case "removed" | "would remove" | "would start" | "would stop":
                text = f"{self.what:<13}{self.subject}"
            case _:
                text = f"{self.what:<12}{self.subject}"
        return "".join((f"{text}\n", *(f"    {line}\n" for line in self.lines)))


Tell = Callable[[Event], None]


def papaya_command() -> list[str]:
    """Return how to start this papaya from elsewhere."""
    beside = Path(sys.executable).parent / "papaya"
    return [str(beside)] if beside.is_file() else [sys.executable, "-m", "papaya"]


def install(
    services: Sequence[Service], *, root: Path | None, dry_run: bool, tell: Tell, of_user: bool = False
) -> None:
    """Write files that differ, tell how, and start the services.

    Below a `root` nothing is started: the services are switched on for the first boot. With `of_user` they
    are services of the user who runs this.
    """
    if root is None and not dry_run:
        _need_systemd()
    changed: set[Path] = set()
    for file in {file.path: file for service in services for file in service.files}.values():
        path = below(root, file.path)
        before = _content(path)
        if before == file.text.encode():
            tell(Event("unchanged", str(path)))
            continue
        changed.add(file.path)
        if not dry_run:
            _write(path, file)
        lines = _difference(before, file.text) if dry_run or before is not None else ()
        tell(Event("would write" if dry_run else "wrote", str(path), lines))
    if dry_run:
        return
    if root is not None:
        for service in services:
            _switch_on(root, service.unit, tell)
        return
    systemctl("daemon-reload", of_user=of_user)
    start(
        services,
        of_user=of_user,
        anew={
            service.unit
            for service in services
            if any(file.path in changed and file.is_read_by_service for file in service.files)
        },
        tell=tell,
    )


def start(
    services: Sequence[Service], *, anew: Collection[str] = (), tell: Tell, of_user: bool = False
) -> None:
    """Start services, now and at every boot, those in `anew` also where they run.

    One that does not start keeps no other from it; the first fault is raised when all have been tried.
    """
    faults: list[PapayaError] = []
    for service in services:
        unit = service.unit
        systemctl("enable", unit, of_user=of_user)
        is_idle = _run("is-active", unit, of_user=of_user).returncode != 0
        # Whoever starts it by hand does not mean the pauses that earlier attempts have earned it. This
        # complains where there were none.
        _run("reset-failed", unit, of_user=of_user)
        try:
            systemctl("restart" if is_idle or unit in anew else "start", unit, of_user=of_user)
        except PapayaError as fault:
            faults.append(PapayaError(fault.message, remedy=service.if_it_fails))
        else:
            tell(Event("started", unit, of_user=of_user))
    if faults:
        raise faults[0]


def uninstall(
    units: Sequence[str],
    paths: Sequence[Path],
    *,
    root: Path | None,
    dry_run: bool,
    tell: Tell,
    of_user: bool = False,
) -> None:
    """Stop services and remove their files; what they have stored stays."""
    there = [path for path in (below(root, path) for path in paths) if path.exists()]
    if not there:
        tell(Event("not installed", units[0]))
        return
    if not dry_run and root is None:
        for unit in units:
            systemctl("disable", "--now", unit, of_user=of_user)
    links = [] if root is None else [link for unit in units if (link := _link(root, unit)).is_symlink()]
    for path in (*there, *links):
        if not dry_run:
            try:
                path.unlink()
            except OSError as error:
                raise _not_possible(path, error) from error
        tell(Event("would remove" if dry_run else "removed", str(path)))
    if not dry_run and root is None:
        systemctl("daemon-reload", of_user=of_user)


def _switch_on(root: Path, unit: str, tell: Tell) -> None:
    """Have an image start a service at boot: what `systemctl enable` does for WantedBy=multi-user.target."""
    link = _link(root, unit)
    if link.is_symlink():
        return
    try:
        link.parent.mkdir(parents=True, exist_ok=True)
        link.symlink_to(UNIT_FOLDER / unit)
    except OSError as error:
        raise _not_possible(link, error) from error
    tell(Event("switched on", unit))


def _link(root: Path, unit: str) -> Path:
    return below(root, UNIT_FOLDER) / "multi-user.target.wants" / unit


def _need_systemd() -> None:
    # This folder is how programs know that systemd runs the machine; systemctl may be there without.
    if not Path("/run/systemd/system").is_dir():
        raise PapayaError(
            "systemd does not run this machine, so nothing can be a service of it",
            remedy="Run papaya agent run or papaya tunnel run under another supervisor. "
            "For an image, pass --root DIR.",
        )


def below(root: Path | None, path: Path) -> Path:
    """Return where a path of the running system is below another root, from which no link leads away."""
    if root is None:
        return path
    found = root / path.relative_to("/")
    if not found.parent.resolve().is_relative_to(root.resolve()):
        raise PapayaError(
            f"{found} leads out of {root}: a folder on the way is a link",
            remedy="Make the link a relative one, such as ../data/papaya, or mount what it leads to.",
        )
    return found


def systemctl(*arguments: str, of_user: bool = False) -> None:
    """Tell systemd something, or raise what it says against it."""
    done = _run(*arguments, of_user=of_user)
    if not done.returncode:
        return
    said = done.stderr.strip() or str(done.returncode)
    whose = "--user " if of_user else ""
    remedy = (
        "Sign in as this user, at the machine or over ssh: after su or sudo there is no session of systemd."
        if of_user and "connect to" in said
        else ""
    )
    raise PapayaError(f"systemctl {whose}{' '.join(arguments)}: {said}", remedy=remedy)


def _run(*arguments: str, of_user: bool = False) -> subprocess.CompletedProcess[str]:
    environment = child_environment()
    if of_user:
        # Where systemctl finds the user's systemd; a session without pam_systemd does not say it.
        environment.setdefault("XDG_RUNTIME_DIR", f"/run/user/{os.geteuid()}")
        arguments = ("--user", *arguments)
    try:
        return subprocess.run(  # noqa: S603
            ["systemctl", *arguments],  # noqa: S607 - where systemctl is differs between systems
            capture_output=True,
            env=environment,
            text=True,
            check=False,
            timeout=_SYSTEMCTL_SECONDS,
        )
    except subprocess.TimeoutExpired as error:
        told = f"systemctl {' '.join(arguments)}: no answer within {_SYSTEMCTL_SECONDS:.0f} seconds"
        raise PapayaError(told) from error
    except OSError as error:
        raise PapayaError(
            "systemctl cannot be run",
            remedy="Without systemd, run papaya agent run or papaya tunnel run in the foreground.",
        ) from error


def systemd_version() -> int | None:
    """Return the version of this machine's systemd, None where there is none."""
    try:
        told = subprocess.run(
            ["systemctl", "--version"],  # noqa: S607
            capture_output=True,
            env=child_environment(),
            text=True,
            check=False,
            timeout=_SYSTEMCTL_SECONDS,
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return None
    found = re.match(r"systemd (\d+)", told)
    return int(found[1]) if found else None


def _difference(before: bytes | None, after: str) -> tuple[str, ...]:
    """Return a new file, or the lines in which it differs from the old one."""
    if before is None:
        return tuple(after.splitlines())
    old = before.decode(errors="replace").splitlines()
    return tuple(difflib.unified_diff(old, after.splitlines(), "installed", "new", lineterm=""))


def _content(path: Path) -> bytes | None:
    try:
        return read_bytes(path)
    except OSError:
        return None


def _write(path: Path, file: InstalledFile) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, file.text, mode=file.mode)
    except OSError as error:
        raise _not_possible(path, error) from error


def _not_possible(path: Path, error: OSError) -> PapayaError:
    remedy = "Run this as root, or try it out with --root DIR." if os.geteuid() else ""
    return PapayaError(f"{path} cannot be changed: {system_reason(error)}", remedy=remedy)
