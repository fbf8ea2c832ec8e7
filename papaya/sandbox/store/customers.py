"""Stored customers."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

from typing import Any

from papaya.sandbox.refusal import invalid
from papaya.sandbox.store.calculated_fields import delete_fields_of, is_referenced
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.dashboards import dashboards_of, is_public, note_customer_saved, unassign
from papaya.sandbox.store.entities import Entity, delete, find_by_name, require
from papaya.sandbox.store.naming import REFUSE_CONFLICTS, NameConflict, check_limit, free_name
from papaya.sandbox.store.revisions import check_version, replaced_by
from papaya.sandbox.store.saving import Draft, put
from papaya.sandbox.store.users import remove_user
from papaya.sandbox.store.validation import check_email, check_fields, check_name, text_or_none

CUSTOMER = "CUSTOMER"
PUBLIC = "Public"
_CONTACT = ("country", "state", "city", "address", "address2", "zip", "phone", "email")


def save_customer(
    core: Core, body: dict[str, Any], conflict: NameConflict = REFUSE_CONFLICTS
) -> tuple[Entity, str]:
    """Create or replace a customer; return it and the text that answers the request."""
    old = replaced_by(core, CUSTOMER, body)
    info = body.get("additionalInfo")
    contact = {field: text_or_none(body.get(field)) for field in _CONTACT}
    title = text_or_none(body.get("title"))
    check_fields(core.dialect, {**contact, "title": title})
    title = check_name("Customer title", title)
    if title == PUBLIC and not (old is not None and is_public(old)):
        raise invalid("'Public' title for customer is system reserved!")
    if contact["email"]:
        check_email(contact["email"])
    if old is None:
        check_limit(core, CUSTOMER)
        title = free_name(core, CUSTOMER, title, conflict)
    check_version(old, body, "Customer")
    saved, answer = _store(core, title, contact, info, old, body)
    if old is not None:
        note_customer_saved(core, saved)
    return saved, answer


def _store(
    core: Core,
    title: str,
    contact: dict[str, Any],
    info: object,
    old: Entity | None,
    body: dict[str, Any],
) -> tuple[Entity, str]:
    content = {
        **contact,
        "title": title,
        "externalId": body.get("externalId"),
        "name": title,
        "additionalInfo": info,
    }
    draft = Draft(
        CUSTOMER, title, content, "Customer with such title already exists!", type=CUSTOMER, info=info
    )
    saved, answer = put(core, draft, old, body.get("createdTime"))
    # A customer sees itself as one of its own.
    core.store.connection.execute("UPDATE entity SET customer_id = id WHERE number = ?", (saved.number,))
    return saved, answer


def find_public(core: Core) -> Entity | None:
    """Return the customer that stands for everybody."""
    return find_by_name(core, CUSTOMER, PUBLIC)


def public_customer(core: Core) -> Entity:
    """Return the customer that stands for everybody, made when it is first needed."""
    found = find_public(core)
    if found is not None:
        return found
    return _store(core, PUBLIC, dict.fromkeys(_CONTACT), {"isPublic": True}, None, {})[0]


def delete_customer(core: Core, customer: Entity) -> None:
    """Delete a customer with its users; entities that were assigned to it stay, unassigned."""
    if is_referenced(core, customer):
        raise invalid("Can't delete customer that is referenced in calculated fields!")
    delete_fields_of(core, customer)
    run = core.store.connection.execute
    rows = core.store.rows("SELECT id FROM entity WHERE kind = 'USER' AND customer_id = ?", (customer.id,))
    for (identifier,) in rows:
        remove_user(core, require(core, "USER", identifier))
    for dashboard in dashboards_of(core, customer):
        unassign(core, dashboard, customer)
    # The server unassigns by saving each, which moves its version.
    unassigned = "'$.customerId.id', '13814000-1dd2-11b2-8080-808080808080', '$.version', version + 1"
    run(
        "UPDATE entity SET customer_id = NULL, version = version + 1,"
        f" body = json_set(body, {unassigned}) WHERE customer_id = ? AND id != customer_id",
        (customer.id,),
    )
    delete(core, customer)
