"""The tokens that `papaya login` keeps."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from papaya.errors import SettingsError
from papaya.settings.token_store import StoredTokens, TokenStore

ONE = StoredTokens("a@example.com", "token-a", "refresh-a")
TWO = StoredTokens("b@example.com", "token-b")


@pytest.fixture
def store(tmp_path: Path) -> TokenStore:
    return TokenStore(tmp_path / "state" / "papaya" / "tokens.json")


def test_each_server_has_its_own_tokens(store: TokenStore) -> None:
    store.keep("https://a", ONE)
    store.keep("https://b", TWO)
    assert store.find("https://a") == ONE
    assert store.find("https://b") == TWO
    assert store.find("https://c") is None
    assert store.urls() == ("https://a", "https://b")


def test_only_the_owner_can_read_them(store: TokenStore) -> None:
    store.keep("https://a", ONE)
    assert store.path.stat().st_mode & 0o777 == 0o600
    assert store.path.parent.stat().st_mode & 0o777 == 0o700


def test_forgetting_removes_one_server(store: TokenStore) -> None:
    store.keep("https://a", ONE)
    store.keep("https://b", TWO)
    assert store.forget("https://a") is True
    assert store.forget("https://a") is False
    assert store.urls() == ("https://b",)


def test_the_default_place_is_the_users_state_folder() -> None:
    assert TokenStore().path.parts[-4:] == (".local", "state", "papaya", "tokens.json")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"version": 2, "servers": {}}', b"\xff"])
def test_a_file_that_is_not_ours_is_left_alone(store: TokenStore, content: bytes) -> None:
    store.path.parent.mkdir(parents=True)
    store.path.write_bytes(content)
    with pytest.raises(SettingsError, match="not what papaya login writes"):
        store.find("https://a")
    with pytest.raises(SettingsError, match="not what papaya login writes"):
        store.keep("https://a", ONE)
    assert store.path.read_bytes() == content


def test_concurrent_logins_lose_nothing(store: TokenStore) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: store.keep(f"https://{number:02}", ONE), range(40)))
    assert len(store.urls()) == 40


def test_the_representation_hides_the_tokens() -> None:
    assert "token-a" not in repr(ONE)
    assert "refresh-a" not in repr(ONE)
