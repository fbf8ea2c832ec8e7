"""The content type of an answer, and the header `Accept` as the server weighs it.

Objects are JSON. A text takes the content type that the client prefers. Endpoints that name their content
type keep it. A request changes what it asks to change, even if its client cannot be answered.
"""

from __future__ import annotations

import re
from dataclasses import replace
from decimal import Decimal

from papaya.sandbox.refusal import BAD_REQUEST, GENERAL, Refusal
from papaya.sandbox.rest.reply import JSON, TEXT, Reply

_WEIGHT = re.compile(r"0(\.[0-9]{0,3})?|1(\.0{0,3})?", re.ASCII)
_NOT_ACCEPTABLE = "No acceptable representation"


def negotiated(reply: Reply, accept: str, *, is_advised: bool = True) -> Reply:
    """Return an answer as the client accepts it, or refuse.

    `is_advised` tells that the endpoint reports errors as objects; those of devices have an empty answer.
    """
    if not reply.body or not accept.strip() or reply.content_type not in (JSON, TEXT) or reply.keeps_type:
        return _kept(reply, accept)
    try:
        ranges = _ranges(accept)
    except ValueError as error:
        if reply.status != 200:
            return Reply(reply.status)
        raise Refusal(500, GENERAL, f"Could not parse 'Accept' header [{accept}]: {error}") from error
    if reply.content_type == JSON:
        if any(_covers(each, JSON) for each in ranges):
            return reply
        if is_advised:
            raise Refusal(500, GENERAL, _NOT_ACCEPTABLE)
        return Reply(406)
    return _text(reply, ranges)


def _kept(reply: Reply, accept: str) -> Reply:
    """Return an answer of an endpoint that names its content type, unless the client refuses that."""
    if not reply.keeps_type or not accept.strip():
        return reply
    kind = str(reply.content_type).partition(";")[0]
    try:
        ranges = _ranges(accept)
    except ValueError:
        ranges = []
    if any(_covers(each, kind) for each in ranges):
        return reply
    if any(_covers(each, JSON) for each in ranges):
        raise Refusal(406, BAD_REQUEST, _NOT_ACCEPTABLE, by_advice=False)
    return Reply(406)


def _text(reply: Reply, ranges: list[str]) -> Reply:
    for each in ranges:
        kind, _, subtype = each.partition("/")
        if each == "*/*":
            return reply
        if subtype != "*":
            return replace(reply, content_type=JSON if each == JSON else f"{each};charset=UTF-8")
        if kind in ("application", "text"):
            return replace(reply, content_type=JSON if kind == "application" else TEXT)
    return reply


def _ranges(accept: str) -> list[str]:
    """Return the media ranges of a header without parameters, the preferred ones first."""
    found: list[tuple[Decimal, str]] = []
    for part in accept.split(","):
        media, *parameters = (word.strip() for word in part.split(";"))
        if not media:
            continue
        kind, slash, subtype = media.lower().partition("/")
        if not slash and media != "*":
            raise ValueError(f"Invalid mime type \"{media}\": does not contain '/'")
        if not (kind and subtype) and media != "*":
            raise ValueError(f"Invalid mime type \"{media}\": does not contain subtype after '/'")
        found.append((_weight(parameters), media.lower() if media != "*" else "*/*"))
    return [media for _weight, media in sorted(found, key=lambda each: -each[0])]


def _weight(parameters: list[str]) -> Decimal:
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip() == "q" and _WEIGHT.fullmatch(value.strip()):
            return Decimal(value.strip())
    return Decimal(1)


def _covers(media: str, kind: str) -> bool:
    """Tell whether a media range has a content type in it; a weight of 0 does not exclude one."""
    family = kind.partition("/")[0]
    return media in ("*/*", f"{family}/*", kind)
