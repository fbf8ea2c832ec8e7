"""Secrets are found where references say, and never told."""

from __future__ import annotations

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
        ("hunter2\n\n", "hunter2\n"),
    ],
)
def test_a_file_loses_one_newline_at_its_end(tmp_path: Path, content: str, expected: str) -> None:
    (tmp_path / "secret").write_text(content, newline="")
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
        (SecretReference(file="."), "is a directory"),
        (SecretReference(file="binary"), "it is not text in UTF-8"),
        (SecretReference(), "neither a variable nor a file"),
    ],
)
def test_what_cannot_be_resolved_is_named_with_its_mark(
    tmp_path: Path, reference: SecretReference, message: str
) -> None:
    (tmp_path / "empty").write_text("\n")
    (tmp_path / "binary").write_bytes(b"hunter2\xff")
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
