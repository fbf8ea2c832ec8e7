"""Reads a file with JSON, CSV or a bare number, which another process or the kernel writes."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from papaya.conflicts import CONFLICT, CONFLICT_REMEDY, conflict_in
from papaya.sensors.backend import SensorBackend, SensorFault
from papaya.sensors.found import Found
from papaya.sensors.parsed import MOST_BYTES, OPTIONS, Form, readings_of
from papaya.sensors.reading import SensorReading
from papaya.sensors.source import Source


class FileBackend(SensorBackend):
    """Options: `path`; `form`, json or csv (default: by the name), `delimiter`, `decimal`; `staleAfter`.

    `staleAfter` is how many seconds the file may stay as it is. On a shared disk another machine's clock says
    when it was written, so only the first look goes by that; later, changes count from when they are seen.
    """

    def __init__(self, source: Source) -> None:
        source.only("path", "staleAfter", *OPTIONS)
        self._source = source
        self._path = source.path()
        self._form = Form.of(source, "csv" if self._path.suffix.lower() == ".csv" else "json")
        self._stale_after = source.number("staleAfter", 0)
        self._written: int | None = None
        self._since = 0

    def get_available_sensors(self) -> Sequence[str]:
        """Return the keys of the declared sensors."""
        return self._source.keys

    def get_latest_readings(self) -> Mapping[str, SensorReading]:
        """Return what the file says; values without a time of their own have that of the file."""
        text, written = self._read()
        dated = {
            name: Found(one.value, written if one.timestamp is None else one.timestamp)
            for name, one in self._form.found_in(text).items()
        }
        return readings_of(self._source, dated)

    def _read(self) -> tuple[str, int]:
        text, written = read_text(self._path)
        now = self._source.now()
        if written != self._written:
            self._since = min(written, now) if self._written is None else now
            self._written = written
        age = (now - self._since) / 1000
        if self._stale_after and age > self._stale_after:
            raise SensorFault(f"{self._path} has not changed for {age:.0f} s")
        return text, written


def check_regular(path: Path) -> None:
    """Raise SensorFault for a pipe, a device or a folder, which other ways of opening may wait for."""
    try:
        mode = path.stat().st_mode
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if not stat.S_ISREG(mode):
        raise SensorFault(f"{path} is not a regular file")


def _utf_8(content: bytes) -> str:
    return content.decode("utf-8-sig", "replace")


def read_text(
    path: Path, most: int = MOST_BYTES, decoded: Callable[[bytes], str] = _utf_8
) -> tuple[str, int]:
    """Return what a regular file of at most `most` bytes says, and when it was written, in milliseconds."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise SensorFault(f"{path} is not a regular file")
            content = file.read(most + 1)
    except (OSError, ValueError) as error:
        raise _unreadable(path, error) from error
    if len(content) > most:
        raise SensorFault(f"{path} has {status.st_size:,} bytes, more than {most:,}")
    text = decoded(content)
    conflict = conflict_in(text)
    if conflict is not None:
        raise SensorFault(f"{path}: {CONFLICT} (line {conflict})", remedy=f"{CONFLICT_REMEDY.capitalize()}.")
    return text, status.st_mtime_ns // 1_000_000


def _unreadable(path: Path, error: OSError | ValueError) -> SensorFault:
    reason = (error.strerror if isinstance(error, OSError) else None) or str(error)
    return SensorFault(f"{path} cannot be read: {reason.lower()}")
