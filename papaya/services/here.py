"""Which device this machine is, as the bundle of an installed service says."""

from __future__ import annotations

import os
from pathlib import Path

from papaya.errors import PapayaError
from papaya.services.systemd import below
from papaya.workspace.fleet import load_fleet


def check_device(name: str | None, bundle: Path, root: Path | None = None) -> None:
    """Raise `PapayaError` where the bundle is that of another device than `name`."""
    file = below(root, bundle)
    here = None if name is None else device_of(file)
    if here is not None and here != name:
        raise PapayaError(
            f"this machine is {here}, not {name}: so says {file}",
            remedy="Run this on the other device, or leave the name out.",
        )


def device_of(bundle: Path) -> str | None:
    """Return the device that a bundle is of; None where there is no bundle."""
    return load_fleet([bundle]).bundle if bundle.is_file() else None


def check_root(command: str, instead: str, *, root: Path | None, dry_run: bool) -> None:
    """Raise that a command needs root to change the running system; `instead` says what else to do."""
    if root is None and not dry_run and os.geteuid():
        raise PapayaError(f"{command} needs the rights of root", remedy=f"Run it with sudo, or {instead}.")
