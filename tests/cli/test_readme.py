"""The README does what it says: its commands run, in their order, against a sandbox."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

from papaya.sandbox import Sandbox

README = Path(__file__).parents[2] / "README.md"
USUAL_URL = "http://127.0.0.1:8080"
BLOCK = re.compile(
    r"(?:<!-- (?P<note>[^>]*) -->\n)?```(?P<language>\w*)\n(?P<text>.*?)^```$", re.DOTALL | re.MULTILINE
)

# Blocks that are not run, by the reason that the page itself gives.
NOT_RUN = 3


@dataclass(frozen=True)
class Block:
    """One fenced block of the page."""

    language: str
    text: str
    note: str


def blocks() -> list[Block]:
    """Return the fenced blocks of the README."""
    return [
        Block(found["language"], found["text"], found["note"] or "")
        for found in BLOCK.finditer(README.read_text(encoding="utf-8"))
    ]


@pytest.fixture(scope="module")
def transcript(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Return what the README's commands print, run in one shell in an empty folder, and the demo."""
    folder = tmp_path_factory.mktemp("readme")
    commands = [block.text for block in blocks() if block.language == "sh" and not block.note]
    with Sandbox() as sandbox:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("PAPAYA_", "TB_"))}
        environment = {
            **kept,
            "HOME": str(folder / "home"),
            "XDG_CONFIG_HOME": str(folder / "home" / ".config"),
            "XDG_STATE_HOME": str(folder / "home" / ".local" / "state"),
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            # The page's sandbox is on its usual port, where something else may be on this machine.
            "PAPAYA_URL": sandbox.url,
            # The page lets a person answer apply's question.
            "PAPAYA_YES": "1",
        }
        work = folder / "work"
        work.mkdir()
        script = "\n".join(["set -euo pipefail", *commands, "papaya demo"])
        done = subprocess.run(
            ["bash", "-c", script], cwd=work, env=environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout.replace(sandbox.url, USUAL_URL)


def test_the_commands_run_as_they_stand(transcript: str) -> None:
    assert transcript


def test_what_the_readme_shows_is_what_was_printed(transcript: str) -> None:
    shown = [block.text for block in blocks() if block.language == "text"]
    assert shown
    for text in shown:
        assert text in transcript


def test_the_server_of_the_quickstart_is_the_sandbox() -> None:
    (background,) = [block for block in blocks() if block.note == "in the background"]
    assert background.text == "papaya sandbox\n"


def test_every_block_that_is_not_run_says_why() -> None:
    skipped = [block.note for block in blocks() if block.note.startswith("not run:")]
    assert len(skipped) == NOT_RUN
    assert all(len(note) > len("not run: because") for note in skipped)
    noted = [block.note for block in blocks() if block.note]
    assert len(noted) == NOT_RUN + 1
    assert {block.language for block in blocks()} <= {"sh", "text", "yaml"}


def test_the_manifest_of_the_readme_is_valid(tmp_path: Path) -> None:
    manifests = [block.text for block in blocks() if block.language == "yaml"]
    assert manifests
    for number, text in enumerate(manifests):
        file = tmp_path / f"{number}.yaml"
        file.write_text(text, encoding="utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "papaya", "validate", str(file)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stdout + done.stderr
