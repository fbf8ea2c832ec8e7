"""`papaya agent install` and `uninstall`: the agent as a service of this machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.commands.options.manifest import manifest_file_options

if TYPE_CHECKING:
    from papaya.workspace.choice import ManifestChoice

_UNIT = "papaya-agent.service"
_BUNDLE = Path("/etc/papaya/agent.yaml")
# Where systemd puts the token that LoadCredential names.
_CREDENTIAL = "%d/token"

_ROOT = click.option(
    "--root",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write below this folder, as for an image, and start nothing.",
)
_DRY_RUN = click.option("--dry-run", is_flag=True, help="Print what would be written; write nothing.")


@click.command("install")
@click.argument("name", metavar="NAME")
@click.argument("options", nargs=-1, type=click.UNPROCESSED, metavar="[-- OPTIONS]")
@manifest_file_options
@click.option(
    "--token-file",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the device's token is kept.  [default: /etc/papaya/NAME.token]",
)
@click.option(
    "--group",
    metavar="NAME",
    multiple=True,
    help="A group that may use the sensors' device files, as dialout.",
)
@_ROOT
@_DRY_RUN
def install_service(
    name: str,
    options: tuple[str, ...],
    manifest: ManifestChoice,
    token_file: Path | None,
    group: tuple[str, ...],
    root: Path | None,
    dry_run: bool,
) -> None:
    """Install the agent of NAME as a service of this machine.

    Writes the device's bundle to /etc/papaya and the unit papaya-agent.service, and starts it. OPTIONS after
    -- are those of papaya agent run. Running it again brings both up to date.
    """
    from papaya.commands.agent import device_of, run
    from papaya.manifest.expand import bundle_of
    from papaya.manifest.write import to_yaml
    from papaya.services.systemd import UNIT_FOLDER, InstalledFile, Service, install, papaya_command
    from papaya.settings.device_token import token_paths
    from papaya.systemd_unit import quoted, render_unit, unexpanded

    # A typing error is told now and not by the service.
    run.make_context("run", [name, *options])
    fleet = manifest.load()
    device = device_of(fleet, name)
    bundle = (
        f"# The bundle of this device, written by papaya agent install.\n{to_yaml(bundle_of(fleet, device))}"
    )
    arguments = [*papaya_command(), "agent", "run", device.name, "--file", str(_BUNDLE)]
    arguments += ["--token-file", _CREDENTIAL, *options]
    unit = render_unit(
        "papaya-agent.service.j2",
        {
            "device": " ".join(device.name.replace("%", "%%").split()),
            "command": quoted(arguments, with_specifiers=[_CREDENTIAL]),
            "token": unexpanded(str(token_file.absolute() if token_file else token_paths(device.name)[0])),
            "groups": " ".join(group),
            # A virtual environment in somebody's home must stay readable.
            "home": "read-only" if arguments[0].startswith("/home/") else "yes",
        },
    )
    files = (InstalledFile(_BUNDLE, bundle), InstalledFile(UNIT_FOLDER / _UNIT, unit))
    install([Service(_UNIT, files)], root=root, dry_run=dry_run)


@click.command("uninstall")
@_ROOT
@_DRY_RUN
def uninstall_service(root: Path | None, dry_run: bool) -> None:
    """Stop the service of the agent and remove it.

    The device's token and the readings that wait in /var/lib/papaya-agent stay.
    """
    from papaya.services.systemd import UNIT_FOLDER, uninstall

    uninstall([_UNIT], [UNIT_FOLDER / _UNIT, _BUNDLE], root=root, dry_run=dry_run)
