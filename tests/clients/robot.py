"""A client of ThingsBoard in a process of its own, driven line by line."""

from __future__ import annotations

import json
import os
import queue
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".make/clients/bin/python"
ROBOTS = Path(__file__).parent / "robots"
# A gateway takes seconds to start, and a minute on a busy machine.
_SECONDS = 120.0


def install() -> None:
    """Install the pinned clients, unless they are there."""
    subprocess.run([ROOT / ".ci/clients"], check=True, timeout=600)


def soon(condition: Callable[[], bool]) -> bool:
    """Tell whether a condition comes to hold."""
    end = time.monotonic() + _SECONDS
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.05)
    return False


class Robot:
    """A running client; events that nobody waits for stay in their queues."""

    def __init__(self, script: str, *arguments: object, folder: Path) -> None:
        self._events: dict[str, queue.Queue[Any]] = {}
        self._lock = threading.Lock()
        self._log = (folder / f"{script}.log").open("w+")
        self._process = subprocess.Popen(
            [PYTHON, ROBOTS / f"{script}.py", *map(str, arguments)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
            cwd=folder,
            env={"PATH": os.environ["PATH"], "HOME": str(folder), "PIP_NO_INDEX": "1"},
        )
        self._reading = threading.Thread(target=self._read, daemon=True)
        self._reading.start()

    def __enter__(self) -> Robot:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.kill()
        self._process.wait()
        self._reading.join()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                stream.close()

    def call(self, name: str, *given: Any) -> Any:
        """Call a method of the client, and return what it returned."""
        stdin = self._process.stdin
        assert stdin is not None
        stdin.write(json.dumps({"call": name, "with": given}) + "\n")
        stdin.flush()
        return self.hear("returned")

    def hear(self, event: str) -> Any:
        """Wait for an event, and return what came with it."""
        try:
            return self._queue(event).get(timeout=_SECONDS)
        except queue.Empty:
            raise AssertionError(f"no {event} came; the client said:\n{self.log()}") from None

    def log(self) -> str:
        """Return what the client wrote on stderr."""
        self._log.seek(0)
        return self._log.read()

    def _queue(self, event: str) -> queue.Queue[Any]:
        with self._lock:
            return self._events.setdefault(event, queue.Queue())

    def _read(self) -> None:
        assert self._process.stdout is not None
        for line in self._process.stdout:
            try:
                event, value = json.loads(line)
            except ValueError:
                continue
            self._queue(event).put(value)
