"""`papaya tunnel render`, `ports` and `keygen`: what is made before anything is installed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.child_environment import child_environment
from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.tunnel import tunnel_device_options
from papaya.errors import PapayaError

if TYPE_CHECKING:
    from papaya.commands.options.tunnel import TargetChoice
    from papaya.manifest.model import Fleet
    from papaya.tunnel.ports import Ports
    from papaya.workspace.choice import ManifestChoice

FORMAT_VERSION = "1"
_KEYGEN_SECONDS = 60.0


@click.command("render")
@tunnel_device_options
@click.option(
    "--systemd",
    metavar="VERSION",
    type=click.IntRange(min=247),
    help="The version of systemd that the unit is for.  [default: 252]",
)
@click.option(
    "-o",
    "--out",
    metavar="DIR",
    type=click.Path(file_okay=False, path_type=Path),
    help="Write the files into this folder instead of printing the units.",
)
def render_unit_files(target: TargetChoice, systemd: int | None, out: Path | None) -> None:
    """Write the systemd unit of a device's tunnel.

    With --out also the known_hosts file, if the manifest pins the bastion's keys. The same manifest always
    makes the same files.
    """
    from papaya.tunnel.known_hosts import known_hosts_of
    from papaya.tunnel.unit import OLDEST_SYSTEMD, render

    found = target.find()
    lines = found.lines()
    texts = {line.unit: render(line, systemd=systemd or OLDEST_SYSTEMD) for line in lines}
    if out is None:
        click.echo("\n".join(texts.values()), nl=False)
        return
    pinned = known_hosts_of(found.device)
    if pinned:
        texts["known_hosts"] = pinned
    for name, text in texts.items():
        write_text(out / name, text)


@click.command("ports")
@manifest_file_options
@click.option("--write", is_flag=True, help="Write new ports into tunnel-ports.lock.yaml.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
def show_ports(manifest: ManifestChoice, write: bool, as_json: bool) -> None:
    """Show which port of which bastion leads to which device, and allot those that are missing.

    What is in the lock file beside the manifest is never changed: --write only adds, and lets the port of a
    device that was renamed follow it. Commit the file with the manifest.
    """
    from papaya.render.layout import visible
    from papaya.tunnel.allot import allot, filled_in, renamed, wishes_of
    from papaya.workspace.ports import lock_of, read_ports, write_ports

    fleet = manifest.load(with_ports=False)
    written = read_ports(fleet)
    # Tells of ports that the manifest gives to others.
    filled_in(fleet, written)
    before = renamed(fleet, written)
    after = allot(fleet, before)
    if after != written and write:
        click.echo(f"Wrote {write_ports(fleet, after)}.", err=True)
    if as_json:
        click.echo(json.dumps(_as_document(fleet, before, after), indent=2, ensure_ascii=False))
    else:
        _print_ports(fleet, before, after)
        if next(wishes_of(fleet), None) is None:
            click.echo(f"No device of the fleet {visible(fleet.name)} asks for a port.", err=True)
    if after != written and not write:
        click.echo(f"New ports are not in {lock_of(fleet)} yet: papaya tunnel ports --write", err=True)


@click.command("keygen")
@tunnel_device_options
@click.option(
    "--out",
    metavar="FILE",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Where the key goes.  [default: the identityFile of the manifest]",
)
def make_key(target: TargetChoice, out: Path | None) -> None:
    """Make the device's key, and print its public half.

    An Ed25519 key that its owner alone may read. An existing key is never replaced.
    """
    from papaya.tunnel.escape import checked_path, one_line
    from papaya.tunnel.line import IDENTITY_FILE

    device = target.find().device
    said = (device.tunnel.identity_file if device.tunnel is not None else None) or IDENTITY_FILE
    path = out.absolute() if out is not None else Path(checked_path(said, "identityFile: "))
    if path.exists():
        raise PapayaError(
            f"{path} is there already, and a key is never replaced",
            remedy=f"Its public half is in {path}.pub. For a new key, move the old one away first.",
        )
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        done = subprocess.run(  # noqa: S603
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", one_line(device.name), "-f", str(path)],  # noqa: S607
            stdin=subprocess.DEVNULL,
            capture_output=True,
            env=child_environment(),
            text=True,
            check=False,
            timeout=_KEYGEN_SECONDS,
        )
    except FileNotFoundError as error:
        raise PapayaError("there is no ssh-keygen", remedy="Install an OpenSSH client.") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        why = str(getattr(error, "strerror", None) or "ssh-keygen does not end").lower()
        remedy = "Run this as root, or name another file with --out." if os.geteuid() else ""
        raise PapayaError(f"{path} cannot be made: {why}", remedy=remedy) from error
    if done.returncode:
        raise PapayaError(f"{path} cannot be made: {done.stderr.strip() or done.stdout.strip()}")
    click.echo(Path(f"{path}.pub").read_text(encoding="utf-8"), nl=False)
    where = public_key_name(device.name)
    click.echo(f"Wrote {path}. Save the line above beside the manifest, as {where}.", err=True)


def public_key_name(device: str) -> str:
    """Return where the public key of a device is kept, seen from the folder of its manifest."""
    from papaya.tunnel.public_keys import FOLDER, file_of

    return f"{FOLDER}/{file_of(device)}"


def write_text(path: Path, text: str) -> None:
    """Write a file of a rendered set, and say whether that changed it."""
    data = text.encode()
    try:
        is_same = path.is_file() and path.read_bytes() == data
        if not is_same:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
    except OSError as error:
        raise PapayaError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}") from error
    click.echo(f"{'unchanged' if is_same else 'wrote':<12}{path}")


def _print_ports(fleet: Fleet, before: Ports, after: Ports) -> None:
    from papaya.render.layout import visible
    from papaya.tunnel.allot import wishes_of

    for wish in wishes_of(fleet):
        said = wish.port
        port = said if said is not None else after.port(wish.host, wish.device.name, wish.forward)
        is_new = said is None and before.port(wish.host, wish.device.name, wish.forward) != port
        note = "  fixed" if said is not None else "  new" if is_new else ""
        host = f"[{wish.host}]" if ":" in wish.host else wish.host
        click.echo(f"{host}:{port}  {visible(wish.label)}{note}")


def _as_document(fleet: Fleet, before: Ports, after: Ports) -> dict[str, object]:
    from papaya.tunnel.allot import wishes_of

    return {
        "formatVersion": FORMAT_VERSION,
        "ports": [
            {
                "host": wish.host,
                "device": wish.device.name,
                "forward": wish.forward,
                "port": port,
                "fixed": wish.port is not None,
                "allotted": wish.port is not None
                or before.port(wish.host, wish.device.name, wish.forward) == port,
            }
            for wish in wishes_of(fleet)
            for port in [wish.port or after.port(wish.host, wish.device.name, wish.forward)]
        ],
    }
