"""A session with the server that a fleet means: settings found, user checked, fresh tokens kept."""

from __future__ import annotations

import functools
from pathlib import Path

from papaya.api.session import Session, Tokens
from papaya.errors import Forbidden, SettingsError
from papaya.manifest.model import Fleet
from papaya.observer import SILENT, Observer
from papaya.remedies import HOW_TO_LOG_IN, TENANT_ADMIN, untried_version, wrong_authority
from papaya.settings import Options, Settings, find_settings, kept_tokens
from papaya.settings.warnings import tell_warnings


def settings_for(options: Options, fleet: Fleet | None = None, *, observer: Observer = SILENT) -> Settings:
    """Return the settings of this run; the observer hears what is doubtful about them.

    Raises `SettingsError` where no server is named, or two that disagree.
    """
    settings = find_settings(
        options,
        fleet.server if fleet is not None else None,
        manifest_folder=Path(fleet.folder) if fleet is not None else None,
    )
    tell_warnings(settings, observer)
    return settings


def session_for(settings: Settings, *, observer: Observer = SILENT) -> Session:
    """Return a session that has sent nothing yet; fresh tokens go back to where the old ones came from."""
    return Session(
        settings.url,
        settings.credentials,
        ca_file=settings.ca_file,
        insecure=settings.insecure,
        timeout=settings.timeout,
        retry_for=settings.retry_for,
        concurrency=settings.concurrency,
        proxies=settings.proxies,
        on_tokens=functools.partial(keep_tokens, settings, observer),
    )


def open_session(
    options: Options,
    fleet: Fleet | None = None,
    *,
    require_tenant_admin: bool = True,
    observer: Observer = SILENT,
) -> Session:
    """Return a session whose user may do what the command is about, on the server that the manifest means."""
    settings = settings_for(options, fleet, observer=observer)
    return checked_session(settings, require_tenant_admin=require_tenant_admin, observer=observer)


def checked_session(
    settings: Settings, *, require_tenant_admin: bool = True, observer: Observer = SILENT
) -> Session:
    """Return a session for these settings whose user is known to the server and may do what is wanted."""
    session = unchecked_session(settings, observer=observer)
    try:
        session.authenticate()
        check_user(session, settings, require_tenant_admin=require_tenant_admin)
        warn_about_version(session, observer)
    except BaseException:
        session.close()
        raise
    return session


def unchecked_session(settings: Settings, *, observer: Observer = SILENT) -> Session:
    """Return a session that has sent nothing yet, whose user has to be checked beside the first reading."""
    if not settings.credentials:
        raise SettingsError(
            f"there are no credentials for {settings.url}", remedy="\n".join((*settings.notes, HOW_TO_LOG_IN))
        )
    return session_for(settings, observer=observer)


def check_user(session: Session, settings: Settings, *, require_tenant_admin: bool) -> None:
    """Refuse a user without the rights, and a tenant that is not the one that the manifest pins."""
    user = session.user()
    if require_tenant_admin and user.authority != TENANT_ADMIN:
        fault = wrong_authority(str(user), settings.url)
        raise Forbidden(fault.summary, remedy=fault.remedy)
    if settings.tenant is not None and settings.tenant.lower() != user.tenant_id.lower():
        raise SettingsError(
            f"{user.email} belongs to tenant {user.tenant_id}, and {settings.origin('tenant')} wants tenant "
            f"{settings.tenant}",
            remedy="Log in as an administrator of that tenant, or correct server.tenant.",
        )


def warn_about_version(session: Session, observer: Observer) -> None:
    """Warn where nobody has tried papaya with this version of the server."""
    fault = untried_version(session.url, session.info().version)
    if fault is not None:
        observer.warned(f"{fault.summary}.")


def keep_tokens(settings: Settings, observer: Observer, tokens: Tokens) -> None:
    """Store fresh tokens where the old ones came from; a run goes on where that is not possible."""
    try:
        kept_tokens.keep_tokens(settings, tokens)
    except SettingsError as error:
        observer.warned(str(error))
