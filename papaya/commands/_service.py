"""Installs a systemd service: its unit, the files that it needs, and what systemd has to be told."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import click

from papaya.errors import PapayaError

UNIT_FOLDER = Path("/etc/systemd/system")
_SYSTEMCTL_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class InstalledFile:
    """A file that belongs to a service; paths are those of the running system, before any `--root`."""

    path: Path
    text: str
    mode: int = 0o644


def papaya_command() -> list[str]:
    """Return how to start this papaya from elsewhere."""
    beside = Path(sys.executable).parent / "papaya"
    return [str(beside)] if beside.is_file() else [sys.executable, "-m", "papaya"]


def install(unit: str, files: Sequence[InstalledFile], *, root: Path | None, dry_run: bool) -> None:
    """Write files that differ, and start the service; below a `root` nothing is started."""
    changed = [file for file in files if _content(_below(root, file.path)) != file.text.encode()]
    for file in files:
        path = _below(root, file.path)
        word = "unchanged" if file not in changed else "would write" if dry_run else "wrote"
        if not dry_run and file in changed:
            _write(path, file)
        click.echo(f"{word:<12}{path}")
        if dry_run and file in changed:
            click.echo("".join(f"    {line}\n" for line in file.text.splitlines()), nl=False)
    if dry_run or root is not None:
        return
    _systemctl("daemon-reload")
    _systemctl("enable", unit)
    _systemctl("restart" if changed else "start", unit)
    click.echo(f"{unit} runs; its log: journalctl -u {unit}")


def uninstall(unit: str, paths: Sequence[Path], *, root: Path | None, dry_run: bool) -> None:
    """Stop the service and remove its files; what it has stored stays."""
    there = [path for path in (_below(root, path) for path in paths) if path.exists()]
    if not there:
        click.echo(f"{unit} is not installed")
        return
    if not dry_run and root is None:
        _systemctl("disable", "--now", unit)
    for path in there:
        if not dry_run:
            try:
                path.unlink()
            except OSError as error:
                raise _not_possible(path, error) from error
        click.echo(f"{'would remove' if dry_run else 'removed':<13}{path}")
    if not dry_run and root is None:
        _systemctl("daemon-reload")


def _below(root: Path | None, path: Path) -> Path:
    return path if root is None else root / path.relative_to("/")


def _content(path: Path) -> bytes | None:
    try:
        return path.read_bytes()
    except OSError:
        return None


def _write(path: Path, file: InstalledFile) -> None:
    beside = path.with_name(f".{path.name}.new")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        beside.write_text(file.text, encoding="utf-8")
        beside.chmod(file.mode)
        beside.replace(path)
    except OSError as error:
        raise _not_possible(path, error) from error


def _not_possible(path: Path, error: OSError) -> PapayaError:
    remedy = "Run this as root, or try it out with --root DIR." if os.geteuid() else ""
    return PapayaError(f"{path} cannot be changed: {(error.strerror or str(error)).lower()}", remedy=remedy)


def _systemctl(*arguments: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603
            ["systemctl", *arguments],  # noqa: S607 - where systemctl is differs between systems
            capture_output=True,
            text=True,
            check=False,
            timeout=_SYSTEMCTL_SECONDS,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise PapayaError(
            "systemctl cannot be run", remedy="Without systemd, run papaya agent in the foreground."
        ) from error
    if done.returncode:
        raise PapayaError(f"systemctl {' '.join(arguments)}: {done.stderr.strip() or done.returncode}")
