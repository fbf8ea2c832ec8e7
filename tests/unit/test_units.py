"""The systemd units that ship with papaya."""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from papaya.resources import locate

UNIT = "papaya-sandbox.service"


def unit_text() -> str:
    """Return the text of the unit."""
    return locate("systemd", UNIT).read_text(encoding="utf-8")


def test_the_sandbox_unit_starts_a_command_that_exists() -> None:
    unit = configparser.RawConfigParser(strict=False)
    unit.optionxform = str  # type: ignore[assignment, method-assign]
    unit.read_string(unit_text())
    program, *arguments = shlex.split(unit["Service"]["ExecStart"])
    assert Path(program).name == "papaya"
    asked = subprocess.run(
        [sys.executable, "-m", "papaya", *arguments, "--help"], capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, asked.stderr


@pytest.mark.skipif(not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine")
@pytest.mark.parametrize(
    "check", [["verify", "--man=no", "--recursive-errors=no"], ["security", "--offline=true"]]
)
def test_systemd_accepts_the_sandbox_unit(check: list[str], tmp_path: Path) -> None:
    copy = tmp_path / UNIT
    # verify insists that the program exists, and where papaya will be installed is not known here.
    copy.write_text(unit_text().replace("/usr/local/bin/papaya", shutil.which("true") or "/bin/true"))
    threshold = ["--threshold=15"] if check[0] == "security" else []
    asked = subprocess.run(
        ["systemd-analyze", *check, *threshold, str(copy)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""},
    )
    assert asked.returncode == 0, asked.stdout + asked.stderr
    assert "Unknown key" not in asked.stderr
