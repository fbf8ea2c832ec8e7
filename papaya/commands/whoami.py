"""`papaya whoami`: the server, the user and their rights, and where each setting came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.server import server_options
from papaya.commands.running import fleet_at_hand, session_for, settings_for
from papaya.errors import SettingsError
from papaya.remedies import HOW_TO_LOG_IN, TENANT_ADMIN
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice


@click.command()
@manifest_file_options
@server_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(manifest: ManifestChoice, server: Options, as_json: bool) -> None:
    """Show the server, the user and their rights."""
    from papaya.runs.identity import identity_of

    settings = settings_for(server, fleet_at_hand(manifest, server))
    if not settings.credentials:
        raise SettingsError(
            f"there are no credentials for {settings.url}", remedy="\n".join((*settings.notes, HOW_TO_LOG_IN))
        )
    with session_for(settings) as session:
        session.authenticate()
        found = identity_of(session, settings)
    if as_json:
        click.echo(json_text(found))
        return
    _print(found)


def _print(found: dict[str, object]) -> None:
    match found:
        case {"server": dict(server), "user": dict(user), "token": dict(token), "settings": dict(settings)}:
            pass
        case _:
            raise AssertionError("identity_of() makes these")
    click.echo(f"Server   {server['url']}, ThingsBoard {server['version']} {server['edition']}".rstrip())
    click.echo(f"User     {user['email']}, {user['authority']}")
    click.echo(f"Tenant   {user['tenantId']}")
    click.echo(f"Token    {_life(token)}")
    if user["authority"] != TENANT_ADMIN:
        click.echo(f"Note     plan and apply need a {TENANT_ADMIN}.")
    click.echo("\nSettings")
    for name, setting in settings.items():
        if setting["value"] is not None:
            click.echo(f"  {name:<16} {setting['value']}  ({setting['origin']})")
    notes = found["notes"]
    for note in notes if isinstance(notes, list) else []:
        click.echo(f"  {note}")


def _life(token: dict[str, object]) -> str:
    if token["kind"] == "apiKey":
        return "API key"
    seconds = token["secondsLeft"]
    left = "valid for an unknown time"
    if isinstance(seconds, int):
        left = f"valid for {seconds // 3600} h {seconds % 3600 // 60} min"
    return f"{left}, {'refreshed when it ends' if token['canRefresh'] else 'cannot be refreshed'}"
