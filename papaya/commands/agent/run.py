"""`papaya agent run`: the program on the device, in the foreground."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.agent_screen import run_agent
from papaya.commands.options.certificate import certificate_options
from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.numbers import Number
from papaya.commands.options.program import program_options
from papaya.commands.options.targets import device_argument

if TYPE_CHECKING:
    from papaya.settings.device_login import DeviceLogin
    from papaya.workspace.choice import ManifestChoice


@click.command("run")
@device_argument("name")
@manifest_file_options
@click.option(
    "--mqtt-url",
    metavar="URL",
    help="mqtt://HOST:PORT or mqtts://HOST:PORT, if it cannot be derived from server.url.",
)
@click.option("--ca-file", metavar="FILE", help="Certificates of the authority that signed the server's.")
@click.option(
    "--token-file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the device's token is kept.  [default: where papaya provision stored it]",
)
@certificate_options
@click.option(
    "--spool",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="File for readings that wait.  [default: NAME.spool in the service's or the user's state folder]",
)
@click.option(
    "--spool-size",
    metavar="MIB",
    type=click.IntRange(1),
    default=256,
    show_default=True,
    help="The largest size of the spool.",
)
@click.option(
    "--spool-days",
    metavar="N",
    type=Number(0, above=True),
    default=30,
    show_default=True,
    help="The age at which readings that cannot be sent are dropped.",
)
@click.option(
    "--catch-up-rate",
    metavar="N",
    type=Number(1),
    default=1000,
    show_default=True,
    help="How many waiting readings to send each second after an interruption.",
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
    "--firmware", metavar="TEXT", help='The installed firmware, reported to the server: "meter-app 1.4.2".'
)
@click.option("--software", metavar="TEXT", help="The installed software, reported to the server.")
@program_options
@click.option("--simulate", is_flag=True, help="Simulate the values of all sensors.")
def run(
    name: str | None,
    manifest: ManifestChoice,
    mqtt_url: str | None,
    ca_file: str | None,
    token_file: Path | None,
    login: DeviceLogin | None,
    spool: Path | None,
    spool_size: int,
    spool_days: float,
    catch_up_rate: float,
    timeout: str,
    longest_pause: str,
    firmware: str | None,
    software: str | None,
    identify: tuple[str, ...],
    restart_tunnel: tuple[str, ...],
    simulate: bool,
) -> None:
    """Read sensors and send their readings until a signal ends it.

    NAME is a device of the manifest or device bundle. Without a manifest in this folder, papaya reads the
    device bundle of the installed service. Each reading is written to disk before it is sent, and
    deleted from disk when the server has acknowledged it.
    """
    from papaya.agent.from_manifest import DeviceToken, agent_settings
    from papaya.agent.installed import installed
    from papaya.agent.link import check_login, tls_context
    from papaya.agent.settings import address_of
    from papaya.provision.one_device import one_of
    from papaya.services.agent import here
    from papaya.settings.quantities import seconds_of

    fleet = here(manifest).load()
    device = one_of(fleet, name, None).device
    known = login or DeviceToken(device, Path(fleet.folder), token_file)()
    authority = Path(ca_file) if ca_file else None
    address = address_of(mqtt_url, fleet.server.url, authority, needs_tls=known.kind == "x509")
    check_login(address, known)
    if address.tls:
        tls_context(address.ca_file, known)
    settings = agent_settings(
        fleet, device, address, os.environ, token_file=token_file, login=login, spool=spool
    )
    run_agent(
        replace(
            settings,
            installed=installed(firmware, software),
            simulate=simulate,
            spool_bytes=spool_size * 1024 * 1024,
            spool_seconds=spool_days * 86_400,
            catch_up_rate=catch_up_rate,
            acknowledged_within=seconds_of(timeout, "--timeout"),
            longest_pause=seconds_of(longest_pause, "--longest-pause"),
            identify=identify,
            restart_tunnel=restart_tunnel,
        )
    )
