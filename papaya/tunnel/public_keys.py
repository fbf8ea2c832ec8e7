"""Public keys of devices: where they are kept, and whether a text is one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from papaya.errors import PapayaError
from papaya.manifest.public_key import is_public_key
from papaya.path_component import file_stem

# Beside the manifest, one file a device: keys/DEVICE.pub. It may hold two keys, as while one is replaced.
FOLDER: Final = "keys"
_SUFFIX: Final = ".pub"
_KINDS: Final = frozenset(
    {
        "ssh-ed25519",
        "ssh-rsa",
        "ecdsa-sha2-nistp256",
        "ecdsa-sha2-nistp384",
        "ecdsa-sha2-nistp521",
        "sk-ssh-ed25519@openssh.com",
        "sk-ecdsa-sha2-nistp256@openssh.com",
    }
)


@dataclass(frozen=True, slots=True)
class PublicKey:
    """A public key without its comment."""

    kind: str
    data: str

    def __str__(self) -> str:
        return f"{self.kind} {self.data}"


def file_of(device: str) -> str:
    """Return the name of the file with a device's public key; its text is checked to stay in one folder."""
    return f"{file_stem(device)}{_SUFFIX}"


def read_keys(text: str, name: str) -> tuple[PublicKey, ...]:
    """Return the public keys of a `.pub` file; anything but plain keys is refused.

    A line with options of its own would grant what nobody asked for.
    """
    lines = [line.strip() for line in text.splitlines()]
    keys = tuple(_key(line, name) for line in lines if line and not line.startswith("#"))
    if not keys:
        raise PapayaError(f"{name} holds no public key", remedy="Copy the device's *.pub file there.")
    return tuple(dict.fromkeys(keys))


def _key(line: str, name: str) -> PublicKey:
    kind, _, rest = line.partition(" ")
    data = rest.strip().partition(" ")[0]
    if "PRIVATE KEY" in line:
        raise PapayaError(
            f"{name} holds a private key",
            remedy="Remove it from here; only the file that ends with .pub leaves a device.",
        )
    if kind not in _KINDS or not is_public_key(kind, data):
        raise PapayaError(
            f"{name} has a line that is no public key",
            remedy="A public key is one line without options: ssh-ed25519 AAAA… comment",
        )
    return PublicKey(kind, data)
