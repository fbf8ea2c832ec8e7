"""What an operator's ssh must know to reach the devices of a fleet by their names."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from typing import Final

from papaya.manifest.ports import OWN_FORWARD
from papaya.tunnel.escape import checked_host, checked_user, one_line
from papaya.tunnel.line import LOOPBACK, Line

_SPEAKABLE = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*")
_HEAD: Final = """\
# How to reach the devices of a fleet through its bastion: written by papaya tunnel ssh-config.
# Include it from ~/.ssh/config; then: ssh DEVICE
"""


def ssh_config(lines: Iterable[Line], *, jump_user: str | None = None, device_user: str | None = None) -> str:
    """Return ssh's configuration for the operators of a fleet, in the order of the devices' names.

    `jump_user` is who operators are on the bastion, `device_user` who they are on the devices; without them
    ssh decides by its other configuration.
    """
    user = checked_user(device_user, "") if device_user is not None else None
    blocks = (
        block
        for line in sorted(lines, key=lambda line: (line.device, line.forward.name))
        for block in _block(line, jump_user, user)
    )
    return _HEAD + "".join(blocks)


def host_alias(device: str) -> str:
    """Return what a device is called on ssh's command line: its name, where ssh accepts it as one."""
    if _SPEAKABLE.fullmatch(device):
        return device
    number = hashlib.sha256(device.encode(errors="surrogatepass")).hexdigest()[:6]
    return f"{re.sub('[^A-Za-z0-9]+', '-', device).strip('-') or 'device'}-{number}"


def jump_of(line: Line, jump_user: str | None) -> str:
    """Return the ProxyJump that leads to a line's bastion."""
    user = f"{checked_user(jump_user, '')}@" if jump_user is not None else ""
    host = f"[{line.host}]" if ":" in line.host else checked_host(line.host, "")
    return f"{user}{host}" if line.port == 22 else f"{user}{host}:{line.port}"


def _block(line: Line, jump_user: str | None, user: str | None) -> Iterator[str]:
    name = one_line(line.device)
    if line.forward.name != OWN_FORWARD:
        port = line.forward.remote_port
        way = f"ssh -L {port}:{LOOPBACK}:{port} {jump_of(line, jump_user)}"
        yield f"# {name}, {line.forward.name}: {way}\n"
        return
    alias = host_alias(line.device)
    yield f"\n# {name}\nHost {alias}\n" if alias != line.device else f"\nHost {alias}\n"
    yield f"    HostName {LOOPBACK}\n    Port {line.forward.remote_port}\n"
    if user is not None:
        yield f"    User {user}\n"
    # All devices have the bastion's loopback address: their keys are told apart by their names.
    yield f"    HostKeyAlias {alias}\n    ProxyJump {jump_of(line, jump_user)}\n"
