"""Programs that calls start: a list of arguments and never a shell, a time limit, one of a kind at a time."""

from __future__ import annotations

import contextlib
import logging
import os
import selectors
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Sequence

from papaya.agent.guard import fault_in
from papaya.child_environment import child_environment
from papaya.errors import system_reason
from papaya.foreign import shown

log = logging.getLogger(__name__)

_LONGEST_OUTPUT = 300
_MOST_BYTES = 65_536
_LOOK_EVERY = 0.05


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
            try:
                fault = run_program(arguments, self._limit)
            except Exception as error:
                # The server waits for an answer, and another call for its turn.
                fault = fault_in(error)
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
        return f"{arguments[0]} cannot be started: {system_reason(error)}"
    try:
        said = _complaint(process, time.monotonic() + limit)
    except subprocess.TimeoutExpired:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        return f"{arguments[0]} took longer than {limit:g} s"
    finally:
        if process.stderr is not None:
            process.stderr.close()
    if process.returncode:
        text = shown(" ".join(said.decode(errors="replace").split()), _LONGEST_OUTPUT)
        log.warning("%s ended with %d: %s", arguments[0], process.returncode, text)
        return f"{arguments[0]} ended with {process.returncode}"
    return None


def _complaint(process: subprocess.Popen[bytes], until: float) -> bytes:
    """Wait for a program and return the beginning of what it wrote to stderr; it may write without end.

    A child that it leaves behind may hold stderr open for as long as it likes.
    """
    said = bytearray()
    with selectors.DefaultSelector() as waiting:
        if process.stderr is not None:
            waiting.register(process.stderr, selectors.EVENT_READ)
        while True:
            ended = process.poll() is not None
            left = until - time.monotonic()
            if left <= 0 and not ended:
                raise subprocess.TimeoutExpired(process.args, 0)
            ready = waiting.select(0 if ended else min(left, _LOOK_EVERY))
            if ended and not ready:
                return bytes(said)
            for key, _ in ready:
                chunk = os.read(key.fd, 65_536)
                if not chunk:
                    waiting.unregister(key.fileobj)
                said.extend(chunk[: _MOST_BYTES - len(said)])
            if ended and left <= 0:
                return bytes(said)
            if not waiting.get_map():
                process.wait(max(0.0, until - time.monotonic()))
                return bytes(said)
