"""The window's modules, which papaya does without where its packages are not installed."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from papaya.errors import MissingExtra, PapayaError

_LIBRARIES = "libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libglib2.0-0"


def window_module(name: str) -> Any:
    """Return a module of the window; raises `MissingExtra` where its packages are not installed."""
    try:
        # First, so that what is missing is told here, and not where it would be used.
        for package in ("PyQt6.QtWidgets", "pyqtgraph"):
            importlib.import_module(package)
    except ModuleNotFoundError as missing:
        raise MissingExtra("the window", "gui") from missing
    except ImportError as error:
        raise PapayaError(
            f"Qt cannot be loaded: {error}", remedy=f"On Debian: apt install {_LIBRARIES}"
        ) from error
    return importlib.import_module(f"papaya_gui.{name}")


def install_desktop(
    paths: Sequence[str], environment: str | None, source: str | None, tell: Callable[[str], object]
) -> None:
    """Let the menu of the desktop start what this command line would show, in this folder."""
    desktop = window_module("desktop")
    arguments = list(paths)
    for option, value in (("--environment", environment), ("--source", source)):
        arguments += [option, value] if value else []
    written = desktop.install_desktop(arguments, start_in=Path.cwd())
    for path in written:
        tell(f"wrote {path}")
    if complaints := desktop.complaints(written[0]):
        tell(f"desktop-file-validate says: {complaints}")


def uninstall_desktop(tell: Callable[[str], object]) -> None:
    """Take papaya out of the menu again."""
    paths = window_module("desktop").uninstall_desktop()
    for path in paths:
        tell(f"removed {path}")
    if not paths:
        tell("nothing to remove")
