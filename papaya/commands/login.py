"""`papaya login`: exchanges a password, and a second factor where asked, for tokens that are kept."""

from __future__ import annotations

import contextlib
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.server import server_options
from papaya.commands.running import fleet_at_hand, session_for, settings_for
from papaya.errors import Rejected, ServerError, SettingsError

if TYPE_CHECKING:
    from papaya.api.second_factor import Provider
    from papaya.api.session import Credentials, Session, Tokens, User
    from papaya.settings import Options, Settings
    from papaya.workspace.choice import ManifestChoice

_TRIES = 3


@click.command()
@manifest_file_options
@server_options
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.option("--forget", is_flag=True, help="Log out and remove what was kept for the server.")
def command(manifest: ManifestChoice, server: Options, password_stdin: bool, forget: bool) -> None:
    """Sign in to a server and remember it.

    Asks for the password, and for a second factor where the server wants one. Only the tokens are kept, in a
    file that nobody else may read; they are used whenever no other credentials are given for this server.
    """
    settings = settings_for(server, fleet_at_hand(manifest, server))
    if forget:
        _forget(settings)
        return
    credentials = _credentials(settings, password_stdin)
    _log_in(replace(settings, credentials=credentials, credentials_source=""))


def _log_in(settings: Settings) -> None:
    from papaya.api.authentication import SecondFactorNeeded
    from papaya.api.session import Credentials
    from papaya.settings.token_store import StoredTokens, TokenStore

    try:
        user, tokens = _user_and_tokens(settings)
    except SecondFactorNeeded as needed:
        with session_for(replace(settings, credentials=Credentials(token=needed.pre_token))) as session:
            tokens = _second_factor(session)
        verified = Credentials(token=tokens.token, refresh_token=tokens.refresh_token)
        user, tokens = _user_and_tokens(replace(settings, credentials=verified))
    store = TokenStore(settings.store_path)
    store.keep(settings.url, StoredTokens(user.email, tokens.token, tokens.refresh_token))
    click.echo(f"Logged in to {settings.url} as {user}; the tokens are in {store.path}.")


def _user_and_tokens(settings: Settings) -> tuple[User, Tokens]:
    with session_for(settings) as session:
        user, tokens = session.user(), session.tokens
    if tokens is None:
        raise SettingsError("the server gave no tokens to keep")
    return user, tokens


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
        click.echo(f"Using the password from {settings.origin('credentials')}.", err=True)
        return Credentials(username=known.username, password=known.password)
    username = known.username or _username_asked()
    _need_terminal("the password", "Pipe it in with --password-stdin.")
    password = click.prompt(f"Password of {username} at {settings.url}", hide_input=True, err=True)
    return Credentials(username=username, password=password)


def _username_asked() -> str:
    _need_terminal("the user name", "Give it with --username.")
    return str(click.prompt("User name (e-mail)", err=True))


def _second_factor(session: Session) -> Tokens:
    from papaya.api.second_factor import SENT_BY_SERVER, check_code, providers, send_code

    _need_terminal("the second factor", "For unattended runs use an API key (ThingsBoard 4.3 or later).")
    provider = _chosen(providers(session))
    if provider.kind in SENT_BY_SERVER:
        send_code(session, provider)
        click.echo(f"The server has sent a code to {provider.contact}.", err=True)
    for remaining in reversed(range(_TRIES)):
        code = click.prompt(_question(provider), err=True)
        try:
            return check_code(session, provider, str(code).strip())
        except Rejected as error:
            if not remaining:
                raise
            click.echo(error.message, err=True)
    raise AssertionError("the last try returns or raises")


def _chosen(offered: tuple[Provider, ...]) -> Provider:
    if not offered:
        raise SettingsError("the server wants a second factor and offers no way to give one")
    if len(offered) == 1:
        return offered[0]
    kinds = [provider.kind for provider in offered]
    kind = click.prompt(
        "Second factor", type=click.Choice(kinds, case_sensitive=False), default=kinds[0], err=True
    )
    return next(provider for provider in offered if provider.kind == kind)


def _question(provider: Provider) -> str:
    return {"TOTP": "Code from your authenticator app", "BACKUP_CODE": "Backup code"}.get(
        provider.kind, "Code"
    )


def _need_terminal(what: str, remedy: str) -> None:
    if not sys.stdin.isatty():
        raise SettingsError(
            f"nobody is there to ask for {what}: standard input is no terminal", remedy=remedy
        )


def _forget(settings: Settings) -> None:
    from papaya.api.session import Credentials
    from papaya.settings.token_store import TokenStore

    store = TokenStore(settings.store_path)
    stored = store.find(settings.url)
    if stored is None:
        click.echo(f"Nothing was kept for {settings.url}.")
        return
    # The server is told too, so that a copy of the token is worth nothing; it may be away or gone for good.
    once = replace(settings, credentials=Credentials(token=stored.token), credentials_source="", retry_for=0)
    with contextlib.suppress(ServerError), session_for(once) as session:
        session.post("/api/auth/logout", None)
    store.forget(settings.url)
    click.echo(f"Logged out of {settings.url}; its tokens are removed from {store.path}.")
