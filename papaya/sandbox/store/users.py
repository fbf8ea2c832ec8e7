"""Users: who they are, by which authority they act, and how one is added."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from papaya.sandbox.store import passwords
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, insert
from papaya.sandbox.wire import NULL_ID, dumps, new_id, reference

SYS_ADMIN = "SYS_ADMIN"
TENANT_ADMIN = "TENANT_ADMIN"
CUSTOMER_USER = "CUSTOMER_USER"


@dataclass(frozen=True, slots=True)
class User:
    """Who sends a request."""

    id: str
    email: str
    authority: str
    customer_id: str | None
    session_id: str | None


def add_user(core: Core, email: str, password: str, authority: str, *, customer_id: str | None = None) -> str:
    """Create an enabled user and return its id; ValueError when the e-mail is taken."""
    identifier, now = new_id(), core.now()
    tenant = NULL_ID if authority == SYS_ADMIN else core.tenant_id
    body = {
        "id": reference("USER", identifier),
        "createdTime": now,
        "tenantId": reference("TENANT", tenant),
        "customerId": reference("CUSTOMER", customer_id or NULL_ID),
        "email": email,
        "authority": authority,
        "firstName": None,
        "lastName": None,
        "phone": None,
        "version": 1,
        "name": email,
        "additionalInfo": None,
    }
    row = Entity(0, identifier, "USER", email, authority, None, None, customer_id, now, 1, None, dumps(body))
    try:
        insert(core, row)
    except sqlite3.IntegrityError as error:
        raise ValueError(f"a user {email} is already there") from error
    core.store.connection.execute(
        "INSERT INTO account VALUES (?, ?, ?, 1)", (identifier, passwords.digest(password), authority)
    )
    return identifier


def may_read(user: User, entity: Entity) -> bool:
    """Tell whether the user may read the entity: users of a customer read what is assigned to it."""
    if user.authority != CUSTOMER_USER or entity.kind in ("ASSET_PROFILE", "DEVICE_PROFILE"):
        return True
    return user.customer_id is not None and user.customer_id in (entity.customer_id, entity.id)
