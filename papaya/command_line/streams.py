"""The standard streams of the process, and what the machine refuses when something is written."""

from __future__ import annotations

import contextlib
import errno
import os
import sys
from typing import Final, TextIO

from papaya.errors import system_reason

# What a disk, its limits and its rights refuse wherever papaya writes: no fault of papaya.
_OF_MACHINE: Final = frozenset(
    (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.EFBIG, errno.EIO, errno.EACCES, errno.EPERM, errno.EMFILE)
)


def reason_of_machine(error: Exception) -> str:
    """Return what this machine does not let papaya write or read, and why; empty for any other error."""
    if not isinstance(error, OSError) or error.errno not in _OF_MACHINE:
        return ""
    what = error.filename if isinstance(error.filename, str) else "the output"
    return f"{what} cannot be written or read: {system_reason(error)}"


def open_streams() -> None:
    """Open the standard streams that are closed, as after `<&-`: Python has None for them."""
    for number, (name, mode) in enumerate((("stdin", "r"), ("stdout", "w"), ("stderr", "w"))):
        if getattr(sys, name) is not None:
            continue
        nowhere = os.open(os.devnull, os.O_RDWR)
        if nowhere != number:
            # Else the next file that is opened would get this number, and what is printed.
            os.dup2(nowhere, number)
            os.close(nowhere)
        setattr(sys, name, os.fdopen(number, mode, closefd=False))


def drop_output(*streams: TextIO) -> None:
    """Drop what is still buffered for a reader who has gone, so that Python does not complain at exit."""
    for stream in streams:
        with contextlib.suppress(OSError, ValueError):
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, stream.fileno())
            os.close(nowhere)
