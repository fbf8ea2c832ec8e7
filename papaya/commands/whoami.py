"""`papaya whoami`: the server, the user and their rights, and where each setting came from."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import click

from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.server import server_options
from papaya.commands.running import fleet_at_hand, session_for, settings_for
from papaya.errors import SettingsError
from papaya.remedies import HOW_TO_LOG_IN, TENANT_ADMIN

if TYPE_CHECKING:
    from papaya.api.session import Session
    from papaya.settings import Options, Settings
    from papaya.workspace.choice import ManifestChoice

FORMAT_VERSION = "1"
_SHOWN = {
    "url": "url",
    "credentials": "credentials",
    "configFile": "config_path",
    "tenant": "tenant",
    "caFile": "ca_file",
    "insecure": "insecure",
    "timeoutSeconds": "timeout",
    "retryForSeconds": "retry_for",
    "concurrency": "concurrency",
}


@click.command()
@manifest_file_options
@server_options
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(manifest: ManifestChoice, server: Options, as_json: bool) -> None:
    """Show the server, the user and their rights."""
    settings = settings_for(server, fleet_at_hand(manifest, server))
    if not settings.credentials:
        raise SettingsError(
            f"there are no credentials for {settings.url}", remedy="\n".join((*settings.notes, HOW_TO_LOG_IN))
        )
    with session_for(settings) as session:
        session.authenticate()
        found = _found(session, settings)
    if as_json:
        click.echo(json.dumps(found, indent=2, ensure_ascii=False))
        return
    _print(found)


def _found(session: Session, settings: Settings) -> dict[str, object]:
    from papaya.api.claims import expires_at

    user, info, tokens = session.user(), session.info(), session.tokens
    expiry = expires_at(tokens.token) if tokens is not None else None
    return {
        "formatVersion": FORMAT_VERSION,
        "server": {"url": settings.url, "version": info.version, "edition": info.type},
        "user": {
            "id": user.id,
            "email": user.email,
            "authority": user.authority,
            "tenantId": user.tenant_id,
            "customerId": user.customer_id,
        },
        "token": {
            "kind": "apiKey" if tokens is None else "jwt",
            "secondsLeft": None if expiry is None else max(0, round(expiry - time.time())),
            "canRefresh": tokens is not None and tokens.refresh_token is not None,
        },
        "settings": {
            shown: {"value": _value(settings, name), "origin": settings.origin(name)}
            for shown, name in _SHOWN.items()
        },
        "notes": list(settings.notes),
    }


def _value(settings: Settings, name: str) -> object:
    if name == "credentials":
        # What kind they are, never what they are.
        credentials = settings.credentials
        kinds = {"API key": credentials.api_key, "token": credentials.token, "password": credentials.password}
        return ", ".join(kind for kind, value in kinds.items() if value)
    value = getattr(settings, name)
    return value if value is None or isinstance(value, bool | int | float | str) else str(value)


def _print(found: dict[str, object]) -> None:
    match found:
        case {"server": dict(server), "user": dict(user), "token": dict(token), "settings": dict(settings)}:
            pass
        case _:
            raise AssertionError("_found() makes these")
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
