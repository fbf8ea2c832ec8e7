"""The record that `papaya tunnel run` keeps of a line, for whoever asks how it is doing."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any
from urllib.parse import quote

from papaya.bounded_file import LARGEST_SETTINGS, read_text
from papaya.errors import PapayaError, system_reason
from papaya.tunnel.complaints import Complaint
from papaya.tunnel.condition import Condition
from papaya.tunnel.line import Line

_SYSTEM_FOLDER = Path("/run/papaya/tunnel")
_ATTEMPTS = 10


def record_folders(environment: Mapping[str, str]) -> tuple[Path, ...]:
    """Return where records may lie: first where this process writes them, then where root does.

    RUNTIME_DIRECTORY is how a service manager says it.
    """
    given = environment.get("RUNTIME_DIRECTORY", "").partition(":")[0]
    if given:
        return (Path(given), _SYSTEM_FOLDER)
    if os.geteuid() == 0:
        return (_SYSTEM_FOLDER,)
    import platformdirs

    own = environment.get("XDG_RUNTIME_DIR")
    folder = Path(own) / "papaya" if own else platformdirs.user_state_path("papaya", appauthor=False)
    return (folder / "tunnel", _SYSTEM_FOLDER)


class Record:
    """The record of one line in a folder; whoever writes it holds a lock on it as long as they live."""

    def __init__(self, folder: Path, line: Line) -> None:
        name = quote(f"{line.device} {line.forward.name}", safe=" @+,=()[]{}~!$")[:200]
        self._folder = folder
        self._path, self._lock = folder / f"{name}.json", folder / f"{name}.lock"
        self._line = line

    @contextlib.contextmanager
    def held(self) -> Iterator[None]:
        """Keep the record within the block; refuse where another process does."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True, mode=0o755 if os.geteuid() == 0 else 0o700)
            lock = os.open(self._lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        except OSError as error:
            raise _not_written(self._lock, error) from error
        try:
            if not _locks(lock):
                raise PapayaError(
                    f"papaya tunnel run keeps {self._line.unit} of {self._line.device} already",
                    remedy="Two would fight for one remote port: end the other one first.",
                )
            yield
        finally:
            os.close(lock)

    def beside(self, kind: str, text: str) -> str:
        """Write a file beside the record and return its path."""
        path = self._path.with_suffix(f".{kind}")
        try:
            path.write_text(text, encoding="utf-8")
        except OSError as error:
            raise _not_written(path, error) from error
        return str(path)

    def write(self, condition: Condition) -> None:
        """Replace the record; where that is impossible, the tunnel works on without."""
        made = self._path.with_suffix(".new")
        with contextlib.suppress(OSError):
            made.write_text(json.dumps({**asdict(condition), "pid": os.getpid()}), encoding="utf-8")
            made.replace(self._path)

    def read(self) -> Condition | None:
        """Return the record if somebody keeps it."""
        try:
            with self._lock.open("rb") as lock:
                # Shared, so that two readers do not take each other for a keeper.
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
                return None
        except BlockingIOError:
            return self._parsed()
        except OSError:
            return None

    def _parsed(self) -> Condition | None:
        try:
            written: dict[str, Any] = json.loads(read_text(self._path, most=LARGEST_SETTINGS))
            complaint = written.pop("complaint")
            return Condition(**written, complaint=None if complaint is None else Complaint(**complaint))
        except (OSError, ValueError, TypeError, KeyError, RecursionError):
            # It was just begun, or another version of papaya wrote it.
            return None


def _not_written(path: Path, error: OSError) -> PapayaError:
    return PapayaError(
        f"{path} cannot be written: {system_reason(error)}",
        remedy="papaya tunnel run keeps there how it is doing; RUNTIME_DIRECTORY names another folder.",
    )


def _locks(descriptor: int) -> bool:
    for attempt in range(_ATTEMPTS):
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return True
        # Somebody who asks how the line is doing holds it for a moment.
        if attempt < _ATTEMPTS - 1:
            time.sleep(0.02)
    return False
