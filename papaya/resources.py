"""Where the files that ship with papaya are: schemas, unit templates, example manifests."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable


def locate(*parts: str) -> Traversable:
    """Return a shipped file or folder: in a wheel below `_data/`, in a checkout below its root."""
    package = files("papaya")
    bundled = package / "_data"
    return (bundled if bundled.is_dir() else package.joinpath("..")).joinpath(*parts)
