"""Devices from the rows of CSV files."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from papaya.manifest.model import MissingCells
from papaya.manifest.source import Source

ReadCsv = Callable[[Source, str], Source | str]


@dataclass(frozen=True)
class ReadTexts:
    """The CSV texts that were read, and the cells that they lack."""

    read: tuple[Source, ...] = ()
    missing: tuple[MissingCells, ...] = ()


def no_files(asking: Source, name: str) -> str:
    """Refuse every file: the caller of `load` gave no way to read one."""
    return f"{name} cannot be read here"


def read_rows(*arguments: object) -> ReadTexts:
    """Return no rows yet."""
    return ReadTexts()
