"""Programs that calls start: a list of arguments and never a shell, a time limit, one of a kind at a time."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Sequence

from papaya.child_environment import child_environment

log = logging.getLogger(__name__)

_LONGEST_OUTPUT = 300


class Programs:
    """Programs under way, by what they are for; `later` runs something in the agent's thread."""

    def __init__(self, later: Callable[[Callable[[], None]], None], limit: float = 8.0) -> None:
        self._later, self._limit = later, limit
        self._under_way: set[str] = set()

    def start(self, purpose: str, arguments: Sequence[str], ended: Callable[[str | None], None]) -> bool:
        """Start a program unless one with this purpose runs; `ended` learns what went wrong, if anything."""
        if purpose in self._under_way:
            return False
        self._under_way.add(purpose)

        def told(fault: str | None) -> None:
            self._under_way.discard(purpose)
            ended(fault)

        def run() -> None:
            fault = run_program(arguments, self._limit)
            self._later(lambda: told(fault))

        threading.Thread(target=run, name=purpose, daemon=True).start()
        return True


def run_program(arguments: Sequence[str], limit: float) -> str | None:
    """Run a program to its end, or kill it with its children in time; return what went wrong."""
    try:
        process = subprocess.Popen(  # noqa: S603 - a list of arguments, the program is configured on the device
            list(arguments),
            env=child_environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
    except OSError as error:
        return f"{arguments[0]} cannot be started: {(error.strerror or str(error)).lower()}"
    try:
        _, said = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        if process.stderr is not None:
            process.stderr.close()
        return f"{arguments[0]} took longer than {limit:g} s"
    if process.returncode:
        text = " ".join(said.decode(errors="replace").split())[:_LONGEST_OUTPUT]
        log.warning("%s ended with %d: %s", arguments[0], process.returncode, text)
        return f"{arguments[0]} ended with {process.returncode}"
    return None
