"""What the file of a device's token may say: a token, a certificate with its key, MQTT basic credentials."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from papaya.errors import SettingsError
from papaya.settings.device_login import (
    DeviceLogin,
    certificate_paths,
    of_certificate,
    read_login,
    store_login,
)

LOGINS = (
    DeviceLogin("accessToken", "a-token"),
    DeviceLogin("mqttBasic", client_id="SN 1", username="PM-1", password='se"cret ü'),
    DeviceLogin("mqttBasic", client_id="SN-1"),
)


@pytest.mark.parametrize("login", LOGINS, ids=lambda login: login.kind)
def test_what_is_stored_is_read_back(login: DeviceLogin, tmp_path: Path) -> None:
    path = tmp_path / "PM-1.token"
    assert store_login(path, login)
    assert read_login(path) == login
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert not store_login(path, login)


def test_files_beside_it_are_named_without_their_folder(tmp_path: Path) -> None:
    path = tmp_path / "PM-1.token"
    beside = of_certificate(*certificate_paths(path))
    store_login(path, beside)
    assert str(tmp_path) not in path.read_text()
    moved = tmp_path / "elsewhere"
    moved.mkdir()
    path.rename(moved / "PM-1.token")
    assert read_login(moved / "PM-1.token") == of_certificate(moved / "PM-1.crt", moved / "PM-1.key")


def test_no_secret_is_in_what_may_be_logged() -> None:
    for login in LOGINS[:2]:
        assert "a-token" not in repr(login) and "cret" not in repr(login)


@pytest.mark.parametrize(
    "text",
    [
        "{",
        "{}",
        '{"clientId": 5}',
        '{"password": "alone"}',
        '{"certificate": "a.crt"}',
        '{"certificate": "", "key": "b"}',
        "two words",
        '{"clientId": "a"}\n{"clientId": "b"}',
        "{" * 2_000,
        '{"clientId": "' + "x" * 70_000 + '"}',
    ],
)
def test_anything_else_is_refused_without_being_repeated(text: str, tmp_path: Path) -> None:
    path = tmp_path / "PM-1.token"
    path.write_text(text)
    with pytest.raises(SettingsError) as error:
        read_login(path)
    assert str(path) in error.value.message and "alone" not in error.value.message


def test_no_file_is_no_login(tmp_path: Path) -> None:
    assert read_login(tmp_path / "absent.token") is None
