"""Whether a text is a public key of SSH, whole and of the kind that it says."""

from __future__ import annotations

import base64
import binascii


def is_public_key(kind: str, data: str) -> bool:
    """Return whether base64 `data` is a key of this kind, from its first byte to its last."""
    try:
        rest = base64.b64decode(data, validate=True)
    except (binascii.Error, ValueError):
        return False
    # It consists of fields, each after its length in four bytes; the first one is the kind.
    fields: list[bytes] = []
    while rest:
        length = int.from_bytes(rest[:4], "big")
        field, rest = rest[4 : 4 + length], rest[4 + length :]
        if len(field) < length or not length:
            return False
        fields.append(field)
    return len(fields) > 1 and fields[0] == kind.encode()
