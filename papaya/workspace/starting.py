"""The text of a manifest to start from: one of everything, or what a config.properties describes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from papaya.manifest.write import to_yaml
from papaya.workspace.old_configuration import OldConfiguration

DEFAULT_NAME: Final = "my-fleet"


def starter(name: str, url: str) -> str:
    """Return a manifest with one of everything that a first fleet needs."""
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
