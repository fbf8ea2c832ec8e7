"""The window's modules, which papaya does without where its packages are not installed."""

from __future__ import annotations

import functools
import gc
import importlib
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import click

from papaya.errors import MissingExtra, PapayaError

_LIBRARIES = "libegl1 libgl1 libxkbcommon0 libdbus-1-3 libfontconfig1 libglib2.0-0"

_Parameters = ParamSpec("_Parameters")
_Result = TypeVar("_Result")


def uncollected(command: Callable[_Parameters, _Result]) -> Callable[_Parameters, _Result]:
    """Return a command during which Python looks for no garbage: what it imports and reads is none.

    The window lets Python look for garbage again once it is shown.
    """

    @functools.wraps(command)
    def run(*arguments: _Parameters.args, **named: _Parameters.kwargs) -> _Result:
        gc.disable()
        try:
            return command(*arguments, **named)
        finally:
            gc.enable()

    return run


def beside(work: Callable[[], _Result]) -> Callable[[], _Result]:
    """Begin work in a thread, and return what waits for its result, or raises what it raised.

    Templates are rendered in a process of their own: meanwhile this one imports the window.
    """
    context = click.get_current_context()
    results: list[_Result] = []
    raised: list[BaseException] = []

    def run() -> None:
        with context.scope(cleanup=False):
            try:
                results.append(work())
            except BaseException as error:
                raised.append(error)

    thread = threading.Thread(target=run, name="papaya-beside", daemon=True)
    thread.start()

    def result() -> _Result:
        thread.join()
        if raised:
            raise raised[0]
        return results[0]

    return result


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
