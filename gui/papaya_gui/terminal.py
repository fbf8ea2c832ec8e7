"""A command in a terminal of the user's own."""

from __future__ import annotations

import shlex
import shutil
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

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
# How a person reaches bastion and device; no secrets.
_KEPT = ("PAPAYA_SSH_CONFIG", "PAPAYA_JUMP_USER", "PAPAYA_DEVICE_USER", "PAPAYA_CONFIG", "PAPAYA_URL")
# A terminal closes with its command: what went wrong has to be read first.
_STAY = "{command}; s=$?; [ $s -eq 0 ] || {{ printf '\\nEnded with %s. Press Enter. ' $s; read _; }}"


def in_terminal(
    command: Sequence[str],
    environment: Mapping[str, str],
    find: Callable[[str], str | None] = shutil.which,
) -> list[str] | None:
    """Return what runs a command in a terminal, None where there is none.

    $TERMINAL names another one, by its name or path, with options of its own if need be.
    """
    inside = ["sh", "-c", _STAY.format(command=shlex.join(command))]
    known = dict(_TERMINALS)
    chosen, *options = _words(environment.get("TERMINAL", "")) or [""]
    own = [(chosen, (*options, *known.get(Path(chosen).name, ("-e",))))] if chosen else []
    for name, before in (*own, *_TERMINALS):
        path = find(name)
        if path is not None:
            return [path, *before, *inside]
    return None


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        # A quote that is not closed is no reason to have no terminal.
        return line.split()


def connect_command(device: str, paths: Sequence[str], environment: str | None) -> list[str]:
    """Return the command line that opens a shell on a device through its tunnel."""
    words = [sys.executable, "-m", "papaya", "connect", device]
    for path in paths:
        words += ["-f", path]
    return [*words, "-e", environment] if environment else words


def run_detached(command: Sequence[str]) -> None:
    """Run a command that outlives the window; raise an OSError where it cannot be started."""
    running = subprocess.Popen(  # noqa: S603 - a terminal with the command that the user asked for
        command,
        env=child_environment(keep=_KEPT),
        start_new_session=True,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    # What has ended is taken note of, else it stays in the system's list of processes.
    threading.Thread(target=running.wait, name="papaya-terminal", daemon=True).start()
