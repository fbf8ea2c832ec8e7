"""Where the files that ship with papaya are: schemas, unit templates, example manifests."""

from __future__ import annotations

from importlib.resources import files
from importlib.resources.abc import Traversable


def locate(*parts: str) -> Traversable:
    """Return a shipped file or folder: below `_data/` in a wheel, below the repository's root in a checkout."""
    package = files("papaya")
    bundled = package / "_data"
    return (bundled if bundled.is_dir() else package.joinpath("..")).joinpath(*parts)
