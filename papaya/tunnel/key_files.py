"""Files of keys: the public ones beside a manifest, and the pair that a device makes for itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from papaya.bounded_file import LARGEST_SETTINGS, read_text
from papaya.child_environment import child_environment
from papaya.errors import PapayaError
from papaya.manifest.model import Device, Fleet
from papaya.tunnel.escape import checked_path, one_line
from papaya.tunnel.line import IDENTITY_FILE
from papaya.tunnel.public_keys import FOLDER, PublicKey, file_of, read_keys

_KEYGEN_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class KnownKeys:
    """Public keys by device; `left_out` says of each device without one where it would be."""

    keys: Mapping[str, tuple[PublicKey, ...]]
    left_out: tuple[str, ...]


def folder_of(fleet: Fleet) -> Path:
    """Return where the public keys of a fleet's devices are kept: beside its manifest."""
    return Path(fleet.folder) / FOLDER


def keys_of(devices: Iterable[str], folder: Path) -> KnownKeys:
    """Read the public keys of devices; a file that holds none is refused."""
    keys: dict[str, tuple[PublicKey, ...]] = {}
    left_out: list[str] = []
    for device in sorted(devices):
        path = folder / file_of(device)
        if path.is_file():
            keys[device] = read_key_file(path)
        else:
            left_out.append(f"{device} has no public key yet, {path}")
    return KnownKeys(keys, tuple(left_out))


def read_key_file(path: Path) -> tuple[PublicKey, ...]:
    """Return the public keys of a file, or raise why there are none."""
    try:
        text = read_text(path, most=LARGEST_SETTINGS)
    except OSError as error:
        raise PapayaError(
            f"{path} cannot be read: {error.strerror}",
            remedy=f"papaya tunnel keygen makes the key on the device; save its public half as {path.name}.",
        ) from error
    return read_keys(text, str(path))


def make_key(device: Device, out: Path | None = None) -> Path:
    """Make a device's Ed25519 key without a passphrase and return its path; the public half ends with `.pub`.

    It goes to `out`, else to the manifest's identityFile. An existing key is never replaced.
    """
    said = (device.tunnel.identity_file if device.tunnel is not None else None) or IDENTITY_FILE
    path = out.absolute() if out is not None else Path(checked_path(said, "identityFile: "))
    if path.exists():
        raise PapayaError(
            f"{path} is there already, and a key is never replaced",
            remedy=f"Its public half is in {path}.pub. For a new key, move the old one away first.",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(  # noqa: S603
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", one_line(device.name), "-f", str(path)],  # noqa: S607
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=child_environment(),
            text=True,
            check=False,
            timeout=_KEYGEN_SECONDS,
        )
    except FileNotFoundError as error:
        raise PapayaError("there is no ssh-keygen", remedy="Install an OpenSSH client.") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        why = str(getattr(error, "strerror", None) or "ssh-keygen does not end").lower()
        remedy = "Run this as root, or name another file with --out." if os.geteuid() else ""
        raise PapayaError(f"{path} cannot be made: {why}", remedy=remedy) from error
    if done.returncode:
        raise PapayaError(f"{path} cannot be made: {done.stderr.strip() or done.stdout.strip()}")
    return path
