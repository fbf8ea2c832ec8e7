"""How an operator gets to a device: ssh's arguments for the port that its tunnel leads to."""

from __future__ import annotations

from collections.abc import Sequence

from papaya.tunnel.escape import checked_user
from papaya.tunnel.line import LOOPBACK, Line
from papaya.tunnel.ssh_config import host_alias, jump_of


def connect_arguments(
    line: Line,
    *,
    jump: str | None = None,
    user: str | None = None,
    on_bastion: bool = False,
    configuration: str | None = None,
    further: Sequence[str] = (),
) -> tuple[str, ...]:
    """Return the arguments after `ssh` that lead to the device, over the bastion unless on it.

    `further` follow the host, where ssh takes options as well as a command. Without users ssh decides by its
    configuration.
    """
    return (
        *(("-F", configuration) if configuration is not None else ()),
        *(() if on_bastion else ("-J", jump_of(line, jump))),
        *("-p", str(line.forward.remote_port)),
        # All devices have the bastion's loopback address: their keys are told apart by their names.
        *("-o", f"HostKeyAlias={host_alias(line.device)}"),
        *(("-l", checked_user(user, "")) if user is not None else ()),
        LOOPBACK,
        *further,
    )
