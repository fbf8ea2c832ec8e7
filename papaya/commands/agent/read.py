"""`papaya agent read`: the sensors of a device, read once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.completion import complete_devices
from papaya.command_line.terminal import terminal_width, wants_color
from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.numbers import duration
from papaya.commands.options.targets import keys_and_manifests
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.workspace.choice import ManifestChoice


@click.command("read")
@click.argument("keys", nargs=-1, metavar="[KEY]...", callback=keys_and_manifests)
@manifest_file_options
@click.option("--device", "--target", "name", metavar="DEVICE", shell_complete=complete_devices,
              help="The device, if the manifest has several.")  # fmt: skip
@click.option("--simulate", is_flag=True, help="Simulate the values of all sensors.")
@click.option("--wait", metavar="TIME", default="5s", show_default=True, callback=duration,
              help="How long to wait for the first value of a source such as a broker.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def read(
    keys: tuple[str, ...],
    manifest: ManifestChoice,
    name: str | None,
    simulate: bool,
    wait: float,
    as_json: bool,
) -> int:
    """Read sensors once and print their values, without a server.

    KEY is the key of a sensor in the manifest (default: all). Without a manifest in this folder, papaya reads
    the device bundle of the installed service. Exits with 1 if a sensor cannot be read.
    """
    from papaya.agent.reading_once import chosen, read_once
    from papaya.provision.one_device import one_of
    from papaya.render.sensors import readings_json, readings_text
    from papaya.services.agent import here

    fleet = here(manifest).load()
    device = one_of(fleet, name, None).device
    sensors = chosen(device, keys)
    found = read_once(sensors, Path(fleet.folder), device.name, simulate=simulate, patience=wait)
    if as_json:
        click.echo(json_text(readings_json(found, device.name)))
    else:
        click.echo(readings_text(found, width=terminal_width(), color=wants_color()), nl=False)
    return 1 if any(one.fault for one in found) else 0
