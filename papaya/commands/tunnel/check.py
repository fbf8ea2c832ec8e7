"""`papaya tunnel check`: the way to the bastion, step by step, with what to do where it ends."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from papaya.command_line.output.findings import tell
from papaya.commands.options.tunnel import tunnel_device_options

if TYPE_CHECKING:
    from papaya.provision.tunnel_target import TargetChoice


@click.command("check")
@tunnel_device_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def check_tunnel(target: TargetChoice, as_json: bool) -> int:
    """Check each hop of the tunnel of DEVICE.

    Checks the bastion's name, port and host key (with its fingerprint and the line that pins it), the
    device's key, the sign-in at the bastion, the remote port, and what listens on this machine. Each line is
    ok, warning or failed, and says what to do. Exits with 1 if a check failed.
    """
    from papaya.doctor.tunnel import TunnelVisit

    found = target.find()
    visit = TunnelVisit(found.device, found.lines(), os.environ)
    return tell(visit.findings(), visit, as_json=as_json)
