"""`papaya locate`: where this device is, and how papaya knows."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from papaya.command_line.running import checked_session, settings_of
from papaya.command_line.terminal import TERMINAL
from papaya.commands.options.device import device_options, locating_options
from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.server import server_options
from papaya.errors import PapayaError
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.api.session import Session
    from papaya.provision.choosing import Chosen
    from papaya.provision.locating import Locating
    from papaya.provision.position import Position
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice

FORMAT_VERSION = "1"


@click.command()
@device_options
@manifest_file_options
@server_options
@locating_options(tolerance=False)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    name: str | None,
    serial: str | None,
    manifest: ManifestChoice,
    server: Options,
    locating: Callable[[Chosen | None], Locating],
    as_json: bool,
) -> None:
    """Find the location of this device.

    Coordinates in the manifest are used as they are. With `location: auto`, or with a config.properties
    alone, papaya asks the geolocation service, then config.properties, the State and the Country. It writes
    nothing.
    """
    from papaya.provision.choosing import choose_device, is_anything_at_hand
    from papaya.provision.locating import position_json

    chosen: Chosen | None = None
    if name is not None or serial is not None or is_anything_at_hand(manifest, server):
        chosen = choose_device(name, serial, manifest, server)
    position = _position(chosen, locating(chosen), server)
    if as_json:
        document = {
            "formatVersion": FORMAT_VERSION,
            "device": chosen.one.device.name if chosen is not None else None,
            **position_json(position),
            "warnings": list(position.warnings),
        }
        click.echo(json_text(document))
        return
    for warning in position.warnings:
        TERMINAL.warned(warning)
    click.echo(position.words)


def _position(chosen: Chosen | None, how: Locating, server: Options) -> Position:
    from papaya.provision.locating import detected_position, find_position

    if chosen is None:
        return detected_position(how)
    with ExitStack() as opened:
        sessions: list[Session] = []

        def session() -> Session:
            # Only where nothing nearer knows the position: most often no sign-in is needed.
            if not sessions:
                sessions.append(opened.enter_context(checked_session(settings_of(chosen, server))))
            return sessions[0]

        position = find_position(chosen.one, how, session)
    if position is None:
        raise PapayaError(
            f"the manifest leaves the location of {chosen.one.device.name} alone",
            remedy="Write its coordinates, or `location: auto`, into the manifest.",
        )
    return position
