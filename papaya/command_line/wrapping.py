"""Running text on a terminal: broken at words, with what is deliberately in lines left as it is."""

from __future__ import annotations

import re
import shutil
import textwrap
from typing import Final

_COLOR: Final = re.compile(r"\x1b\[[0-9;]*m")
_SNIPPET: Final = "    "


def wrapped(text: str, width: int | None = None) -> str:
    """Return a text whose lines fit into the terminal; those of a snippet, after four spaces, stay."""
    columns = width or shutil.get_terminal_size((80, 24)).columns
    return "\n".join(_line(line, columns) for line in text.split("\n"))


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
