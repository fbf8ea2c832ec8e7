"""Names of devices as names of files: one part of a path, whatever the name holds."""

from __future__ import annotations

import hashlib
from typing import Final
from urllib.parse import quote

_KEPT: Final = " @+,=()[]{}~!$&'"
_LONGEST: Final = 200


def path_component(name: str) -> str:
    """Return a name as one part of a path; what has a meaning in paths is percent-encoded.

    `PM/1` becomes `PM%2F1`, and `..` becomes `%2E%2E`. Letters beyond ASCII are encoded, too.
    """
    written = quote(name, safe=_KEPT, errors="surrogatepass")
    return written.replace(".", "%2E") if written in (".", "..") else written


def file_stem(name: str) -> str:
    """Return a name as the name of a file without its suffix, in at most 200 bytes.

    A longer one is cut and ends with a digest of the whole, so that no two devices share a file.
    """
    stem = path_component(name)
    if len(stem.encode()) <= _LONGEST:
        return stem
    return f"{stem[:100]}-{hashlib.sha256(name.encode(errors='surrogatepass')).hexdigest()[:16]}"
