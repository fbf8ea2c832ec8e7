"""`papaya gui`: the desktop window."""

from __future__ import annotations

import importlib
import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from papaya.commands.options.manifest import manifest_options
from papaya.commands.options.numbers import Number
from papaya.commands.options.server import server_options
from papaya.errors import MissingExtra, PapayaError, SettingsError

if TYPE_CHECKING:
    from papaya.manifest.model import Fleet
    from papaya.settings import Options, Settings
    from papaya.workspace.choice import ManifestChoice

SIMULATED, THINGSBOARD = "simulated", "thingsboard"
_DEMO = "There is no manifest here: this is papaya's demo fleet. Open your own with: papaya gui PATH"
_LOOK_AROUND = "Then open the window again. To look around with simulated data: papaya gui --source simulated"
_LIBRARIES = "libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libglib2.0-0"


@click.command()
@manifest_options
@server_options
@click.option(
    "--source",
    metavar="SOURCE",
    help="Where readings come from: simulated, thingsboard, mqtt://HOST/PATTERN, sqlite:FILE or file:FILE; "
    "sensors for the sources of the manifest's sensors; sqlite, file or a driver's name for those of one "
    "kind.  [default: the manifest's server; simulated where neither manifest nor settings name one]",
)
@click.option("--device", metavar="NAME", help="Turn to this device, and plot its sensors.")
@click.option("--theme", type=click.Choice(["light", "dark"]), help="The look.  [default: as last time]")
@click.option(
    "--interval",
    metavar="SECONDS",
    type=Number(0.1, 60),
    help="How often the window is brought up to date.  [default: 0.5, else as last time]",
)
@click.option(
    "--layout",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Open with this layout.",
)
@click.option("--reset", is_flag=True, help="Forget the layout of last time.")
@click.option("--install-desktop", is_flag=True, help="Put papaya into the desktop's menu, and show nothing.")
@click.option("--uninstall-desktop", is_flag=True, help="Take it out of the menu again.")
def command(
    manifest: ManifestChoice,
    server: Options,
    source: str | None,
    device: str | None,
    theme: str | None,
    interval: float | None,
    layout: Path | None,
    reset: bool,
    install_desktop: bool,
    uninstall_desktop: bool,
) -> int:
    """Show the sensors of the fleet in a window.

    PATH is the manifest that was applied. Without a manifest here, the window shows papaya's demo fleet with
    simulated data, and says so in a banner. Where the manifest names a server and nobody is signed in there,
    the window shows no readings; --source simulated shows simulated data instead.
    """
    began = time.monotonic()
    # What the window logs goes where papaya's log goes, and is let through by the same -v.
    logging.getLogger("papaya_gui").parent = logging.getLogger("papaya")
    application = _window_module("application")
    if install_desktop or uninstall_desktop:
        if install_desktop:
            _install_desktop(manifest, source)
        else:
            _uninstall_desktop()
        return 0
    application.check_screen(os.environ)
    fleet = _fleet(manifest)
    if device is not None and fleet.device(device) is None:
        raise _no_such_device(fleet, device)
    make_supply, because = _make_supply(fleet, source, server, is_demo=_is_demo(manifest))
    wish = application.Wish(device, theme, interval, layout, reset, because)
    code: int = application.open_window(fleet, make_supply, wish, began)
    return code


def _window_module(name: str) -> Any:
    """Return a module of the window, which papaya does without where its packages are not installed."""
    try:
        # First, so that what is missing is told here, and not where it would be used.
        for package in ("PyQt6.QtWidgets", "pyqtgraph"):
            importlib.import_module(package)
    except ModuleNotFoundError as missing:
        raise MissingExtra("the window", "gui") from missing
    except ImportError as error:
        raise PapayaError(
            f"Qt cannot be loaded: {error}", remedy=f"On Debian: apt install {_LIBRARIES}"
        ) from error
    return importlib.import_module(f"papaya_gui.{name}")


def _install_desktop(manifest: ManifestChoice, source: str | None) -> None:
    """Let the menu start what this command line would show, in this folder."""
    desktop = _window_module("desktop")
    arguments = [str(path) for path in manifest.paths]
    for option, value in (("--environment", manifest.environment), ("--source", source)):
        arguments += [option, value] if value else []
    paths = desktop.install_desktop(arguments, start_in=Path.cwd())
    for path in paths:
        click.echo(f"wrote {path}")
    if complaints := desktop.complaints(paths[0]):
        click.echo(f"desktop-file-validate says: {complaints}", err=True)


def _uninstall_desktop() -> None:
    paths = _window_module("desktop").uninstall_desktop()
    for path in paths:
        click.echo(f"removed {path}")
    if not paths:
        click.echo("nothing to remove")


def _fleet(manifest: ManifestChoice) -> Fleet:
    """Return the fleet that is meant, else that of the demo."""
    if not _is_demo(manifest):
        return manifest.load()
    from importlib.resources import as_file

    from papaya.resources import locate
    from papaya.workspace.fleet import load_fleet

    click.echo("There is no manifest here: this is papaya's demo fleet.", err=True)
    with as_file(locate("manifests", "demo")) as folder:
        return load_fleet([folder])


def _is_demo(manifest: ManifestChoice) -> bool:
    """Return whether no manifest was named, and there is none in the usual places."""
    from papaya.workspace.files import find_files

    source = click.get_current_context().get_parameter_source("paths")
    if source not in (None, ParameterSource.DEFAULT):
        return False
    return not find_files(manifest.paths)[0]


def _no_such_device(fleet: Fleet, name: str) -> PapayaError:
    from papaya.remedies import nearest

    near = nearest(name, [device.name for device in fleet.devices()])
    return PapayaError(
        f"there is no device {name} in {fleet.name}", remedy=f"Did you mean {near}?" if near else ""
    )


def _make_supply(fleet: Fleet, source: str | None, server: Options, *, is_demo: bool) -> tuple[Any, str]:
    """Return what makes the source once the window has its catalog, and why its data is simulated if it is.

    Where a server is named, nothing is simulated unless `--source simulated` asks for it: without a user that
    is signed in the window opens without readings, and says what to do.
    """
    make = _window_module("sources.make")
    settings, because = None, ""
    if source is None and is_demo and server.url is None:
        source, because = SIMULATED, _DEMO
    elif source in (None, THINGSBOARD) or server.url is not None:
        try:
            settings = _settings(fleet, server)
        except SettingsError as error:
            if source == THINGSBOARD or server.url is not None and not isinstance(error, _SignedOut):
                raise
            named = error.url if isinstance(error, _SignedOut) else fleet.server.url
            if source is None and named is not None:
                click.echo(f"There are no readings: {error}", err=True)
                return make.signed_out(named, error.message, f"{error.remedy}\n{_LOOK_AROUND}".strip()), ""
            if source is None:
                click.echo(f"The readings are simulated: {error}", err=True)
                source, because = SIMULATED, f"Reason: {error.message}."
    if source is None:
        source = THINGSBOARD
    ca_file = Path(server.ca_file).expanduser() if server.ca_file else None
    return make.make_supply(source, fleet, settings, ca_file=ca_file), because


class _SignedOut(SettingsError):
    """A server is named, and nobody is signed in there."""

    def __init__(self, url: str, remedy: str) -> None:
        super().__init__(f"there are no credentials for {url}", remedy=remedy)
        self.url = url


def _settings(fleet: Fleet, server: Options) -> Settings:
    """Return the settings of a server where somebody is signed in; raise SettingsError otherwise."""
    from papaya.commands.running import settings_for
    from papaya.remedies import HOW_TO_LOG_IN

    settings = settings_for(server, fleet)
    if not settings.credentials:
        raise _SignedOut(settings.url, "\n".join((*settings.notes, HOW_TO_LOG_IN)))
    return settings
