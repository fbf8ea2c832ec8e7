"""The terminal: how wide it is, whether it takes color, and what it is told while a command works."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from papaya.command_line.color import color_of_environment, is_plain
from papaya.counting import counted
from papaya.observer import Observer

if TYPE_CHECKING:
    from rich.progress import Progress, TaskID

    from papaya.diagnostics import Diagnostic

_TITLES = {
    "loading": "Reading the manifest",
    "reading": "Reading the server",
    "attributes": "Reading attributes",
    "credentials": "Reading credentials",
    "rotating": "Replacing tokens",
    "planning": "Comparing",
    "writing": "Writing",
    "applying": "Applying",
    "calling": "Sending",
    "activity": "Reading who is online",
    "alarms": "Reading alarms",
    "changing alarms": "Changing alarms",
}
# Off a terminal a line says how far a step is, as often as this.
_SAY_EVERY = 5.0
# What is done sooner needs no bar.
_SHOW_AFTER = 0.4


def wants_color() -> bool:
    """Return whether standard output is written to in color."""
    context = click.get_current_context(silent=True)
    chosen = context.color if context is not None else color_of_environment()
    return sys.stdout.isatty() if chosen is None else chosen


def terminal_width() -> int:
    """Return how many columns a text may take: those of the terminal, 80 where there is none."""
    if not sys.stdout.isatty():
        return 80
    return max(60, min(120, shutil.get_terminal_size((80, 24)).columns))


class Terminal(Observer):
    """Tells a person on stderr: warnings as they come, and progress, as a bar or in lines.

    `clock` is in seconds and never jumps.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._progress: Progress | None = None
        self._tasks: dict[str, TaskID] = {}
        # Bars are drawn from a thread of their own, moved from others, and taken away from the main one.
        self._drawing = threading.RLock()
        self._wanted: tuple[str, int | None] | None = None
        self._timer: threading.Timer | None = None
        self._began_at = self._said_at = 0.0
        self.is_quiet = False
        self.shows_all_warnings = False

    def quieten(self) -> Callable[[], None]:
        """Say nothing but errors until what is returned is called."""
        self.is_quiet = True
        return lambda: setattr(self, "is_quiet", False)

    def show_all_warnings(self) -> Callable[[], None]:
        """Show also the warnings that were shown today, until what is returned is called."""
        self.shows_all_warnings = True
        return lambda: setattr(self, "shows_all_warnings", False)

    def say(self, text: str) -> None:
        """Print a line on stderr, above a bar that is drawn."""
        with self._drawing:
            if self._progress is None:
                click.echo(text, err=True, color=color_of_environment())
                return
            from rich.text import Text

            self._progress.console.print(Text.from_ansi(text), soft_wrap=True, highlight=False)

    def doubted(self, diagnostics: Sequence[Diagnostic]) -> None:
        """Print the warnings about a manifest that were not shown today."""
        if self.is_quiet:
            return
        from papaya.command_line.wrapping import wrapped
        from papaya.render.diagnostics import as_text
        from papaya.workspace.shown_warnings import not_shown_today

        news = diagnostics if self.shows_all_warnings else not_shown_today(diagnostics)
        if news:
            text = as_text(news, color=True)
            self.say(wrapped(text) if sys.stderr.isatty() else text)
        if old := len(diagnostics) - len(news):
            self.say(f"{counted(old, 'warning')} shown earlier today: --warnings")

    def noted(self, text: str) -> None:
        """Print on stderr what a person may want to know, and a script does not."""
        if not self.is_quiet:
            self.say(text)

    def warned(self, text: str) -> None:
        """Print a warning."""
        if not self.is_quiet:
            self.say(f"{click.style('Warning:', fg='yellow')} {text}")

    def waiting(self, holder: str) -> None:
        """Print who is waited for."""
        if not self.is_quiet:
            self.say(f"Waiting for {holder}, who is changing this fleet.")

    def began(self, step: str, total: int | None) -> None:
        """Show a progress bar on a terminal, elsewhere lines; neither for what takes no time."""
        self.ended(step)
        self._began_at = self._said_at = self._clock()
        if self.is_quiet or not sys.stderr.isatty() or is_plain() or (total is not None and total < 2):
            return
        with self._drawing:
            self._wanted = (step, total)
            self._timer = threading.Timer(_SHOW_AFTER, self._show)
            self._timer.daemon = True
            self._timer.start()

    def progressed(self, step: str, done: int, total: int | None) -> None:
        """Move the progress bar, or print a line; a step inside another one has its own bar below it."""
        with self._drawing:
            if self._progress is not None:
                if step not in self._tasks:
                    self._tasks[step] = self._progress.add_task(_TITLES.get(step, step), total=total)
                self._progress.update(
                    self._tasks[step], completed=done, total=total, visible=total is None or done != total
                )
                return
            if self._wanted is not None:
                return
        if done != total and not self.is_quiet and self._clock() - self._said_at >= _SAY_EVERY:
            from papaya.command_line.pace import in_a_line

            self._said_at = self._clock()
            told = in_a_line(done, total, self._said_at - self._began_at)
            self.say(f"{_TITLES.get(step, step)}: {told}")

    @contextmanager
    def step(self, step: str) -> Iterator[Callable[[int, int], None]]:
        """Show a step of a command itself; what is returned is told how many parts of how many are done."""
        self.began(step, None)
        try:
            yield lambda done, total: self.progressed(step, done, total)
        finally:
            self.ended(step)

    def ended(self, step: str) -> None:
        """Take the progress bar away."""
        with self._drawing:
            if self._timer is not None:
                self._timer.cancel()
            self._wanted = self._timer = None
            progress, self._progress = self._progress, None
            if progress is not None:
                progress.stop()

    def _show(self) -> None:
        """Draw the bar of a step that has begun a moment ago and has not ended."""
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        from papaya.command_line.pace import CountAndRate

        text = TextColumn("{task.description}", markup=False)
        with self._drawing:
            if self._wanted is None or self._progress is not None:
                return
            step, total = self._wanted
            progress = Progress(
                text,
                BarColumn(),
                CountAndRate(),
                TimeRemainingColumn(),
                console=Console(stderr=True),
                transient=True,
                redirect_stdout=False,
            )
            progress.start()
            self._tasks = {step: progress.add_task(_TITLES.get(step, step), total=total)}
            self._progress = progress

    def finishing(self) -> None:
        """Say that the first Ctrl-C has been heard."""
        # Not through a buffered stream: the signal may have come while it was written to.
        os.write(2, b"\nFinishing what is under way; again to end at once.\n")


TERMINAL = Terminal()
