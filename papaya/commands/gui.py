"""`papaya gui`: the desktop window."""

from __future__ import annotations

import logging
import os
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from papaya.command_line import window
from papaya.command_line.completion import complete_devices
from papaya.command_line.running import settings_for
from papaya.command_line.terminal import TERMINAL
from papaya.commands.options.manifest import manifest_options
from papaya.commands.options.numbers import Number
from papaya.commands.options.server import server_options
from papaya.commands.options.targets import one_target

if TYPE_CHECKING:
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice

_WITH_DEVICES = ("file", "sqlite", "thingsboard")


@click.command()
@manifest_options
@server_options
@click.option(
    "--source",
    metavar="SOURCE",
    help="Where readings come from: simulated, thingsboard, mqtt://HOST/PATTERN, sqlite:FILE or file:FILE "
    "(with dates such as 05/11/2026: file:FILE?dates=day-first or month-first); "
    "sensors for the sources of the manifest's sensors; sqlite, file or a driver's name for those of one "
    "kind.  [default: the manifest's server; simulated where neither manifest nor settings name one]",
)
@click.option("--device", "--target", metavar="NAME", shell_complete=complete_devices,
              help="Show this device, and plot its sensors.")  # fmt: skip
@click.option("--theme", type=click.Choice(["light", "dark"]), help="The theme.  [default: as last time]")
@click.option(
    "--interval",
    metavar="SECONDS",
    type=Number(0.1, 60),
    help="How often the window is updated.  [default: 0.5, else as last time]",
)
@click.option(
    "--layout",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Open with this layout.",
)
@click.option("--reset", is_flag=True, help="Forget the layout of last time.")
@click.option("--install-desktop", is_flag=True, help="Add papaya to the desktop's menu, and open no window.")
@click.option("--uninstall-desktop", is_flag=True, help="Remove papaya from the desktop's menu.")
@window.uncollected
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

    PATH is the manifest that was applied. Without a manifest here, the window shows the devices of the server
    or file that you name, else papaya's demo fleet with simulated data and a banner. If the manifest names a
    server and you are not signed in, the window asks you to sign in. The File menu opens manifests and
    connects to sources, too.
    """
    from papaya.workspace.demo_fleet import demo_fleet, is_demo

    began, device = time.monotonic(), one_target(device)
    # What the window logs goes where papaya's log goes, and is let through by the same -v.
    logging.getLogger("papaya_gui").parent = logging.getLogger("papaya")
    if install_desktop or uninstall_desktop:
        if install_desktop:
            window.install_desktop(
                [str(path) for path in manifest.paths], manifest.environment, source, click.echo
            )
        else:
            window.uninstall_desktop(click.echo)
        return 0
    has_none = is_demo(manifest)
    # A file has devices of its own, and a server those that one may see.
    has_devices = server.url is not None or (source or "").partition(":")[0] in _WITH_DEVICES
    shows_demo = has_none and not has_devices
    load = window.beside(demo_fleet if has_none else manifest.load)
    application = window.window_module("application")
    application.check_screen(os.environ)
    window.window_module("desk")
    if shows_demo:
        TERMINAL.noted("There is no manifest here: this is papaya's demo fleet.")
    fleet, wants = load(), window.window_module("sources.wanted")
    wanted = wants.Wanted(None if has_none else manifest, source, server)
    opened = wants.open_first(wanted) if has_none and has_devices else None
    fleet = fleet if opened is None else opened.fleet
    if device is not None and not (opened and opened.is_waiting):
        from papaya.provision.one_device import one_of

        device = one_of(fleet, device, None).device.name
    if opened is None:
        choose = window.window_module("sources.chosen").choose
        chosen = choose(fleet, source, server, settings_for, is_demo=shows_demo)
        if chosen.note:
            TERMINAL.noted(chosen.note)
    else:
        chosen = opened
    wish = application.Wish(
        device, theme, interval, layout, reset, chosen.because, wanted, sign_in_to=chosen.sign_in_to
    )
    code: int = application.open_window(fleet, chosen.make_supply, wish, began)
    return code
