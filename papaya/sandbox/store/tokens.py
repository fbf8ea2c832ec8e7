"""Signed access and refresh tokens with the claims of the server's JwtTokenFactory."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from binascii import Error as EncodingError
from typing import Any

from papaya.sandbox.refusal import GENERAL, Refusal, bad_credentials, token_expired
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import find
from papaya.sandbox.store.users import User

_ISSUER = "thingsboard.io"
_REFRESH = "REFRESH_TOKEN"
_NO_CUSTOMER = "13814000-1dd2-11b2-8080-808080808080"


def _encode(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))


_HEADER = _encode(b'{"alg":"HS512"}')


def _sign(core: Core, claims: dict[str, object]) -> str:
    signed = f"{_HEADER}.{_encode(json.dumps(claims).encode())}"
    return f"{signed}.{_encode(hmac.digest(core.signing_key, signed.encode(), hashlib.sha512))}"


def _expiry(now: float, seconds: float) -> float:
    # The server writes whole seconds; the short lifetimes of tests need more than that.
    return int(now + seconds) if seconds >= 60 else round(now + seconds, 3)


def issue(core: Core, user: User) -> dict[str, str]:
    """Return a new pair; both tokens share a session, which logout ends."""
    now = time.time()
    common = {"sub": user.email, "userId": user.id, "sessionId": str(uuid.uuid4())}
    stamped = {"iss": _ISSUER, "iat": int(now)}
    names = {name: value for name, value in _names(core, user).items() if value is not None}
    access = {
        **common,
        "scopes": [user.authority],
        "exp": _expiry(now, core.lifetimes.access),
        **stamped,
        **names,
        "enabled": True,
        "isPublic": user.is_public,
        "tenantId": core.tenant_id,
        "customerId": user.customer_id or _NO_CUSTOMER,
    }
    refresh = {
        **common,
        "scopes": [_REFRESH],
        "exp": _expiry(now, core.lifetimes.refresh),
        **stamped,
        "isPublic": user.is_public,
        "jti": str(uuid.uuid4()),
    }
    return {"token": _sign(core, access), "refreshToken": _sign(core, refresh)}


def _names(core: Core, user: User) -> dict[str, str | None]:
    """Return the names that the access token of a user tells to programs."""
    if user.is_public:
        return {"firstName": "Public", "lastName": "Public"}
    found = find(core, "USER", user.id)
    return {} if found is None else {name: found.json.get(name) for name in ("firstName", "lastName")}


def read_access(core: Core, token: str) -> User:
    """Return who an access token names."""
    claims = _verified(core, token)
    scopes = claims.get("scopes") or []
    if scopes[:1] == [_REFRESH]:
        raise bad_credentials()
    return _user(claims, scopes[0])


def read_refresh(core: Core, token: str) -> User:
    """Return who a refresh token names; an access token is refused as the recordings show."""
    claims = _verified(core, token)
    if (claims.get("scopes") or [])[:1] != [_REFRESH]:
        dialect = core.dialect
        raise Refusal(500, GENERAL, dialect.refresh_scope_message, by_advice=dialect.refresh_scope_by_advice)
    return _user(claims, "")


def end_session(core: Core, user: User) -> None:
    """Refuse the session's tokens from now on."""
    if user.session_id is not None:
        core.store.connection.execute(
            "INSERT OR REPLACE INTO ended_session VALUES (?, ?)", (user.session_id, core.now())
        )


def forget_old_sessions(core: Core) -> None:
    """Drop ended sessions whose tokens have expired by themselves."""
    oldest = core.now() - int(core.lifetimes.refresh * 1000)
    core.store.connection.execute("DELETE FROM ended_session WHERE ended < ?", (oldest,))


def _user(claims: dict[str, Any], authority: str) -> User:
    customer = claims.get("customerId")
    return User(
        id=claims["userId"],
        email=claims["sub"],
        authority=authority,
        customer_id=None if customer in (None, _NO_CUSTOMER) else customer,
        session_id=claims.get("sessionId"),
    )


def _verified(core: Core, token: str) -> dict[str, Any]:
    try:
        signed, signature = token.rsplit(".", 1)
        header, payload = signed.split(".")
        claims = json.loads(_decode(payload))
        given = _decode(signature)
        json.loads(_decode(header))
    except (ValueError, EncodingError) as error:
        raise bad_credentials() from error
    expected = hmac.digest(core.signing_key, signed.encode(), hashlib.sha512)
    # The server says "expired" of a wrong signature too: after a reinstallation all clients refresh.
    if not hmac.compare_digest(given, expected) or claims["exp"] <= time.time():
        raise token_expired()
    ended = core.store.connection.execute(
        # A row with the id of a user ends the tokens of earlier seconds.
        "SELECT 1 FROM ended_session WHERE session_id = ? OR (session_id = ? AND ended / 1000 > ?)",
        (claims.get("sessionId"), claims.get("userId"), claims.get("iat", 0)),
    ).fetchone()
    if ended:
        raise token_expired()
    return dict(claims)
