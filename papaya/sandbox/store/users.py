"""Users: who they are, by which authority they act, how they are kept and activated."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any

from papaya.sandbox.refusal import invalid
from papaya.sandbox.store import passwords
from papaya.sandbox.store.alarm_comments import unassign_all
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, delete, find, find_by_name, id_in, insert, require
from papaya.sandbox.store.forms import enum_member
from papaya.sandbox.store.naming import check_limit
from papaya.sandbox.store.revisions import check_version, replaced_by
from papaya.sandbox.store.saving import Draft, put
from papaya.sandbox.store.validation import check_email, check_fields, text_or_none
from papaya.sandbox.wire import NULL_ID, dumps, new_id, reference

SYS_ADMIN = "SYS_ADMIN"
TENANT_ADMIN = "TENANT_ADMIN"
CUSTOMER_USER = "CUSTOMER_USER"
_AUTHORITIES = (SYS_ADMIN, TENANT_ADMIN, CUSTOMER_USER)
_LINK_MS = 24 * 3_600_000
_MIN_PASSWORD = 6


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


def save_user(core: Core, body: dict[str, Any]) -> tuple[Entity, str]:
    """Create or replace a user; a new one cannot log in before it is activated."""
    old = replaced_by(core, "USER", body)
    authority, customer = body.get("authority"), id_in(body, "customerId", "CUSTOMER")
    if authority is not None:
        authority = enum_member(authority, _AUTHORITIES, "security.Authority")
    email = text_or_none(body.get("email"))
    names = {name: text_or_none(body.get(name)) for name in ("firstName", "lastName", "phone")}
    if email:
        check_email(email)
    check_fields(core.dialect, {"email": email, **names})
    if not email:
        raise invalid("User email should be specified!")
    if authority is None:
        raise invalid("User authority isn't defined!")
    if old is None:
        check_limit(core, "USER")
    else:
        _check_unchanged(core, old, str(authority), customer)
    if authority == CUSTOMER_USER:
        _check_customer(core, customer)
    elif customer is not None:
        raise invalid("Tenant administrator can't be assigned to customer!")
    holder = find_by_name(core, "USER", email)
    if holder is not None and (old is None or holder.id != old.id):
        raise invalid(f"User with email '{email}' already present in database!")
    check_version(old, body, "User")
    info = body.get("additionalInfo")
    content = {
        "customerId": reference("CUSTOMER", customer or NULL_ID),
        "email": email,
        "authority": authority,
        **names,
        "name": email,
        "additionalInfo": info,
    }
    draft = Draft("USER", email, content, type=str(authority), customer_id=customer, info=info)
    saved, answer = put(core, draft, old, body.get("createdTime"))
    if old is None:
        core.store.connection.execute("INSERT INTO account VALUES (?, '', ?, 0)", (saved.id, authority))
        renew_activation(core, saved.id)
    return saved, answer


def _check_unchanged(core: Core, old: Entity, authority: str, customer: str | None) -> None:
    if old.type != authority:
        raise invalid("Can't update user authority!")
    if customer is not None and old.customer_id != customer:
        raise invalid("Can't update user customer id!")


def _check_customer(core: Core, customer: str | None) -> None:
    if customer is None:
        raise invalid("Customer user should be assigned to customer!")
    if find(core, "CUSTOMER", customer) is None:
        raise invalid("User is referencing to non-existent customer!")


def renew_activation(core: Core, user_id: str) -> None:
    """Give a user that is not active yet a new activation token."""
    token = secrets.token_urlsafe(30)
    core.store.connection.execute(
        "INSERT OR REPLACE INTO activation VALUES (?, ?, ?)", (user_id, token, core.now() + _LINK_MS)
    )


def activation_of(core: Core, user_id: str) -> tuple[str, int]:
    """Return the activation token of a user and when it ends; one that ended is renewed."""
    statement = "SELECT token, expires FROM activation WHERE user_id = ?"
    row = core.store.connection.execute(statement, (user_id,)).fetchone()
    if row is None:
        raise invalid("User is already activated!")
    if row[1] <= core.now():
        renew_activation(core, user_id)
        row = core.store.connection.execute(statement, (user_id,)).fetchone()
    return str(row[0]), int(row[1])


def user_of_token(core: Core, token: str) -> Entity | None:
    """Return the user that an activation token belongs to, None for one that is unknown or has ended."""
    row = core.store.connection.execute(
        "SELECT user_id FROM activation WHERE token = ? AND expires > ?", (token, core.now())
    ).fetchone()
    return None if row is None else require(core, "USER", row[0])


def activate(core: Core, user: Entity, password: str) -> None:
    """Let a user log in from now on."""
    if len(password) < _MIN_PASSWORD:
        raise invalid(f"Password must be {_MIN_PASSWORD} or more characters in length.")
    run = core.store.connection.execute
    run(
        "UPDATE account SET password = ?, enabled = 1 WHERE user_id = ?",
        (passwords.digest(password), user.id),
    )
    run("DELETE FROM activation WHERE user_id = ?", (user.id,))


def enable(core: Core, user: Entity, *, enabled: bool) -> None:
    """Let a user log in, or not."""
    core.store.connection.execute("UPDATE account SET enabled = ? WHERE user_id = ?", (int(enabled), user.id))


def account_state(core: Core, user: Entity) -> dict[str, object]:
    """Return what reading a user adds to its `additionalInfo`."""
    row = core.store.connection.execute(
        "SELECT enabled, NOT EXISTS (SELECT 1 FROM activation t WHERE t.user_id = a.user_id)"
        " FROM account a WHERE user_id = ?",
        (user.id,),
    ).fetchone()
    enabled, active = row or (0, 0)
    return {"userCredentialsEnabled": bool(enabled), "userActivated": bool(active), "lastLoginTs": None}


def remove_user(core: Core, user: Entity) -> None:
    """Delete a user with its account, its keys and its activation link."""
    if user.type == TENANT_ADMIN and core.dialect.keeps_one_administrator:
        others = "SELECT 1 FROM entity WHERE kind = 'USER' AND type = ? AND id != ?"
        if not core.store.rows(others, (TENANT_ADMIN, user.id)):
            raise invalid("At least one tenant administrator must remain!")
    unassign_all(core, user.json)
    for table in ("account", "activation", "api_key"):
        core.store.connection.execute(f"DELETE FROM {table} WHERE user_id = ?", (user.id,))  # noqa: S608
    delete(core, user)


def may_read(user: User, entity: Entity) -> bool:
    """Tell whether the user may read the entity: users of a customer read what is assigned to it."""
    if user.authority != CUSTOMER_USER or entity.kind in ("ASSET_PROFILE", "DEVICE_PROFILE"):
        return True
    return user.customer_id is not None and user.customer_id in (entity.customer_id, entity.id)
