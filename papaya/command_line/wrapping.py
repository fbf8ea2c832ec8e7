"""Running text on a terminal: broken at words, with what is deliberately in lines left as it is."""

from __future__ import annotations

import re
import shutil
import sys
import textwrap
from typing import Final

import click

from papaya.command_line.color import color_of_environment

_COLOR: Final = re.compile(r"\x1b\[[0-9;]*m")
_SNIPPET: Final = "    "


def wrapped(text: str, width: int | None = None) -> str:
    """Return a text whose lines fit into the terminal; those of a snippet, after four spaces, stay."""
    columns = width or shutil.get_terminal_size((80, 24)).columns
    return "\n".join(_line(line, columns) for line in text.split("\n"))


def on_terminal(error: click.ClickException) -> click.ClickException:
    """Return a usage error with its text wrapped, where it goes to a terminal."""
    if not isinstance(error, click.UsageError) or not sys.stderr.isatty():
        return error
    text = wrapped(f"Error: {error.format_message()}").removeprefix("Error: ")
    return click.UsageError(text, error.ctx)


def tell_error(text: str) -> None:
    """Print why a command failed; on a terminal it is wrapped, and its first word is red."""
    if sys.stderr.isatty():
        text = wrapped(text)
    head, error, rest = text.partition("Error:")
    if error and not head:
        text = click.style(error, fg="red", bold=True) + rest
    click.echo(text, err=True, color=color_of_environment())


def _line(line: str, columns: int) -> str:
    if len(_COLOR.sub("", line)) <= columns or line.startswith(_SNIPPET) or _COLOR.search(line):
        return line
    indent = line[: len(line) - len(line.lstrip())]
    return "\n".join(
        textwrap.wrap(
            line,
            columns,
            subsequent_indent=f"{indent}  " if line.startswith("  = ") else indent,
            break_long_words=False,
            break_on_hyphens=False,
            drop_whitespace=True,
            replace_whitespace=False,
        )
    )
