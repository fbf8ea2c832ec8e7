"""`papaya agent`: the program on the device, in the foreground; and its service."""

from __future__ import annotations

import logging
import os
import shlex
import signal
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from papaya.commands.agent.service import install_service, uninstall_service
from papaya.commands.options.manifest import manifest_file_options
from papaya.errors import PapayaError, SettingsError

if TYPE_CHECKING:
    from papaya.agent.settings import AgentSettings
    from papaya.manifest.model import Device, Fleet, Json
    from papaya.workspace.choice import ManifestChoice

_MIB = 1024 * 1024


class _RunByDefault(click.Group):
    """Takes `papaya agent NAME` for `papaya agent run NAME`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Add what goes without saying."""
        if not any(argument in {"-h", "--help"} for argument in args[:1]) and args[:1] != ["--"]:
            first = next((argument for argument in args if not argument.startswith("-")), None)
            if args and (first not in self.commands or args[0].startswith("-")):
                args = ["run", *args]
        return super().parse_args(ctx, args)


@click.group(cls=_RunByDefault)
def command() -> None:
    """Read this device's sensors and bring every reading to the server.

    `papaya agent NAME` is short for `papaya agent run NAME`.
    """


@command.command("run")
@click.argument("name", required=False, metavar="[NAME]")
@manifest_file_options
@click.option(
    "--mqtt-url", metavar="URL", help="mqtt://HOST:PORT or mqtts://HOST:PORT, if server.url does not say it."
)
@click.option("--ca-file", metavar="FILE", help="Certificates of the authority that signed the server's.")
@click.option(
    "--token-file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the device's token is kept.  [default: where papaya provision stored it]",
)
@click.option(
    "--spool",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where readings wait.  [default: NAME.spool in the service's or the user's state folder]",
)
@click.option(
    "--spool-size",
    metavar="MIB",
    type=click.IntRange(1),
    default=256,
    show_default=True,
    help="Its largest size.",
)
@click.option(
    "--spool-days",
    metavar="N",
    type=click.FloatRange(0, min_open=True),
    default=30,
    show_default=True,
    help="The age at which readings that cannot be sent are dropped.",
)
@click.option(
    "--catch-up-rate",
    metavar="N",
    type=click.FloatRange(1),
    default=1000,
    show_default=True,
    help="How many readings a second may follow after an interruption, beside live ones.",
)
@click.option(
    "--timeout",
    metavar="TIME",
    default="30s",
    show_default=True,
    help="How long the server may take to acknowledge.",
)
@click.option(
    "--longest-pause",
    metavar="TIME",
    default="2m",
    show_default=True,
    help="The longest pause between attempts to connect.",
)
@click.option(
    "--identify-command",
    metavar="COMMAND",
    help="What identify runs, without a shell; {color}, {on}, {off} and {brightness} are filled in.",
)
@click.option("--restart-tunnel-command", metavar="COMMAND", help="What restartTunnel runs, without a shell.")
@click.option("--simulate", is_flag=True, help="Invent the values of all sensors.")
def run(
    name: str | None,
    manifest: ManifestChoice,
    mqtt_url: str | None,
    ca_file: str | None,
    token_file: Path | None,
    spool: Path | None,
    spool_size: int,
    spool_days: float,
    catch_up_rate: float,
    timeout: str,
    longest_pause: str,
    identify_command: str | None,
    restart_tunnel_command: str | None,
    simulate: bool,
) -> None:
    """Read sensors and publish until a signal ends it.

    NAME is a device of the manifest or bundle. Every reading is on disk before it is sent, and leaves the
    disk when the server has acknowledged it.
    """
    from papaya.agent.link import check_authority
    from papaya.agent.settings import AgentSettings, address_of
    from papaya.commands.options.device import seconds_of

    fleet = manifest.load()
    device = device_of(fleet, name)
    address = address_of(mqtt_url, fleet.server.url, Path(ca_file) if ca_file else None)
    check_authority(address)
    token = _Token(device, Path(fleet.folder), token_file)
    token()
    settings = AgentSettings(
        device=device.name,
        address=address,
        token=token,
        spool=spool or _spool_of(device.name),
        sensors=device.sensors,
        folder=Path(fleet.folder),
        report_every=_report_every_of(device),
        attributes=_attributes_of(device),
        simulate=simulate,
        spool_bytes=spool_size * _MIB,
        spool_seconds=spool_days * 86_400,
        catch_up_rate=catch_up_rate,
        acknowledged_within=seconds_of(timeout, "--timeout"),
        longest_pause=seconds_of(longest_pause, "--longest-pause"),
        identify=_arguments(identify_command, "--identify-command"),
        restart_tunnel=_arguments(restart_tunnel_command, "--restart-tunnel-command"),
        tunnel=_tunnel_of(fleet, device),
    )
    _run(settings)


command.add_command(install_service)
command.add_command(uninstall_service)


def _run(settings: AgentSettings) -> None:
    from papaya.agent.agent import Agent

    papaya_log = logging.getLogger("papaya")
    if papaya_log.getEffectiveLevel() > logging.INFO:
        # This is a service: its log is what it has to say.
        papaya_log.setLevel(logging.INFO)
    agent = Agent(settings)

    def stop(number: int, frame: Any) -> None:
        agent.stop()

    before = {number: signal.signal(number, stop) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        agent.run()
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


class _Token:
    """The device's token, read anew for every connection, so that a rotated one is taken up."""

    def __init__(self, device: Device, folder: Path, file: Path | None) -> None:
        self._device, self._folder, self._file = device, folder, file

    def __call__(self) -> str:
        """Return the token: from the named file, from where provisioning stored it, as the manifest says."""
        from papaya.secrets import resolve
        from papaya.settings.device_token import path_to_read, read_token

        path = self._file or path_to_read(self._device.name)
        token = read_token(path)
        if token is None and self._file is None and self._device.access_token is not None:
            token = resolve(self._device.access_token, self._folder)
        if token is None:
            raise SettingsError(
                f"there is no token of {self._device.name} in {path}",
                remedy="Fetch it with papaya provision, or name another file with --token-file.",
            )
        return token


def device_of(fleet: Fleet, name: str | None) -> Device:
    """Return the device that is meant."""
    from papaya.provision.one_device import one_of

    return one_of(fleet, name, None).device


def _spool_of(device: str) -> Path:
    from urllib.parse import quote

    folder = os.environ.get("STATE_DIRECTORY")
    if not folder:
        import platformdirs

        folder = str(platformdirs.user_state_path("papaya", appauthor=False) / "agent")
    return Path(folder) / f"{quote(device, safe=' @+,=()[]{}~!$')[:100]}.spool"


def _tunnel_of(fleet: Fleet, device: Device) -> Callable[[], Mapping[str, Json]] | None:
    """Return what tells how the device's tunnel is doing, if it keeps one."""
    if device.tunnel is None or not device.tunnel.enabled:
        return None
    from papaya.tunnel.here import condition_here
    from papaya.tunnel.line import lines_of
    from papaya.tunnel.ports import Ports

    try:
        line = lines_of(fleet, device, Ports())[0]
    except PapayaError:
        # The tunnel's own commands tell what it lacks; the agent has other things to do.
        return None
    return lambda: condition_here(line, os.environ).as_attribute()


def _report_every_of(device: Device) -> float | None:
    """Return how often the manifest wants sensors to be read; None where it does not say."""
    from papaya.agent.configuration import Unacceptable, report_every_from

    written = device.shared_attributes.get("reportEverySeconds")
    if written is None:
        return None
    try:
        return report_every_from(written)
    except Unacceptable as error:
        logging.getLogger(__name__).warning(
            "reportEverySeconds of %s is ignored: %s", device.name, error.message
        )
        return None


def _attributes_of(device: Device) -> dict[str, Json]:
    return {} if device.serial is None else {"serial": device.serial}


def _arguments(written: str | None, option: str) -> tuple[str, ...]:
    if not written:
        return ()
    try:
        return tuple(shlex.split(written))
    except ValueError as error:
        raise click.BadParameter(str(error), param_hint=option) from error
