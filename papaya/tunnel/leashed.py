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


def main(arguments: list[str]) -> None:
    """Become the program, on the leash of the parent."""
    parent, program = int(arguments[0]), arguments[1:]
    if ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL) != 0:
        raise SystemExit(f"{program[0]} cannot be started: this kernel does not end it with papaya")
    if os.getppid() != parent:
        # It died before it could be watched; there is nobody to tell.
        raise SystemExit(1)
    # Python ignores it, and what is ignored stays so in the program.
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    try:
        os.execvp(program[0], program)  # noqa: S606 - without a shell is what is meant
    except OSError as error:
        raise SystemExit(f"{program[0]} cannot be started: {error.strerror}") from None


if __name__ == "__main__":
    main(sys.argv[1:])
