"""Where the files that ship with papaya are: schemas, unit templates, example manifests."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path


def locate(*parts: str) -> Traversable:
    """Return a shipped file or folder: in a wheel below `_data/`, in a checkout below its root."""
    package = files("papaya")
    bundled = package / "_data"
    return (bundled if bundled.is_dir() else package.joinpath("..")).joinpath(*parts)


def copy_folder(source: Traversable, target: Path) -> None:
    """Copy what is in a shipped folder into one that is there."""
    for entry in source.iterdir():
        if entry.is_dir():
            (target / entry.name).mkdir()
            copy_folder(entry, target / entry.name)
        else:
            (target / entry.name).write_bytes(entry.read_bytes())
