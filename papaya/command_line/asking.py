"""One question to the person at the terminal."""

from __future__ import annotations

import sys

import click

from papaya.errors import PlanRefused


def confirm(question: str, *, option: str = "--yes") -> None:
    """Ask a question that `yes` answers; raises `PlanRefused` for another answer, and without a terminal."""
    if not (sys.stdin.isatty() and sys.stderr.isatty()):
        raise PlanRefused(
            f"cannot ask for confirmation: no terminal ({question})", remedy=f"Pass {option} to confirm."
        )
    click.echo(f"{question}\nType 'yes' to continue; anything else cancels.", err=True)
    if click.prompt("Answer", err=True, default="", show_default=False).strip() != "yes":
        raise PlanRefused("canceled: nothing was done")
