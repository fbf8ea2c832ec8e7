"""The options of commands that change a fleet, about another run that is changing it already."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from typing import Any

import click

from papaya.commands.options.group import Function, with_options


def _as_seconds(context: click.Context, parameter: click.Parameter, value: str) -> float:
    from papaya.errors import SettingsError
    from papaya.settings.model import Given
    from papaya.settings.quantities import seconds

    try:
        return seconds(Given(value, "--wait-for-lock"), least=0)
    except SettingsError as error:
        raise click.BadParameter(f"{value!r} is no duration such as 30s or 5m") from error


_LEASE = (
    click.option(
        "--wait-for-lock",
        "--wait-for-lease",
        "wait_for_lock",
        envvar=["PAPAYA_WAIT_FOR_LOCK", "PAPAYA_WAIT_FOR_LEASE"],
        metavar="TIME",
        default="0s",
        callback=_as_seconds,
        help="How long to wait while another run changes this fleet.  [default: 0s]",
    ),
    click.option(
        "--break-lock",
        "--break-lease",
        "break_lock",
        envvar=["PAPAYA_BREAK_LOCK", "PAPAYA_BREAK_LEASE"],
        is_flag=True,
        help="Remove the lock of another run on this fleet.",
    ),
)


def lease_options(function: Function) -> Callable[..., Any]:
    """Give a command `--wait-for-lock` and `--break-lock`; it receives them as `lease`.

    A command that lost the race for a lease just left begins again while there is time to wait.
    """

    @functools.wraps(function)
    def with_lease(*arguments: Any, **parameters: Any) -> Any:
        from papaya.apply.lease import LeaseHeld
        from papaya.runs.lock import POLL_SECONDS, LeaseChoice

        seconds = parameters.pop("wait_for_lock")
        lease = LeaseChoice(parameters.pop("break_lock"), time.monotonic() + seconds)
        while True:
            try:
                return function(*arguments, lease=lease, **parameters)
            except LeaseHeld:
                if not lease.may_wait:
                    raise
                time.sleep(POLL_SECONDS)

    return with_options(with_lease, _LEASE)
