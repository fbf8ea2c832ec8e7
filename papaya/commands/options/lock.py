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
        return seconds(Given(value, "--wait-for-lease"), least=0)
    except SettingsError as error:
        raise click.BadParameter(f"{value!r} is no duration such as 30s or 5m") from error


_LEASE = (
    click.option(
        "--wait-for-lease",
        metavar="TIME",
        default="0s",
        callback=_as_seconds,
        help="How long to wait for another run on this fleet.  [default: 0s]",
    ),
    click.option("--break-lease", is_flag=True, help="Take the lease of another run on this fleet away."),
)


def lease_options(function: Function) -> Callable[..., Any]:
    """Give a command `--wait-for-lease` and `--break-lease`; it receives them as `lease`.

    A command that lost the race for a lease just left begins again while there is time to wait.
    """

    @functools.wraps(function)
    def with_lease(*arguments: Any, **parameters: Any) -> Any:
        from papaya.apply.lease import LeaseHeld
        from papaya.runs.lock import POLL_SECONDS, LeaseChoice

        seconds = parameters.pop("wait_for_lease")
        lease = LeaseChoice(parameters.pop("break_lease"), time.monotonic() + seconds)
        while True:
            try:
                return function(*arguments, lease=lease, **parameters)
            except LeaseHeld:
                if not lease.may_wait:
                    raise
                time.sleep(POLL_SECONDS)

    return with_options(with_lease, _LEASE)
