"""Writes texts where a person says; what is not possible is raised as a `PapayaError` with the path."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from papaya.errors import PapayaError
from papaya.whole_file import write_whole
from papaya.workspace.files import belongs_to


def write_text(path: Path, text: str) -> None:
    """Write a text to where a person says, which may be a pipe or a device, too."""
    try:
        path.write_bytes(text.encode())
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
            path.write_bytes(data)
    except OSError as error:
        raise _not_possible(path, error) from error
    return not is_same


def _not_possible(path: Path, error: OSError) -> PapayaError:
    return PapayaError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}")
