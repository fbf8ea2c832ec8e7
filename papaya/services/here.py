"""Which device this machine is, as the bundle of an installed service says."""

from __future__ import annotations

from pathlib import Path

from papaya.errors import PapayaError
from papaya.services.systemd import below
from papaya.workspace.fleet import load_fleet


def check_device(name: str | None, bundle: Path, root: Path | None = None) -> None:
    """Raise `PapayaError` where the bundle is that of another device than `name`."""
    file = below(root, bundle)
    if name is None or not file.is_file():
        return
    here = load_fleet([file]).bundle
    if here != name:
        raise PapayaError(
            f"this machine is {here}, not {name}: so says {file}",
            remedy="Run this on the other device, or leave the name out.",
        )
