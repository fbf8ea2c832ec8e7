"""`papaya demo` shows the whole flow and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from papaya import cli


@pytest.fixture
def foreign_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set what a person may have set for a server of their own."""
    monkeypatch.setenv("PAPAYA_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("TB_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("PAPAYA_PASSWORD", "of another server")


@pytest.mark.usefixtures("foreign_settings")
def test_the_demo_shows_the_whole_flow_on_a_server_of_its_own(capsys: pytest.CaptureFixture[str]) -> None:
    folder, environment = Path.cwd(), dict(os.environ)
    assert cli.main(["demo"]) == 0
    shown = capsys.readouterr().out
    steps = re.findall(r"^\$ papaya (\w+)", shown, re.MULTILINE)
    assert steps == ["validate", "plan", "apply", "plan", "plan", "drift", "apply", "plan", "show"]
    assert shown.count("No changes.") == 2
    assert '"renamed by hand" ->' in shown
    assert "3 of them send simulated data over MQTT:" in shown
    assert re.search(r"^    PM-0001  Temperature [0-9.]+ °C, ", shown, re.MULTILINE)
    assert "PM-0001 reports Temperature 80 °C, above 75." in shown
    assert "    alarm of the server: Temperature, CRITICAL, active" in shown
    assert re.search(r"^    http://127\.0\.0\.1:\d+/dashboards/[0-9a-f-]{36}$", shown, re.MULTILINE)
    assert "43 devices, 3 online." in shown
    assert [line for line in shown.splitlines() if len(line) > 80] == []
    assert float(re.findall(r"All of this took (\d+) seconds", shown)[0]) < 60
    assert (Path.cwd(), dict(os.environ)) == (folder, environment)
    (created,) = set(re.findall(r"The fleet is in (\S+):", shown))
    assert not Path(created).exists()


@pytest.mark.usefixtures("foreign_settings")
def test_the_demo_reports_over_http_where_the_packages_for_mqtt_are_missing(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert cli.main(["demo"]) == 0
    shown = capsys.readouterr().out
    assert "3 of them send simulated data over HTTP:" in shown
    assert "43 devices, 3 online." in shown


def test_the_demo_keeps_its_server_until_ctrl_c() -> None:
    demo = subprocess.Popen(
        [sys.executable, "-u", "-m", "papaya", "demo", "--keep"],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    try:
        shown = read_until(demo, "Then change a manifest there")
        exports = dict(re.findall(r"^ +export (\w+)=(\S+)$", shown, re.MULTILINE))
        (folder,) = re.findall(r"^ +cd (\S+)$", shown, re.MULTILINE)
        (url,) = set(re.findall(r"papaya apply \. --url (\S+)$", shown, re.MULTILINE)[-1:])
        plan = subprocess.run(
            [sys.executable, "-m", "papaya", "plan", ".", "--url", url],
            cwd=folder,
            env={**os.environ, **exports},
            capture_output=True,
            text=True,
            check=False,
        )
        assert "No changes." in plan.stdout, plan.stderr
    finally:
        demo.send_signal(signal.SIGINT)
        rest, _ = demo.communicate(timeout=90)
    assert demo.returncode == 0, rest
    assert not Path(folder).exists()


def read_until(process: subprocess.Popen[str], text: str) -> str:
    """Return what a process prints up to the line with that text."""
    assert process.stdout is not None
    shown = ""
    for line in process.stdout:
        shown += line
        if text in line:
            return shown
    raise AssertionError(shown)
