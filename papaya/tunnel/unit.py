"""The systemd service that keeps one line of the tunnel."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import Final

from papaya.systemd_unit import quoted, render_unit, unexpanded
from papaya.tunnel.escape import one_line
from papaya.tunnel.line import CONNECT_SECONDS, Line, ssh_arguments

# Debian 12's: what a unit is written for when it is not known where it will run.
OLDEST_SYSTEMD: Final = 252
# From these versions on, the pause between attempts can grow, and can be drawn by lot.
GROWING_SYSTEMD: Final = 254
SPREADING_SYSTEMD: Final = 262

_TEMPLATE: Final = "papaya-ssh.service.j2"
_RESTART: Final = "papaya-ssh-restart"
_SSH: Final = "/usr/bin/ssh"
# Where a bastion does not answer any more once it has accepted the connection, nothing else ends the attempt.
_START_SECONDS: Final = 3 * CONNECT_SECONDS
# Milliseconds: the first pause is this and up to as much more as the name says.
_FIRST_PAUSE: Final = {True: (1000, 4000), False: (5000, 5000)}


def render(line: Line, *, systemd: int = OLDEST_SYSTEMD) -> str:
    """Return the unit of a line for a version of systemd; it needs nothing but ssh on the device."""
    credentials = f"/run/credentials/{line.unit}"
    arguments = ssh_arguments(
        line,
        identity_file=f"{credentials}/identity",
        known_hosts=f"{credentials}/known_hosts",
        in_background=True,
    )
    grows = systemd >= GROWING_SYSTEMD
    return render_unit(
        _TEMPLATE,
        {
            "device": unexpanded(one_line(line.device)),
            "host": line.host,
            "remote_port": line.forward.remote_port,
            "local_port": line.forward.local_port,
            "command": quoted([_SSH, *arguments]),
            "start_seconds": _START_SECONDS,
            "restart_milliseconds": _pause(line, grows=grows),
            "grows": grows,
            "spreads": systemd >= SPREADING_SYSTEMD,
            "identity_file": unexpanded(line.identity_file),
            "known_hosts": unexpanded(line.known_hosts),
        },
    )


def restart_units(lines: Sequence[Line]) -> dict[str, str]:
    """Return the units by which the agent, which has no rights, may have a device's tunnel started anew.

    By name: one that waits for the agent's wish, and is to be enabled, and one that fulfils it.
    """
    path, service = f"{_RESTART}.path", f"{_RESTART}.service"
    units = quoted([line.unit for line in lines])
    return {path: render_unit(path, {}), service: render_unit(f"{service}.j2", {"units": units})}


def _pause(line: Line, *, grows: bool) -> int:
    """Return the milliseconds before another attempt: a line always waits as long, a fleet evenly spread."""
    least, spread = _FIRST_PAUSE[grows]
    name = f"{line.device}\0{line.forward.name}".encode(errors="surrogatepass")
    return least + int.from_bytes(hashlib.sha256(name).digest()[:8], "big") % spread
