"""A text that is drawn again and again until Ctrl-C: on a terminal in the same place."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import click

from papaya.errors import PapayaError

_CLEAR = "\x1b[H\x1b[2J"


def watch(
    draw: Callable[[], str],
    every: float,
    *,
    sleep: Callable[[float], object] = time.sleep,
    height: Callable[[], int] | None = None,
) -> int:
    """Print what `draw` returns every so many seconds, until Ctrl-C; return the exit code.

    What fails is printed in its place, and tried again: a server may be away for a while.
    """
    on_terminal = sys.stdout.isatty()
    try:
        while True:
            try:
                text = draw().rstrip("\n")
            except PapayaError as error:
                text = f"{error.message}\nTrying again in {every:g} s."
            foot = f"{time.strftime('%H:%M:%S')}, every {every:g} s; Ctrl-C ends it."
            if on_terminal:
                text = _CLEAR + _cropped(text, height() if height is not None else _rows())
            click.echo(f"{text}\n{foot}" + ("" if on_terminal else "\n"))
            sys.stdout.flush()
            sleep(every)
    except KeyboardInterrupt:
        click.echo("")
        return 0


def _rows() -> int:
    import shutil

    return shutil.get_terminal_size((80, 24)).lines


def _cropped(text: str, rows: int) -> str:
    """Return as many lines as the terminal has, less two, and how many are left out."""
    lines = text.split("\n")
    room = max(rows - 2, 3)
    if len(lines) <= room:
        return text
    return "\n".join([*lines[: room - 1], f"… {len(lines) - room + 1:,} more lines"])
