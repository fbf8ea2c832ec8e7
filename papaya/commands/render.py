"""`papaya render`: the manifest with everything merged in."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.completion import complete_devices
from papaya.command_line.terminal import TERMINAL
from papaya.commands.options.manifest import manifest_options
from papaya.commands.options.targets import one_target
from papaya.render.json_text import json_text

if TYPE_CHECKING:
    from papaya.workspace.choice import ManifestChoice


@click.command()
@manifest_options
@click.option("--device", "--target", metavar="NAME", shell_complete=complete_devices,
              help="Write the device bundle: this device's part of the manifest.")  # fmt: skip
@click.option("-o", "--out", metavar="FILE", type=click.Path(path_type=Path), help="Write to a file.")
@click.option("--json", "as_json", is_flag=True, help="Write JSON, which is YAML, too.")
def command(manifest: ManifestChoice, device: str | None, out: Path | None, as_json: bool) -> None:
    """Print the fully resolved manifest.

    Templates are rendered, defaults and models merged, CSV rows expanded, one environment chosen; secrets
    stay references. The result is itself a manifest. --device writes the device bundle: the part of the
    manifest about one device, to copy to that device. agent, provision and tunnel accept it as a manifest.
    """
    from papaya.manifest.expand import bundle_of, document_of
    from papaya.manifest.write import large_to_yaml
    from papaya.provision.one_device import one_of
    from papaya.workspace.written import write_beside, write_text

    fleet, device = manifest.load(), one_target(device)
    document = document_of(fleet) if device is None else bundle_of(fleet, one_of(fleet, device, None).device)
    if as_json:
        text = json_text(document) + "\n"
    else:
        # A comment ends with its line, and a name may hold a line break.
        told = f"bundle of device {' '.join(device.split())} of the " if device is not None else ""
        told += f"fleet {fleet.name}"
        chosen = f", environment {fleet.environment}" if fleet.environment else ""
        text = f"# The {told}{chosen}, written by papaya render: change its manifest instead.\n"
        with TERMINAL.step("writing") as progress:
            text += large_to_yaml(document, progress)
    if out is None:
        click.echo(text, nl=False)
        return
    if device is None:
        write_beside(out, text, manifest.paths)
    else:  # A bundle may lie in the manifest's folder: papaya does not read it as a part.
        write_text(out, text)
    TERMINAL.noted(f"Wrote {out}.")
