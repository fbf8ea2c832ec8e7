"""The file that pins a bastion's host keys, and the fingerprints by which people compare them."""

from __future__ import annotations

import base64
import hashlib

from papaya.manifest.model import Device
from papaya.tunnel.escape import checked_host

_HEAD = "# The bastion's host keys, from the manifest: written by papaya tunnel, which writes it again.\n"


def known_hosts_of(device: Device) -> str:
    """Return the known_hosts file of a device; empty where its manifest pins no keys."""
    tunnel = device.tunnel
    if tunnel is None or tunnel.host is None or not tunnel.host_keys:
        return ""
    name = host_pattern(checked_host(tunnel.host, ""), tunnel.port or 22)
    return _HEAD + "".join(f"{name} {_kind_and_key(key)}\n" for key in tunnel.host_keys)


def host_pattern(host: str, port: int) -> str:
    """Return what a host is called in a known_hosts file."""
    return host if port == 22 else f"[{host}]:{port}"


def fingerprint(key: str) -> str:
    """Return the fingerprint of a public key, `ssh-ed25519 AAAA…`, as ssh shows it."""
    data = base64.b64decode(_kind_and_key(key).split(" ")[1])
    return "SHA256:" + base64.b64encode(hashlib.sha256(data).digest()).decode().rstrip("=")


def _kind_and_key(key: str) -> str:
    kind, data = key.split()[:2]
    return f"{kind} {data}"
