"""`papaya init`: a manifest to start from."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from papaya.workspace.old_configuration import OldConfiguration

EXIT_DONE = 0
EXIT_FAULTY = 1
DEFAULT_NAME = "my-fleet"


@click.command()
@click.argument("path", default="fleet.yaml", metavar="[PATH]", type=click.Path(path_type=Path))
@click.option("--name", metavar="FLEET", help="What the fleet is called: the owner's mark on the server.")
@click.option("--url", metavar="URL", help="Where the server answers.")
@click.option(
    "--from-config",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Take over a config.properties of one device; secrets stay where they are.",
)
@click.option("--force", is_flag=True, help="Replace the file that is there.")
def command(path: Path, name: str | None, url: str | None, from_config: Path | None, force: bool) -> int:
    """Start a manifest.

    Writes fleet.yaml, or PATH, with one Country, one State and one device to go on from. With --from-config
    they are those of an existing config.properties. No password and no token is ever copied.
    """
    from papaya.errors import PapayaError
    from papaya.whole_file import write_whole

    if path.is_dir():
        path /= "fleet.yaml"
    if os.path.lexists(path) and not force:
        raise PapayaError(f"{path} is there already", remedy="name another file, or replace it with --force")
    notes: list[str] = []
    if from_config is None:
        text = starter(name or DEFAULT_NAME, url or "http://127.0.0.1:8080")
    else:
        from papaya.workspace.old_configuration import read_old_configuration

        old = read_old_configuration(from_config)
        text = taken_over(old, name, url)
        notes = old.notes
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text, mode=0o644)
    except OSError as error:
        raise PapayaError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from error
    for note in notes:
        click.echo(note, err=True)
    return _tell(path)


def starter(name: str, url: str) -> str:
    """Return a manifest with one of everything that a first fleet needs."""
    from papaya.manifest.write import to_yaml

    named = to_yaml({"apiVersion": "papaya/v1", "kind": "Fleet", "metadata": {"name": name}})
    server = to_yaml({"server": {"url": url}})
    return f"""\
# A fleet of ThingsBoard devices. Next: papaya validate, papaya plan, papaya apply.
# Editors complete and check this file with the schema that `papaya schema` prints.
{named}{server}\
profiles: {{country: Country, state: State, device: default, create: true}}   # may create missing profiles
safety: {{maxDestroy: 0}}                     # no run destroys anything without being told so
sensorSets:
  basic:
    - {{key: temperature.celsius, name: Temperature, unit: °C, every: 30s, warnAbove: 60, alarmAbove: 75}}
defaults:
  device: {{sensors: basic, sharedAttributes: {{reportEverySeconds: 30}}}}
countries:
  - name: INDIA
    location: {{latitude: 20.59, longitude: 78.96}}
    states:
      - name: Karnataka
        location: {{latitude: 12.97, longitude: 77.59}}
        devices:
          - name: PM-0001
            serial: SN-0001                   # letters in front: digits alone would become a number
            label: MG Road, bay 1
            location: auto                    # or {{latitude: 12.9756, longitude: 77.6068}}
            attributes: {{bays: 2}}
            # credentials: {{accessToken: {{env: PM_0001_TOKEN}}}}   # absent: the server generates one
        # devicesFrom: {{csv: meters.csv}}      # headers: name,serial,label,location.latitude,…
"""


def taken_over(old: OldConfiguration, name: str | None, url: str | None) -> str:
    """Return a manifest of the one device that a config.properties describes."""
    from papaya.manifest.write import to_yaml

    device = {
        "name": old.device_name,
        "serial": old.serial,
        "location": old.location or "auto",
        "tunnel": old.device_tunnel,
    }
    # Other devices in the same tenant have configurations of their own that name the same places.
    state = {"name": old.state, "shared": True, "devices": [_said(device)]}
    country = {"name": old.country, "shared": True, "states": [_said(state)]}
    document = {
        "apiVersion": "papaya/v1",
        "kind": "Fleet",
        "metadata": {"name": name or fleet_name(old.device_name or old.serial or "")},
        "server": _said({"url": url or old.url}),
        "profiles": _said({**old.profiles, "create": False}),
        "tunnel": old.tunnel,
        "countries": [_said(country)],
    }
    return (
        f"# Taken over from {old.name}. Its password and token stay there, where papaya finds them.\n"
        "# shared: the place may belong to other fleets, too; it is created if absent and never changed.\n"
        + to_yaml({key: value for key, value in document.items() if value})
    )


def fleet_name(device: str) -> str:
    """Return a name for the fleet of one device."""
    plain = re.sub(r"[^a-z0-9_.-]+", "-", device.lower()).strip("-.")
    if not plain:
        return DEFAULT_NAME
    return plain if plain[0].isalpha() else f"fleet-{plain}"


def _said(values: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in values.items() if value is not None}


def _tell(path: Path) -> int:
    """Say what was written, and whether anything in it has to be mended."""
    from papaya.render.diagnostics import as_text, count
    from papaya.workspace.fleet import read_fleet

    loaded = read_fleet((path,))
    if loaded.diagnostics:
        click.echo(as_text(loaded.diagnostics), err=True)
    if loaded.fleet is None:
        click.echo(f"Wrote {path}, which has {count(loaded.diagnostics)} to mend: papaya validate {path}")
        return EXIT_FAULTY
    click.echo(f"Wrote {path}. Next: papaya validate {path}, then papaya plan {path}")
    return EXIT_DONE
