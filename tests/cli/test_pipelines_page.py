"""The pipelines of the page about them: files that parse, whose commands work in their order."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from papaya.sandbox import Sandbox

PAGE = Path(__file__).parents[2] / "docs" / "pipelines.md"
JOBS = ["validate", "plan", "apply", "drift"]
FLEET = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {name: meters}
profiles: {country: Country, state: State, device: IoT-Gateway}
countries: [{name: INDIA, states: [{name: Goa, devices: [{name: PM-1}, {name: PM-2}]}]}]
"""


def _files() -> dict[str, dict[str, Any]]:
    parts = re.findall(r"^## (.+?)\n.*?^```yaml\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)
    return {name: yaml.safe_load(text) for name, text in parts}


def _scripts(file: dict[str, Any]) -> dict[str, list[str]]:
    """Return the lines of shell of each job."""
    jobs = file.get("jobs", file)
    return {
        name: [step["run"] for step in jobs[name].get("steps", ()) if "run" in step]
        + list(jobs[name].get("script", ()))
        for name in JOBS
    }


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[tuple[Path, dict[str, str]]]:
    (tmp_path / "fleet.yaml").write_text(FLEET)
    with Sandbox() as sandbox:
        environment = {
            "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
            "HOME": str(tmp_path),
            "PAPAYA_URL": sandbox.url,
            "PAPAYA_USERNAME": sandbox.username,
            "PAPAYA_PASSWORD": sandbox.password,
        }
        yield tmp_path, environment


def _shell(line: str, folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euc", line], cwd=folder, env=environment, capture_output=True, text=True, timeout=240
    )


@pytest.mark.parametrize("name", ["GitHub Actions", "GitLab CI"])
def test_the_commands_of_a_pipeline_work_in_their_order(
    name: str, folder: tuple[Path, dict[str, str]]
) -> None:
    where, environment = folder
    scripts = _scripts(_files()[name])
    ran: list[str] = []
    for job in JOBS:
        for line in scripts[job]:
            # Comments on merge requests need their servers.
            if "gh pr" in line or line.startswith("pip"):
                continue
            done = _shell(line, where, environment)
            assert done.returncode == 0, (line, done.stderr)
            ran.append(line)
    assert [line.split()[1] for line in ran if line.startswith("papaya")] == [
        "validate",
        "plan",
        "plan",
        "apply",
        "drift",
    ]
    assert "PM-1" in (where / "plan.md").read_text()
    assert "<testsuite" in (where / "drift.xml").read_text()


def test_a_pipeline_fails_where_somebody_changed_the_server(folder: tuple[Path, dict[str, str]]) -> None:
    where, environment = folder
    assert (
        _shell("papaya plan -o plan.json && papaya apply plan.json --yes", where, environment).returncode == 0
    )
    (where / "fleet.yaml").write_text(FLEET.replace(", {name: PM-2}", ""))
    unattended = _shell("papaya plan -o plan.json && papaya apply plan.json --yes", where, environment)
    assert unattended.returncode == 1
    assert "--allow-destroy 1" in unattended.stdout + unattended.stderr


def test_both_pipelines_have_the_same_jobs_and_no_secret() -> None:
    files = _files()
    assert set(files) == {"GitHub Actions", "GitLab CI"}
    for file in files.values():
        assert set(JOBS) <= set(file.get("jobs", file))
    assert files["GitHub Actions"]["jobs"]["apply"]["environment"] == "production"
    assert files["GitLab CI"]["apply"]["rules"][0]["when"] == "manual"
