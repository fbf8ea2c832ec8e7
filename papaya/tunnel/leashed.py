"""A program that starts another one in its place, which the kernel kills when the parent dies.

`python leashed.py PARENT PROGRAM ARGUMENT…`: a supervisor that is killed outright can end nobody any more,
and an ssh that outlives it would hold the remote port against its successor. This is a program of its own,
and not code between fork and exec of the supervisor, because threads make Python unsafe there.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

_PR_SET_PDEATHSIG = 1
EXIT_ORPHANED, EXIT_NOT_LEASHED = 75, 71


def main(arguments: list[str]) -> None:
    """Become the program, on the leash of the parent."""
    parent, program = int(arguments[0]), arguments[1:]
    if ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise SystemExit(EXIT_NOT_LEASHED)
    if os.getppid() != parent:
        # It died before it could be watched.
        raise SystemExit(EXIT_ORPHANED)
    # Python ignores it, and what is ignored stays so in the program.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    os.execvp(program[0], program)  # noqa: S606 - without a shell is what is meant


if __name__ == "__main__":
    main(sys.argv[1:])
