"""The one place where an exchange that broke becomes a papaya error.

Messages of requests and urllib3 quote the whole URL, secrets included: neither they nor the exceptions
themselves go any further than this.
"""

from __future__ import annotations

import http.client
import ssl
from collections.abc import Iterator

import requests
from urllib3.exceptions import ClosedPoolError, ConnectTimeoutError, NewConnectionError

from papaya.api.bounds import MEGABYTE, TooLarge
from papaya.api.replies import too_much
from papaya.api.requested import Requested
from papaya.errors import AnswerLost, ServerError, Unreachable

_IS_IT_THERE = "Is the server running, and is the URL right?"
LOOK_BEFORE_REPEATING = "It may have been carried out: look at the server before sending it again."


class Untrusted(Unreachable):
    """The URL, the server's certificate or its protocol does not hold: waiting does not help."""


def failure_of_exception(
    requested: Requested, error: Exception, server: str = "", most: int = 0
) -> tuple[ServerError, Exception | None]:
    """Return the error for an exchange without a full answer, and the cause that is safe to show with it.

    `server` is the server's URL, which the message names; `most` is how many bytes an answer may have.
    """
    if any(isinstance(link, TooLarge) for link in _chain(error)):
        source = f"{requested.method} {server}{requested.shown}"
        return too_much(source, f"the answer has more than {most // MEGABYTE} MB"), None
    cause = _innermost(error)
    kind, reason, remedy = _explained(error, cause)
    if remedy == LOOK_BEFORE_REPEATING and requested.only_asks:
        remedy = _IS_IT_THERE
    failure = kind(
        f"{requested.method} {server}{requested.shown}: {reason}",
        method=requested.method,
        path=requested.shown,
        remedy=remedy,
    )
    return failure, cause


def _explained(error: Exception, cause: Exception | None) -> tuple[type[ServerError], str, str]:
    if isinstance(error, ValueError | requests.URLRequired | requests.exceptions.InvalidJSONError):
        return Untrusted, _unsendable(error), "Check --url and --ca-file."
    never_sent = _was_never_sent(error)
    reason = _reason_of(error, cause, never_sent=never_sent)
    if not never_sent:
        return AnswerLost, reason, LOOK_BEFORE_REPEATING
    if _is_final(cause):
        return Untrusted, reason, _tls_remedy(cause)
    return Unreachable, reason, _IS_IT_THERE


def _was_never_sent(error: Exception) -> bool:
    if isinstance(error, requests.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    # `connection.py` wraps everything that fails before a connection stands, handshakes included.
    before_sending = ClosedPoolError | ConnectTimeoutError | NewConnectionError
    return any(isinstance(link, before_sending) for link in _chain(error))


def _is_final(cause: Exception | None) -> bool:
    # An end of file comes from a server that is just starting or stopping.
    return isinstance(cause, ssl.SSLError) and not isinstance(cause, ssl.SSLEOFError | ssl.SSLZeroReturnError)


def _unsendable(error: Exception) -> str:
    if isinstance(error, requests.exceptions.InvalidHeader):
        return "the credentials have characters that cannot be sent"
    return "the request cannot be sent to this URL"


def _tls_remedy(cause: Exception | None) -> str:
    if isinstance(cause, ssl.SSLCertVerificationError):
        return "If a private authority signed the server's certificate, name its certificate with --ca-file."
    return "Does the server speak TLS on this port? If not, the URL begins with http://."


def _chain(error: BaseException) -> Iterator[BaseException]:
    """Yield the exception and all that it came from, through the arguments in which requests nests them."""
    seen: set[int] = set()
    waiting: list[object] = [error]
    while waiting:
        link = waiting.pop(0)
        if not isinstance(link, BaseException) or id(link) in seen:
            continue
        seen.add(id(link))
        yield link
        waiting += [getattr(link, "reason", None), link.__cause__, link.__context__, *link.args]


def _innermost(error: Exception) -> Exception | None:
    """Return the operating system's or the protocol's own exception: it names no URL."""
    found = None
    for link in _chain(error):
        ours = isinstance(link, requests.RequestException) or type(link).__module__.startswith("urllib3")
        if not ours and isinstance(link, OSError | http.client.HTTPException):
            found = link
    return found


def _reason_of(error: Exception, cause: Exception | None, *, never_sent: bool) -> str:
    if isinstance(error, requests.Timeout) or isinstance(cause, TimeoutError):
        return "connecting took too long" if never_sent else "no answer in time"
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"the server's certificate is not trusted: {getattr(cause, 'verify_message', '')}"
    if isinstance(cause, ssl.SSLError):
        # Only those that OpenSSL itself raises have a reason.
        reason = getattr(cause, "reason", None) or "the connection is broken"
        return f"TLS failed: {reason.replace('_', ' ').lower()}"
    if isinstance(cause, OSError) and cause.strerror:
        return cause.strerror[0].lower() + cause.strerror[1:]
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy does not connect to the server"
    if isinstance(error, requests.exceptions.ChunkedEncodingError | requests.exceptions.ContentDecodingError):
        return "the answer ends in the middle"
    if cause is not None:
        return "the server closed the connection without an answer"
    return "the connection broke"
