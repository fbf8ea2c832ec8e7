"""What is wrong with the access tokens of a fleet is told by plan, and apply begins nothing."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from papaya.cli import main
from papaya.sandbox import Sandbox

MANIFEST = """
apiVersion: papaya/v1
kind: Fleet
metadata: {name: ops}
profiles: {create: true}
defaults: {device: {credentials: {accessToken: {file: "tokens/{{ name }}"}}}}
countries:
  - name: OPS
    states:
      - name: OPS-S1
        devices:
          - {name: O-1}
          - {name: O-2}
"""


@pytest.fixture
def fleet(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Sandbox]:
    """Return the server of a fleet of two devices, of which the second has no usable token file yet."""
    monkeypatch.chdir(tmp_path)
    with Sandbox() as sandbox:
        monkeypatch.setenv("PAPAYA_URL", sandbox.url)
        monkeypatch.setenv("PAPAYA_USERNAME", sandbox.username)
        monkeypatch.setenv("PAPAYA_PASSWORD", sandbox.password)
        Path("fleet.yaml").write_text(MANIFEST)
        Path("tokens").mkdir(mode=0o700)
        Path("tokens/O-1").write_text("hunter2hunter2\n")
        yield sandbox


def unset(path: Path) -> None:
    """Leave no file."""


FAULTS: dict[str, tuple[Callable[[Path], object], str]] = {
    "missing": (unset, "no such file or directory"),
    "empty": (lambda path: path.write_bytes(b"\xef\xbb\xbf \r\n"), "the file is empty"),
    "utf-16": (lambda path: path.write_text("hunter2", encoding="utf-16"), "it is UTF-16, not UTF-8"),
    "twin": (
        lambda path: path.write_text(" hunter2hunter2"),
        "it is the token of O-1 (file tokens/O-1), too",
    ),
    "lines": (lambda path: path.write_text("hunter2\nhunter3\n"), "line 2 holds more text"),
    "conflict": (lambda path: path.write_text("<<<<<<< a\nhunter2\n"), "unresolved merge conflict (line 1)"),
    "blank": (lambda path: path.write_text("hunter2 hunter3"), "it holds a blank"),
    "foreign": (lambda path: path.write_text("hunter2é"), "it holds the character U+00E9"),
    "fifo": (os.mkfifo, "it is a named pipe (FIFO), not a file"),
    "folder": (Path.mkdir, "it is a folder, not a file"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_token_file_that_cannot_be_used_is_told_by_plan(
    fleet: Sandbox, capsys: pytest.CaptureFixture[str], fault: str
) -> None:
    """The plan is not saved, apply writes nothing, and the secret is nowhere."""
    make, told = FAULTS[fault]
    make(Path("tokens/O-2"))
    assert main(["plan", "-o", "saved.json"]) == 1
    streams = capsys.readouterr()
    flat = " ".join(streams.out.split())
    assert f"the access token of O-2 (file tokens/O-2) cannot be used: {told}" in flat
    assert not Path("saved.json").exists()
    assert main(["apply", "--yes"]) == 1
    after = capsys.readouterr()
    assert "hunter" not in streams.out + streams.err + after.out + after.err
    Path("fleet.yaml").write_text(MANIFEST.replace("          - {name: O-2}\n", ""))
    assert main(["plan"]) == 0
    assert "OPS-S1" in capsys.readouterr().out, "apply has written a part of the plan"


def test_a_token_that_is_not_touched_may_be_elsewhere(
    fleet: Sandbox, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever plans does not need all secrets of a fleet that stands."""
    Path("tokens/O-2").write_text("hunter3hunter3")
    assert main(["apply", "--yes"]) == 0
    Path("tokens/O-2").unlink()
    assert main(["plan", "-o", "saved.json"]) == 0
    assert Path("saved.json").exists()
    Path("tokens/O-2").write_text("")
    assert main(["plan"]) == 0
    assert "the file is empty" in capsys.readouterr().out


def test_two_variables_with_one_token_are_told(
    fleet: Sandbox, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the values are known."""
    Path("fleet.yaml").write_text(MANIFEST.replace('file: "tokens/', 'env: "T_').replace("O-", "O"))
    monkeypatch.setenv("T_O1", "hunter2")
    monkeypatch.setenv("T_O2", "hunter2")
    assert main(["plan"]) == 0
    assert "it is the token of O1 (env T_O1), too" in " ".join(capsys.readouterr().out.split())
