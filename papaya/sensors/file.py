"""Reads a JSON or CSV file that another process writes."""

from __future__ import annotations

import os
import stat
from collections.abc import Sequence
from pathlib import Path

from papaya.manifest.model import Sensor
from papaya.sensors.backend import SensorBackend, SensorFault
from papaya.sensors.parsed import MOST_BYTES, Found, found_in_csv, found_in_json, readings_of
from papaya.sensors.reading import SensorReading
from papaya.sensors.source import Source


class FileBackend(SensorBackend):
    """Options: `path`; `form`, json or csv (default: by the name); `staleAfter`, the greatest age in s."""

    def __init__(self, source: Source) -> None:
        source.only("path", "form", "staleAfter")
        self._source = source
        self._path = source.path()
        self._form = source.text("form", "csv" if self._path.suffix.lower() == ".csv" else "json")
        if self._form not in ("json", "csv"):
            raise SensorFault(f"form is json or csv, not {self._form}")
        self._stale_after = source.number("staleAfter", 0)

    def get_available_sensors(self) -> Sequence[Sensor]:
        """Return the declared sensors."""
        return self._source.sensors

    def get_latest_readings(self) -> Sequence[SensorReading]:
        """Return what the file says; values without a time of their own have that of the file."""
        text, written = self._read()
        found = found_in_csv(text) if self._form == "csv" else found_in_json(text)
        dated = {
            name: Found(one.value, written if one.timestamp is None else one.timestamp)
            for name, one in found.items()
        }
        return readings_of(self._source, dated)

    def _read(self) -> tuple[str, int]:
        text, written = read_text(self._path)
        age = (self._source.now() - written) / 1000
        if self._stale_after and age > self._stale_after:
            raise SensorFault(f"{self._path} was last written {age:.0f} s ago")
        return text, written


def read_text(path: Path, most: int = MOST_BYTES) -> tuple[str, int]:
    """Return what an ordinary file of `most` bytes says, and when it was written, in milliseconds."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
        with os.fdopen(descriptor, "rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise SensorFault(f"{path} is no ordinary file")
            content = file.read(most + 1)
    except OSError as error:
        raise SensorFault(f"{path} cannot be read: {(error.strerror or str(error)).lower()}") from error
    if len(content) > most:
        raise SensorFault(f"{path} has {status.st_size:,} bytes, more than {most:,}")
    return content.decode("utf-8-sig", "replace"), status.st_mtime_ns // 1_000_000
