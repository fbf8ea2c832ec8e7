"""The picture of a profile: a file of the manifest, which the server keeps as an image of its own.

The server answers a link instead of what was sent (measured on 4.0.1 and 4.3.1.3). The recorded link tells
whether somebody chose another picture.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Final

from papaya.manifest.model import File, Json

# The server takes 16 MiB in a request, and base64 makes 4 bytes of 3.
LARGEST: Final = 11 * 1024 * 1024
_BEGINNINGS: Final = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF8", "image/gif"),
    (b"RIFF", "image/webp"),
    (b"<svg", "image/svg+xml"),
    (b"<?xml", "image/svg+xml"),
)


def bytes_of(file: File) -> bytes:
    """Return the content of a picture; `file.text` is its base64."""
    try:
        return base64.b64decode(file.text, validate=True)
    except binascii.Error:
        return b""


def decoded(url: Json) -> tuple[str, bytes] | None:
    """Return the ending of a file and the content of a picture that the server tells inside its object."""
    # Before the data stand the image's key and title: `tb-image:…;data:image/png;base64,…` (measured).
    head, comma, text = url.partition(";base64,") if isinstance(url, str) else ("", "", "")
    if not comma or "data:image/" not in head:
        return None
    content = bytes_of(File("", text))
    type_ = media_type(content)
    ending = type_.removeprefix("image/").removesuffix("+xml") if type_ is not None else ""
    return (ending, content) if ending else None


def media_type(content: bytes) -> str | None:
    """Return the media type of a picture, or None where it is none that a server shows."""
    start = content.removeprefix(b"\xef\xbb\xbf").lstrip()
    return next((type_ for beginning, type_ in _BEGINNINGS if start.startswith(beginning)), None)


def digest_of(content: bytes) -> str:
    """Return what a plan and a mark say of a picture."""
    return f"sha256 {hashlib.sha256(content).hexdigest()[:16]}, {len(content)} bytes"


def data_url(content: bytes) -> str:
    """Return a picture as the server takes it."""
    return f"data:{media_type(content)};base64,{base64.b64encode(content).decode()}"
