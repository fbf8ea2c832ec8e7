"""Password digests."""

from __future__ import annotations

import hashlib
import hmac
import secrets

# Cheap on purpose: the passwords are published, and the sandbox must start in a moment.
_COST = 2**10


def digest(password: str) -> str:
    """Return a salted digest of a password."""
    salt = secrets.token_bytes(16)
    return f"{salt.hex()}:{_stretch(password, salt)}"


def matches(password: str, stored: str) -> bool:
    """Tell whether `password` gave the stored digest."""
    salt, expected = stored.split(":")
    return hmac.compare_digest(_stretch(password, bytes.fromhex(salt)), expected)


def _stretch(password: str, salt: bytes) -> str:
    return hashlib.scrypt(password.encode(), salt=salt, n=_COST, r=8, p=1).hex()
