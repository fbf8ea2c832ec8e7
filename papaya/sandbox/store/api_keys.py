"""API keys: whose one is, and what is stored of it."""

from __future__ import annotations

import hashlib

from papaya.sandbox.refusal import bad_credentials, unauthenticated
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.users import User


def user_of_key(core: Core, value: str) -> User:
    """Return the user of an API key; raise Refusal if the key is unknown, disabled or expired."""
    row = core.store.connection.execute(
        "SELECT k.enabled, k.expiration_time, e.id, e.name, a.authority, e.customer_id FROM api_key k"
        " JOIN entity e ON e.id = k.user_id JOIN account a ON a.user_id = k.user_id WHERE k.digest = ?",
        (api_key_digest(value),),
    ).fetchone()
    if row is None:
        raise bad_credentials()
    enabled, expiration, user_id, email, authority, customer_id = row
    if not enabled:
        raise unauthenticated("User account is not active")
    if expiration and expiration <= core.now():
        raise unauthenticated("API key is expired")
    return User(user_id, email, authority, customer_id, None)


def api_key_digest(value: str) -> str:
    """Return what is stored of an API key."""
    return hashlib.sha256(value.encode()).hexdigest()
