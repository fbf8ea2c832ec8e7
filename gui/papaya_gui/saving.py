"""Files that people keep: links stay links, and others may read what they might before."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from papaya import whole_file


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write into, which takes the place of `path` when all is written, and else is removed.

    It gets the mode of the one that it replaces, and a new one what the user's mask grants.
    """
    # A link stays one: what it leads to is replaced.
    path = Path(os.path.realpath(path))

    def keep_mode(descriptor: int) -> None:
        with contextlib.suppress(FileNotFoundError):
            os.fchmod(descriptor, path.stat().st_mode & 0o777)

    with whole_file.replaced(path, created_as=0o666, prepare=keep_mode) as file:
        yield file


def save_text(path: Path, text: str) -> None:
    """Replace a text file, and make its folder where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced(path) as file:
        file.write(text.encode())
