"""Which source a window gets when a person says nothing, or less than everything, about it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from papaya.errors import SettingsError
from papaya.manifest.model import Fleet
from papaya.remedies import HOW_TO_LOG_IN
from papaya.settings import Options, Settings
from papaya_gui.sources.make import SIMULATED, THINGSBOARD, MakeSupply, make_supply, signed_out

_DEMO = "This is papaya's demo fleet."

SettingsFor = Callable[[Options, Fleet], Settings]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The function that makes the source, the reason for simulated data, and the note for the terminal.

    `sign_in_to` is the server that the window asks to sign in to before it shows anything.
    """

    make_supply: MakeSupply
    because: str = ""
    note: str = ""
    sign_in_to: str = ""


def choose(
    fleet: Fleet,
    source: str | None,
    server: Options,
    settings_for: SettingsFor,
    *,
    is_demo: bool,
    environment: Mapping[str, str] | None = None,
) -> Chosen:
    """Return what makes the source once the window has its catalog.

    If a server is named, nothing is simulated without `--source simulated`. If no user is signed in, the
    window opens without readings and says what to do. Raises `SettingsError` if the server was requested
    explicitly and no user is signed in there.
    """
    settings, because, note = None, "", ""
    if source in (None, SIMULATED) and is_demo and server.url is None:
        source, because = SIMULATED, _DEMO
    elif source in (None, THINGSBOARD) or server.url is not None:
        try:
            settings = _settings(fleet, server, settings_for)
        except SettingsError as error:
            if source == THINGSBOARD or server.url is not None and not isinstance(error, _SignedOut):
                raise
            named = error.url if isinstance(error, _SignedOut) else fleet.server.url
            if source is None and named is not None:
                make = signed_out(named, error.message, "" if isinstance(error, _SignedOut) else error.remedy)
                return Chosen(make, note=f"There are no readings: {error}", sign_in_to=named)
            if source is None:
                note = f"The readings are simulated: {error}"
                source = SIMULATED
    ca_file = Path(server.ca_file).expanduser() if server.ca_file else None
    make = make_supply(source or THINGSBOARD, fleet, settings, ca_file=ca_file, environment=environment)
    return Chosen(make, because, note)


class _SignedOut(SettingsError):
    """A server is named, and nobody is signed in there."""

    def __init__(self, url: str, remedy: str) -> None:
        super().__init__(f"there are no credentials for {url}", remedy=remedy)
        self.url = url


def _settings(fleet: Fleet, server: Options, settings_for: SettingsFor) -> Settings:
    """Return the settings of a server where somebody is signed in; raise SettingsError otherwise."""
    settings = settings_for(server, fleet)
    if not settings.credentials:
        raise _SignedOut(settings.url, "\n".join((*settings.notes, HOW_TO_LOG_IN)))
    return settings
