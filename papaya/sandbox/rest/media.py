"""The content type of a request, and how the server reads it (Spring's message converters)."""

from __future__ import annotations

import codecs
from urllib.parse import parse_qsl, quote_plus

_FORM = "application/x-www-form-urlencoded"
_PARTS = "multipart/form-data"
_BYTES = "application/octet-stream"


class BadMediaType(ValueError):
    """A content type that is not valid."""


class WildcardType(BadMediaType):
    """A content type that leaves open what it is."""


class Unbounded(BadMediaType):
    """A form of several parts without the boundary between them."""


def checked_type(content_type: str) -> str:
    """Return a content type without its parameters; raise BadMediaType with the server's words."""
    plain, *parameters = (part.strip() for part in content_type.split(";"))
    kind, slash, subtype = plain.partition("/")
    if not slash:
        raise BadMediaType(f"Invalid mime type \"{content_type}\": does not contain '/'")
    if not kind or not subtype:
        raise BadMediaType(f"Invalid mime type \"{content_type}\": does not contain subtype after '/'")
    if "*" in subtype:
        raise WildcardType(f"Content-Type cannot contain wildcard subtype '{subtype.partition('+')[0]}'")
    if plain.lower() == _PARTS and not any(one.lower().startswith("boundary=") for one in parameters):
        raise Unbounded("Failed to parse multipart servlet request")
    for parameter in parameters:
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            _check_charset(content_type, value.strip().strip('"'))
    return plain.lower()


def _check_charset(content_type: str, name: str) -> None:
    try:
        codecs.lookup(name)
    except (LookupError, ValueError) as error:
        raise BadMediaType(f"Invalid mime type \"{content_type}\": unsupported charset '{name}'") from error


def is_json(content_type: str) -> bool:
    """Tell whether an object can be read from a body of this type."""
    plain = content_type.partition(";")[0].strip().lower()
    return plain == "application/json" or (plain.startswith("application/") and plain.endswith("+json"))


def not_supported(content_type: str) -> str:
    """Return the refusal of a request whose object has another content type."""
    named = content_type or _BYTES
    if content_type and "charset" not in content_type.lower():
        named = f"{content_type};charset=UTF-8"
    return f"Content-Type '{named}' is not supported"


def body_of(method: str, content_type: str, body: bytes) -> bytes:
    """Return the body as an endpoint sees it: of a form, the parameters written again."""
    if method != "POST" or content_type.partition(";")[0].strip().lower() != _FORM:
        return body
    pairs = parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=None)
    return "&".join(f"{quote_plus(name)}={quote_plus(value)}" for name, value in pairs).encode()
