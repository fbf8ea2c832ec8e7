"""`papaya demo`: the whole flow on a server of its own, with the commands that anyone would type."""

from __future__ import annotations

import contextlib
import os
import shlex
import tempfile
import time
from collections.abc import Iterator
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from papaya.commands.demo_readings import report_readings
from papaya.commands.serving import end_on_signal, wait_for
from papaya.errors import MissingExtra, PapayaError
from papaya.resources import locate

if TYPE_CHECKING:
    from papaya.sandbox import Sandbox

DONE = 0
CHANGES_PENDING = 2
TIMEOUT = 30
LABEL_BY_HAND = "renamed by hand"


@click.command()
@click.option("--keep", is_flag=True, help="Leave the server running afterwards, until Ctrl-C.")
def command(keep: bool) -> None:
    """Show the whole flow on a sandbox.

    Starts a sandbox on a free port and takes a fleet of about forty devices, in a temporary folder: checks,
    plans and applies it, changes a device behind papaya's back, and repairs that; three
    meters report invented readings. No other server is touched.
    """
    try:
        from papaya.sandbox import Sandbox
    except ModuleNotFoundError as missing:
        if (missing.name or "papaya").startswith("papaya"):
            raise
        raise MissingExtra("papaya demo", "sandbox") from missing
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="papaya-demo-") as name, Sandbox() as sandbox:
        folder = Path(name)
        _copy(locate("manifests", "demo"), folder)
        with _only_these(_credentials(sandbox)), contextlib.chdir(folder):
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
    click.echo(f"A sandbox serves at {sandbox.url}; the fleet is in {Path.cwd()}:")
    for file in sorted(Path.cwd().iterdir()):
        click.echo(f"    {file.name}")
    _heading("Check the manifest; no server is needed for it")
    _run("validate", ".")
    _heading("See what is missing on the server: everything")
    _run("plan", *server, "--detailed-exitcode", expected=CHANGES_PENDING)
    _heading("Make it so")
    _run("apply", *server, "--yes")
    _heading("Nothing differs any more")
    _run("plan", *server, "--detailed-exitcode")
    _heading("Somebody changes a device in the server's own interface")
    _drift(sandbox)
    _heading("The plan shows what is no longer as the manifest says")
    _run("plan", *server, "--detailed-exitcode", expected=CHANGES_PENDING)
    _heading("Drift says who moved")
    _run("drift", *server)
    _heading("Apply repairs it")
    _run("apply", *server, "--yes")
    _run("plan", *server, "--detailed-exitcode")
    _heading("Some meters are switched on")
    from papaya.workspace.fleet import load_fleet

    report_readings(load_fleet(["."]), sandbox)
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


def _drift(sandbox: Sandbox) -> None:
    """Change the label and a shared attribute of one device, as the server's own interface does."""
    import requests

    with requests.Session() as session:
        session.trust_env = False

        def ask(method: str, path: str, body: object = None) -> Any:
            answer = session.request(method, f"{sandbox.url}/api{path}", json=body, timeout=TIMEOUT)
            answer.raise_for_status()
            return answer.json() if answer.content else None

        tokens = ask("POST", "/auth/login", {"username": sandbox.username, "password": sandbox.password})
        session.headers["X-Authorization"] = f"Bearer {tokens['token']}"
        page = ask("GET", "/tenant/devices?pageSize=1&page=0&sortProperty=name&sortOrder=ASC")
        device = page["data"][0]
        attributes = f"/plugins/telemetry/DEVICE/{device['id']['id']}"
        shared = {
            item["key"]: item["value"]
            for item in ask("GET", f"{attributes}/values/attributes/SHARED_SCOPE")
            if not item["key"].startswith("papaya.")
        }
        click.echo(f"{device['name']}: the label becomes {LABEL_BY_HAND!r}, ", nl=False)
        ask("POST", "/device", {**device, "label": LABEL_BY_HAND})
        key = next(key for key, value in sorted(shared.items()) if type(value) is int)
        click.echo(f"the shared attribute {key} becomes {shared[key] + 1}.")
        ask("POST", f"{attributes}/attributes/SHARED_SCOPE", {key: shared[key] + 1})


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


def _copy(source: Traversable, target: Path) -> None:
    """Copy a shipped folder."""
    for entry in source.iterdir():
        if entry.is_dir():
            (target / entry.name).mkdir()
            _copy(entry, target / entry.name)
        else:
            (target / entry.name).write_bytes(entry.read_bytes())


@contextlib.contextmanager
def _only_these(settings: dict[str, str]) -> Iterator[None]:
    """Hide the person's own settings, so that the demo reaches no server but its own."""
    hidden = {name: value for name, value in os.environ.items() if name.startswith(("PAPAYA_", "TB_"))}
    for name in hidden:
        del os.environ[name]
    os.environ.update(settings)
    try:
        yield
    finally:
        for name in settings:
            os.environ.pop(name, None)
        os.environ.update(hidden)
