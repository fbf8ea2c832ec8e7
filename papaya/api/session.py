"""An authenticated session with one ThingsBoard, in which nothing gets lost and nothing is done twice."""

from __future__ import annotations

import logging
import re
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path
from random import random as uniform
from types import TracebackType
from typing import Self

from papaya.api.authentication import Identity, Renewal
from papaya.api.clock import ServerClock
from papaya.api.credentials import Credentials, Tokens
from papaya.api.failures import failure_of_reply, is_page, not_json, reason_of
from papaya.api.form import Form, Progress
from papaya.api.malformed import malformed
from papaya.api.replies import Reply, decode
from papaya.api.requested import Parameters, Requested
from papaya.api.retry import Attempts, is_pressure, is_worth_another_attempt
from papaya.api.throttle import Throttle
from papaya.api.transport import Transport
from papaya.api.user import WHOAMI, User, user_in
from papaya.errors import (
    AnswerLost,
    Interrupted,
    NotFound,
    RateLimited,
    ServerError,
    Unavailable,
)
from papaya.kinds.request import Upload
from papaya.manifest.model import Json
from papaya.server_version import version_of

__all__ = ["Credentials", "ServerInfo", "Session", "Tokens", "User"]

INFO = "/api/system/info"

log = logging.getLogger(__name__)

_SILENCE = 3.0
_KEYS_ON_WEBSOCKET = (4, 4)
_VERSION = re.compile(r"[0-9]{1,6}(?:\.[0-9]{1,6}){0,5}[A-Za-z0-9.+_-]{0,40}", re.ASCII)


@dataclass(frozen=True, slots=True)
class ServerInfo:
    """What `/api/system/info` says; `type` is CE or PE."""

    version: str
    type: str


class Session:
    """Authenticated requests to one ThingsBoard; safe to share between threads.

    It retries temporary failures for `retry_for` seconds if the request may be sent again: always for GET and
    DELETE, for POST if it is `repeatable` or was certainly not carried out. Another POST whose answer does
    not come raises `AnswerLost`, or `Unavailable` where a 5xx came instead: look before you repeat it.
    """

    def __init__(
        self,
        url: str,
        credentials: Credentials,
        *,
        ca_file: Path | None = None,
        insecure: bool = False,
        timeout: float = 30.0,
        retry_for: float = 60.0,
        on_tokens: Callable[[Tokens], None] | None = None,
        sleep: Callable[[float], object] | None = None,
        clock: Callable[[], float] = time.monotonic,
        random: Callable[[], float] = uniform,
        pool_size: int = 32,
        concurrency: int = 100,
        proxies: Mapping[str, str] | None = None,
    ) -> None:
        self.url = url.rstrip("/")
        self.throttle = Throttle(concurrency)
        self.on_upload: Progress | None = None
        # Hears how many rows each page of a list had, and how many more the list turned out to have by it.
        self.on_rows: Callable[[int, int], object] | None = None
        self._transport = Transport(
            self.url,
            ca_file=ca_file,
            insecure=insecure,
            timeout=timeout,
            pool_size=max(pool_size, concurrency),
            proxies=proxies,
        )
        self._identity = Identity(
            credentials, self._send_for_identity, on_tokens=on_tokens, clock=clock, server=self.url
        )
        self._retry_for = retry_for
        self._hurried = threading.Event()
        self._abandoned = False
        self._sleep = sleep or self._hurried.wait
        self._clock = clock
        self._server_clock = ServerClock(clock)
        self._random = random
        self._counting = threading.Lock()
        # Several threads may want to know at once; one asks.
        self._asking_user, self._asking_info = threading.Lock(), threading.Lock()
        self._sent = 0
        self._auth_sent = 0
        self._quiet_until = 0.0
        self._progress_at: float | None = None
        self._has_told_of_waiting = False
        self._user: User | None = None
        self._info: ServerInfo | None = None
        self._signing_in: Future[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    @property
    def concurrency(self) -> int:
        """Return how many requests may be under way at once at most."""
        return self.throttle.limit

    @property
    def requests_sent(self) -> int:
        """Return how many requests went out, repeated ones each time; without those about authentication."""
        return self._sent

    @property
    def auth_requests_sent(self) -> int:
        """Return how many requests about authentication went out."""
        return self._auth_sent

    def server_time(self) -> float:
        """Return the time by the server's clock, in seconds since 1970, good to about a second.

        Until an answer has named it, this machine's own.
        """
        return self._server_clock.time()

    @property
    def tokens(self) -> Tokens | None:
        """Return the tokens as they are now, for the WebSocket; None with an API key or before a login."""
        credentials = self._identity.credentials
        return Tokens(credentials.token, credentials.refresh_token) if credentials.token else None

    def websocket_login(self) -> dict[str, Json] | None:
        """Return what says on the WebSocket who we are, or None where the server takes nothing of it.

        Refreshes a token that has expired. From 4.4 on the server takes API keys there (`AuthCmd`).
        """
        self.authenticate()
        tokens, key = self.tokens, self._identity.credentials.api_key
        if tokens is not None:
            return {"token": tokens.token}
        if key and version_of(self.info().version) >= _KEYS_ON_WEBSOCKET:
            return {"apiKey": key}
        return None

    @property
    def has_to_sign_in(self) -> bool:
        """Whether the first request has to wait for tokens."""
        credentials = self._identity.credentials
        return not (credentials.token or credentials.api_key)

    @property
    def knows_version(self) -> bool:
        """Whether `info` sends nothing."""
        return self._info is not None

    @property
    def renewal(self) -> Renewal | None:
        """Return how this session came by other tokens than it was given; None if it did not need to."""
        return self._identity.renewal

    def get(self, path: str, *, params: Parameters | None = None) -> Json:
        """Read something."""
        return self._carry_out(Requested("GET", path, params or {}), repeatable=True)

    def post(
        self, path: str, body: Json, *, params: Parameters | None = None, repeatable: bool = False
    ) -> Json:
        """Ask or change something; `repeatable` where doing it twice is the same as doing it once."""
        return self._carry_out(Requested("POST", path, params or {}, body), repeatable=repeatable)

    def upload(self, path: str, file: Upload, *, params: Parameters) -> Json:
        """Send a file, again where its answer was lost: the same file a second time changes nothing."""
        form = Form(file, self.on_upload)
        return self._carry_out(Requested("POST", path, params, form=form), repeatable=True)

    def delete(self, path: str, *, params: Parameters | None = None) -> Json:
        """Delete something; one whose first answer was lost is done when the second says that it is gone."""
        return self._carry_out(Requested("DELETE", path, params or {}), repeatable=True)

    def authenticate(self) -> None:
        """Check the stored token; refresh it or log in if the server does not take it."""
        self._user = user_in(self._carry_out(Requested("GET", WHOAMI), repeatable=True), self)

    def user(self) -> User:
        """Return who the server thinks we are."""
        with self._asking_user:
            if self._user is None:
                self.authenticate()
        if self._user is None:
            raise AssertionError("authenticate() sets the user or raises")
        return self._user

    def info(self) -> ServerInfo:
        """Return the server's version and edition, asked for once."""
        with self._asking_info:
            if self._info is None:
                body = self.get(INFO)
                version = body.get("version") if isinstance(body, dict) else None
                edition = body.get("type") if isinstance(body, dict) else None
                if not isinstance(version, str) or _VERSION.fullmatch(version) is None:
                    raise malformed(self, "GET", INFO, "the answer names no version")
                self._info = ServerInfo(version, edition[:40] if isinstance(edition, str) else "")
            return self._info

    def connect_ahead(self, count: int) -> None:
        """Begin to make connections for as many requests that will be sent at once, a few seconds from now.

        On a long line each connection that a request finds saves it a round trip, and more with TLS.
        """
        self._transport.connect_ahead(min(count, self.concurrency))

    def sign_in_ahead(self) -> None:
        """Begin to get tokens if there are none; every request waits for them, or fails as this has."""
        if self.has_to_sign_in and self._signing_in is None:
            self._signing_in = Future()
            # Of a run that ends before, nothing waits for it.
            threading.Thread(target=self._sign_in, args=(self._signing_in,), daemon=True).start()

    def _sign_in(self, signing_in: Future[str]) -> None:
        try:
            signing_in.set_result(self._identity.authorization())
        except BaseException as error:
            signing_in.set_exception(error)

    def hurry(self) -> None:
        """Wait for nothing from now on: what waits to be sent again is sent a last time at once."""
        self._hurried.set()

    def abandon(self) -> None:
        """Send nothing from now on: every request raises `Interrupted`, those under way end first."""
        self._abandoned = True
        self._hurried.set()

    def close(self) -> None:
        """Close every connection."""
        self._transport.close()

    def _carry_out(self, requested: Requested, *, repeatable: bool) -> Json:
        reply, answer_was_lost = self._until_accepted(requested, repeatable)
        if 200 <= reply.status < 300:
            if is_page(reply):
                raise not_json(requested, reply)
            return decode(reply)
        failure = self._failure_of(requested, reply)
        if isinstance(failure, NotFound) and requested.method == "DELETE" and answer_was_lost:
            return None
        raise failure

    def _until_accepted(self, requested: Requested, repeatable: bool) -> tuple[Reply, bool]:
        """Send with the current authorization, and with a new one if the server refuses it."""
        if self._signing_in is not None:
            self._signing_in.result()
        authorization = self._identity.authorization()
        reply, answer_was_lost = self._send(requested, authorization, repeatable=repeatable)
        # Refused requests were not carried out, so every kind of them may be sent again.
        # A 401 that is not ThingsBoard's own (a proxy's, the device API's) is not about our token.
        if reply.status == 401 and reason_of(reply).from_thingsboard and self._identity.renew(authorization):
            reply, lost_again = self._send(requested, self._identity.authorization(), repeatable=repeatable)
            answer_was_lost = answer_was_lost or lost_again
        return reply, answer_was_lost

    def _send_for_identity(self, requested: Requested, authorization: str | None) -> Reply:
        # Logging in twice only makes a second token.
        return self._send(requested, authorization, repeatable=True)[0]

    def _send(
        self, requested: Requested, authorization: str | None, *, repeatable: bool
    ) -> tuple[Reply, bool]:
        """Send until an answer comes that is not about passing trouble; say also whether one was lost."""
        attempts = Attempts(self._retry_for, clock=self._clock, random=self._random)
        answer_was_lost = False
        while True:
            if self._abandoned:
                raise Interrupted("interrupted")
            outcome = self._attempt(requested, authorization)
            if isinstance(outcome, Reply):
                return outcome, answer_was_lost
            # Behind a 503 nobody took the request.
            may_be_done = isinstance(outcome, AnswerLost | Unavailable) and outcome.status != 503
            answer_was_lost = answer_was_lost or may_be_done
            delay = None
            if is_worth_another_attempt(outcome, repeatable=repeatable) and not self._hurried.is_set():
                delay = attempts.delay_after(outcome, progress_at=self._progress_at)
            if delay is None:
                raise attempts.explain(outcome, repeatable=repeatable)
            self._tell_of_waiting(outcome, attempts)
            log.info("%s; next attempt in %.1f s", outcome.message, delay)
            if isinstance(outcome, RateLimited):
                self._keep_quiet(delay)
            else:
                self._sleep(delay)

    def _tell_of_waiting(self, failure: ServerError, attempts: Attempts) -> None:
        """Say once for each outage that papaya goes on trying: nobody waits a minute for no reason given."""
        if self._has_told_of_waiting or attempts.seconds < _SILENCE or isinstance(failure, RateLimited):
            return
        self._has_told_of_waiting = True
        log.warning("%s; trying again for up to %g s (--retry-for)", failure.message, self._retry_for)

    def _attempt(self, requested: Requested, authorization: str | None) -> Reply | ServerError:
        """Send once; return the reply, or the failure if it is one that may pass."""
        to_device = requested.to_device
        with self.throttle.slot(to_device=to_device) as epoch:
            self._wait_while_quiet()
            self._count(requested)
            started = self._clock()
            try:
                reply = self._transport.send(requested, authorization)
            except ServerError as failure:
                outcome: Reply | ServerError = failure
            else:
                taken = self._clock() - started
                outcome = self._passing_failure(requested, reply)
                log.debug(
                    "%s %s: %s in %.0f ms",
                    requested.method,
                    requested.shown,
                    reply.status,
                    taken * 1000,
                )
        if isinstance(outcome, Reply):
            self._server_clock.heard(outcome.date)
            self._progress_at = self._clock()
            self._has_told_of_waiting = False
            # Else every growth, which makes connections, would look like a server that gets slower.
            kind = f"{requested.kind} and connect" if outcome.had_to_connect else requested.kind
            self.throttle.on_success(kind, taken, to_device=to_device)
        elif is_pressure(outcome):
            self.throttle.on_rate_limited(epoch, to_device=to_device)
        return outcome

    def _passing_failure(self, requested: Requested, reply: Reply) -> Reply | ServerError:
        if reply.status in (408, 429) or reply.status >= 500:
            failure = self._failure_of(requested, reply)
            if isinstance(failure, RateLimited | Unavailable):
                return failure
        return reply

    def _failure_of(self, requested: Requested, reply: Reply) -> ServerError:
        user = str(self._user) if self._user is not None else ""
        credentials = self._identity.credentials
        return failure_of_reply(
            requested, reply, user=user, secrets=credentials.secrets(), with_key=bool(credentials.api_key)
        )

    def _keep_quiet(self, delay: float) -> None:
        """Let no request of any thread go out for a while: under a rate limit all would be refused."""
        with self._counting:
            self._quiet_until = max(self._quiet_until, self._clock() + delay)

    def _wait_while_quiet(self) -> None:
        delay = self._quiet_until - self._clock()
        if delay > 0:
            self._sleep(delay)

    def _count(self, requested: Requested) -> None:
        with self._counting:
            if requested.path.startswith("/api/auth/"):
                self._auth_sent += 1
            else:
                self._sent += 1
