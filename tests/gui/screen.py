"""A screen without a monitor: Xvfb, on a number that is free."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from tests.e2e.meter import PATIENCE


@contextlib.contextmanager
def screen(folder: Path, size: str = "1400x900x24") -> Iterator[str]:
    """Run an X server, and give what DISPLAY is to be."""
    program = shutil.which("Xvfb")
    assert program is not None, "Xvfb is missing: run .ci/packages"
    reading, writing = os.pipe()
    with (folder / "xvfb.log").open("wb") as said:
        server = subprocess.Popen(
            [program, "-displayfd", str(writing), "-screen", "0", size, "-nolisten", "tcp", "-noreset"],
            pass_fds=[writing],
            stdout=said,
            stderr=said,
        )
    os.close(writing)
    try:
        with os.fdopen(reading) as told:
            number = told.readline().strip()
        assert number, (folder / "xvfb.log").read_text(encoding="utf-8", errors="replace")
        yield f":{number}"
    finally:
        server.terminate()
        server.wait(PATIENCE)
