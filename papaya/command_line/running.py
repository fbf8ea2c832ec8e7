"""Runs and sessions of a command: they tell the terminal, and a run takes its Ctrl-C."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import TYPE_CHECKING

from papaya.command_line.terminal import TERMINAL

if TYPE_CHECKING:
    from papaya.api.session import Session
    from papaya.engine.scope import RunScope
    from papaya.manifest.model import Fleet
    from papaya.provision.choosing import Chosen
    from papaya.runs.lock import LeaseChoice
    from papaya.runs.run import Run
    from papaya.settings import Options, Settings
    from papaya.workspace.choice import ManifestChoice


@contextmanager
def running(
    fleet: Fleet | Callable[[], Fleet],
    server: Options,
    *,
    check_credentials: bool = False,
    lease: LeaseChoice | None = None,
    scope: RunScope | None = None,
) -> Iterator[Run]:
    """Read what the fleet's server is like now; the session stays open within the block.

    While a function returns the fleet, papaya signs in to the server that the command line names.

    With `lease` nothing is read while another run changes the fleet; else a `scope` of a few is read alone.
    """
    from papaya.runs.ahead import Ahead
    from papaya.runs.run import EVERYTHING, open_run

    with (
        Ahead(server, observer=TERMINAL) if callable(fleet) else nullcontext() as ahead,
        open_run(
            fleet() if callable(fleet) else fleet,
            server,
            check_credentials=check_credentials,
            lease=lease,
            takes_signals=True,
            scope=scope or EVERYTHING,
            observer=TERMINAL,
            ahead=ahead,
        ) as run,
    ):
        yield run


def settings_for(server: Options, fleet: Fleet | None = None) -> Settings:
    """Return the settings of this command; what is doubtful about them is printed."""
    from papaya.runs import session

    return session.settings_for(server, fleet, observer=TERMINAL)


def settings_of(chosen: Chosen, server: Options, *, with_credentials: bool = True) -> Settings:
    """Return the settings for a device's server; without credentials no secret of a user is looked for."""
    return settings_for(server, chosen.whole if with_credentials else chosen.without_user)


def session_for(settings: Settings) -> Session:
    """Return a session that has sent nothing yet."""
    from papaya.runs import session

    return session.session_for(settings, observer=TERMINAL)


def checked_session(settings: Settings) -> Session:
    """Return a session whose user is a tenant administrator."""
    from papaya.runs import session

    return session.checked_session(settings, observer=TERMINAL)


def open_session(server: Options, fleet: Fleet | None = None) -> Session:
    """Return a session whose user is a tenant administrator, on the server that the manifest means."""
    return checked_session(settings_for(server, fleet))


def fleet_at_hand(manifest: ManifestChoice, server: Options) -> Fleet | None:
    """Return the fleet whose manifest names the server, for commands that need no manifest otherwise."""
    from papaya.workspace.files import default_paths

    if not manifest.paths and (server.url is not None or not default_paths()):
        return None
    return manifest.load()
