"""The source that a person wants, and what the window shows for it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path

from papaya.errors import AuthenticationFailed, PapayaError, RateLimited, Unavailable, Unreachable
from papaya.manifest.model import Fleet, Server
from papaya.server_url import split_url
from papaya.settings import Options, Settings
from papaya.workspace.choice import ManifestChoice
from papaya.workspace.demo_fleet import demo_fleet
from papaya_gui.models.board import Board
from papaya_gui.models.catalog import Catalog
from papaya_gui.models.texts import Texts
from papaya_gui.sources.chosen import choose
from papaya_gui.sources.make import FILE, MQTT, SQLITE, THINGSBOARD, MakeSupply, signed_out

_PATIENCE, _TIMEOUT = 2.0, 15.0
# How often a server that was away is asked again.
AGAIN_SECONDS = 15
TRIES_AGAIN = f"The window tries again every {AGAIN_SECONDS} s."
SettingsFor = Callable[[Options, Fleet | None], Settings]


@dataclass(frozen=True, slots=True)
class Wanted:
    """A manifest, or none, and where readings come from.

    Without a manifest the devices are those that the source itself has, and those of the packaged demo fleet
    for simulated data. `source` is written as `--source`; None means the manifest's server.
    `password` is a broker's, and is kept nowhere.
    """

    manifest: ManifestChoice | None = None
    source: str | None = None
    server: Options = Options()
    password: str | None = field(default=None, repr=False)

    @property
    def paths(self) -> tuple[str, ...]:
        """The absolute paths of the manifest."""
        return tuple(str(path.absolute()) for path in self.manifest.paths) if self.manifest else ()

    @property
    def title(self) -> str:
        """Its name in the list of recent sources."""
        source = self.source or THINGSBOARD
        where = (self.server.url or "") if source == THINGSBOARD else source
        parts = [Path(path).name or path for path in self.paths]
        return " · ".join(part for part in (*parts, where) if part) or source


@dataclass(frozen=True, slots=True)
class Opened:
    """The contents of a window; `sign_in_to` is a server that nobody is signed in to."""

    wanted: Wanted
    fleet: Fleet
    make_supply: MakeSupply
    because: str = ""
    sign_in_to: str = ""
    # Made beside the window: of a large fleet it takes a while.
    board: Board | None = None
    # Whether its devices are known only once the server answers.
    is_waiting: bool = False


def open_wanted(wanted: Wanted, environment: Mapping[str, str] | None = None) -> Opened:
    """Return what shows what is wanted; reads files and asks servers, so it is for a worker.

    Raises a PapayaError that says what is wrong with it, and what to do.
    """
    # Sessions take long to import, and a window that opens has no need of one yet.
    from papaya.runs.session import settings_for

    source = wanted.source
    if wanted.manifest is not None:
        fleet, is_demo = wanted.manifest.load(), False
    elif source == THINGSBOARD or (source is None and wanted.server.url is not None):
        fleet, is_demo = _of_server(wanted.server), False
    elif source is not None and source.partition(":")[0] in (FILE, SQLITE):
        from papaya_gui.sources.own_fleet import fleet_of_file

        fleet, is_demo = fleet_of_file(source), False
    elif source is not None and source.partition(":")[0] in (MQTT, "mqtts"):
        raise PapayaError(
            "a broker does not say which devices there are",
            remedy="Open the manifest of the fleet first, and connect to the broker then.",
        )
    else:
        fleet, is_demo = demo_fleet(), True
    if wanted.password is not None:
        environment = {"PAPAYA_MQTT_PASSWORD": wanted.password}
    chosen = choose(fleet, source, wanted.server, settings_for, is_demo=is_demo, environment=environment)
    return Opened(
        wanted, fleet, chosen.make_supply, chosen.because, chosen.sign_in_to, Board(Catalog(fleet), Texts())
    )


def open_first(wanted: Wanted) -> Opened:
    """Return what a new window shows; it is empty while its server does not answer, or refuses the user.

    Raises like `open_wanted` for everything else that is wrong.
    """
    try:
        return open_wanted(wanted)
    except (Unreachable, Unavailable, RateLimited, AuthenticationFailed) as error:
        from papaya.runs.session import settings_for

        url = settings_for(wanted.server).url
        fleet = Fleet(split_url(url).netloc or url, Server(url))
        is_away = not isinstance(error, AuthenticationFailed)
        remedy = TRIES_AGAIN if is_away else error.remedy
        make = signed_out(url, error.message, remedy, is_away=is_away)
        return Opened(wanted, fleet, make, sign_in_to="" if is_away else url, is_waiting=True)


def _of_server(server: Options) -> Fleet:
    from papaya.runs.live_fleet import live_fleet
    from papaya.runs.session import session_for, settings_for

    settings = settings_for(server)
    if not settings.credentials:
        # Whoever connects signs in first; the window asks for it.
        return Fleet(settings.url)
    # A person waits, and can try again.
    settings = replace(settings, retry_for=min(settings.retry_for, _PATIENCE), timeout=_TIMEOUT)
    with session_for(settings) as session:
        session.authenticate()
        return live_fleet(session)
