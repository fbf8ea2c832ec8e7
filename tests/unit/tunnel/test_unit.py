"""The service of a line: its text, and what systemd's own tools say about it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from papaya.tunnel.line import Forward, Line
from papaya.tunnel.unit import render, restart_units
from tests.unit.tunnel.devices import line
from tests.unit.tunnel.systemd_syntax import arguments_of, settings_of

GOLDEN = Path(__file__).parent / "golden"

needs_systemd = pytest.mark.skipif(
    not shutil.which("systemd-analyze"), reason="systemd-analyze is not on this machine"
)


def web() -> Line:
    """Return the line of a further forward."""
    return replace(line(), port=2222, forward=Forward("web", 20002, 80))


def analyze(path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Ask systemd-analyze about a unit."""
    return subprocess.run(
        ["systemd-analyze", *arguments, str(path)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "SYSTEMD_COLORS": "0", "SYSTEMD_PAGER": ""},
    )


def verify(path: Path) -> subprocess.CompletedProcess[str]:
    """Let systemd check a unit's syntax and its programs."""
    return analyze(path, "verify", "--man=no", "--recursive-errors=no")


@pytest.mark.parametrize("systemd", [252, 257, 262])
def test_the_unit_of_a_device_is_this_text(systemd: int) -> None:
    expected = (GOLDEN / f"papaya-ssh-{systemd}.service").read_text(encoding="utf-8")
    assert render(line(), systemd=systemd) == expected


def test_keys_of_a_later_systemd_are_not_told_to_an_earlier_one() -> None:
    keys = {
        version: {key for _, key, _ in settings_of(render(line(), systemd=version))}
        for version in (252, 253, 254, 261, 262)
    }
    assert keys[252] == keys[253]
    assert keys[254] - keys[253] == {"RestartSteps", "RestartMaxDelaySec"}
    assert keys[253] - keys[254] == {"ExecStartPre"}
    assert keys[261] == keys[254]
    assert keys[262] - keys[261] == {"RestartRandomizedDelaySec"}


def pause_of(name: str, systemd: int) -> int:
    """Return the milliseconds before a device tries again."""
    found = re.search(r"^RestartSec=(\d+)ms$", render(line(name), systemd=systemd), re.M)
    assert found
    return int(found[1])


def test_devices_that_were_lost_together_come_back_at_different_moments() -> None:
    pauses = [pause_of(f"PM-{number:04}", 257) for number in range(200)]
    assert min(pauses) >= 1000
    assert max(pauses) < 5000
    fullest = max(sum(second * 500 <= pause < (second + 1) * 500 for pause in pauses) for second in range(10))
    assert fullest < 50
    assert pause_of("PM-0001", 257) == pause_of("PM-0001", 257)
    assert 5000 <= pause_of("PM-0001", 252) < 10_000


@needs_systemd
@pytest.mark.parametrize("its", [line(), web()], ids=["ssh", "web"])
def test_systemd_has_nothing_to_say_against_the_unit(its: Line, tmp_path: Path) -> None:
    path = tmp_path / its.unit
    path.write_text(render(its), encoding="utf-8")
    asked = verify(path)
    assert (asked.returncode, asked.stderr) == (0, "")
    scored = analyze(path, "security", "--offline=true", "--threshold=12")
    assert scored.returncode == 0, scored.stdout + scored.stderr


@needs_systemd
def test_what_restarts_the_tunnel_for_the_agent_is_no_more_exposed(tmp_path: Path) -> None:
    units = {line().unit: render(line()), web().unit: render(web()), **restart_units([line(), web()])}
    for name, text in units.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    for name in restart_units([line()]):
        asked = verify(tmp_path / name)
        assert (asked.returncode, asked.stderr) == (0, "")
    scored = analyze(tmp_path / "papaya-ssh-restart.service", "security", "--offline=true", "--threshold=12")
    assert scored.returncode == 0, scored.stdout + scored.stderr


@needs_systemd
@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[Install]", "RestartSex=5\n[Install]"),
        ("Restart=always", "Restart=allways"),
        ("TimeoutStopSec=10s", "TimeoutStopSec=banana"),
        ("/usr/bin/ssh", "/usr/bin/no-such-ssh"),
    ],
)
def test_the_check_would_find_a_mistake(old: str, new: str, tmp_path: Path) -> None:
    path = tmp_path / "papaya-ssh.service"
    path.write_text(render(line()).replace(old, new), encoding="utf-8")
    asked = verify(path)
    assert asked.returncode or asked.stderr


@needs_systemd
@pytest.mark.parametrize(
    "lost", ["CapabilityBoundingSet=", "DynamicUser=yes", "SystemCallFilter=@system-service"]
)
def test_the_score_would_tell_of_a_lost_protection(lost: str, tmp_path: Path) -> None:
    path = tmp_path / "papaya-ssh.service"
    path.write_text(render(line()).replace(f"{lost}\n", ""), encoding="utf-8")
    assert analyze(path, "security", "--offline=true", "--threshold=12").returncode


def test_the_unit_can_learn_who_it_is() -> None:
    """A unit without Unix sockets scores better and never starts: it cannot look up its own user."""
    (families,) = [value for _, key, value in settings_of(render(line())) if key == "RestrictAddressFamilies"]
    assert "AF_UNIX" in families.split()


@pytest.mark.parametrize(
    ("restarts", "seconds"), [("0", "0"), ("1", "0"), ("2", "5"), ("8", "35"), ("9", "40"), ("1000", "40")]
)
def test_where_systemd_knows_one_pause_it_grows_with_the_attempts(
    restarts: str, seconds: str, tmp_path: Path
) -> None:
    """The command runs as it stands in the unit, with programs that only say what they were asked."""
    for name, says in {"systemctl": restarts, "sleep": "$*"}.items():
        program = tmp_path / name
        program.write_text(f'#!/bin/sh\necho "{says}"\n', encoding="utf-8")
        program.chmod(0o755)
    (command,) = [value for _, key, value in settings_of(render(line())) if key == "ExecStartPre"]
    assert command.startswith("-+/bin/sh -c ")
    shell, *arguments = arguments_of(command.removeprefix("-+").replace("%n", "papaya-ssh.service"))
    done = subprocess.run(
        [shell, *arguments], capture_output=True, text=True, check=True, env={"PATH": str(tmp_path)}
    )
    assert done.stdout == f"{seconds}\n"
