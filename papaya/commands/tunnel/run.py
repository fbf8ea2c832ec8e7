"""`papaya tunnel run`: the tunnel in the foreground, for machines without systemd."""

from __future__ import annotations

import contextlib
import os
import signal
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from papaya.command_line.serving import on_signals
from papaya.commands.options.tunnel import tunnel_device_options
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.provision.tunnel_target import TargetChoice
    from papaya.tunnel.event import Event


@click.command("run")
@tunnel_device_options
@click.option(
    "--sign-of-life",
    metavar="TIME",
    default="10s",
    show_default=True,
    help="How often to ask the bastion for one; the connection ends after three without answer.",
)
@click.option(
    "--longest-pause",
    metavar="TIME",
    default="1m",
    show_default=True,
    help="The longest pause between attempts to connect.",
)
@click.option("--json", "as_json", is_flag=True, help="Print each event as a JSON document of one line.")
def run_tunnel(target: TargetChoice, sign_of_life: str, longest_pause: str, as_json: bool) -> None:
    """Keep the tunnel of DEVICE up until a signal ends it.

    For machines without systemd; with systemd, use papaya tunnel install. Each event is a line on stderr.
    """
    from papaya.settings.quantities import seconds_of
    from papaya.tunnel.keeping import keep
    from papaya.tunnel.known_hosts import known_hosts_of
    from papaya.tunnel.record import record_folders
    from papaya.tunnel.stopping import Stop
    from papaya.tunnel.supervisor import Pace

    found = target.find()
    lines = found.lines()
    interval = max(round(seconds_of(sign_of_life, "--sign-of-life")), 1)
    pace = Pace(longest=max(seconds_of(longest_pause, "--longest-pause"), 1.0))
    folder = record_folders(os.environ)[0]
    stop = Stop()
    with contextlib.closing(stop), on_signals(stop.set, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        keep(
            lines,
            folder,
            known_hosts=known_hosts_of(found.device),
            stop=stop,
            tell=_teller(as_json),
            pace=pace,
            options=("-o", f"ServerAliveInterval={interval}"),
        )


def _teller(as_json: bool) -> Callable[[Event], None]:
    # Several lines tell at the same time.
    lock = threading.Lock()

    def tell(event: Event) -> None:
        with lock:
            if as_json:
                click.echo(json_text(event.as_json(), indent=None))
            else:
                click.echo(event.as_text(), err=True)

    return tell
