"""The bastion's side of a fleet: who may listen on which port, and how sshd treats them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from papaya.errors import PapayaError
from papaya.tunnel.escape import one_line
from papaya.tunnel.line import LOOPBACK, Line
from papaya.tunnel.public_keys import PublicKey

# The bastion ends a silent connection before the device comes back, so that the port is free by then. It does
# so after 15 seconds, and after 30 with OpenSSH 9.2 to 9.4, which ask only every other time.
SERVER_ALIVE_INTERVAL: Final = 5
SERVER_ALIVE_COUNT: Final = 2
KEYS_FOLDER: Final = "/etc/ssh/papaya"
# Of files with this suffix alone: a backup beside one must not let a device in that was locked out.
KEYS_SUFFIX: Final = ".keys"
# Who reads the keys for sshd; they are no secrets.
_READER: Final = "nobody"
# What earlier editions wrote, for one fleet alone: the drop-in, and the keys as KEYS_FOLDER/USER.
OLD_DROP_IN: Final = "/etc/ssh/sshd_config.d/20-papaya.conf"

_PENALTIES_SINCE: Final = (9, 8)
# sshd has these once for all users and takes the first that it reads. So they are the same for every fleet:
# they must be right for the largest, whichever file comes first.
_STARTUPS: Final = "500:30:1500"
_PENALTIES: Final = "authfail:1s noauth:1s grace-exceeded:1s min:600s max:630s"
_WRITTEN: Final = "written by papaya tunnel bastion, which writes it again."


@dataclass(frozen=True, slots=True)
class Bastion:
    """One bastion with the lines of every device of a fleet that comes to it.

    `version` is its OpenSSH, if declared; `fleet` is the name that tells the files of fleets apart.
    """

    host: str
    lines: tuple[Line, ...]
    version: tuple[int, int] | None = None
    fleet: str = "fleet"

    @property
    def users(self) -> tuple[str, ...]:
        """The users that devices sign in as."""
        return tuple(sorted({line.user for line in self.lines}))


def drop_in(fleet: str) -> str:
    """Return the path of the drop-in that a fleet has on its bastion."""
    return f"/etc/ssh/sshd_config.d/20-papaya-{fleet}.conf"


def keys_file(user: str, fleet: str) -> str:
    """Return the path of the keys that a fleet has for a user of its bastion."""
    return f"{KEYS_FOLDER}/{user}.d/{fleet}{KEYS_SUFFIX}"


def bastions_of(
    lines: Iterable[Line], server_version: str | None, fleet: str = "fleet"
) -> tuple[Bastion, ...]:
    """Return the bastions that lines lead to, by name."""
    version = _version(server_version)
    hosts: dict[str, list[Line]] = {}
    for line in lines:
        hosts.setdefault(line.host, []).append(line)
    return tuple(Bastion(host, tuple(its), version, fleet) for host, its in sorted(hosts.items()))


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
            f"# How sshd treats the devices of the fleet {bastion.fleet}: {_WRITTEN}",
            "# They are the same for every fleet: several on one bastion do not contradict each other.",
            *_of_everyone(bastion),
            "",
            f"Match User {','.join(bastion.users)}",
            *(f"    {setting}" for setting in user_settings(bastion.fleet)),
            "Match all",
        )
    )


def files_of(
    lines: Sequence[Line], keys: Mapping[str, Sequence[PublicKey]], server_version: str | None, fleet: str
) -> dict[str, str]:
    """Return the files of all bastions by path, the host's name first, then where it belongs there."""
    texts: dict[str, str] = {}
    for bastion in bastions_of(lines, server_version, fleet):
        texts[f"{bastion.host}{drop_in(fleet)}"] = server_settings(bastion)
        for user in bastion.users:
            its = [line for line in bastion.lines if line.user == user]
            texts[f"{bastion.host}{keys_file(user, fleet)}"] = authorized_keys(its, keys)
    return texts


def user_settings(fleet: str) -> tuple[str, ...]:
    """Return the settings for a user that devices of a fleet sign in as."""
    return (
        "# Of several fleets with this user sshd takes the first file alone; the command reads those of all.",
        f"AuthorizedKeysFile {keys_file('%u', fleet)} {KEYS_FOLDER}/%u",
        f"AuthorizedKeysCommand /usr/bin/find {KEYS_FOLDER}/%u.d -name *{KEYS_SUFFIX} -type f "
        # sshd drops all keys if the command fails, as it would with one file that it may not read.
        "-perm -444 -exec /bin/cat {} +",
        f"AuthorizedKeysCommandUser {_READER}",
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
    yield "# After a power cut the devices of all fleets may knock at once."
    yield f"MaxStartups {_STARTUPS}"
    if bastion.version is not None and bastion.version >= _PENALTIES_SINCE:
        yield "# Devices behind one router share its address: one that fails must not shut out the others."
        yield f"PerSourcePenalties {_PENALTIES}"


def _version(written: str | None) -> tuple[int, int] | None:
    found = re.match(r"\D*(\d+)\.(\d+)", written) if written else None
    return (int(found[1]), int(found[2])) if found else None
