"""Makes a source from the command line: which one, and its settings."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from papaya.errors import MissingExtra, PapayaError, SettingsError
from papaya.manifest.model import Fleet, SecretReference
from papaya.remedies import HOW_TO_LOG_IN
from papaya.server_url import shown_url
from papaya_gui.models.batch import Inbox
from papaya_gui.models.catalog import Catalog, expected_interval
from papaya_gui.sources.left_out import LeftOut
from papaya_gui.sources.supply import Supply, Tell

if TYPE_CHECKING:
    from papaya.api.credentials import Tokens
    from papaya.sensors.source import Source
    from papaya.settings import Settings
    from papaya_gui.models.catalog import Row
    from papaya_gui.models.texts import Texts
    from papaya_gui.sources.polled import FleetSource, Reach, Summarize
    from papaya_gui.sources.supply import Past

log = logging.getLogger(__name__)

MakeSupply = Callable[[Catalog, Inbox, Tell], Supply]
SIMULATED, THINGSBOARD, MQTT, SQLITE, FILE, SENSORS = (
    "simulated",
    "thingsboard",
    "mqtt",
    "sqlite",
    "file",
    "sensors",
)
_PASSWORD, _PASSWORD_FILE = "PAPAYA_MQTT_PASSWORD", "PAPAYA_MQTT_PASSWORD_FILE"  # noqa: S105 - names of variables
_LOCAL_BROKER = "mqtt://127.0.0.1"
_FORMS = (
    "Write simulated, thingsboard, mqtt://USER@HOST:PORT/PATTERN, sqlite:PATH or file:PATH; or sensors for "
    "the sources of the manifest's sensors, or sqlite, file or the name of a plug-in for those of one kind."
)
# A thread each.
_MOST_SOURCES = 500


def make_supply(
    source: str,
    fleet: Fleet,
    settings: Settings | None = None,
    *,
    ca_file: Path | None = None,
    environment: Mapping[str, str] | None = None,
) -> MakeSupply:
    """Return what makes a source for a window; whatever speaks against it is raised here, as a PapayaError.

    `source` is what follows `--source`: see `_FORMS`. `thingsboard` needs the `settings` of a server; what a
    broker in TLS shows must be signed by `ca_file`, else by that of the settings.
    """
    kind, _, rest = source.partition(":")
    if source == SIMULATED:
        from papaya_gui.sources.simulated import SimulatedSupply

        return SimulatedSupply
    if source == THINGSBOARD:
        return _server(settings)
    if source == MQTT or kind in (MQTT, "mqtts"):
        trusted = ca_file or (settings.ca_file if settings is not None else None)
        return _broker(_LOCAL_BROKER if source == MQTT else source, trusted, environment)
    if kind == SQLITE and rest:
        return _database(rest, [device.name for device in fleet.devices()])
    if kind == FILE and rest:
        return _file(rest, [device.name for device in fleet.devices()])
    return _sensors(source, fleet)


def signed_out(where: str, reason: str, remedy: str, *, is_away: bool = False) -> MakeSupply:
    """Return what makes a source without readings, for a server that cannot be asked, with what to do."""
    from papaya.sensors.condition import Condition, Health
    from papaya_gui.sources.signed_out import SignedOutSupply

    condition = Condition(Health.DOWN if is_away else Health.REFUSED, reason, remedy)

    def make(catalog: Catalog, inbox: Inbox, tell: Tell) -> Supply:
        return SignedOutSupply(catalog, inbox, tell, where, condition)

    return make


def _server(settings: Settings | None) -> MakeSupply:
    if settings is None or not settings.credentials:
        raise SettingsError(
            f"there are no credentials for {settings.url if settings else 'a server'}", remedy=HOW_TO_LOG_IN
        )
    from papaya.api.websocket import check_installed
    from papaya.settings.kept_tokens import keep_tokens
    from papaya_gui.sources.server import ServerSupply

    try:
        check_installed()
    except MissingExtra as error:
        raise MissingExtra("the source thingsboard", "gui") from error

    def keep(tokens: Tokens) -> None:
        try:
            keep_tokens(settings, tokens)
        except SettingsError as error:
            log.warning("%s", error)

    def make(catalog: Catalog, inbox: Inbox, tell: Tell) -> Supply:
        return ServerSupply(catalog, inbox, tell, settings, on_tokens=keep)

    return make


def _broker(url: str, ca_file: Path | None, environment: Mapping[str, str] | None) -> MakeSupply:
    from papaya.agent.link import check_authority
    from papaya_gui.sources.topics import place_of

    try:
        from papaya_gui.sources.mqtt import MqttSupply
    except ModuleNotFoundError as error:
        raise MissingExtra("the source mqtt", "gui") from error
    place = place_of(url, ca_file)
    check_authority(place.address)
    password = _password(os.environ if environment is None else environment)

    def make(catalog: Catalog, inbox: Inbox, tell: Tell) -> Supply:
        return MqttSupply(catalog, inbox, tell, place, password=password)

    return make


def _password(environment: Mapping[str, str]) -> str | None:
    from papaya.secrets import resolve

    if environment.get(_PASSWORD):
        return environment[_PASSWORD]
    file = environment.get(_PASSWORD_FILE)
    return resolve(SecretReference(file=file), Path.cwd()) if file else None


def _database(said: str, devices: Sequence[str]) -> MakeSupply:
    from papaya_gui.sources import fleet_database
    from papaya_gui.sources.headings import owner_of

    name, table = fleet_database.place_of(said)
    path = _existing(name)
    owner = owner_of(path, devices)

    def remember(texts: Texts, row: Row, start: float, end: float, points: int) -> Past:
        return fleet_database.past_in(path, table, owner, row, start, end, points, texts)

    options = {"path": str(path), "table": table, "device": owner}
    reach = partial(fleet_database.extent_in, path, table, owner)
    summarize = partial(fleet_database.summary_in, path, table, owner)
    return _of_whole_fleet(SQLITE, options, fleet_database.FleetDatabase, remember, reach, summarize)


def _file(said: str, devices: Sequence[str]) -> MakeSupply:
    from papaya_gui.sources import fleet_file
    from papaya_gui.sources.fleet_csv import is_database
    from papaya_gui.sources.headings import owner_of
    from papaya_gui.sources.reckoning import place_of

    name, order = place_of(said)
    path = _existing(name.partition("?table=")[0])
    if is_database(path):
        return _database(name, devices)
    owner = owner_of(path, devices)
    if fleet_file.is_large(path):
        from papaya_gui.sources.recording import RecordingSupply

        return lambda catalog, inbox, tell: RecordingSupply(catalog, inbox, tell, path, owner, order)

    def remember(texts: Texts, row: Row, start: float, end: float, points: int) -> Past:
        return fleet_file.past_in(path, owner, order, row, start, end, texts)

    reach = partial(fleet_file.extent_in, path, owner, order)
    options = {"path": str(path), "device": owner, "dates": order}
    return _of_whole_fleet(FILE, options, fleet_file.FleetFile, remember, reach)


def _of_whole_fleet(
    kind: str,
    options: Mapping[str, str],
    backend: Callable[[Source, LeftOut], FleetSource],
    remember: Callable[[Texts, Row, float, float, int], Past],
    reach: Reach,
    summarize: Summarize | None = None,
) -> MakeSupply:
    """Return what makes a source of one backend that has values of all devices, and their past."""
    from papaya.sensors.source import Source
    from papaya_gui.sources.polled import Poll, PolledSupply

    source = Source(kind, (), dict(options))

    def make(catalog: Catalog, inbox: Inbox, tell: Tell) -> Supply:
        left_out = LeftOut()
        poll = Poll(source, lambda one: backend(one, left_out))
        past = partial(remember, inbox.texts)
        where = options["path"]
        return PolledSupply(catalog, inbox, tell, kind, where, [poll], past, left_out, reach, summarize)

    return make


def _existing(name: str) -> Path:
    path = Path(name).expanduser().absolute()
    if not path.exists():
        raise PapayaError(f"there is no file {path}", remedy="Is the path right?")
    return path


def _sensors(source: str, fleet: Fleet) -> MakeSupply:
    """Return what asks the sources that the manifest gives its sensors, all or those of one kind."""
    from papaya.sensors.plugins import factory_of
    from papaya.sensors.source import sources_of
    from papaya_gui.sources.polled import Poll, PolledSupply

    polls = []
    for device in fleet.devices():
        rows = {sensor.key: expected_interval(device, sensor) for sensor in device.sensors}
        for one in sources_of(device.sensors, Path(fleet.folder), device=device.name):
            if source in (SENSORS, one.kind):
                every = min(rows[sensor.key] for sensor in one.sensors)
                polls.append(Poll(one, factory_of(one.kind), device.name, every))
    if not polls:
        raise PapayaError(f"no sensor of the manifest has a source for {shown_url(source)}", remedy=_FORMS)
    if len(polls) > _MOST_SOURCES:
        raise PapayaError(
            f"the manifest's sensors have {len(polls)} sources, more than {_MOST_SOURCES}",
            remedy="Each of them takes a thread here. "
            "Connect to ThingsBoard to see the devices as their server has them.",
        )

    def make(catalog: Catalog, inbox: Inbox, tell: Tell) -> Supply:
        return PolledSupply(catalog, inbox, tell, source, f"the manifest's sources ({len(polls)})", polls)

    return make
