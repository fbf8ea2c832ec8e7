"""`papaya open`: ThingsBoard's page of a device or a place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from papaya.command_line.running import fleet_at_hand, open_session
from papaya.command_line.terminal import TERMINAL
from papaya.commands.options.manifest import manifest_file_options
from papaya.commands.options.server import server_options
from papaya.commands.options.targets import device_argument

if TYPE_CHECKING:
    from papaya.settings import Options
    from papaya.workspace.choice import ManifestChoice


@click.command()
@device_argument("name", required=True)
@manifest_file_options
@server_options
@click.option("--print", "only_print", is_flag=True, help="Print the address instead of opening it.")
def command(name: str, manifest: ManifestChoice, server: Options, only_print: bool) -> None:
    """Open ThingsBoard's page of a device or a place in the browser.

    NAME is a name, a path such as INDIA/Karnataka, or an address. The address is printed, too.
    """
    from papaya.command_line.browser import open_page
    from papaya.runs.meant import one_meant

    fleet = fleet_at_hand(manifest, server)
    with open_session(server, fleet) as session:
        meant = one_meant(session, fleet, name)
        page = f"{session.url}/entities/{'devices' if meant.kind == 'device' else 'assets'}/{meant.id}"
    click.echo(page)
    if not only_print and not open_page(page):
        TERMINAL.noted("There is no browser here: open the address above.")
