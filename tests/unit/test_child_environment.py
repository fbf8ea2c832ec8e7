"""What programs that papaya starts learn of its environment."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from papaya.agent.processes import run_program
from papaya.child_environment import child_environment
from papaya.manifest.model import Sensor
from papaya.sensors.command import CommandBackend
from papaya.sensors.source import sources_of

SECRETS = {
    "PAPAYA_PASSWORD": "s3cret",
    "PM_0001_TOKEN": "t0ken",
    "CREDENTIALS_DIRECTORY": "/run/creds",
    "SSH_PRIVATE_KEY": "k3y of a pipeline",
    "SSH_PASSWORD": "ssh s3cret",
    "LC_TOKEN": "lc s3cret",
    "XDG_API_KEY": "xdg s3cret",
    "SYSTEMD_SECRET": "systemd s3cret",
}
ROOT = Path(__file__).resolve().parents[2]


def test_a_child_gets_what_it_needs_and_no_secret() -> None:
    given = {**SECRETS, "PATH": "/bin", "LC_ALL": "C", "XDG_RUNTIME_DIR": "/run/user/1", "GPIO": "17"}
    assert child_environment(given) == {"PATH": "/bin", "LC_ALL": "C", "XDG_RUNTIME_DIR": "/run/user/1"}
    assert child_environment(given, keep=["GPIO", "ABSENT"])["GPIO"] == "17"
    agent = {"SSH_AUTH_SOCK": "/run/agent", "SYSTEMD_PAGER": "cat"}
    assert child_environment({**SECRETS, **agent}) == agent


def test_the_program_of_a_sensor_gets_no_secret_but_what_its_source_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {**SECRETS, "GPIO": "17"}.items():
        monkeypatch.setenv(name, value)
    code = "import json, os; print(json.dumps({'t': json.dumps(dict(os.environ))}))"
    argv = [sys.executable, "-S", "-c", code]
    sensor = Sensor("t", source={"type": "command", "argv": [*argv], "environment": ["GPIO"]})
    (made,) = sources_of([sensor], tmp_path)
    reading = CommandBackend(made).get_latest_readings()["t"]
    said = json.loads(str(reading.value))
    assert said["GPIO"] == "17"
    assert said["PATH"]
    assert not said.keys() & SECRETS.keys()


def test_the_program_of_a_call_gets_no_secret(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    file = tmp_path / "environment"
    code = f"import os; open({str(file)!r}, 'w').write(repr(dict(os.environ)))"
    assert run_program([sys.executable, "-S", "-c", code], 60.0) is None
    said = file.read_text(encoding="utf-8")
    assert "PATH" in said
    assert not any(value in said for value in SECRETS.values())


def test_every_child_of_papaya_is_given_its_environment_in_one_way() -> None:
    found = []
    for folder in ("papaya", "gui/papaya_gui"):
        for path in (ROOT / folder).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            calls = sum(text.count(f"subprocess.{name}(") for name in ("run", "Popen", "check_output"))
            given = text.count("env=child_environment(") + text.count("env=environment")
            # What papaya turns into is a child, too.
            calls += text.count("os.exec") - text.count("os.execvp(program[0], program)")
            given += text.count(", child_environment())")
            if calls != given:
                found.append(f"{path.relative_to(ROOT)}: {calls} children, {given} environments")
    assert found == []
