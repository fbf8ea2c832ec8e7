"""What all commands that talk to a server have in common: options, and a session that has been checked."""

from __future__ import annotations

import functools
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click
from click.core import ParameterSource

from papaya.diagnostics import Diagnostic
from papaya.errors import Forbidden, SettingsError
from papaya.manifest.model import Fleet
from papaya.remedies import HOW_TO_LOG_IN, TENANT_ADMIN, untried_version, wrong_authority

if TYPE_CHECKING:
    from papaya.api.session import Session, Tokens
    from papaya.settings import Options, Settings
    from papaya.workspace.fleet import ManifestChoice


def _checked(context: click.Context, parameter: click.Parameter, value: str | None) -> str | None:
    """Refuse a number that is none as what it is: a command line that is wrong."""
    if value is None:
        return None
    from papaya.settings.model import Given
    from papaya.settings.quantities import count, seconds

    name = parameter.opts[-1]
    try:
        if name == "--concurrency":
            count(Given(value, name))
        else:
            seconds(Given(value, name), least=0.1 if name == "--timeout" else 0)
    except SettingsError as error:
        told = error.message.removeprefix(f"{name}: ")
        raise click.BadParameter(f"{told}. {error.remedy}".strip(" .")) from error
    return value


_OPTIONS = (
    click.option("--url", metavar="URL", help="The server; wins over everything else that names one."),
    click.option("--config", metavar="FILE", help="The config.properties to read."),
    click.option("--username", metavar="EMAIL", help="Who to be on the server."),
    click.option("--ca-file", metavar="FILE", help="Certificates of the authority that signed the server's."),
    click.option("--insecure", is_flag=True, default=None, help="Do not check the server's certificate."),
    click.option(
        "--timeout", metavar="TIME", callback=_checked, help="How long to wait for an answer.  [default: 30s]"
    ),
    click.option(
        "--retry-for",
        metavar="TIME",
        callback=_checked,
        help="How long to try again what may pass.  [default: 60s]",
    ),
    click.option(
        "--concurrency", metavar="N", callback=_checked, help="How many requests at once.  [default: 10]"
    ),
)
_NAMES = ("url", "config", "username", "ca_file", "insecure", "timeout", "retry_for", "concurrency")

Function = TypeVar("Function", bound=Callable[..., Any])


def server_options(function: Function) -> Callable[..., Any]:
    """Give a command the options about the server; it receives them as `server`, an `Options`."""

    @functools.wraps(function)
    def with_server(*arguments: Any, **parameters: Any) -> Any:
        given = {name: parameters.pop(name, None) for name in _NAMES}
        return function(*arguments, server=_said(given), **parameters)

    decorated: Callable[..., Any] = with_server
    for option in reversed(_OPTIONS):
        decorated = option(decorated)
    return decorated


def fleet_at_hand(manifest: ManifestChoice, options: Options) -> Fleet | None:
    """Return the fleet whose manifest names the server, for commands that need no manifest otherwise."""
    from papaya.workspace.files import default_paths

    if not manifest.paths and (options.url is not None or not default_paths()):
        return None
    return manifest.load()


def settings_for(options: Options, fleet: Fleet | None = None) -> Settings:
    """Return the settings of this run, after telling what is doubtful about them."""
    from papaya.settings import find_settings

    settings = find_settings(
        options,
        fleet.server if fleet is not None else None,
        manifest_folder=Path(fleet.folder) if fleet is not None else None,
    )
    for warning in settings.warnings:
        warn(warning)
    return settings


def session_for(settings: Settings) -> Session:
    """Return a session that has sent nothing yet; fresh tokens go back to where the old ones came from."""
    from papaya.api.session import Session

    return Session(
        settings.url,
        settings.credentials,
        ca_file=settings.ca_file,
        insecure=settings.insecure,
        timeout=settings.timeout,
        retry_for=settings.retry_for,
        concurrency=settings.concurrency,
        proxies=settings.proxies,
        on_tokens=functools.partial(keep_tokens, settings),
    )


def open_session(
    options: Options,
    fleet: Fleet | None = None,
    *,
    require_tenant_admin: bool = True,
) -> Session:
    """Return a session whose user may do what the command is about, on the server that the manifest means."""
    return checked_session(settings_for(options, fleet), require_tenant_admin=require_tenant_admin)


def checked_session(settings: Settings, *, require_tenant_admin: bool = True) -> Session:
    """Return a session for these settings whose user is known to the server and may do what is wanted."""
    if not settings.credentials:
        raise SettingsError(
            f"there are no credentials for {settings.url}", remedy="\n".join((*settings.notes, HOW_TO_LOG_IN))
        )
    session = session_for(settings)
    try:
        session.authenticate()
        check_user(session, settings, require_tenant_admin=require_tenant_admin)
        warn_about_version(session)
    except BaseException:
        session.close()
        raise
    return session


def check_user(session: Session, settings: Settings, *, require_tenant_admin: bool) -> None:
    """Refuse a user without the rights, and a tenant that is not the one that the manifest pins."""
    user = session.user()
    if require_tenant_admin and user.authority != TENANT_ADMIN:
        fault = wrong_authority(str(user))
        raise Forbidden(fault.summary, remedy=fault.remedy)
    if settings.tenant is not None and settings.tenant.lower() != user.tenant_id.lower():
        raise SettingsError(
            f"{user.email} belongs to tenant {user.tenant_id}, and {settings.origin('tenant')} wants tenant "
            f"{settings.tenant}",
            remedy="Log in as an administrator of that tenant, or correct server.tenant.",
        )


def warn_about_version(session: Session) -> None:
    """Warn where nobody has tried papaya with this version of the server."""
    fault = untried_version(session.url, session.info().version)
    if fault is not None:
        click.echo(f"Warning: {fault.summary}.", err=True)


def keep_tokens(settings: Settings, tokens: Tokens) -> None:
    """Store fresh tokens where the old ones came from; a run goes on where that is not possible."""
    from papaya.settings import kept_tokens

    try:
        kept_tokens.keep_tokens(settings, tokens)
    except SettingsError as error:
        click.echo(f"Warning: {error}", err=True)


def warn(diagnostic: Diagnostic) -> None:
    """Tell a person about something doubtful."""
    click.echo(f"Warning: {diagnostic.mark}: {diagnostic.summary}. {diagnostic.remedy}".rstrip(), err=True)


def _said(given: dict[str, Any]) -> Options:
    """Return only what was typed: variables are found by `papaya.settings`, which says which one it was."""
    from papaya.settings import Options

    context = click.get_current_context()
    typed = {
        name: value
        for name, value in given.items()
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    }
    return Options(**typed)
