"""A person at a terminal: papaya as a process of its own, what it shows, and what is typed."""

from __future__ import annotations

import codecs
import os
import pty
import re
import select
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path

PATIENCE = 90.0


class Terminal:
    """Runs papaya where it believes to talk to a person, at 80 columns and 24 lines."""

    def __init__(self, *arguments: str) -> None:
        master, slave = pty.openpty()
        termios.tcsetwinsize(slave, (24, 80))
        self._master = master
        self.process = subprocess.Popen(
            [sys.executable, "-m", "papaya", *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
            cwd=Path.cwd(),
            env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        )
        os.close(slave)
        self.shown = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")()

    def answer(self, question: str, text: str, *, hidden: bool = False) -> None:
        """Wait for a question and type an answer, a hidden one once it does not show any more."""
        before = len(self.shown)
        self._read_until(lambda: question in self.shown[before:])
        until = time.monotonic() + PATIENCE
        while hidden and termios.tcgetattr(self._master)[3] & termios.ECHO:
            assert time.monotonic() < until, self.shown
            time.sleep(0.01)
        os.write(self._master, f"{text}\n".encode())

    def finish(self) -> int:
        """Wait for the end; return the exit code."""
        self._read_until(lambda: False)
        os.close(self._master)
        return self.process.wait(PATIENCE)

    def _read_until(self, is_enough: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE
        while not is_enough():
            if not select.select([self._master], [], [], max(0.0, deadline - time.monotonic()))[0]:
                raise TimeoutError(self.shown)
            try:
                piece = os.read(self._master, 4096)
            except OSError:
                return
            if not piece:
                return
            self.shown += re.sub(r"\x1b\[[0-9;]*m", "", self._decoder.decode(piece))
