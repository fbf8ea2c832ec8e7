"""What a JSON web token says about itself, unverified: for people to read, never to decide by."""

from __future__ import annotations

import base64
import binascii

from papaya.foreign import LAST_MOMENT, ForeignValue, finite, json_in


def expires_at(token: str) -> float | None:
    """Return when a token ends, in seconds since the epoch by the server's clock; None if it does not say."""
    try:
        payload = token.split(".")[1]
        claims = json_in(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        ends = claims.get("exp") if isinstance(claims, dict) else None
        return finite(ends, least=0, most=LAST_MOMENT / 1_000)
    except (IndexError, ForeignValue, ValueError, binascii.Error):
        return None
