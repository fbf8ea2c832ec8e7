"""Login, refresh, logout, and who a request comes from."""

from __future__ import annotations

from collections.abc import Mapping

from papaya.sandbox.refusal import Redirect, bad_credentials, unauthenticated
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.reply import EMPTY, JSON_BY_ADVICE, Reply
from papaya.sandbox.rest.routing import ANYONE, Route
from papaya.sandbox.store import passwords, tokens
from papaya.sandbox.store.api_keys import user_of_key
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.dashboards import is_public
from papaya.sandbox.store.entities import find
from papaya.sandbox.store.users import CUSTOMER_USER, User
from papaya.sandbox.wire import NULL_ID, dumps, is_uuid, loads

_BEARER = "Bearer "
_API_KEY = "ApiKey "


def authenticate(core: Core, headers: Mapping[str, str]) -> User:
    """Return the sender; a non-blank X-Authorization wins over Authorization."""
    header = headers.get("X-Authorization", "")
    if not header.strip():
        header = headers.get("Authorization", "")
    if not header.strip():
        raise unauthenticated()
    if not core.dialect.api_keys:
        # 4.0 cuts the length of the prefix and never looks at it.
        if len(header) <= len(_BEARER):
            raise unauthenticated()
        return tokens.read_access(core, header[len(_BEARER) :])
    if header.startswith(_API_KEY):
        return user_of_key(core, header[len(_API_KEY) :])
    if header.startswith(_BEARER):
        return tokens.read_access(core, header[len(_BEARER) :])
    raise Redirect


def find_account(core: Core, email: str) -> tuple[User, str, bool] | None:
    """Return a user, its password digest, and whether it is enabled; e-mails are case-sensitive."""
    row = core.store.connection.execute(
        "SELECT e.id, e.name, a.authority, e.customer_id, a.password, a.enabled FROM entity e"
        " JOIN account a ON a.user_id = e.id WHERE e.kind = 'USER' AND e.name = ?",
        (email,),
    ).fetchone()
    if row is None:
        return None
    return User(row[0], row[1], row[2], row[3], None), row[4], bool(row[5])


def _login(call: Call) -> Reply:
    body = call.credentials()
    name, password = body.get("username"), body.get("password")
    if not isinstance(name, str) or not name or not isinstance(password, str) or not password:
        raise unauthenticated()
    account = find_account(call.core, name)
    if account is None or not passwords.matches(password, account[1]):
        raise bad_credentials()
    if not account[2]:
        raise unauthenticated("User account is not active")
    return _pair(call.core, account[0])


def _refresh(call: Call) -> Reply:
    token = call.credentials().get("refreshToken")
    if not isinstance(token, str) or not token:
        raise unauthenticated()
    named = tokens.read_refresh(call.core, token)
    if named.is_public:
        return _pair(call.core, _public_user(call.core, named.email))
    account = find_account(call.core, named.email)
    if account is None:
        raise bad_credentials()
    return _pair(call.core, account[0])


def _public_user(core: Core, customer_id: str) -> User:
    """Return the user that everybody is, by the id of the public customer."""
    customer = find(core, "CUSTOMER", customer_id.lower()) if is_uuid(customer_id) else None
    if customer is None or not is_public(customer):
        raise bad_credentials()
    return User(NULL_ID, customer.id, CUSTOMER_USER, customer.id, None)


def _login_as_everybody(call: Call) -> Reply:
    try:
        body = loads(call.body)
    except ValueError as error:
        raise unauthenticated() from error
    named = body.get("publicId") if isinstance(body, dict) else None
    if named is None or not str(named).strip():
        raise unauthenticated()
    return _pair(call.core, _public_user(call.core, str(named)))


def _only_post(_call: Call) -> Reply:
    raise unauthenticated("Authentication method not supported")


def pair_of(core: Core, user: User) -> dict[str, object]:
    """Return the tokens of a new session of a user."""
    return {**tokens.issue(core, user)}


def _pair(core: Core, user: User) -> Reply:
    return Reply(200, dumps(pair_of(core, user)).encode(), JSON_BY_ADVICE)


def _logout(call: Call) -> Reply:
    tokens.end_session(call.core, call.sender)
    return EMPTY


ROUTES = (
    Route("POST", "/api/auth/login", _login, None),
    Route("POST", "/api/auth/login/public", _login_as_everybody, None),
    *(
        Route(method, path, _only_post, None)
        for path in ("/api/auth/login", "/api/auth/login/public")
        for method in ("GET", "PUT", "DELETE")
    ),
    Route("POST", "/api/auth/token", _refresh, None),
    Route("POST", "/api/auth/logout", _logout, ANYONE),
)
