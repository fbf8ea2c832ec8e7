"""Secrets are found where references say, and never told."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from papaya.diagnostics import Mark
from papaya.errors import SecretUnavailable
from papaya.manifest.model import SecretReference
from papaya.secrets import resolve

MARK = Mark("fleet.yaml", 5, 9)


def test_a_variable_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MK2_SECRET", "hunter2")
    assert resolve(SecretReference(env="MK2_SECRET"), Path()) == "hunter2"
    assert resolve(SecretReference(env="X"), Path(), environment={"X": " kept \n"}) == " kept \n"


@pytest.mark.parametrize(
    ("content", "expected"),
    [
        ("hunter2", "hunter2"),
        ("hunter2\n", "hunter2"),
        ("hunter2\r\n", "hunter2"),
        ("hunter2\n\n", "hunter2"),
        ("  hunter2\t\n", "hunter2"),
        ("\n\nhunter2", "hunter2"),
        ("\ufeffhunter2\r\n", "hunter2"),
        ("\xa0hunter2\u200b\n", "hunter2"),
        ("correct horse\n", "correct horse"),
    ],
)
def test_a_file_loses_what_stands_around_its_secret(tmp_path: Path, content: str, expected: str) -> None:
    (tmp_path / "secret").write_text(content, encoding="utf-8", newline="")
    assert resolve(SecretReference(file="secret"), tmp_path) == expected


def test_a_relative_file_is_relative_to_the_folder_of_the_manifest(tmp_path: Path) -> None:
    (tmp_path / "keys").mkdir()
    (tmp_path / "keys" / "one").write_text("hunter2")
    assert resolve(SecretReference(file="keys/one"), tmp_path) == "hunter2"
    assert resolve(SecretReference(file=str(tmp_path / "keys" / "one")), Path("/nowhere")) == "hunter2"


@pytest.mark.parametrize(
    ("reference", "message"),
    [
        (
            SecretReference(env="ABSENT", mark=MARK),
            "fleet.yaml:5:9: the secret in env ABSENT is not available",
        ),
        (
            SecretReference(file="absent", mark=MARK),
            "fleet.yaml:5:9: the secret in file absent is not available",
        ),
        (SecretReference(file="empty"), "the file is empty"),
        (SecretReference(file="."), "it is a folder, not a file"),
        (SecretReference(file="pipe"), "it is a named pipe (FIFO), not a file"),
        (SecretReference(file="zero"), "it is a device of the system, not a file"),
        (SecretReference(file="large"), "it is larger than 65,536 bytes"),
        (SecretReference(file="two"), "line 2 holds more text; a secret is one line"),
        (SecretReference(file="hidden"), "line 2 holds the invisible character U+00AD (SOFT HYPHEN)"),
        (SecretReference(file="utf16"), "it is UTF-16, not UTF-8"),
        (SecretReference(file="merged"), "unresolved merge conflict (line 1)"),
        (SecretReference(file="binary"), "it is not text in UTF-8"),
        (SecretReference(), "neither a variable nor a file"),
    ],
)
def test_what_cannot_be_resolved_is_named_with_its_mark(
    tmp_path: Path, reference: SecretReference, message: str
) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"hunter2\xff")
    (tmp_path / "two").write_bytes(b"hunter2\r\nhunter2\n")
    (tmp_path / "hidden").write_bytes("\nhunt\xader2\n".encode())
    (tmp_path / "utf16").write_bytes("hunter2".encode("utf-16"))
    (tmp_path / "large").write_bytes(b"hunter2" * 10_000)
    (tmp_path / "merged").write_bytes(b"<<<<<<< HEAD\nhunter2\n=======\nhunter2\n>>>>>>> b\n")
    (tmp_path / "zero").symlink_to("/dev/zero")
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(SecretUnavailable) as caught:
        resolve(reference, tmp_path, environment={})
    assert message in caught.value.message
    assert "hunter2" not in f"{caught.value!r}{caught.value}{caught.value.__cause__!r}"


def test_an_empty_variable_is_not_a_secret() -> None:
    with pytest.raises(SecretUnavailable):
        resolve(SecretReference(env="X"), Path(), environment={"X": ""})


@pytest.mark.parametrize(("mode", "warnings"), [(0o600, 0), (0o640, 0), (0o644, 1)])
def test_a_file_that_everybody_can_read_is_a_warning(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, mode: int, warnings: int
) -> None:
    path = tmp_path / "secret"
    path.write_text("hunter2")
    path.chmod(mode)
    resolve(SecretReference(file="secret"), tmp_path)
    assert len(caplog.records) == warnings
    assert "hunter2" not in caplog.text
