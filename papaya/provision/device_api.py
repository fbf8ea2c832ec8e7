"""What a device itself may ask of its server: the HTTP device API, with the token as the login.

The token is a part of the URL. No error, log line or `repr` of this module shows it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import quote

from papaya.api.breakages import Untrusted
from papaya.api.failures import failure_of_reply
from papaya.api.replies import decode
from papaya.api.requested import Requested
from papaya.api.transport import Transport
from papaya.errors import AuthenticationFailed, Rejected, ServerError, Unavailable, Unreachable
from papaya.manifest.model import Json
from papaya.settings import Settings

# ThingsBoard's firewall and Tomcat refuse paths with them, also where they are encoded (measured on 4.3.1.3).
_REFUSED_IN_PATHS = frozenset("/\\%;")
_FIRST_PAUSE = 0.25
_LONGEST_PAUSE = 4.0
PROVISION = "/api/v1/provision"


class TokenRefused(AuthenticationFailed):
    """The server does not know the device's token."""


class DeviceApi:
    """Requests of one device; everything here may be sent again, and is while its failure may pass."""

    over = "HTTP"

    def __init__(
        self,
        url: str,
        token: str,
        *,
        ca_file: Path | None = None,
        insecure: bool = False,
        timeout: float = 30.0,
        retry_for: float = 60.0,
        proxies: Mapping[str, str] | None = None,
        sleep: Callable[[float], None] = time.sleep,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._token = token
        self._url = url.rstrip("/")
        self._transport = Transport(
            self._url, ca_file=ca_file, insecure=insecure, timeout=timeout, pool_size=1, proxies=proxies
        )
        self._retry_for = retry_for
        self._sleep = sleep
        self._clock = clock

    @classmethod
    def of(cls, settings: Settings, token: str) -> Self:
        """Return the API of the server that the settings mean."""
        return cls(
            settings.url,
            token,
            ca_file=settings.ca_file,
            insecure=settings.insecure,
            timeout=settings.timeout,
            retry_for=settings.retry_for,
            proxies=settings.proxies,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._transport.close()

    def send_telemetry(self, ts: int, values: Mapping[str, Json]) -> None:
        """Send values of one moment; sending them twice is the same as once."""
        self._ask(Requested("POST", self._path("telemetry"), body={"ts": ts, "values": dict(values)}))

    def send_attributes(self, values: Mapping[str, Json]) -> None:
        """Set client attributes."""
        self._ask(Requested("POST", self._path("attributes"), body=dict(values)))

    def client_attributes(self, *keys: str) -> dict[str, Json]:
        """Return client attributes as the server has them."""
        answer = self._ask(Requested("GET", self._path("attributes"), {"clientKeys": ",".join(keys)}))
        client = answer.get("client") if isinstance(answer, dict) else None
        return client if isinstance(client, dict) else {}

    def is_known(self) -> bool:
        """Return whether the server knows the token."""
        try:
            self.client_attributes("papaya.nonce")
        except TokenRefused:
            return False
        return True

    def provision(self, request: Mapping[str, Json]) -> Json:
        """Ask for registration with a provision key; here no token is in the path yet."""
        return self._ask(Requested("POST", PROVISION, body=dict(request)))

    def _path(self, name: str) -> str:
        return f"/api/v1/{quote(self._token, safe='')}/{name}"

    def _ask(self, requested: Requested) -> Json:
        until = self._clock() + self._retry_for
        pause = _FIRST_PAUSE
        while True:
            try:
                return self._once(requested)
            except (Unreachable, Unavailable) as failure:
                if isinstance(failure, Untrusted) or self._clock() + pause > until:
                    raise
            self._sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE)

    def _once(self, requested: Requested) -> Json:
        reply = self._transport.send(requested)
        if 200 <= reply.status < 300:
            return decode(reply)
        secrets = {self._token, quote(self._token, safe="")}
        failure = failure_of_reply(requested, reply, secrets=secrets)
        if reply.status == 401:
            raise TokenRefused(
                f"{self._url} does not know this device's access token",
                method=requested.method,
                path=requested.shown,
                status=401,
            )
        if reply.status == 400 and not _REFUSED_IN_PATHS.isdisjoint(self._token):
            raise Rejected(
                f"{self._url} takes no access token with / \\ % or ; over HTTP",
                method=requested.method,
                path=requested.shown,
                status=400,
                remedy="Give the device a token without these characters.",
            )
        if reply.status == 500 and isinstance(failure, Rejected):
            # The device API has no 429: over a rate limit it answers 500.
            raise _as_passing(failure)
        raise failure


def _as_passing(failure: ServerError) -> Unavailable:
    return Unavailable(
        failure.message, method=failure.method, path=failure.path, status=failure.status, code=failure.code
    )
