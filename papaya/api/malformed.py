"""What papaya says where an answer is not what ThingsBoard's API answers there."""

from __future__ import annotations

from papaya.errors import UnexpectedReply


def malformed(server: object, method: str, path: str, what: str) -> UnexpectedReply:
    """Return the error for a malformed answer; it names the server's URL where `server` has one (`url`)."""
    return UnexpectedReply(
        f"{method} {getattr(server, 'url', '')}{path}: {what}",
        method=method,
        path=path,
        remedy="Is the URL that of ThingsBoard itself?",
    )
