"""Markers of merge conflicts, which version control leaves in whatever text two people have changed."""

from __future__ import annotations

import re
from typing import Final

CONFLICT: Final = "unresolved merge conflict"
CONFLICT_REMEDY: Final = "keep one side, and remove the lines that begin with <<<<<<<, ======= and >>>>>>>"
# As Git, Mercurial and Subversion write them: at the start of a line, seven characters and no more.
_LINES = ("<<<<<<<", "|||||||", "=======", ">>>>>>>")
_MARKER = re.compile(r"^(?:<{7}(?= |\r?$)|\|{7}(?= |\r?$)|={7}(?=\r?$)|>{7}(?= |\r?$))", re.MULTILINE)


def conflict_in(text: str | bytes) -> int | None:
    """Return the line of the first merge-conflict marker in a text, counted from 1, or None.

    Bytes are those of a text in an encoding that is not known: markers look the same in most of them.
    """
    if isinstance(text, bytes):
        text = text.decode("latin-1")
    # Tables of many megabytes are searched at each reading.
    if not any(line in text for line in _LINES):
        return None
    found = _MARKER.search(text)
    return None if found is None else text.count("\n", 0, found.start()) + 1
