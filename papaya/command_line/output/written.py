"""How commands write rendered files into a folder, and tell of each."""

from __future__ import annotations

from pathlib import Path

import click


def write_and_tell(path: Path, text: str) -> None:
    """Write a file of a rendered set, and print whether that changed it."""
    from papaya.workspace.written import write_if_changed

    click.echo(f"{'wrote' if write_if_changed(path, text) else 'unchanged':<12}{path}")
