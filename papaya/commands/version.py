"""`papaya version`: which papaya this is."""

from __future__ import annotations

import click

from papaya import __version__


@click.command()
def command() -> None:
    """Print the version."""
    click.echo(f"papaya {__version__}")
