"""Files that only their owner may read, replaced in one step: a crash leaves the old one or the new one."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterable, Iterator
from pathlib import Path

from papaya.whole_file import replaced

_READABLE_BY_OTHERS = 0o044


@contextlib.contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Let one thread of one process at a time change files of a folder.

    The folder itself is locked: a lock on a file that is replaced holds nobody off, and a lock file stays
    behind as litter.
    """
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def replace_private(path: Path, content: bytes | Iterable[bytes]) -> None:
    """Replace a file, or the one that a link leads to, by one with mode 0600 and the same owner."""
    path = Path(os.path.realpath(path))
    # Readable by its owner alone from its first moment on.
    with replaced(path, created_as=0o600, prepare=lambda descriptor: _keep_owner(descriptor, path)) as file:
        file.writelines([content] if isinstance(content, bytes) else content)
    _make_durable(path.parent)


def is_readable_by_others(path: Path) -> bool:
    """Return whether anybody but the owner may read the file."""
    return bool(path.stat().st_mode & _READABLE_BY_OTHERS)


def _keep_owner(descriptor: int, path: Path) -> None:
    with contextlib.suppress(FileNotFoundError):
        owner = path.stat()
        if (owner.st_uid, owner.st_gid) != (os.geteuid(), os.getegid()):
            # Only root may give files away. Whoever else replaces another's file in a shared folder becomes
            # its owner: better than to leave an old token that nobody can use.
            with contextlib.suppress(PermissionError):
                os.fchown(descriptor, owner.st_uid, owner.st_gid)


def _make_durable(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
