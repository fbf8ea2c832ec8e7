"""Stored customers."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

from typing import Any

from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, delete, save
from papaya.sandbox.store.revisions import check_version, next_revision, replaced_by
from papaya.sandbox.store.validation import check_fields, check_name, text_or_none
from papaya.sandbox.wire import dumps, reference

CUSTOMER = "CUSTOMER"
_CONTACT = ("country", "state", "city", "address", "address2", "zip", "phone", "email")


def save_customer(core: Core, body: dict[str, Any]) -> tuple[Entity, str]:
    """Create or replace a customer; return it and the text that answers the request."""
    old = replaced_by(core, CUSTOMER, body)
    info = body.get("additionalInfo")
    info_text = None if info is None else dumps(info)
    contact = {field: text_or_none(body.get(field)) for field in _CONTACT}
    title = text_or_none(body.get("title"))
    check_fields(core.dialect, {**contact, "title": title}, {"additionalInfo": info_text})
    title = check_name("Customer title", title)
    check_version(old, body, "Customer")
    made = next_revision(core, old)
    frame: dict[str, object] = {
        "id": reference(CUSTOMER, made.id),
        "createdTime": made.created_time,
        **contact,
        "title": title,
        "tenantId": reference("TENANT", core.tenant_id),
        "externalId": body.get("externalId"),
        "version": made.version,
        "name": title,
        "additionalInfo": info,
    }
    entity = Entity(
        number=made.number,
        id=made.id,
        kind=CUSTOMER,
        name=title,
        type=CUSTOMER,
        label=None,
        profile_id=None,
        customer_id=made.id,
        created_time=made.created_time,
        version=made.version,
        additional_info=info_text,
        body=dumps(frame),
    )
    save(core, entity, is_new=old is None, taken="Customer with such title already exists!")
    answer = entity.body
    if old is not None and core.dialect.echoes_created_time:
        answer = dumps({**frame, "createdTime": body.get("createdTime") or 0})
    return entity, answer


def delete_customer(core: Core, customer: Entity) -> None:
    """Delete a customer with its users; its assets and devices stay, assigned to nobody."""
    run = core.store.connection.execute
    run(
        "DELETE FROM account WHERE user_id IN"
        " (SELECT id FROM entity WHERE kind = 'USER' AND customer_id = ?)",
        (customer.id,),
    )
    run("DELETE FROM entity WHERE kind = 'USER' AND customer_id = ?", (customer.id,))
    # The server unassigns by saving each, which moves its version.
    unassigned = "'$.customerId.id', '13814000-1dd2-11b2-8080-808080808080', '$.version', version + 1"
    run(
        "UPDATE entity SET customer_id = NULL, version = version + 1,"
        f" body = json_set(body, {unassigned}) WHERE customer_id = ? AND kind IN ('ASSET', 'DEVICE')",
        (customer.id,),
    )
    delete(core, customer)
