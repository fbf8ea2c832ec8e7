"""Fingerprints of secrets: enough to tell whether a secret changed, too little to learn it from.

They are kept in `papaya.applied` on the server and in saved plans, where tenant users can read them.
"""

from __future__ import annotations

import hashlib
import hmac

_DIGITS = 32


def fingerprint(secret: str, salt: str) -> str:
    """Return `SALT$DIGEST`: 128 bits of the HMAC-SHA-256 of the secret under a salt of its own."""
    digest = hmac.new(_bytes(salt), _bytes(secret), hashlib.sha256).hexdigest()[:_DIGITS]
    return f"{salt}${digest}"


def fits(secret: str, known: str) -> bool:
    """Return whether a fingerprint was made from this secret."""
    salt, _, _ = known.partition("$")
    return hmac.compare_digest(_bytes(fingerprint(secret, salt)), _bytes(known))


def _bytes(text: str) -> bytes:
    # A record that a person has edited may hold half a surrogate pair.
    return text.encode(errors="surrogatepass")
