"""A command in a terminal of the user's own."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence

from papaya.child_environment import child_environment

# Terminals in the order of preference, with what stands before the command to run.
_TERMINALS = (
    ("x-terminal-emulator", ("-e",)),
    ("gnome-terminal", ("--",)),
    ("konsole", ("-e",)),
    ("xfce4-terminal", ("-x",)),
    ("kitty", ()),
    ("alacritty", ("-e",)),
    ("foot", ()),
    ("wezterm", ("start", "--")),
    ("xterm", ("-e",)),
)
# A terminal closes with its command: what went wrong has to be read first.
_STAY = "{command}; s=$?; [ $s -eq 0 ] || {{ printf '\\nEnded with %s. Press Enter. ' $s; read _; }}"


def in_terminal(
    command: Sequence[str],
    environment: Mapping[str, str],
    find: Callable[[str], str | None] = shutil.which,
) -> list[str] | None:
    """Return what runs a command in a terminal, None where there is none; $TERMINAL names another one."""
    inside = ["sh", "-c", _STAY.format(command=shlex.join(command))]
    chosen = environment.get("TERMINAL", "")
    own = [(chosen, ("-e",))] if chosen and chosen not in dict(_TERMINALS) else []
    named = [(name, before) for name, before in _TERMINALS if name == chosen]
    for name, before in (*named, *own, *_TERMINALS):
        path = find(name)
        if path is not None:
            return [path, *before, *inside]
    return None


def connect_command(device: str, paths: Sequence[str], environment: str | None) -> list[str]:
    """Return the command line that opens a shell on a device through its tunnel."""
    words = [sys.executable, "-m", "papaya", "connect", device]
    for path in paths:
        words += ["-f", path]
    return [*words, "-e", environment] if environment else words


def run_detached(command: Sequence[str]) -> None:
    """Run a command that outlives the window; raise an OSError where it cannot be started."""
    subprocess.Popen(  # noqa: S603 - a terminal with the command that the user asked for
        command,
        env=child_environment(),
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
