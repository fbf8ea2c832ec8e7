"""How commands print what happens to the services of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from papaya.services.systemd import Event


def tell_service(event: Event) -> None:
    """Print what was done to a file or a unit, or would be."""
    click.echo(event.text, nl=False)
