"""Runs a program that prints JSON, CSV or a bare number; arguments as a list, never a shell."""

from __future__ import annotations

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence

from papaya.child_environment import child_environment
from papaya.errors import system_reason
from papaya.sensors.backend import SensorBackend, SensorFault
from papaya.sensors.parsed import MOST_BYTES, OPTIONS, Form, readings_of
from papaya.sensors.reading import SensorReading
from papaya.sensors.source import Source

_LONGEST_COMPLAINT = 200
# So that the program is gone before the poll itself is given up.
_SHARE_OF_TIMEOUT = 0.9


class CommandBackend(SensorBackend):
    """Options: `argv`, a list whose first item is the program; `environment`, names of its variables.

    `form`, `delimiter` and `decimal` are as in a source of type file.
    """

    def __init__(self, source: Source) -> None:
        source.only("argv", "environment", *OPTIONS)
        self._source = source
        self._form = Form.of(source)
        self._kept = source.texts("environment") if "environment" in source.options else ()
        self._arguments = source.texts("argv")
        self._process: subprocess.Popen[bytes] | None = None

    def get_available_sensors(self) -> Sequence[str]:
        """Return the keys of the declared sensors."""
        return self._source.keys

    def get_latest_readings(self) -> Mapping[str, SensorReading]:
        """Run the program once and return what it printed."""
        # Unlike a file that is written on, what a program printed is complete.
        return readings_of(self._source, self._form.found_in(f"{self._output()}\n"))

    def close(self) -> None:
        """Kill the program if it still runs."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)

    def _output(self) -> str:
        program = self._arguments[0]
        try:
            process = subprocess.Popen(  # noqa: S603 - declared in the device's own manifest, and no shell
                self._arguments,
                cwd=self._source.folder,
                env=child_environment(keep=self._kept),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                start_new_session=True,
            )
        except OSError as error:
            reason = system_reason(error)
            raise SensorFault(f"{program} cannot be started: {reason}") from error
        self._process = process
        until = time.monotonic() + self._source.timeout * _SHARE_OF_TIMEOUT
        try:
            out, complaint = _said(process, until)
            process.wait(max(0.0, until - time.monotonic()))
        except (TimeoutError, subprocess.TimeoutExpired) as error:
            raise SensorFault(f"{program} gave no answer within {self._source.timeout:g} s") from error
        finally:
            # Also the children that it leaves behind.
            self.close()
            process.wait()
            for pipe in (process.stdout, process.stderr):
                if pipe is not None:
                    pipe.close()
            self._process = None
        if process.returncode:
            words = " ".join(complaint.decode(errors="replace").split())[:_LONGEST_COMPLAINT]
            raise SensorFault(f"{program} ended with {process.returncode}{f': {words}' if words else ''}")
        return out.decode("utf-8", "replace")


def _said(process: subprocess.Popen[bytes], until: float) -> tuple[bytes, bytes]:
    """Return what a program prints, never more than fits in memory."""
    texts = {process.stdout: bytearray(), process.stderr: bytearray()}
    with selectors.DefaultSelector() as waiting:
        for pipe in texts:
            if pipe is not None:
                waiting.register(pipe, selectors.EVENT_READ, texts[pipe])
        while waiting.get_map():
            left = until - time.monotonic()
            if left <= 0:
                raise TimeoutError
            for key, _ in waiting.select(left):
                chunk = os.read(key.fd, 65_536)
                if not chunk:
                    waiting.unregister(key.fileobj)
                key.data.extend(chunk)
                if len(key.data) > MOST_BYTES:
                    raise SensorFault(f"it printed more than {MOST_BYTES:,} bytes")
    out, complaint = texts.values()
    return bytes(out), bytes(complaint)
