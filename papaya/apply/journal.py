"""An append-only record of a run: what was about to be sent, and what came of it.

The journal explains a crash to a person. What it says decides nothing: the server stays the truth. That its
file is locked tells other processes of this machine that the run goes on; the lock ends with the process.
"""

from __future__ import annotations

import fcntl
import json
import os
import secrets
import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Protocol, Self

from platformdirs import user_state_path

from papaya.errors import system_reason
from papaya.foreign import still_json
from papaya.manifest.model import Json

_FLAGS = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Journal(Protocol):
    """Where a run writes what it does."""

    def write(self, event: str, **values: Json) -> None:
        """Append one event."""


class NoJournal:
    """A journal for runs that leave no trace, such as tests."""

    def write(self, event: str, **values: Json) -> None:
        """Do nothing."""


class FileJournal:
    """One JSON object a line, readable by its owner alone; a line is complete or absent.

    Values are names, ids and keys, never those of attributes or secrets. A full disk or a folder that is
    read-only stops no run: `fault` says why the journal is absent or ends early.
    """

    def __init__(self, path: Path, *, now: Callable[[], str]) -> None:
        self.path = path
        self.fault = ""
        self._now = now
        self._lock = threading.Lock()
        self._file = -1
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._file = os.open(path, _FLAGS, 0o600)
        except OSError as error:
            self.fault = system_reason(error)
            return
        with suppress(OSError):
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def write(self, event: str, **values: Json) -> None:
        """Append one event; it survives the end of this process as soon as this returns."""
        line = (
            still_json(json.dumps({"at": self._now(), "event": event, **values}, ensure_ascii=False)) + "\n"
        )
        with self._lock:
            if self._file >= 0 and not self.fault:
                self._append(line.encode())

    def _append(self, line: bytes) -> None:
        size = os.fstat(self._file).st_size
        try:
            left = line
            while left:
                left = left[os.write(self._file, left) :]
        except OSError as error:
            # The file stays open: its lock tells other processes that the run goes on.
            self.fault = system_reason(error)
            with suppress(OSError):
                os.ftruncate(self._file, size)

    def close(self) -> None:
        """Close the file; later events are dropped."""
        with self._lock:
            if self._file >= 0:
                os.close(self._file)
                self._file = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()


def run_name(of: str) -> str:
    """Return a name for a run of a fleet that no other run has, with the time at which it begins (UTC)."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S}-{of}-{secrets.token_hex(3)}"


def journal_of(run: str) -> FileJournal:
    """Return the journal of a run, in the user's state folder."""
    return FileJournal(journal_file(run), now=lambda: datetime.now(UTC).isoformat(timespec="milliseconds"))


def journal_file(run: str) -> Path:
    """Return where the journal of a run is kept: in the user's state folder."""
    return user_state_path("papaya") / "journals" / f"{run}.jsonl"


def is_abandoned(path: Path) -> bool:
    """Return whether the process that wrote a journal has certainly ended; False where nobody can tell."""
    try:
        file = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        # Locked by the run, or on a file system that knows no locks.
        return False
    finally:
        os.close(file)
    return True
