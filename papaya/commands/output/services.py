"""How commands print what happens to the services of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from papaya.services.systemd import Event


def tell_service(event: Event) -> None:
    """Print what was done to a file or a unit, or would be."""
    what, subject = event.what, event.subject
    match what:
        case "started":
            text = f"{subject} runs; its log: journalctl -u {subject}"
        case "stopped":
            text = f"{subject} is stopped, and stays so"
        case "not installed":
            text = f"{subject} is not installed"
        case "removed" | "would remove" | "would start" | "would stop":
            text = f"{what:<13}{subject}"
        case _:
            text = f"{what:<12}{subject}"
    click.echo(text)
    click.echo("".join(f"    {line}\n" for line in event.lines), nl=False)
