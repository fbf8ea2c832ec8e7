"""One ssh process from its start to its end: whether it forwards, what it says, that nothing of it stays."""

from __future__ import annotations

import contextlib
import os
import re
import select
import signal
import subprocess
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import papaya.tunnel.leashed
from papaya.child_environment import child_environment
from papaya.tunnel.complaints import is_debugging
from papaya.tunnel.stopping import Stop

# With -v only, in the same words since OpenSSH 4: the bastion has said that it listens.
_FORWARDS = re.compile(r"debug1: remote forward success for: ")
_AUTHENTICATED = re.compile(r"Authenticated to |debug1: Authentication succeeded ")
_LINES_KEPT = 100
_GRACE_SECONDS = 2.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How an attempt went: `up_for` seconds the forward was there, None where it never was.

    `said` is what ssh wrote for people. `was_too_slow` says that it was ended for not getting there in time.
    """

    said: str
    up_for: float | None = None
    authenticated: bool = False
    was_too_slow: bool = False


def attempt(
    ssh: str,
    arguments: Sequence[str],
    *,
    stop: Stop,
    starts_within: float,
    on_up: Callable[[], None],
    on_said: Callable[[str], None],
    clock: Callable[[], float],
) -> Ended:
    """Run ssh until it ends, does not forward in time, or is to stop.

    `on_up` learns that the bastion forwards, `on_said` of each line that ssh writes for people after that.
    """
    with started(ssh, arguments) as process:
        return _watch(process, stop, clock() + starts_within, on_up, on_said, clock)


@contextlib.contextmanager
def started(
    ssh: str, arguments: Sequence[str], *, stderr: int | IO[bytes] = subprocess.PIPE
) -> Iterator[subprocess.Popen[bytes]]:
    """Start ssh on a leash; it has ended when the block is left."""
    leash = [sys.executable, "-I", "-S", str(Path(papaya.tunnel.leashed.__file__)), str(os.getpid())]
    process = subprocess.Popen(  # noqa: S603 - a list of checked arguments
        # -v says when the bastion forwards, which nothing else does while ssh stays in the foreground.
        [*leash, ssh, "-v", *arguments],
        stdin=subprocess.DEVNULL,
        env=child_environment(),
        stdout=subprocess.DEVNULL,
        stderr=stderr,
        # What a terminal sends to its foreground is for the supervisor alone, and nothing asks there.
        start_new_session=True,
    )
    try:
        yield process
    finally:
        end(process)
        if process.stderr is not None:
            process.stderr.close()


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and wait for its end; what does not go when asked is killed."""
    for number, patience in ((signal.SIGTERM, _GRACE_SECONDS), (signal.SIGKILL, None)):
        if process.poll() is not None:
            return
        process.send_signal(number)
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue


def lines_from(
    process: subprocess.Popen[bytes], stop: Stop, wait: Callable[[], float | None]
) -> Iterator[str | None]:
    """Yield each line of stderr until its end or the request to stop; None whenever `wait` seconds passed."""
    assert process.stderr is not None  # noqa: S101 - it was opened with a pipe
    descriptor = process.stderr.fileno()
    rest = b""
    while True:
        ready = select.select([descriptor, stop.fileno()], [], [], wait())[0]
        if stop.is_set:
            return
        if not ready:
            yield None
            continue
        data = os.read(descriptor, 65_536)
        if not data:
            if rest:
                yield rest.decode(errors="replace").strip("\r")
            return
        *whole, rest = (rest + data).split(b"\n")
        for line in whole:
            yield line.decode(errors="replace").strip("\r")


def _watch(
    process: subprocess.Popen[bytes],
    stop: Stop,
    until: float,
    on_up: Callable[[], None],
    on_said: Callable[[str], None],
    clock: Callable[[], float],
) -> Ended:
    said: deque[str] = deque(maxlen=_LINES_KEPT)
    up_at: float | None = None
    authenticated = was_too_slow = False

    def patience() -> float | None:
        # ssh itself watches a connection that is up.
        return None if up_at is not None else max(until - clock(), 0.0)

    for line in lines_from(process, stop, patience):
        if up_at is None and clock() >= until:
            # It may hang where ssh itself has no limit: in the exchange of keys, or waiting for a reply.
            was_too_slow = True
            break
        if line is None:
            continue
        authenticated = authenticated or _AUTHENTICATED.match(line) is not None
        if up_at is None and _FORWARDS.match(line):
            up_at = clock()
            on_up()
        if not is_debugging(line):
            said.append(line)
            if up_at is not None:
                on_said(line)
    up_for = None if up_at is None else clock() - up_at
    return Ended("\n".join(said), up_for, authenticated, was_too_slow)
