"""Files that are replaced in one step: whoever reads one finds the old or the new one, whole."""

from __future__ import annotations

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

# Names may have 255 bytes; the rest is for what is added.
_KEPT_OF_NAME = 200


@contextlib.contextmanager
def replaced(
    path: Path, *, created_as: int = 0o600, prepare: Callable[[int], None] | None = None
) -> Iterator[BinaryIO]:
    """Give a file to write into, which takes the place of `path` when all is written, and else is removed.

    A link at `path` is replaced itself. The file is made with the mode `created_as`, less what the mask
    takes away; `prepare` is given its descriptor before anything is written. Faults are OSError.
    """
    # A name that nobody can foresee: in somebody else's folder a link could stand at any other.
    unfinished = path.with_name(f".{path.name[:_KEPT_OF_NAME]}.{secrets.token_hex(4)}")
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(unfinished, flags, created_as)
    try:
        with os.fdopen(descriptor, "wb") as file:
            if prepare is not None:
                prepare(descriptor)
            yield file
            file.flush()
            os.fsync(descriptor)
        unfinished.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            unfinished.unlink()
        raise


def write_whole(path: Path, text: str | bytes, *, mode: int) -> None:
    """Replace a file, or make it, with this mode; the folder is there already. Faults are OSError."""
    with replaced(path, prepare=lambda descriptor: os.fchmod(descriptor, mode)) as file:
        file.write(text.encode() if isinstance(text, str) else text)
