"""How the sandbox says where it is."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from papaya.sandbox import Sandbox


def announce(sandbox: Sandbox, version: str, data: Path | None, *, as_json: bool) -> None:
    """Say where a sandbox is and who may sign in."""
    if as_json:
        line = {
            "url": sandbox.url,
            "mqtt": sandbox.mqtt_url,
            "username": sandbox.username,
            "password": sandbox.password,
        }
        if sandbox.ca_file is not None:
            line |= {"mqtts": sandbox.mqtts_url, "caFile": str(sandbox.ca_file)}
        click.echo(json.dumps(line))
    else:
        click.echo(f"ThingsBoard-compatible server ({version}) at {sandbox.url}")
        click.echo(f"Devices connect to {sandbox.mqtt_url}")
        if sandbox.ca_file is not None:
            click.echo(f"In TLS to {sandbox.mqtts_url}; to trust it: --ca-file {sandbox.ca_file}")
        for name, password, role in sandbox.users():
            click.echo(f"  {name:<26} {password:<9} {role}")
        click.echo("Data is " + (f"kept in {data}" if data else "in memory and ends with the server"))
        click.echo("Ctrl-C ends it.")
    sys.stdout.flush()
