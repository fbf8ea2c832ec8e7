"""Files that people keep, replaced in one step: whoever reads one finds the old or the new one, whole."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO


@contextlib.contextmanager
def replaced(path: Path) -> Iterator[BinaryIO]:
    """Give a file to write into, which takes the place of `path` when all is written, and else is removed.

    It gets the mode of the one that it replaces, and a new one what the user's mask grants.
    """
    # A link stays one: what it leads to is replaced.
    path = path.resolve()
    unfinished = path.with_name(f".{path.name[:200]}.{secrets.token_hex(4)}")
    # Not of tempfile: it makes files that nobody else may read, and what is exported is often for others.
    descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    try:
        with os.fdopen(descriptor, "wb") as file:
            with contextlib.suppress(FileNotFoundError):
                os.fchmod(file.fileno(), path.stat().st_mode & 0o777)
            yield file
            file.flush()
            os.fsync(file.fileno())
        unfinished.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise


def save_text(path: Path, text: str) -> None:
    """Replace a text file, and make its folder where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with replaced(path) as file:
        file.write(text.encode())
