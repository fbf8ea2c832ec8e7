"""`papaya login`: exchanges a password, and a second factor where asked, for tokens that are kept."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from papaya.command_line.running import fleet_at_hand, session_for, settings_for
from papaya.command_line.terminal import TERMINAL
from papaya.commands.options.manifest import manifest_path_options
from papaya.commands.options.server import server_options
from papaya.errors import Rejected, SettingsError

if TYPE_CHECKING:
    from papaya.api.second_factor import Provider
    from papaya.api.session import Credentials
    from papaya.settings import Options, Settings
    from papaya.workspace.choice import ManifestChoice


@click.command()
@manifest_path_options
@server_options
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--forget", is_flag=True, help="Log out and remove what was kept for the server.")
def command(manifest: ManifestChoice, server: Options, password_stdin: bool, forget: bool) -> None:
    """Sign in to a server and remember it.

    Asks for the password, and for a second factor if the server requires one. Stores only the tokens, in a
    file that only you can read. Commands use them when no other credentials are given for this server.
    """
    from papaya.runs.sign_in import sign_in, sign_out

    settings = settings_for(server, fleet_at_hand(manifest, server))
    if forget:
        path = sign_out(settings, session_for)
        if path is None:
            click.echo(f"Nothing was kept for {settings.url}.")
        else:
            click.echo(f"Logged out of {settings.url}; its tokens are removed from {path}.")
        return
    credentials = _credentials(settings, password_stdin)
    settings = replace(settings, credentials=credentials, credentials_source="")
    signed_in = sign_in(settings, _AtTerminal(), session_for)
    click.echo(f"Logged in to {settings.url} as {signed_in.user}; the tokens are in {signed_in.store}.")


def _credentials(settings: Settings, password_stdin: bool) -> Credentials:
    from papaya.api.session import Credentials

    known = settings.credentials
    if password_stdin:
        username = known.username or _username_asked()
        password = sys.stdin.readline().removesuffix("\n").removesuffix("\r")
        if not password:
            raise SettingsError("there is no password on standard input")
        return Credentials(username=username, password=password)
    if known.has_password:
        TERMINAL.noted(f"Using the password from {settings.origin('credentials')}.")
        return Credentials(username=known.username, password=known.password)
    username = known.username or _username_asked()
    _need_terminal("the password", "Pipe it in with --password-stdin.")
    password = click.prompt(f"Password of {username} at {settings.url}", hide_input=True, err=True)
    return Credentials(username=username, password=password)


def _username_asked() -> str:
    _need_terminal("the user name", "Give it with --username.")
    return str(click.prompt("User name (e-mail)", err=True))


class _AtTerminal:
    """A person at the terminal who gives the second factor."""

    def begin(self) -> None:
        """Refuse where nobody can answer."""
        _need_terminal("the second factor", "For unattended runs use an API key (ThingsBoard 4.3 or later).")

    def choose(self, offered: Sequence[Provider]) -> Provider:
        """Ask which way."""
        kinds = [provider.kind for provider in offered]
        kind = click.prompt(
            "Second factor", type=click.Choice(kinds, case_sensitive=False), default=kinds[0], err=True
        )
        return next(provider for provider in offered if provider.kind == kind)

    def sent(self, contact: str) -> None:
        """Print where the code is."""
        click.echo(f"The server has sent a code to {contact}.", err=True)

    def code(self, provider: Provider) -> str:
        """Ask for the code."""
        questions = {"TOTP": "Code from your authenticator app", "BACKUP_CODE": "Backup code"}
        return str(click.prompt(questions.get(provider.kind, "Code"), err=True))

    def refused(self, error: Rejected) -> None:
        """Print why."""
        click.echo(error.message, err=True)


def _need_terminal(what: str, remedy: str) -> None:
    if not sys.stdin.isatty():
        raise SettingsError(f"cannot ask for {what}: standard input is not a terminal", remedy=remedy)
