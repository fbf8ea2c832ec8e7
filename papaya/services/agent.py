"""The agent as a service of this machine: what it consists of, and how it comes and goes."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from papaya.manifest.expand import bundle_of
from papaya.manifest.model import Device, Fleet
from papaya.manifest.write import to_yaml
from papaya.services import systemd
from papaya.services.systemd import UNIT_FOLDER, InstalledFile, Service, Tell, papaya_command
from papaya.settings.device_token import token_paths
from papaya.systemd_unit import quoted, render_unit, unexpanded

UNIT: Final = "papaya-agent.service"
BUNDLE: Final = Path("/etc/papaya/agent.yaml")
# Where systemd puts the token that LoadCredential names.
_CREDENTIAL: Final = "%d/token"


def agent_service(
    fleet: Fleet,
    device: Device,
    *,
    options: Sequence[str] = (),
    token_file: Path | None = None,
    groups: Sequence[str] = (),
) -> Service:
    """Return the service of a device's agent: its unit and the bundle of the device.

    `options` are those of `papaya agent run`; without `token_file` the token is where provisioning stores it.
    """
    bundle = (
        f"# The bundle of this device, written by papaya agent install.\n{to_yaml(bundle_of(fleet, device))}"
    )
    arguments = [*papaya_command(), "agent", "run", device.name, "--file", str(BUNDLE)]
    arguments += ["--token-file", _CREDENTIAL, *options]
    unit = render_unit(
        "papaya-agent.service.j2",
        {
            "device": " ".join(device.name.replace("%", "%%").split()),
            "command": quoted(arguments, with_specifiers=[_CREDENTIAL]),
            "token": unexpanded(str(token_file.absolute() if token_file else token_paths(device.name)[0])),
            "groups": " ".join(groups),
            # A virtual environment in somebody's home must stay readable.
            "home": "read-only" if arguments[0].startswith("/home/") else "yes",
        },
    )
    return Service(UNIT, (InstalledFile(BUNDLE, bundle), InstalledFile(UNIT_FOLDER / UNIT, unit)))


def uninstall(*, root: Path | None, dry_run: bool, tell: Tell) -> None:
    """Stop the service and remove it; the device's token and the readings that wait stay."""
    systemd.uninstall([UNIT], [UNIT_FOLDER / UNIT, BUNDLE], root=root, dry_run=dry_run, tell=tell)
