"""`papaya tunnel authorized-key`, `bastion` and `ssh-config`: the other end of the tunnel."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.tunnel import tunnel_device_options
from papaya.commands.tunnel.render import write_text
from papaya.errors import PapayaError

if TYPE_CHECKING:
    from papaya.commands.options.tunnel import TargetChoice
    from papaya.manifest.model import Fleet
    from papaya.tunnel.line import Line
    from papaya.tunnel.public_keys import PublicKey
    from papaya.workspace.choice import ManifestChoice

_KEYS = click.option(
    "--keys",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="The folder of the devices' public keys, DEVICE.pub.  [default: keys, beside the manifest]",
)


@click.command("authorized-key")
@tunnel_device_options
@_KEYS
@click.option(
    "--key",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="The device's public key.  [default: its file among --keys, else the one on this device]",
)
def show_authorized_key(target: TargetChoice, keys: Path | None, key: Path | None) -> None:
    """Print the line that lets a device in on its bastion, and the settings that belong to it.

    With the line, the device may listen on its own ports on the bastion's own address, and do nothing else.
    """
    from papaya.tunnel.bastion import DROP_IN, KEYS_FOLDER, authorized_key, bastions_of, recommended_settings
    from papaya.tunnel.public_keys import file_of, read_keys

    found = target.find()
    lines = found.lines()
    candidates = [
        (keys or _folder_of(found.fleet)) / file_of(found.device.name),
        Path(f"{lines[0].identity_file}.pub"),
    ]
    path = key or next((path for path in candidates if path.is_file()), candidates[0])
    line = authorized_key(lines, read_keys(_text(path), str(path)))
    version = found.fleet.tunnel.server_version if found.fleet.tunnel is not None else None
    (bastion,) = bastions_of(lines, version)
    click.echo(f"# {bastion.host}:{DROP_IN}")
    click.echo("\n".join(f"# {setting}" for setting in recommended_settings(bastion)))
    click.echo(f"# {bastion.host}:{KEYS_FOLDER}/{lines[0].user}")
    click.echo(line, nl=False)


@click.command("bastion")
@manifest_file_options
@_KEYS
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the files into this folder instead of printing them.",
)
def render_bastion(manifest: ManifestChoice, keys: Path | None, out: Path | None) -> None:
    """Write the files of the fleet's bastions: who may listen where, and sshd's settings.

    Below DIR/HOST they stand where they belong on that host. The same manifest and keys always make the same
    files. A device without a public key is named and left out; so is one without a port.
    """
    from papaya.tunnel.bastion import DROP_IN, KEYS_FOLDER, authorized_keys, bastions_of, server_settings

    fleet = manifest.load()
    lines = lines_of_all(fleet)
    known = _keys_of({line.device for line in lines}, keys or _folder_of(fleet))
    texts: dict[str, str] = {}
    for bastion in bastions_of(lines, fleet.tunnel.server_version if fleet.tunnel is not None else None):
        texts[f"{bastion.host}{DROP_IN}"] = server_settings(bastion)
        for user in bastion.users:
            its = [line for line in bastion.lines if line.user == user]
            texts[f"{bastion.host}{KEYS_FOLDER}/{user}"] = authorized_keys(its, known)
    for name, text in texts.items():
        if out is not None:
            write_text(out / name, text)
        else:
            click.echo(f"# {name}\n{text}")


@click.command("ssh-config")
@manifest_file_options
@click.option("--jump-user", metavar="USER", help="Who you are on the bastion.")
@click.option("--device-user", metavar="USER", help="Who you are on the devices.")
def show_ssh_config(manifest: ManifestChoice, jump_user: str | None, device_user: str | None) -> None:
    """Print ssh's configuration for whoever looks after the devices.

    With it, ssh DEVICE leads through the bastion to the device.
    """
    from papaya.tunnel.ssh_config import ssh_config

    click.echo(
        ssh_config(lines_of_all(manifest.load()), jump_user=jump_user, device_user=device_user), nl=False
    )


def lines_of_all(fleet: Fleet) -> list[Line]:
    """Return the lines of every device that keeps a tunnel; the devices that lack something are named."""
    from papaya.tunnel.line import lines_of
    from papaya.tunnel.ports import Ports

    lines: list[Line] = []
    told: list[str] = []
    for device in fleet.devices():
        if device.tunnel is None or not device.tunnel.enabled:
            continue
        try:
            lines.extend(lines_of(fleet, device, Ports()))
        except PapayaError as error:
            told.append(f"Left out: {error.message}. {error.remedy}")
    _tell(told)
    if not lines:
        raise PapayaError(
            f"no device of the fleet {fleet.name} keeps a tunnel",
            remedy="Write `tunnel: {remotePort: auto}` at its entry in the manifest.",
        )
    return lines


def _keys_of(devices: Iterable[str], folder: Path) -> Mapping[str, tuple[PublicKey, ...]]:
    from papaya.tunnel.public_keys import file_of, read_keys

    keys: dict[str, tuple[PublicKey, ...]] = {}
    told: list[str] = []
    for device in sorted(devices):
        path = folder / file_of(device)
        if path.is_file():
            keys[device] = read_keys(_text(path), str(path))
        else:
            told.append(f"Left out: {device} has no public key yet, {path}")
    _tell(told)
    return keys


def _tell(told: list[str]) -> None:
    from papaya.render.layout import visible

    shown = 10
    for line in told[:shown]:
        click.echo(visible(line), err=True)
    if len(told) > shown:
        click.echo(f"… and {len(told) - shown:,} more", err=True)


def _folder_of(fleet: Fleet) -> Path:
    from papaya.tunnel.public_keys import FOLDER

    return Path(fleet.folder) / FOLDER


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "it is no text"
        raise PapayaError(
            f"{path} cannot be read: {str(reason).lower()}",
            remedy=f"papaya tunnel keygen makes the key on the device; save its public half as {path.name}.",
        ) from error
