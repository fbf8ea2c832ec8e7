"""The keys that a bastion shows, and those that are pinned for it."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from papaya.child_environment import child_environment
from papaya.manifest.public_key import is_public_key
from papaya.tunnel.known_hosts import fingerprint, host_pattern

# What is pinned is one of these; of several that a bastion shows, the first is offered for pinning.
KINDS: Final = ("ed25519", "ecdsa", "rsa")
_SCAN_SECONDS: Final = 5
_LONGEST_SECONDS: Final = 30.0


@dataclass(frozen=True, slots=True)
class HostKey:
    """A public key of a host: its type and the key itself, as known_hosts has them."""

    kind: str
    data: str

    @property
    def fingerprint(self) -> str:
        """What people compare."""
        return fingerprint(f"{self.kind} {self.data}")

    def __str__(self) -> str:
        return f"{self.kind} {self.data}"


def scanned(host: str, port: int) -> tuple[HostKey, ...]:
    """Return the keys that a host shows, without trusting any of them; none where nothing speaks SSH."""
    command = ["ssh-keyscan", "-T", str(_SCAN_SECONDS), "-p", str(port), "-t", ",".join(KINDS), host]
    return in_order(parsed(_printed_by(command)))


def pinned_in(file: Path, host: str, port: int) -> tuple[HostKey, ...]:
    """Return the keys that a known_hosts file pins for a host; hashed names are found, too."""
    if not file.is_file():
        return ()
    return parsed(_printed_by(["ssh-keygen", "-F", host_pattern(host, port), "-f", str(file)]))


def parsed(text: str) -> tuple[HostKey, ...]:
    """Return the keys in lines of known_hosts; marked ones (@revoked, @cert-authority) pin no host.

    ssh passes over what is no key, and so does this.
    """
    rows = (line.split() for line in text.splitlines() if line and line[0] not in "#@")
    return tuple(HostKey(row[1], row[2]) for row in rows if len(row) >= 3 and is_public_key(row[1], row[2]))


def in_order(keys: Sequence[HostKey]) -> tuple[HostKey, ...]:
    """Return keys, the one to pin first."""

    def rank(key: HostKey) -> int:
        return next((number for number, kind in enumerate(KINDS) if kind in key.kind), len(KINDS))

    return tuple(sorted(dict.fromkeys(keys), key=rank))


def _printed_by(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - a list of checked arguments
            list(command),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=child_environment(),
            timeout=_LONGEST_SECONDS,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode(errors="replace")
