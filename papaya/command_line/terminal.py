"""The terminal: how wide it is, whether it takes color, and what it is told while a command works."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from papaya.observer import Observer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from papaya.diagnostics import Diagnostic

_TITLES = {"reading": "Reading", "applying": "Applying"}


def wants_color() -> bool:
    """Return whether standard output is a terminal that may be written to in color."""
    context = click.get_current_context(silent=True)
    if context is not None and context.color is not None:
        return context.color
    return sys.stdout.isatty()


def is_plain() -> bool:
    """Return whether the terminal only takes lines: TERM is `dumb`, or there is none."""
    return os.environ.get("TERM", "") in ("", "dumb", "unknown")


def terminal_width() -> int:
    """Return how many columns a text may take: those of the terminal, 80 where there is none."""
    if not sys.stdout.isatty():
        return 80
    return max(60, min(120, shutil.get_terminal_size((80, 24)).columns))


class Terminal(Observer):
    """Tells a person on stderr: warnings as they come, progress only where there is a terminal."""

    def __init__(self) -> None:
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}

    def doubted(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Print the warnings about a manifest."""
        from papaya.render.diagnostics import as_text

        click.echo(as_text(diagnostics), err=True)

    def warned(self, text: str) -> None:
        """Print a warning."""
        click.echo(f"Warning: {text}", err=True)

    def waiting(self, holder: str) -> None:
        """Print who is waited for."""
        click.echo(f"Waiting for {holder}, who is changing this fleet.", err=True)

    def began(self, step: str, total: int | None) -> None:
        """Show a progress bar on a terminal, and nothing that moves where there is none."""
        if not sys.stderr.isatty() or (total is not None and total < 2):
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        text = TextColumn("{task.description}", markup=False)
        columns = (text, BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=Console(stderr=True), transient=True)
        self._progress.start()
        self._tasks = {step: self._progress.add_task(_TITLES.get(step, step), total=total)}

    def progressed(self, step: str, done: int, total: int | None) -> None:
        """Move the progress bar; a step inside another one has its own below it."""
        if self._progress is not None:
            if step not in self._tasks:
                self._tasks[step] = self._progress.add_task(step, total=total)
            self._progress.update(self._tasks[step], completed=done, total=total, visible=done != total)

    def ended(self, step: str) -> None:
        """Take the progress bar away."""
        if self._progress is not None:
            self._progress.stop()
        self._progress = None

    def finishing(self) -> None:
        """Say that the first Ctrl-C has been heard."""
        # Not through a buffered stream: the signal may have come while it was written to.
        os.write(2, b"\nFinishing what is under way; again to end at once.\n")


TERMINAL = Terminal()
