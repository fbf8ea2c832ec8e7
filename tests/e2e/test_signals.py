"""Commands that serve end on a signal, whichever of their threads the kernel gives it to."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path


def test_a_sandbox_ends_by_a_signal_that_goes_to_another_thread(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "papaya", "sandbox", "--port", "0", "--mqtt-port", "0"]
    with subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        next(line for line in process.stdout if "http://" in line)
        threads = {int(task.name) for task in Path(f"/proc/{process.pid}/task").iterdir()}
        # To its number the kernel gives a thread what is for the whole process, if it can.
        os.kill(max(threads - {process.pid}), signal.SIGTERM)
        try:
            assert process.wait(30) == 0
        finally:
            process.kill()
