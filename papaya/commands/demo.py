"""`papaya demo`: the whole flow on a server of its own, with the commands that anyone would type."""

from __future__ import annotations

import contextlib
import shlex
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line.serving import end_on_signal, wait_for
from papaya.errors import MissingExtra, PapayaError
from papaya.resources import copy_folder, locate

if TYPE_CHECKING:
    from papaya.api.session import Session
    from papaya.sandbox import Sandbox

DONE = 0
CHANGES_PENDING = 2


@click.command()
@click.option("--keep", is_flag=True, help="Leave the server running afterwards, until Ctrl-C.")
def command(keep: bool) -> None:
    """Show the whole flow on a sandbox.

    Starts a sandbox on a free port and uses a fleet of about forty devices in a temporary folder. Validates,
    plans and applies the fleet, changes a device on the server, and repairs the drift; three meters report
    simulated data, and a reading beyond its threshold raises an alarm. No other server is touched.
    """
    try:
        from papaya.sandbox import Sandbox
    except ModuleNotFoundError as missing:
        if (missing.name or "papaya").startswith("papaya"):
            raise
        raise MissingExtra("papaya demo", "sandbox") from missing
    from papaya.runs.demonstration import only_these

    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="papaya-demo-") as name, Sandbox() as sandbox:
        folder = Path(name)
        copy_folder(locate("manifests", "demo"), folder)
        with only_these(_credentials(sandbox)), contextlib.chdir(folder):
            _show_everything(sandbox)
        click.echo(f"\nAll of this took {time.monotonic() - began:.0f} seconds.")
        if keep:
            _wait(sandbox, folder)
        else:
            click.echo("Go on with: papaya demo --keep, which leaves the server running, or papaya init.")


def _credentials(sandbox: Sandbox) -> dict[str, str]:
    """Return the variables that sign a command in to the sandbox."""
    return {"PAPAYA_USERNAME": sandbox.username, "PAPAYA_PASSWORD": sandbox.password}


def _show_everything(sandbox: Sandbox) -> None:
    """Run the commands one after the other, each with what it shows."""
    # The manifest names the sandbox's usual port, and only --url may say otherwise.
    server = (".", "--url", sandbox.url)
    click.echo(f"A sandbox serves at {sandbox.url}.\nThe fleet is in {Path.cwd()}:")
    for file in sorted(Path.cwd().iterdir()):
        click.echo(f"    {file.name}")
    _heading("Check the manifest; no server is needed for it")
    _run("validate", ".")
    _heading("See what is missing on the server: everything")
    _run("plan", *server, "--detailed-exitcode", expected=CHANGES_PENDING)
    _heading("Apply it")
    _run("apply", *server, "--yes")
    _heading("A second plan has no changes")
    _run("plan", *server, "--detailed-exitcode")
    _heading("Somebody changes a device in the server's own interface")
    _change_by_hand(sandbox)
    _heading("The plan shows the change")
    _run("plan", *server, "--detailed-exitcode", expected=CHANGES_PENDING)
    _heading("Drift tells who changed it")
    _run("drift", *server)
    _heading("Apply repairs it")
    _run("apply", *server, "--yes")
    _run("plan", *server, "--detailed-exitcode")
    _heading("Some meters are switched on")
    _report(sandbox)
    _heading("The fleet as the server has it, and who is online")
    _run("show", *server)


def _heading(text: str) -> None:
    """Print what comes next."""
    click.echo()
    click.secho(f"# {text}", bold=True)


def _run(*arguments: str, expected: int = DONE) -> None:
    """Run a command as from a shell, and stop where it does not end as it should."""
    from papaya.cli import main

    click.secho(f"$ papaya {shlex.join(arguments)}", fg="green")
    code = main(arguments)
    if code != expected:
        raise PapayaError(f"papaya {shlex.join(arguments)} ended with {code} instead of {expected}")


def _change_by_hand(sandbox: Sandbox) -> None:
    from papaya.runs.demonstration import change_by_hand

    with _session(sandbox) as session:
        done = change_by_hand(session)
    click.echo(f"{done.device}: the label becomes {done.label!r},")
    click.echo(f"    the shared attribute {done.key} becomes {done.value}.")


def _report(sandbox: Sandbox) -> None:
    """Let a few devices report, one of them too much, and print what the server then has."""
    from papaya.runs.demonstration import alarmed, reported, reporting, shown_on
    from papaya.workspace.fleet import load_fleet

    devices = reporting(load_fleet(["."]))
    with _session(sandbox) as session:
        lines = [*reported(session, devices, sandbox.mqtt_url)]
        lines += alarmed(session, devices[0], sandbox.mqtt_url)
        click.echo("\n".join(lines))
        click.echo(f"The dashboard of the manifest:\n    {shown_on(session, 'dashboard/Parking meters')}")


def _session(sandbox: Sandbox) -> Session:
    """Return a session of its own, which no variable of the demo's commands concerns."""
    from papaya.api.credentials import Credentials
    from papaya.api.session import Session

    return Session(sandbox.url, Credentials(username=sandbox.username, password=sandbox.password))


def _wait(sandbox: Sandbox, folder: Path) -> None:
    """Say how to reach the server, and serve until Ctrl-C."""
    click.echo(f"\nThe sandbox still serves at {sandbox.url}, until Ctrl-C. In another terminal:\n")
    for name, value in _credentials(sandbox).items():
        click.echo(f"    export {name}={shlex.quote(value)}")
    click.echo(f"    cd {shlex.quote(str(folder))}")
    click.echo(f"    papaya show . --url {sandbox.url}")
    click.echo(f"\nThen change a manifest there, and: papaya apply . --url {sandbox.url}")
    with end_on_signal() as ended:
        wait_for(ended)
    click.echo("\nThe sandbox has stopped, and its folder is gone.")
