"""Users: who they are, by which authority they act, how they are kept and activated."""

from __future__ import annotations

import secrets
import sqlite3
from dataclasses import dataclass
from typing import Any

from papaya.sandbox.refusal import broken, invalid
from papaya.sandbox.store import passwords
from papaya.sandbox.store.alarm_comments import unassign_all
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, delete, find, find_by_name, id_in, insert, require
from papaya.sandbox.store.forms import enum_member
from papaya.sandbox.store.naming import check_limit
from papaya.sandbox.store.revisions import check_version, replaced_by
from papaya.sandbox.store.saving import Draft, put
from papaya.sandbox.store.user_settings import forget_settings
from papaya.sandbox.store.validation import check_email, check_fields, text_or_none
from papaya.sandbox.wire import NULL_ID, dumps, new_id, reference

SYS_ADMIN = "SYS_ADMIN"
TENANT_ADMIN = "TENANT_ADMIN"
CUSTOMER_USER = "CUSTOMER_USER"
_AUTHORITIES = (SYS_ADMIN, TENANT_ADMIN, CUSTOMER_USER)
_LINK_MS = 24 * 3_600_000
MIN_PASSWORD, MAX_PASSWORD = 6, 72


@dataclass(frozen=True, slots=True)
class User:
    """Who sends a request."""

    id: str
    email: str
    authority: str
    customer_id: str | None
    session_id: str | None

    @property
    def is_public(self) -> bool:
        """Whether everybody may be this user, by the id of the public customer."""
        return self.id == NULL_ID


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
    check_password(password)
    run = core.store.connection.execute
    run(
        "UPDATE account SET password = ?, enabled = 1 WHERE user_id = ?",
        (passwords.digest(password), user.id),
    )
    run("DELETE FROM activation WHERE user_id = ?", (user.id,))


def check_password(password: str) -> None:
    """Refuse a password that breaks the rules of a new server."""
    if len(password) < MIN_PASSWORD:
        raise invalid(f"Password must be {MIN_PASSWORD} or more characters in length.")
    if len(password) > MAX_PASSWORD:
        raise invalid(f"Password must be no more than {MAX_PASSWORD} characters in length.")


def change_password(core: Core, user_id: str, old: str, new: str) -> None:
    """Replace the password of a user who knows the old one, and end the sessions of the old one."""
    run = core.store.connection.execute
    row = run("SELECT password FROM account WHERE user_id = ?", (user_id,)).fetchone()
    if row is None:
        raise broken("The public user has no password")
    if not passwords.matches(old, row[0]):
        raise invalid("Current password doesn't match!")
    check_password(new)
    if new == old:
        raise invalid("New password should be different from existing!")
    run("UPDATE account SET password = ? WHERE user_id = ?", (passwords.digest(new), user_id))
    end_sessions(core, user_id)


def end_sessions(core: Core, user_id: str) -> None:
    """Refuse the tokens that a user got before this second."""
    core.store.connection.execute("INSERT OR REPLACE INTO ended_session VALUES (?, ?)", (user_id, core.now()))


def enable(core: Core, user: Entity, *, enabled: bool) -> None:
    """Let a user log in, or not."""
    core.store.connection.execute("UPDATE account SET enabled = ? WHERE user_id = ?", (int(enabled), user.id))
    if not enabled:
        end_sessions(core, user.id)


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
    forget_settings(core, user.id)
    end_sessions(core, user.id)
    delete(core, user)


def may_read(user: User, entity: Entity) -> bool:
    """Tell whether the user may read the entity: users of a customer read what is assigned to it."""
    if user.authority != CUSTOMER_USER or entity.kind in ("ASSET_PROFILE", "DEVICE_PROFILE"):
        return True
    return user.customer_id is not None and user.customer_id in (entity.customer_id, entity.id)
