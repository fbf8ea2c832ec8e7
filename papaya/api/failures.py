"""The one place where an answer that is no success becomes a papaya error.

The server's error body is `{status, message, errorCode, timestamp}` (its ThingsboardErrorResponseHandler), or
a few known words for telemetry and commands. Any other body comes from something else that answers at this
URL.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from papaya.api.replies import Reply, decode
from papaya.api.requested import HIDDEN, Requested, hide_query_secrets
from papaya.counting import counted
from papaya.errors import (
    AuthenticationFailed,
    Forbidden,
    NotFound,
    RateLimited,
    Rejected,
    ServerError,
    Unavailable,
    UnexpectedReply,
    VersionConflict,
)
from papaya.foreign import described, line_of
from papaya.remedies import API_KEY_REFUSED, LOG_IN_AGAIN, rights_needed

_CODE_PASSWORD_EXPIRED = 15
_CODE_PASSWORD_WEAK = 45
_CODE_ENTITIES_LIMIT = 41
# "Devices limit reached", from 4.3 on with the number; "Calculated fields per entity limit reached!".
_LIMIT = re.compile(r"(?P<what>[A-Za-z ]+?) limit reached!?")
# "OtaPackages total size exceeds the maximum of 10 bytes".
_SIZE_LIMIT = re.compile(r"total size exceeds the maximum of (?P<bytes>\d+)")
_HTTPS = "The URL begins with https:// on this port."
_LIMIT_REMEDY = (
    "The tenant profile limits the number of entities and their size. Remove some, or ask a system "
    "administrator to raise the limit under Tenant profiles."
)
_CODE_DATABASE = 46
# Recorded ones have up to 240 characters.
_MOST = 500

# What a 500 says when the database is away or a query took too long: the server names Spring's exception.
# Before 4.3 it has no code of its own for them (BaseController.handleException). A 500 with another reason is
# the server's answer to this very request, and repeating the request repeats it.
_PASSING_REASONS = (
    "Database error",
    "Could not open JPA EntityManager",
    "Could not commit JPA transaction",
    "Unable to acquire JDBC Connection",
    "Connection is not available",
    "Request timeout",
)
# Endpoints of telemetry and of calls refuse in plain text (AccessValidator), which ends in these words.
_PLAIN_REFUSALS: Mapping[int, tuple[str, ...]] = {
    403: ("permission to perform this operation!", "not allowed to perform this operation!"),
    404: ("with requested id wasn't found!",),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """What the server said about its refusal."""

    text: str
    code: int | None = None
    from_thingsboard: bool = False
    limit: int | None = None

    @property
    def reached(self) -> str:
        """Return which limit of the tenant this is about, or nothing."""
        if not self.from_thingsboard:
            return ""
        found = _LIMIT.fullmatch(self.text)
        if found is not None:
            what = found["what"].lower().replace("ota ", "OTA ")
            if self.limit is None:
                return f"the tenant's limit of {what} is reached"
            return f"the tenant's limit of {counted(self.limit, what.removesuffix('s'))} is reached"
        size = _SIZE_LIMIT.search(self.text)
        return f"the tenant's limit of {size['bytes']} bytes is reached ({self.text})" if size else ""


def failure_of_reply(
    requested: Requested,
    reply: Reply,
    *,
    user: str = "",
    secrets: Iterable[str] = (),
    with_key: bool = False,
) -> ServerError:
    """Return the error that a reply with another status than 2xx stands for.

    `user` is who the request came from, as far as that is known; `with_key` says that it had an API key.
    """
    if 300 <= reply.status < 400:
        return _redirected(requested, reply)
    reason = reason_of(reply)
    text = without(reason.reached or reason.text, {*requested.secrets(), *secrets})
    kind, remedy = _kind_and_remedy(reply.status, reason, user)
    if with_key and kind is AuthenticationFailed:
        # The server has the same words for a disabled key and for a disabled user.
        remedy = API_KEY_REFUSED
    return kind(
        f"{_asked(requested, reply)}: {text} (HTTP {reply.status})",
        method=requested.method,
        path=requested.shown,
        status=reply.status,
        code=reason.code,
        remedy=remedy,
    )


def reason_of(reply: Reply) -> Reason:
    """Return the server's own reason, summarised where the body is a web page."""
    body = decode(reply)
    if isinstance(body, dict) and "errorCode" in body:
        message, code, limit = body.get("message"), body.get("errorCode"), body.get("limit")
        return Reason(
            line_of(message if isinstance(message, str) else described(message), _MOST) if message else "",
            code if isinstance(code, int) else None,
            from_thingsboard=True,
            limit=limit if isinstance(limit, int) and not isinstance(limit, bool) else None,
        )
    if isinstance(body, str) and body.strip():
        text = body.strip()
        if text.endswith(_PLAIN_REFUSALS.get(reply.status, ())):
            return Reason(_shortened(text), from_thingsboard=True)
        return Reason(summary_of_page(text) if is_page(reply) else _shortened(text))
    if body is None:
        return Reason("the answer has no body")
    return Reason("the answer is not one of ThingsBoard's")


def is_page(reply: Reply) -> bool:
    """Return whether the reply is a web page, which no call of ThingsBoard's API answers."""
    return "html" in reply.content_type or reply.body.lstrip()[:14].lower().startswith(
        (b"<!doctype html", b"<html")
    )


def summary_of_page(text: str) -> str:
    """Return the title of a web page in a few words."""
    title = re.search(r"<title[^>]*>(.*?)</title>", text, re.IGNORECASE | re.DOTALL)
    words = " ".join(html.unescape(title[1]).split()) if title else ""
    return f'the answer is a web page titled "{_shortened(words)}"' if words else "the answer is a web page"


def not_json(requested: Requested, reply: Reply) -> UnexpectedReply:
    """Return the error for a web page where an answer should be."""
    return UnexpectedReply(
        f"{_asked(requested, reply)}: {reason_of(reply).text} (HTTP {reply.status})",
        method=requested.method,
        path=requested.shown,
        status=reply.status,
        remedy="Is the URL that of ThingsBoard itself? Something else answers there.",
    )


def without(text: str, secrets: Iterable[str]) -> str:
    """Return the text with every secret in it hidden."""
    for secret in sorted(secrets, key=len, reverse=True):
        # Shorter ones would tear holes into ordinary words, and protect nobody.
        if len(secret) >= 4:
            text = text.replace(secret, HIDDEN)
    return text


def _kind_and_remedy(status: int, reason: Reason, user: str) -> tuple[type[ServerError], str]:
    if status in (401, 403) and not reason.from_thingsboard:
        return (
            UnexpectedReply,
            "Something in front of ThingsBoard refuses the request: a proxy or a firewall.",
        )
    if status == 401:
        return AuthenticationFailed, _authentication_remedy(reason)
    if status == 403:
        return Forbidden, _rights_remedy(reason, user)
    if status == 404:
        return _kind_of_404(reason)
    if status == 409 and reason.from_thingsboard:
        return VersionConflict, "Somebody changed it in the meantime: plan again."
    if status == 429:
        return RateLimited, "Lower --concurrency, or raise the limits in the tenant profile."
    if status == 413:
        return Rejected, "The request is too large for the server: send less at once."
    if status == 400 and "requires TLS" in reason.text:
        return UnexpectedReply, _HTTPS
    if status == 400 and reason.reached:
        return Rejected, _LIMIT_REMEDY
    remedy = "" if reason.from_thingsboard else _remedy_in_front(status, reason.text)
    if status in (408, 502, 503, 504) or (status >= 500 and may_pass(reason)):
        return Unavailable, remedy
    return Rejected, remedy


def _remedy_in_front(status: int, text: str) -> str:
    """Return what to do about an answer of a proxy, a firewall or a network instead of ThingsBoard's."""
    if status == 407:
        return "The proxy needs a password. Write USER:PASSWORD@ before its name: https_proxy=…"
    if status == 511:
        return "This network requires you to sign in first: open a web page in a browser."
    if status == 400 and "HTTPS" in text.upper():
        return _HTTPS
    if status in (502, 503, 504):
        return "A proxy answers, ThingsBoard behind it does not. Is it running? Retry longer: --retry-for 5m"
    if status >= 500:
        return "Look at the log of ThingsBoard, and of the proxy in front of it."
    return "Is the URL that of ThingsBoard itself? Something else answers there."


def may_pass(reason: Reason) -> bool:
    """Return whether a 5xx with this reason may give way to a success without anybody changing anything."""
    if not reason.from_thingsboard or reason.code == _CODE_DATABASE:
        return True
    # Without a message: a TimeoutException, as when a relation query exceeds its 20 s.
    return not reason.text or any(passing in reason.text for passing in _PASSING_REASONS)


def _kind_of_404(reason: Reason) -> tuple[type[ServerError], str]:
    # Only ThingsBoard's own 404 about an entity says that the entity is absent: to believe a proxy's would be
    # to create everything once more. "No static resource" is how the server says that it lacks the endpoint.
    if not reason.from_thingsboard:
        return (
            UnexpectedReply,
            "Is the URL that of ThingsBoard, with the path in front of /api if there is one?",
        )
    if reason.text.startswith(("No static resource", "No handler found", "No endpoint")):
        return UnexpectedReply, "This server's version has no such endpoint."
    return NotFound, "It may have been deleted, or belong to another tenant."


def _authentication_remedy(reason: Reason) -> str:
    if reason.code in (_CODE_PASSWORD_EXPIRED, _CODE_PASSWORD_WEAK):
        return "Set a new password in ThingsBoard's web interface, then run: papaya login"
    if "locked" in reason.text or "not active" in reason.text:
        return "An administrator can enable the account again."
    return LOG_IN_AGAIN


def _rights_remedy(reason: Reason, user: str) -> str:
    if reason.code == _CODE_ENTITIES_LIMIT:
        return _LIMIT_REMEDY
    return rights_needed(user)


def _redirected(requested: Requested, reply: Reply) -> UnexpectedReply:
    location = hide_query_secrets(_shortened(reply.location)) or "nowhere"
    return UnexpectedReply(
        f"{_asked(requested, reply)}: the server redirects to {location} (HTTP {reply.status})",
        method=requested.method,
        path=requested.shown,
        status=reply.status,
        remedy="The URL is probably wrong (http for https, or a missing path). Redirects are not followed, "
        "because the credentials would go along.",
    )


def _asked(requested: Requested, reply: Reply) -> str:
    """Return what was asked, with the server's URL."""
    return reply.source or f"{requested.method} {requested.shown}"


def _shortened(text: str) -> str:
    return line_of(text)
