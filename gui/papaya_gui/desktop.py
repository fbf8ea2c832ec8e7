"""The window among a desktop's applications: an entry and an icon in the user's data folders."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from importlib.resources import files
from pathlib import Path

from papaya.child_environment import child_environment
from papaya.errors import PapayaError
from papaya_gui.saving import replaced

# The name that the window also gives to the desktop, so that it is shown with this icon.
NAME = "papayameter"
SIDE = 256

# What must stand in quotes in an Exec line, and of it what a backslash must precede there.
_RESERVED = frozenset(" \t\n\"'\\><~|&;$*?#()`")
_ESCAPED = frozenset('"`$\\')


def data_folder(environment: Mapping[str, str] = os.environ) -> Path:
    """Return the folder for data of the user, as the XDG base directory specification has it."""
    told = environment.get("XDG_DATA_HOME", "")
    # The standard says to ignore a relative path there.
    return Path(told) if told.startswith("/") else Path.home() / ".local" / "share"


def window_command() -> tuple[str, ...]:
    """Return what starts this very papaya's window."""
    beside = Path(sys.executable).parent / "papaya-gui"
    return (str(beside),) if beside.is_file() else (sys.executable, "-m", "papaya", "gui")


def exec_line(arguments: Sequence[str]) -> str:
    """Return a command as the value of `Exec`, quoted as the desktop entry specification demands."""
    words = []
    for argument in arguments:
        # A lone % begins a field code.
        word = argument.replace("%", "%%")
        if not word or _RESERVED & set(word):
            word = '"{}"'.format("".join(f"\\{one}" if one in _ESCAPED else one for one in word))
        words.append(word)
    # The value as a whole is text once more, in which backslashes are doubled.
    return _text(" ".join(words))


def entry_text(command: Sequence[str], arguments: Sequence[str] = (), start_in: Path | None = None) -> str:
    """Return the desktop entry that starts the window with some arguments, in a folder."""
    lines = [
        "[Desktop Entry]",
        "Type=Application",
        "Version=1.1",
        "Name=PapayaMeter",
        "GenericName=Sensor Monitor",
        "Comment=Watch the sensors of a fleet live",
        f"Exec={exec_line([*command, *arguments])}",
        f"TryExec={_text(command[0])}",
        *([f"Path={_text(str(start_in))}"] if start_in is not None else []),
        f"Icon={NAME}",
        "Terminal=false",
        "StartupNotify=true",
        f"StartupWMClass={NAME}",
        "Categories=System;Monitor;",
        "Keywords=sensor;fleet;ThingsBoard;IoT;telemetry;",
    ]
    return "\n".join(lines) + "\n"


def install_desktop(
    arguments: Sequence[str] = (),
    *,
    start_in: Path | None = None,
    folder: Path | None = None,
    command: Sequence[str] | None = None,
) -> Sequence[Path]:
    """Put the entry and its icon into the user's data folders, in place of earlier ones; return the files.

    The window then starts with these arguments, in the folder that they are relative to.
    """
    folder = folder or data_folder()
    entry = entry_text(command or window_command(), arguments, start_in)
    drawing = icon_svg()
    contents = {
        _entry_path(folder): entry.encode(),
        _icon_paths(folder)[0]: drawing,
        _icon_paths(folder)[1]: icon_png(drawing),
    }
    for path, content in contents.items():
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if not path.is_file() or path.read_bytes() != content:
                with replaced(path) as file:
                    file.write(content)
        except OSError as error:
            raise PapayaError(
                f"{path} cannot be written: {error.strerror}",
                remedy=f"correct the rights of {path.parent}, or set XDG_DATA_HOME to another folder",
            ) from None
    return tuple(contents)


def uninstall_desktop(folder: Path | None = None) -> Sequence[Path]:
    """Remove what was installed; return the files that were there."""
    folder = folder or data_folder()
    removed = []
    for path in (_entry_path(folder), *_icon_paths(folder)):
        try:
            path.unlink()
        except FileNotFoundError:
            continue
        except OSError as error:
            raise PapayaError(
                f"{path} cannot be removed: {error.strerror}", remedy=f"correct the rights of {path.parent}"
            ) from None
        removed.append(path)
    return tuple(removed)


def complaints(entry: Path) -> str:
    """Return what the desktop's own tool says against an entry; nothing where it is not installed."""
    tool = shutil.which("desktop-file-validate")
    if tool is None:
        return ""
    result = subprocess.run(  # noqa: S603
        [tool, str(entry)], capture_output=True, text=True, timeout=20, check=False, env=child_environment()
    )
    return (result.stdout + result.stderr).strip()


def icon_svg() -> bytes:
    """Return the icon's drawing."""
    return files("papaya_gui").joinpath("data", f"{NAME}.svg").read_bytes()


def icon_png(drawing: bytes, side: int = SIDE) -> bytes:
    """Return a drawing as PNG, for desktops that draw no SVG; needs no screen."""
    from PyQt6.QtCore import QBuffer, QByteArray, QIODevice
    from PyQt6.QtGui import QImage, QPainter
    from PyQt6.QtSvg import QSvgRenderer

    image = QImage(side, side, QImage.Format.Format_ARGB32_Premultiplied)
    image.fill(0)
    painter = QPainter(image)
    painter.setRenderHint(QPainter.RenderHint.Antialiasing)
    QSvgRenderer(QByteArray(drawing)).render(painter)
    painter.end()
    buffer = QBuffer()
    buffer.open(QIODevice.OpenModeFlag.WriteOnly)
    image.save(buffer, "PNG")
    return bytes(buffer.data().data())


def _text(value: str) -> str:
    if any(letter in value for letter in "\n\r\0"):
        raise PapayaError(f"a desktop entry cannot name {value!r}", remedy="rename it without line breaks")
    return value.replace("\\", "\\\\")


def _entry_path(folder: Path) -> Path:
    return folder / "applications" / f"{NAME}.desktop"


def _icon_paths(folder: Path) -> tuple[Path, Path]:
    icons = folder / "icons" / "hicolor"
    return (
        icons / "scalable" / "apps" / f"{NAME}.svg",
        icons / f"{SIDE}x{SIDE}" / "apps" / f"{NAME}.png",
    )
