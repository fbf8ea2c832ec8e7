"""What a JSON web token says about itself, unverified: for people to read, never to decide by."""

from __future__ import annotations

import base64
import binascii
import json


def expires_at(token: str) -> float | None:
    """Return when a token ends, in seconds since the epoch by the server's clock; None if it does not say."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return float(claims["exp"])
    except (IndexError, KeyError, TypeError, ValueError, binascii.Error):
        return None
