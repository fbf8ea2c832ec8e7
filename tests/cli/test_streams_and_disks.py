"""A full disk, a closed stream and a read-only home are told in a line, and cost nothing that was there."""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from papaya.apply.journal import FileJournal
from papaya.errors import PapayaError
from papaya.workspace.written import write_text

MANIFEST = """\
apiVersion: papaya/v1
kind: Fleet
metadata: {name: f}
countries:
  - {name: INDIA, states: [{name: Goa, devices: [{name: PM-1}]}]}
"""


@pytest.fixture
def no_room() -> Iterator[None]:
    """Let every write beyond the first hundred bytes of a file fail."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100, before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_FSIZE, before)


def shell(line: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line of a shell in which `$papaya` is the command."""
    (folder / "fleet.yaml").write_text(MANIFEST)
    return subprocess.run(
        ["/bin/sh", "-c", line],
        cwd=folder,
        env={
            **os.environ,
            "papaya": f"{sys.executable} -m papaya",
            "PYTHONPATH": str(Path(__file__).parents[2]),
        },
        capture_output=True,
        text=True,
        check=False,
    )


def test_output_onto_a_full_disk_is_told_without_a_traceback(tmp_path: Path) -> None:
    done = shell("$papaya render > /dev/full", tmp_path)
    assert done.stderr == "Error: the output cannot be written or read: no space left on device\n"
    assert done.returncode == 1


def test_a_command_runs_with_all_streams_closed(tmp_path: Path) -> None:
    done = shell("$papaya validate <&- >&- 2>&-", tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


def test_a_file_of_which_a_part_cannot_be_written_keeps_what_it_said(tmp_path: Path, no_room: None) -> None:
    file = tmp_path / "out.yaml"
    file.write_text("before")
    with pytest.raises(PapayaError, match=r"out\.yaml cannot be written: file too large"):
        write_text(file, "x" * 1000)
    assert file.read_text() == "before"
    assert [path.name for path in tmp_path.iterdir()] == ["out.yaml"]


def test_a_file_that_is_written_again_keeps_its_mode_and_its_link(tmp_path: Path) -> None:
    file, link = tmp_path / "file", tmp_path / "link"
    file.write_text("before")
    file.chmod(0o640)
    link.symlink_to(file)
    write_text(link, "after")
    assert link.is_symlink()
    assert (file.read_text(), file.stat().st_mode & 0o777) == ("after", 0o640)


def test_a_text_goes_into_a_device_as_it_is(tmp_path: Path) -> None:
    write_text(Path(os.devnull), "text")
    assert not Path(os.devnull).is_file()


def test_a_journal_without_room_ends_with_a_whole_line_and_says_why(tmp_path: Path, no_room: None) -> None:
    with FileJournal(tmp_path / "run.jsonl", now=lambda: "now") as journal:
        journal.write("start")
        journal.write("intent", address="device/PM-1" * 20)
        journal.write("end")
    assert journal.fault == "file too large"
    assert (tmp_path / "run.jsonl").read_text() == '{"at": "now", "event": "start"}\n'


def test_a_journal_in_a_folder_that_cannot_be_made_stops_no_run(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("no folder")
    with FileJournal(tmp_path / "state" / "run.jsonl", now=lambda: "now") as journal:
        journal.write("start")
    assert journal.fault
