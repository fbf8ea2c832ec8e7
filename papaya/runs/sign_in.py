"""Signs in with an API key, or a password and a second factor where wanted, and keeps what is needed."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Protocol

from papaya.api.authentication import SecondFactorNeeded
from papaya.api.second_factor import SENT_BY_SERVER, Provider, check_code, providers, send_code
from papaya.api.session import Credentials, Session, Tokens, User
from papaya.errors import Rejected, ServerError, SettingsError
from papaya.settings import Settings
from papaya.settings.token_store import StoredTokens, TokenStore

OpenSession = Callable[[Settings], Session]

_TRIES: Final = 3


class SecondFactor(Protocol):
    """Answers what a server asks after the password: a person at a terminal or at a window."""

    def begin(self) -> None:
        """Hear that a second factor is wanted, or raise `SettingsError` where nobody can give one."""

    def choose(self, offered: Sequence[Provider]) -> Provider:
        """Return one of several ways, the user's default first."""

    def sent(self, contact: str) -> None:
        """Hear that the server has sent a code there."""

    def code(self, provider: Provider) -> str:
        """Return the code that the person gives."""

    def refused(self, error: Rejected) -> None:
        """Hear why a code was refused; it is asked for again."""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """Who signed in, and the file that has their tokens or their API key."""

    user: User
    store: Path


def sign_in(settings: Settings, answers: SecondFactor, open_session: OpenSession) -> SignedIn:
    """Sign in with the credentials of the settings and keep the tokens in the settings' store.

    An API key is checked and kept as it is. Raises `Rejected` for a wrong password or API key, and after
    three wrong codes.
    """
    store = TokenStore(settings.store_path)
    if (api_key := settings.credentials.api_key) is not None:
        with open_session(settings) as session:
            user = session.user()
        store.keep(settings.url, StoredTokens(user.email, api_key=api_key))
        return SignedIn(user, store.path)
    try:
        user, tokens = _user_and_tokens(settings, open_session)
    except SecondFactorNeeded as needed:
        with open_session(replace(settings, credentials=Credentials(token=needed.pre_token))) as session:
            tokens = _second_factor(session, answers)
        verified = Credentials(token=tokens.token, refresh_token=tokens.refresh_token)
        user, tokens = _user_and_tokens(replace(settings, credentials=verified), open_session)
    store.keep(settings.url, StoredTokens(user.email, tokens.token, tokens.refresh_token))
    return SignedIn(user, store.path)


def sign_out(settings: Settings, open_session: OpenSession) -> Path | None:
    """Remove what was kept for a server and return from which file; None where nothing was."""
    store = TokenStore(settings.store_path)
    stored = store.find(settings.url)
    if stored is None:
        return None
    # The server is told too, so that a copy of the token is worth nothing; it may be away or gone for good.
    once = replace(settings, credentials=Credentials(token=stored.token), credentials_source="", retry_for=0)
    if stored.token:
        with contextlib.suppress(ServerError), open_session(once) as session:
            session.post("/api/auth/logout", None)
    store.forget(settings.url)
    return store.path


def _user_and_tokens(settings: Settings, open_session: OpenSession) -> tuple[User, Tokens]:
    with open_session(settings) as session:
        user, tokens = session.user(), session.tokens
    if tokens is None:
        raise SettingsError("the server gave no tokens to keep")
    return user, tokens


def _second_factor(session: Session, answers: SecondFactor) -> Tokens:
    answers.begin()
    offered = providers(session)
    if not offered:
        raise SettingsError("the server wants a second factor and offers no way to give one")
    provider = offered[0] if len(offered) == 1 else answers.choose(offered)
    if provider.kind in SENT_BY_SERVER:
        send_code(session, provider)
        answers.sent(provider.contact)
    for remaining in reversed(range(_TRIES)):
        code = answers.code(provider)
        try:
            return check_code(session, provider, code.strip())
        except Rejected as error:
            if not remaining:
                raise
            answers.refused(error)
    raise AssertionError("the last try returns or raises")
