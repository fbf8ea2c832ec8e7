"""The file of a device's own token."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from papaya.errors import SettingsError
from papaya.settings.device_token import (
    forget_pending,
    path_to_read,
    path_to_store,
    pending_path,
    read_token,
    store_token,
    token_paths,
)


def mode(path: Path) -> int:
    """Return who may do what with a file."""
    return path.stat().st_mode & 0o777


def test_a_token_is_stored_for_its_owner_alone_and_once(tmp_path: Path) -> None:
    path = tmp_path / "new" / "PM-1.token"
    assert store_token(path, "t0k3n")
    assert (path.read_text(), mode(path), mode(path.parent)) == ("t0k3n\n", 0o600, 0o700)
    before = path.stat().st_ino
    assert not store_token(path, "t0k3n")
    assert path.stat().st_ino == before
    assert store_token(path, "another")
    assert read_token(path) == "another"
    assert list(path.parent.iterdir()) == [path]


def test_a_file_that_others_can_read_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "PM-1.token"
    path.write_text("t0k3n\n")
    path.chmod(0o644)
    assert store_token(path, "t0k3n")
    assert mode(path) == 0o600


def test_a_file_that_holds_something_else_is_neither_read_nor_replaced(tmp_path: Path) -> None:
    path = tmp_path / "id_ed25519"
    path.write_text("-----BEGIN OPENSSH PRIVATE KEY-----\nabc\n")
    with pytest.raises(SettingsError, match="holds no device token"):
        read_token(path)
    with pytest.raises(SettingsError, match="holds no device token"):
        store_token(path, "t0k3n")
    assert path.read_text().startswith("-----BEGIN")


def test_absent_is_none() -> None:
    assert read_token(Path("nowhere/PM-1.token")) is None


@pytest.mark.parametrize("name", ["a/b", "..", "ünïcode", "x" * 255, "/etc/passwd"])
def test_any_name_of_a_device_makes_one_file_in_the_folder(tmp_path: Path, name: str) -> None:
    system, user = token_paths(name, system=tmp_path / "system", user=tmp_path / "user")
    assert (system.parent, user.parent) == (tmp_path / "system", tmp_path / "user")
    assert store_token(user, "t0k3n")
    assert read_token(user) == "t0k3n"


def test_different_long_names_have_different_files(tmp_path: Path) -> None:
    one, _ = token_paths("x" * 255 + "1", system=tmp_path, user=tmp_path)
    other, _ = token_paths("x" * 255 + "2", system=tmp_path, user=tmp_path)
    assert one != other


def test_the_systems_folder_is_used_where_we_may_write(tmp_path: Path) -> None:
    system, user = tmp_path / "etc", tmp_path / "state"
    if os.geteuid() != 0:
        assert path_to_store("PM-1", system=system, user=user) == user / "PM-1.token"
    system.mkdir()
    assert path_to_store("PM-1", system=system, user=user) == system / "PM-1.token"
    store_token(user / "PM-1.token", "t0k3n")
    assert path_to_read("PM-1", system=system, user=user) == user / "PM-1.token"
    store_token(system / "PM-1.token", "t0k3n")
    assert path_to_read("PM-1", system=system, user=user) == system / "PM-1.token"


def test_a_folder_that_cannot_be_made_is_told_with_a_way_out(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(SettingsError) as caught:
        store_token(tmp_path / "file" / "PM-1.token", "t0k3n")
    assert "--credentials-file" in caught.value.remedy
    assert "t0k3n" not in str(caught.value)


def test_a_token_that_waits_goes_when_it_is_confirmed(tmp_path: Path) -> None:
    path = tmp_path / "PM-1.token"
    store_token(pending_path(path), "t0k3n")
    forget_pending(path)
    forget_pending(path)
    assert list(tmp_path.iterdir()) == []
