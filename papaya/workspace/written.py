"""Writes the texts that commands make, where a person says."""

from __future__ import annotations

from pathlib import Path

from papaya.errors import PapayaError


def write_text(path: Path, text: str, *, make_folder: bool = False) -> None:
    """Write a text file, or raise `PapayaError` with the path and the reason."""
    _write(path, text.encode(), make_folder=make_folder)


def write_if_changed(path: Path, text: str) -> bool:
    """Write a file of a rendered set, with its folders, and return whether that changed it."""
    data = text.encode()
    try:
        is_same = path.is_file() and path.read_bytes() == data
    except OSError as error:
        raise _not_possible(path, error) from error
    if not is_same:
        _write(path, data, make_folder=True)
    return not is_same


def _write(path: Path, data: bytes, *, make_folder: bool) -> None:
    try:
        if make_folder:
            path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    except OSError as error:
        raise _not_possible(path, error) from error


def _not_possible(path: Path, error: OSError) -> PapayaError:
    return PapayaError(f"{path} cannot be written: {(error.strerror or str(error)).lower()}")
