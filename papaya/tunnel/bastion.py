"""The bastion's side of a fleet: who may listen on which port, and how sshd treats them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from papaya.counting import counted
from papaya.errors import PapayaError
from papaya.tunnel.escape import one_line
from papaya.tunnel.line import LOOPBACK, Line
from papaya.tunnel.public_keys import PublicKey

# The bastion gives a silent connection up before the device comes back, so that the port is free by then:
# after 15 seconds, and after 30 with OpenSSH 9.2 to 9.4, which ask only every other time.
SERVER_ALIVE_INTERVAL: Final = 5
SERVER_ALIVE_COUNT: Final = 2
KEYS_FOLDER: Final = "/etc/ssh/papaya"
DROP_IN: Final = "/etc/ssh/sshd_config.d/20-papaya.conf"

_PENALTIES_SINCE: Final = (9, 8)
_MOST_STARTUPS: Final = 1000
_WRITTEN: Final = "written by papaya tunnel bastion, which writes it again."


@dataclass(frozen=True, slots=True)
class Bastion:
    """One bastion with the lines of every device that comes to it; `version` is its OpenSSH, if declared."""

    host: str
    lines: tuple[Line, ...]
    version: tuple[int, int] | None = None

    @property
    def users(self) -> tuple[str, ...]:
        """The users that devices sign in as."""
        return tuple(sorted({line.user for line in self.lines}))


def bastions_of(lines: Iterable[Line], server_version: str | None) -> tuple[Bastion, ...]:
    """Return the bastions that lines lead to, by name."""
    version = _version(server_version)
    hosts: dict[str, list[Line]] = {}
    for line in lines:
        hosts.setdefault(line.host, []).append(line)
    return tuple(Bastion(host, tuple(its), version) for host, its in sorted(hosts.items()))


def authorized_key(lines: Sequence[Line], keys: Sequence[PublicKey]) -> str:
    """Return what lets a device listen on its own ports of a bastion and nothing else: a line for each key.

    Without the server settings of `server_settings` the line alone still refuses every other port, commands,
    and connections from the bastion to elsewhere but port 1 of the bastion itself.
    """
    ports = sorted(line.forward.remote_port for line in lines)
    listen = "".join(f',permitlisten="{LOOPBACK}:{port}"' for port in ports)
    # permitopen="none" would refuse the listening, too; nothing answers at port 1.
    options = f'restrict,port-forwarding{listen},permitopen="{LOOPBACK}:1",command="/bin/false"'
    comment = one_line(lines[0].device)
    return "".join(f"{options} {key} {comment}\n" for key in keys)


def authorized_keys(lines: Iterable[Line], keys: Mapping[str, Sequence[PublicKey]]) -> str:
    """Return the authorized_keys file of one user of a bastion, in the order of the devices' names.

    A key that two devices share is refused: sshd goes by the first line that fits, so the second device would
    never get its port.
    """
    devices: dict[str, list[Line]] = {}
    for line in lines:
        devices.setdefault(line.device, []).append(line)
    owners: dict[PublicKey, str] = {}
    for device in devices:
        for key in keys.get(device, ()):
            first = owners.setdefault(key, device)
            if first != device:
                raise PapayaError(
                    f"{first} and {device} have the same key",
                    remedy="Was one's disk copied from the other's? Make new keys with papaya tunnel keygen.",
                )
    return f"# Devices and the ports that they may listen on: {_WRITTEN}\n" + "".join(
        authorized_key(devices[device], keys[device]) for device in sorted(devices) if keys.get(device)
    )


def server_settings(bastion: Bastion) -> str:
    """Return the drop-in of sshd: what it must know of the fleet, and what its devices' users may do."""
    return "".join(
        f"{line}\n"
        for line in (
            f"# How sshd treats the devices of a fleet: {_WRITTEN}",
            *_of_everyone(bastion),
            "",
            f"Match User {','.join(bastion.users)}",
            *(f"    {setting}" for setting in user_settings()),
            "Match all",
        )
    )


def files_of(
    lines: Sequence[Line], keys: Mapping[str, Sequence[PublicKey]], server_version: str | None
) -> dict[str, str]:
    """Return the files of all bastions by path, the host's name first, then where it belongs there."""
    texts: dict[str, str] = {}
    for bastion in bastions_of(lines, server_version):
        texts[f"{bastion.host}{DROP_IN}"] = server_settings(bastion)
        for user in bastion.users:
            its = [line for line in bastion.lines if line.user == user]
            texts[f"{bastion.host}{KEYS_FOLDER}/{user}"] = authorized_keys(its, keys)
    return texts


def user_settings() -> tuple[str, ...]:
    """Return the settings for a user that devices sign in as."""
    return (
        f"AuthorizedKeysFile {KEYS_FOLDER}/%u",
        "AuthenticationMethods publickey",
        "# A connection that went silent gives its port back after three of these intervals, after six with",
        "# OpenSSH 9.2 to 9.4; but not while somebody tries that port more often than once an interval.",
        f"ClientAliveInterval {SERVER_ALIVE_INTERVAL}",
        f"ClientAliveCountMax {SERVER_ALIVE_COUNT}",
        "# Ports that lead to devices, on the bastion's own address; nothing else.",
        "AllowTcpForwarding remote",
        "GatewayPorts no",
        "PermitOpen none",
        "# permitlisten is about ports only: a key could otherwise make sockets in the file system.",
        "AllowStreamLocalForwarding no",
        "AllowAgentForwarding no",
        "X11Forwarding no",
        "PermitTunnel no",
        "PermitTTY no",
        "PermitUserRC no",
        "MaxSessions 0",
        "ForceCommand /bin/false",
    )


def recommended_settings(bastion: Bastion) -> tuple[str, ...]:
    """Return what an operator is told beside the line of one device: the bare settings."""
    lines = server_settings(bastion).splitlines()
    return tuple(line for line in lines if line and not line.lstrip().startswith("#"))


def _of_everyone(bastion: Bastion) -> Iterable[str]:
    """Yield the settings that sshd has once for all users."""
    devices = len({line.device for line in bastion.lines})
    start = max(10, min(2 * len(bastion.lines), _MOST_STARTUPS))
    full = max(100, start + start // 2)
    yield f"# After a power cut {counted(devices, 'device')} may knock at once."
    yield f"MaxStartups {start}:30:{full}"
    if bastion.version is not None and bastion.version >= _PENALTIES_SINCE:
        least = max(15, min(len(bastion.lines), 600))
        yield "# Devices behind one router share its address: one that fails must not shut out the others."
        yield f"PerSourcePenalties authfail:1s noauth:1s grace-exceeded:1s min:{least}s max:{least + 30}s"


def _version(written: str | None) -> tuple[int, int] | None:
    found = re.match(r"\D*(\d+)\.(\d+)", written) if written else None
    return (int(found[1]), int(found[2])) if found else None
