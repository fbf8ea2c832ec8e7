"""`python -m papaya.command_line.remember ENVIRONMENT PATH…`: keep the names of a manifest for completion."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path

from papaya.workspace.known_names import keep_names, read_names


def main(words: list[str]) -> None:
    """Read the manifests and keep their names; a cache that cannot be written is none."""
    environment, *paths = words
    chosen = tuple(Path(path) for path in paths)
    names, files = read_names(chosen, environment or None)
    with contextlib.suppress(OSError):
        keep_names(chosen, environment or None, names, files)


if __name__ == "__main__":
    main(sys.argv[1:])
