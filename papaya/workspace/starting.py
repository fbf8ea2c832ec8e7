"""A manifest to start from: one of everything, what a config.properties describes, or the rows of tables."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from papaya.counting import counted
from papaya.errors import SettingsError
from papaya.manifest.write import to_yaml
from papaya.settings import Options, find_settings
from papaya.settings.token_store import TokenStore
from papaya.settings.url import normalized
from papaya.workspace.old_configuration import OldConfiguration, read_old_configuration
from papaya.workspace.plain_name import plain_name
from papaya.workspace.spreadsheet.columns import Choice, Choices
from papaya.workspace.spreadsheet.reading import Spreadsheet
from papaya.workspace.spreadsheet.text import SENSORS, manifest_of

_LOCAL: Final = "http://127.0.0.1:8080"
_UNNAMED: Final = "fleet"


@dataclass(frozen=True, slots=True)
class Telling:
    """How a person hears what papaya takes for a column, and answers: see `spreadsheet.start.settled`."""

    show: Callable[[str], object]
    ask: Callable[[str, str], str] | None
    takes_guesses: bool
    width: int = 80

    def settled(self, head: str, sheet: Spreadsheet, choices: Choices) -> dict[str, Choice]:
        """Show a line and the columns that were taken, with samples, and return what is settled then."""
        from papaya.render.columns import columns_text
        from papaya.workspace.spreadsheet.start import settled, shown

        self.show(head)
        self.show(columns_text(shown(sheet, choices), width=self.width))
        return settled(sheet, choices, self.ask, takes_guesses=self.takes_guesses)


def normal(url: str | None) -> str | None:
    """Return the URL of the option in its normal form; raises `SettingsError` for one that is none."""
    return None if url is None else normalized(url, "--url")


def configured(url: str | None) -> str:
    """Return the URL that commands would use here, else that of the one server that a person is signed in to.

    Without one it is that of a server on this machine.
    """
    if url is not None:
        return normalized(url, "--url")
    try:
        return find_settings(Options()).url
    except SettingsError:
        known = TokenStore().urls()
        return known[0] if len(known) == 1 else _LOCAL


def of_configuration(path: Path, name: str | None, url: str | None) -> tuple[str, list[str]]:
    """Return the manifest of the device of a config.properties, and what became of the rest of the file."""
    old = read_old_configuration(path)
    return taken_over(old, name, url), old.notes


def of_tables(
    files: Sequence[Path],
    said: Sequence[str],
    sheet: str | None,
    name: str,
    url: str,
    folder: Path,
    telling: Telling,
) -> str:
    """Return the manifest of tables; `said` are the columns that a person named.

    Raises `PapayaError` where a table cannot be read, or nobody says what a column is.
    """
    from papaya.workspace.spreadsheet.start import read_tables

    tables = []
    for spreadsheet, choices in read_tables(files, said, sheet):
        head = f"{spreadsheet.path}: {counted(len(spreadsheet.table.rows), 'row')}{spreadsheet.how}"
        tables.append((spreadsheet, telling.settled(head, spreadsheet, choices)))
    return manifest_of(tables, name=name, url=url, folder=folder)


def verdict(path: Path) -> tuple[str, str, bool]:
    """Return what to say of a manifest that was written, its faults in words, and whether it is valid."""
    from papaya.render.diagnostics import as_text, count
    from papaya.workspace.fleet import read_fleet

    loaded, command = read_fleet((path,)), shlex.quote(str(path))
    faults = as_text(loaded.diagnostics) if loaded.diagnostics else ""
    if loaded.fleet is None:
        words = f"Wrote {path}, which has {count(loaded.diagnostics)} to mend: papaya validate {command}"
        return words, faults, False
    return f"Wrote {path}. Next: papaya validate {command}, then papaya plan {command}", faults, True


def starter(name: str, url: str) -> str:
    """Return a manifest with one of everything that a first fleet needs."""
    named = to_yaml({"apiVersion": "papaya/v1", "kind": "Fleet", "metadata": {"name": name}})
    server = to_yaml({"server": {"url": url}})
    return f"""\
# A fleet of ThingsBoard devices. Next: papaya validate, papaya plan, papaya apply.
# Editors complete and check this file with the schema that `papaya schema` prints.
{named}{server}\
profiles: {{country: Country, state: State, device: default, create: true}}   # may create missing profiles
safety: {{maxDestroy: 0}}                     # a run deletes nothing without --allow-destroy
{SENSORS}defaults:
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
        "# shared: other fleets may use the place, too; it is created if absent and never changed.\n"
        + to_yaml({key: value for key, value in document.items() if value})
    )


def fleet_name(called: str) -> str:
    """Return a name for the fleet of a folder or a device."""
    plain = plain_name(called).lower()
    if not plain:
        return _UNNAMED
    return plain if plain[0].isalpha() else f"fleet-{plain}"


def _said(values: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in values.items() if value is not None}
