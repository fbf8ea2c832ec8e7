"""Names of devices as names of files: one part of a path, whatever the name holds."""

from __future__ import annotations

from typing import Final
from urllib.parse import quote

_KEPT: Final = " @+,=()[]{}~!$&'"


def path_component(name: str) -> str:
    """Return a name as one part of a path; what has a meaning in paths is percent-encoded.

    `PM/1` becomes `PM%2F1`, and `..` becomes `%2E%2E`. Letters beyond ASCII are encoded, too.
    """
    written = quote(name, safe=_KEPT, errors="surrogatepass")
    return written.replace(".", "%2E") if written in (".", "..") else written
