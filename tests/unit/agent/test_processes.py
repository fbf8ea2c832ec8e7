"""Programs of calls: bounded in time and in what they may say."""

from __future__ import annotations

import os
import signal
import sys
import time
import tracemalloc
from pathlib import Path

from papaya.agent.processes import run_program

PYTHON = [sys.executable, "-S", "-c"]


def test_a_program_that_complains_without_end_fills_no_memory() -> None:
    tracemalloc.start()
    try:
        told = run_program([*PYTHON, "import sys\nwhile True: sys.stderr.write('x' * 65536)"], 1.0)
        _, most = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert told is not None
    assert "took longer than 1 s" in told
    assert most < 8_000_000


def test_the_end_of_a_program_is_told_by_its_code() -> None:
    assert run_program([*PYTHON, ""], 60.0) is None
    told = run_program([*PYTHON, "import sys; sys.stderr.write('x' * 10**6); sys.exit(3)"], 60.0)
    assert told is not None
    assert told.endswith("ended with 3")


def test_a_child_that_stays_behind_keeps_nobody_waiting(tmp_path: Path) -> None:
    began, file = time.monotonic(), tmp_path / "child"
    assert run_program(["sh", "-c", f"sleep 300 & echo $! > {file}"], 200.0) is None
    os.kill(int(file.read_text(encoding="ascii")), signal.SIGKILL)
    assert time.monotonic() - began < 100
