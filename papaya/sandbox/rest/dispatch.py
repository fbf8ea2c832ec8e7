"""From a request to a reply: size, route, sender, limit, handler, errors."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs

from papaya.sandbox.gaps import tell_gap
from papaya.sandbox.refusal import (
    BAD_REQUEST,
    GENERAL,
    PERMISSION_DENIED,
    TOO_MANY_REQUESTS,
    PlainRefusal,
    Redirect,
    Refusal,
    Unanswered,
    forbidden,
    missing,
)
from papaya.sandbox.rest import audit, auth
from papaya.sandbox.rest.accept import negotiated
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.media import BadMediaType, Unbounded, WildcardType, body_of, checked_type
from papaya.sandbox.rest.reply import Reply, error, plain
from papaya.sandbox.rest.routing import Match, Route, Router, WrongMethod
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.users import SYS_ADMIN, User
from papaya.sandbox.unforeseen import shown, tell

_LOG = logging.getLogger(__name__)
_API, _PUBLIC = "/api", ("/api/v1", "/api/noauth/")
_DEVICES = "/api/v1/"
_LOGIN, _WITH_BODY = "/api/auth/", ("POST", "PUT", "PATCH")
# What the server's firewall refuses in a path: empty and relative parts, parameters, and coded separators.
_UNSAFE = re.compile(r"//|;|\\|(?:^|/)(?:\.|%2e){1,2}(?:/|$)|%(?:2f|5c|25|3b|00|0a|0d)", re.IGNORECASE)
_WELCOME = "papaya sandbox, speaking as ThingsBoard {}: not for production\n"


@dataclass(frozen=True, slots=True)
class Request:
    """One request as it came, before anything of it is understood."""

    method: str
    path: str
    query_text: str
    headers: Mapping[str, str]
    body: bytes
    peer: str = ""


async def answer(core: Core, router: Router, request: Request) -> Reply:
    """Return the reply to one request; nothing that a handler does gets past here."""
    try:
        return await _handle(core, router, request)
    except Refusal as refusal:
        return error(
            refusal.status,
            refusal.code,
            refusal.message,
            now=core.now(),
            by_advice=refusal.by_advice,
            extra=refusal.extra,
        )
    except PlainRefusal as refusal:
        return negotiated(plain(refusal.text, refusal.status), request.headers.get("Accept", ""))
    except Unanswered:
        return error(503, GENERAL, None, now=core.now(), by_advice=False, extra={})
    except Redirect:
        return Reply(302, location="/login")
    except Exception as fault:
        # The real server answers 500/2 to what it did not foresee, and any body may lead there.
        tell(_LOG, f"{request.method} {request.path}", fault)
        return error(500, GENERAL, shown(fault), now=core.now(), by_advice=True, extra={})


async def _handle(core: Core, router: Router, request: Request) -> Reply:
    method, path, query_text = request.method, request.path, request.query_text
    if _UNSAFE.search(path):
        raise Refusal(400, BAD_REQUEST, "Bad Request", by_advice=False)
    if method == "HEAD":
        # The web server answers as to a GET, and leaves out the body.
        method = "GET"
    if path == "/":
        return plain(_WELCOME.format(core.dialect.version))
    if not path.startswith(_API):
        raise _no_page(method, path, request.peer)
    match: Match | None = None
    allowed: frozenset[str] | None = None
    try:
        match = router.find(method, path)
    except WrongMethod as wrong:
        allowed = wrong.allowed
    user: User | None = None
    is_public = path.startswith(_PUBLIC) if match is None else match.route.authorities is None
    if not is_public:
        user = auth.authenticate(core, request.headers)
        _take_token(core, user)
    if allowed is not None and method == "OPTIONS":
        return _options(allowed, is_public)
    if allowed is not None:
        raise Refusal(405, BAD_REQUEST, f"Request method '{method}' is not supported", by_advice=False)
    if match is None:
        not_there = missing(f"No static resource {path.strip('/')}.")
        not_there.by_advice = False
        raise not_there
    route = match.route
    if route.authorities is not None and (user is None or user.authority not in route.authorities):
        raise forbidden()
    _check_media(request, is_public)
    arguments = parse_qs(query_text, keep_blank_values=True) if query_text else {}
    body = body_of(method, request.headers.get("Content-Type", ""), request.body)
    call = Call(core, method, path, match.parameters, arguments, body, user, request.headers, request.peer)
    reply = await route.waiting(call) if route.waiting is not None else _carried_out(call, route)
    is_of_device = path.startswith(_DEVICES)
    return negotiated(reply, request.headers.get("Accept", ""), is_advised=not is_of_device)


def _carried_out(call: Call, route: Route) -> Reply:
    if route.handler is None:
        raise missing()
    with call.core.store.transaction():
        noting = audit.watch(call, route)
        reply = route.handler(call)
        if noting is not None:
            noting(reply)
        return reply


def _no_page(method: str, path: str, peer: str) -> Refusal:
    """Return the answer where ThingsBoard has pages; a browser asks for its icon by itself."""
    not_there = (
        missing() if path == "/favicon.ico" else missing(tell_gap(f"web pages ({method} {path})", peer))
    )
    not_there.by_advice = False
    return not_there


def _options(allowed: frozenset[str], is_public: bool) -> Reply:
    """Return the methods of a path; the server's filter chain refuses this for public paths."""
    if is_public:
        raise Refusal(403, PERMISSION_DENIED, "Forbidden", by_advice=False)
    return Reply(headers=(("Allow", ",".join([*sorted(allowed), "OPTIONS"])),))


def _check_media(request: Request, is_public: bool) -> None:
    """Refuse an invalid content type; the login endpoints accept any."""
    content_type = request.headers.get("Content-Type")
    if not content_type or request.method not in _WITH_BODY or request.path.startswith(_LOGIN):
        return
    try:
        checked_type(content_type)
    except Unbounded as error:
        raise Refusal(500, GENERAL, str(error)) from error
    except WildcardType as error:
        raise Refusal(*((500, GENERAL) if is_public else (400, BAD_REQUEST)), str(error)) from error
    except BadMediaType as error:
        status, code = (415, BAD_REQUEST) if is_public else (500, GENERAL)
        raise Refusal(status, code, str(error), by_advice=not is_public) from error


def _take_token(core: Core, user: User) -> None:
    if user.authority != SYS_ADMIN and not core.takes_request():
        raise Refusal(429, TOO_MANY_REQUESTS, "Too many requests for current tenant!")
