"""Writes texts where a person says; what is not possible is raised as a `PapayaError` with the path."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from papaya.errors import PapayaError, system_reason
from papaya.whole_file import replaced, write_whole
from papaya.workspace.files import belongs_to


def write_text(path: Path, text: str) -> None:
    """Write a text to where a person says, which may be a pipe or a device, too."""
    try:
        _put(path, text.encode())
    except OSError as error:
        raise _not_possible(path, error) from error


def write_beside(path: Path, text: str, manifest: Sequence[Path]) -> None:
    """Write a text to where a person says, but to no file that is read as a part of the manifest."""
    if belongs_to(path, manifest):
        raise PapayaError(
            f"{path} was not written: papaya reads it as a part of the manifest",
            remedy="Name a file in another folder.",
        )
    write_text(path, text)


def write_new(path: Path, text: str) -> None:
    """Write a file with its folders, whole or not at all."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, text, mode=0o644)
    except OSError as error:
        raise _not_possible(path, error) from error


def write_if_changed(path: Path, text: str) -> bool:
    """Write a file of a rendered set, with its folders, and return whether that changed it."""
    data = text.encode()
    try:
        is_same = path.is_file() and path.read_bytes() == data
        if not is_same:
            path.parent.mkdir(parents=True, exist_ok=True)
            _put(path, data)
    except OSError as error:
        raise _not_possible(path, error) from error
    return not is_same


def _put(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: on a full disk, what it said before stays."""
    file = Path(os.path.realpath(path))
    before = file.stat() if file.exists() else None
    is_ordinary = before is None or stat.S_ISREG(before.st_mode)
    if not is_ordinary or (before is not None and not os.access(file.parent, os.W_OK)):
        # A pipe or a device, or a file in a folder where no other file can be made.
        path.write_bytes(data)
        return

    def keep_mode(descriptor: int) -> None:
        if before is not None:
            os.fchmod(descriptor, stat.S_IMODE(before.st_mode))

    with replaced(file, created_as=0o666, prepare=keep_mode) as made:
        made.write(data)


def _not_possible(path: Path, error: OSError) -> PapayaError:
    return PapayaError(f"{path} cannot be written: {system_reason(error)}")
