"""`papaya credentials`: credentials of devices and users; no secret is printed unless asked for."""

from __future__ import annotations

import click

from papaya.commands.credentials.activation_link import print_activation_link
from papaya.commands.credentials.export import export_tokens
from papaya.commands.credentials.rotate import rotate_tokens
from papaya.commands.credentials.show import show_credentials


@click.group()
def command() -> None:
    """Export, show or rotate credentials; print activation links of users."""


for _subcommand in (export_tokens, show_credentials, rotate_tokens, print_activation_link):
    command.add_command(_subcommand)
