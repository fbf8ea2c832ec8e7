"""Signing in with a second factor that a program answers, as a window would."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from papaya.api.credentials import Credentials
from papaya.api.second_factor import Provider
from papaya.errors import Rejected
from papaya.runs.session import session_for
from papaya.runs.sign_in import sign_in, sign_out
from papaya.settings import Settings
from papaya.settings.token_store import StoredTokens, TokenStore
from tests.cli.test_login import with_second_factor
from tests.unit.api.raw_server import RawServer


class Window:
    """Answers with these codes, one after the other, and keeps what it hears."""

    def __init__(self, *codes: str) -> None:
        self.codes = list(codes)
        self.heard: list[str] = []

    def begin(self) -> None:
        self.heard.append("begin")

    def choose(self, offered: Sequence[Provider]) -> Provider:
        self.heard.append("/".join(provider.kind for provider in offered))
        return offered[0]

    def sent(self, contact: str) -> None:
        self.heard.append(f"sent to {contact}")

    def code(self, provider: Provider) -> str:
        return self.codes.pop(0)

    def refused(self, error: Rejected) -> None:
        self.heard.append("refused")


def settings_of(server: RawServer) -> Settings:
    """Return the settings of somebody with a password."""
    return Settings(
        server.url, credentials=Credentials(username="a@example.com", password="hunter2"), retry_for=0
    )


def test_a_program_gives_the_second_factor_and_the_tokens_are_kept(
    capsys: pytest.CaptureFixture[str],
) -> None:
    window = Window("000000", " 123456 ")
    with RawServer(with_second_factor) as server:
        settings = settings_of(server)
        signed_in = sign_in(settings, window, session_for)
        kept = TokenStore(settings.store_path).find(server.url)
        assert sign_out(settings, session_for) == signed_in.store
        assert sign_out(settings, session_for) is None
    assert window.heard == ["begin", "EMAIL/TOTP", "sent to a***n@example.com", "refused"]
    assert kept == StoredTokens(signed_in.user.email, "full-token", "full-refresh-token")
    assert capsys.readouterr() == ("", "")


def test_the_third_wrong_code_ends_it_and_nothing_is_kept() -> None:
    window = Window("1", "2", "3", "123456")
    with RawServer(with_second_factor) as server:
        settings = settings_of(server)
        with pytest.raises(Rejected):
            sign_in(settings, window, session_for)
        assert TokenStore(settings.store_path).find(server.url) is None
    assert window.codes == ["123456"]
