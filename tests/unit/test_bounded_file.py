"""Files are opened in one way: ordinary ones of bounded size, or a reason why not."""

from __future__ import annotations

import os
import socket
from pathlib import Path

import pytest

from papaya.bounded_file import UnusableFile, read_bytes, read_text
from papaya.conflicts import conflict_in


def test_an_ordinary_file_is_read_also_through_a_link(tmp_path: Path) -> None:
    """Without its byte-order mark."""
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbftext\n")
    (tmp_path / "link").symlink_to("file")
    assert read_text(tmp_path / "link") == "text\n"
    assert read_bytes(tmp_path / "link", most=8) == b"\xef\xbb\xbftext\n"


def test_files_of_the_kernel_are_read_though_they_say_that_they_are_empty() -> None:
    """As those of /proc."""
    assert read_text(Path("/proc/self/status")).startswith("Name:")


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("folder", "it is a folder, not a file"),
        ("pipe", "it is a named pipe (FIFO), not a file"),
        ("linked-pipe", "it is a named pipe (FIFO), not a file"),
        ("zero", "it is a device of the system, not a file"),
        ("socket", "it is a socket, not a file"),
        ("large", "it is larger than 8 bytes"),
        ("nul\0", "its name holds a character that no file name can have"),
    ],
)
def test_what_is_no_file_is_refused_at_once(tmp_path: Path, name: str, reason: str) -> None:
    """Opening a FIFO would wait for ever, and a device may have no end."""
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "linked-pipe").symlink_to("pipe")
    (tmp_path / "zero").symlink_to("/dev/zero")
    (tmp_path / "large").write_bytes(b"123456789")
    with socket.socket(socket.AF_UNIX) as bound:
        previous = Path.cwd()
        os.chdir(tmp_path)
        try:
            bound.bind("socket")
        finally:
            os.chdir(previous)
        with pytest.raises(UnusableFile) as caught:
            read_bytes(tmp_path / name, most=8)
    assert caught.value.strerror == reason


def test_a_missing_file_is_told_as_missing(tmp_path: Path) -> None:
    """As by any other way of opening it."""
    with pytest.raises(FileNotFoundError):
        read_bytes(tmp_path / "absent")


@pytest.mark.parametrize(
    ("data", "reason", "line"),
    [
        ("a\n".encode("utf-16"), "it is UTF-16, not UTF-8", 0),
        ("a\n".encode("utf-32"), "it is UTF-32, not UTF-8", 0),
        (b"a\nb\xe4\n", "it is not text in UTF-8 (line 2)", 2),
        (b"a\n<<<<<<< HEAD\n", "unresolved merge conflict (line 2)", 2),
    ],
)
def test_text_that_cannot_be_used_is_refused_with_its_line(
    tmp_path: Path, data: bytes, reason: str, line: int
) -> None:
    """Whatever wrote it."""
    (tmp_path / "file").write_bytes(data)
    with pytest.raises(UnusableFile) as caught:
        read_text(tmp_path / "file")
    assert (caught.value.strerror, caught.value.line) == (reason, line)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a\n<<<<<<< HEAD\nb\n", 2),
        ("a\r\n=======\r\nb\r\n", 2),
        (">>>>>>> branch", 1),
        ("||||||| 1234abc\n", 1),
        ("<<<<<<<\n", 1),
        ("  <<<<<<< HEAD\n", None),
        ("========\n", None),
        ("======= title\n", None),
        ("<<: *base\n", None),
        ("<<<<<<<<\n", None),
    ],
)
def test_merge_conflicts_are_known_by_any_of_their_markers(text: str, line: int | None) -> None:
    """At the start of a line, and seven of them."""
    assert conflict_in(text) == line


def test_a_merge_conflict_is_told_before_the_encoding(tmp_path: Path) -> None:
    """Markers are the cause; what they stand in may be any text."""
    (tmp_path / "file").write_bytes("a\n<<<<<<< HEAD\nStraße\n".encode("cp1252"))
    with pytest.raises(UnusableFile, match=r"unresolved merge conflict \(line 2\)"):
        read_text(tmp_path / "file")
