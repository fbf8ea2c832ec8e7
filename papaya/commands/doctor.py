"""`papaya doctor`: every known misconfiguration, with its remedy."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.output.findings import tell
from papaya.command_line.running import session_for
from papaya.commands.options.certificate import certificate_options
from papaya.commands.options.device import locating_options, token_file_option
from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.server import server_options
from papaya.commands.options.targets import device_argument
from papaya.commands.options.transport import bare_host, mqtt_host_option

if TYPE_CHECKING:
    from papaya.provision.choosing import Chosen
    from papaya.provision.locating import Locating
    from papaya.settings import Options
    from papaya.settings.device_login import DeviceLogin
    from papaya.workspace.choice import ManifestChoice


@click.command()
@device_argument("name")
@manifest_file_options
@server_options
@locating_options(tolerance=False)
@token_file_option
@certificate_options
@mqtt_host_option
@click.option("--mqtt-port", metavar="PORT", type=click.IntRange(1, 65535), default=1883, show_default=True,
              help="Where the server speaks MQTT.")  # fmt: skip
@click.option("--mqtt-tls-port", metavar="PORT", type=click.IntRange(1, 65535), default=8883,
              show_default=True, help="Where it speaks MQTT over TLS.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def command(
    name: str | None,
    manifest: ManifestChoice,
    server: Options,
    locating: Callable[[Chosen | None], Locating],
    credentials_file: Path | None,
    login: DeviceLogin | None,
    mqtt_host: str | None,
    mqtt_port: int,
    mqtt_tls_port: int,
    as_json: bool,
) -> int:
    """Diagnose configuration, connection and permissions.

    Each line is ok, warning or failed, and says what to do. Checks that could not run because another failed
    are listed at the end. Nothing on the server is changed; a running agent of the device has to connect
    again. Exits with 1 if a check failed.
    """
    from papaya.doctor.visit import Visit

    visit = Visit(
        manifest.load if manifest.paths else None,
        tuple(str(path) for path in manifest.paths),
        server,
        session_for,
        locating(None),
        name=name,
        token_file=credentials_file,
        login=login,
        mqtt_ports=(mqtt_port, mqtt_tls_port),
        mqtt_host=bare_host(mqtt_host),
    )
    return tell(visit.findings(), visit, as_json=as_json)
