"""Who a session is: tokens that are renewed once for everybody, or an API key."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import replace
from typing import Literal, Protocol

from papaya.api.credentials import Credentials, Tokens, fits_header
from papaya.api.failures import failure_of_reply, is_page, not_json, reason_of
from papaya.api.replies import Reply, decode
from papaya.api.requested import Requested
from papaya.errors import AuthenticationFailed, UnexpectedReply
from papaya.remedies import HOW_TO_LOG_IN, token_refresh_failed

LOGIN = "/api/auth/login"
REFRESH = "/api/auth/token"
SCOPE_SECOND_FACTOR = "PRE_VERIFICATION_TOKEN"
SCOPE_SECOND_FACTOR_MISSING = "MFA_CONFIGURATION_TOKEN"

Renewal = Literal["refreshed", "logged in"]

# Asking again with the same password soon could lock the account out for nothing.
_RETRY_LOGIN_AFTER = 60.0


class SecondFactorNeeded(AuthenticationFailed):
    """The password is right and the server wants a second factor, for which `pre_token` is good."""

    def __init__(self, pre_token: str, asked: str = "") -> None:
        super().__init__(
            f"{asked}: the server asks for a second factor"
            if asked
            else "the server asks for a second factor",
            method="POST",
            path=LOGIN,
            remedy="Log in with: papaya login",
        )
        self.pre_token = pre_token


class Send(Protocol):
    """Sends one request, again where it may be, and returns the reply whatever its status."""

    def __call__(self, requested: Requested, authorization: str | None) -> Reply: ...


class Identity:
    """The current authorization of a session; safe to share between threads."""

    def __init__(
        self,
        credentials: Credentials,
        send: Send,
        *,
        on_tokens: Callable[[Tokens], None] | None,
        clock: Callable[[], float],
        server: str = "this server",
    ) -> None:
        credentials.check()
        self._server = server
        self._credentials = credentials
        self._send = send
        self._on_tokens = on_tokens
        self._clock = clock
        self._renewing = threading.Lock()
        self._failure: tuple[str | None, AuthenticationFailed, float] | None = None
        self.renewal: Renewal | None = None

    def authorization(self) -> str:
        """Return the header's value, after a login where there is none yet."""
        if self._credentials.api_key:
            return f"ApiKey {self._credentials.api_key}"
        if not self._credentials.token:
            self.renew(None)
        return f"Bearer {self._credentials.token}"

    @property
    def credentials(self) -> Credentials:
        """Return the credentials with the tokens as they are now."""
        return self._credentials

    def renew(self, refused: str | None) -> bool:
        """Replace the authorization that the server refused; return whether there is another one now.

        Of all threads whose requests were refused, the first one renews and the others take what it got, be
        it a token or a failure.
        """
        if self._credentials.api_key:
            return False
        with self._renewing:
            current = self._credentials.token
            if current and f"Bearer {current}" != refused:
                return True
            self._fail_as_before(refused)
            try:
                tokens = self._new_tokens()
            except AuthenticationFailed as failure:
                self._failure = refused, failure, self._clock()
                raise
            self._failure = None
            self._credentials = replace(
                self._credentials,
                token=tokens.token,
                refresh_token=tokens.refresh_token or self._credentials.refresh_token,
            )
            # Under the lock, so that what is stored last is what came last.
            if self._on_tokens is not None:
                self._on_tokens(tokens)
        return True

    def _fail_as_before(self, refused: str | None) -> None:
        if self._failure is None:
            return
        failed_with, failure, failed_at = self._failure
        if failed_with == refused and self._clock() - failed_at < _RETRY_LOGIN_AFTER:
            raise AuthenticationFailed(
                failure.message,
                method=failure.method,
                path=failure.path,
                status=failure.status,
                code=failure.code,
                remedy=failure.remedy,
            )

    def _new_tokens(self) -> Tokens:
        if self._credentials.refresh_token:
            tokens = self._refresh(self._credentials.refresh_token)
            if tokens is not None:
                self.renewal = "refreshed"
                return tokens
        if self._credentials.has_password:
            tokens = log_in(self._send, self._credentials)
            self.renewal = "logged in"
            return tokens
        if self._credentials.token or self._credentials.refresh_token:
            fault = token_refresh_failed()
            raise AuthenticationFailed(f"{fault.summary} ({self._server})", remedy=fault.remedy)
        raise AuthenticationFailed(f"there are no credentials for {self._server}", remedy=HOW_TO_LOG_IN)

    def _refresh(self, refresh_token: str) -> Tokens | None:
        requested = Requested("POST", REFRESH, body={"refreshToken": refresh_token})
        reply = self._send(requested, None)
        if 200 <= reply.status < 300:
            return _tokens_in(requested, reply)
        # 401 for an expired or outdated one; 500 "Invalid Refresh Token scope" for a token of another kind.
        if reply.status == 401 or (reply.status in (400, 500) and reason_of(reply).from_thingsboard):
            return None
        raise failure_of_reply(requested, reply)


def log_in(send: Send, credentials: Credentials) -> Tokens:
    """Exchange user name and password for tokens."""
    requested = Requested(
        "POST", LOGIN, body={"username": credentials.username, "password": credentials.password}
    )
    reply = send(requested, None)
    if not 200 <= reply.status < 300:
        failure = failure_of_reply(requested, reply, secrets=credentials.secrets())
        if isinstance(failure, AuthenticationFailed) and "Invalid username or password" in failure.message:
            failure.remedy = f"The user name is {credentials.username} (upper and lower case matter)."
        raise failure
    return _tokens_in(requested, reply)


def _tokens_in(requested: Requested, reply: Reply) -> Tokens:
    body = decode(reply)
    asked = reply.source or f"{requested.method} {requested.path}"
    if isinstance(body, dict):
        token, refresh_token, scope = body.get("token"), body.get("refreshToken"), body.get("scope")
        if any(isinstance(one, str) and not fits_header(one) for one in (token, refresh_token)):
            raise UnexpectedReply(
                f"{asked}: the answer's token has characters that no token has, or is too long",
                method=requested.method,
                path=requested.path,
                status=reply.status,
                remedy="Is the URL that of ThingsBoard itself?",
            )
        if scope == SCOPE_SECOND_FACTOR and isinstance(token, str):
            raise SecondFactorNeeded(token, asked)
        if scope == SCOPE_SECOND_FACTOR_MISSING:
            raise AuthenticationFailed(
                f"{asked}: the server wants a second factor, and this user has set up none",
                method=requested.method,
                path=requested.path,
                remedy="Set it up in ThingsBoard's web interface, or use an API key.",
            )
        if isinstance(token, str) and token:
            return Tokens(token, refresh_token if isinstance(refresh_token, str) else None)
    if is_page(reply):
        raise not_json(requested, reply)
    raise UnexpectedReply(
        f"{asked}: the answer has no token in it (HTTP {reply.status})",
        method=requested.method,
        path=requested.path,
        status=reply.status,
        remedy="Is the URL that of ThingsBoard itself?",
    )
