"""The audit log: who did what with which object. The oldest entries give way to new ones."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity
from papaya.sandbox.wire import NULL_ID, dumps, new_id, reference

KEPT = 10_000
SEARCHED = ("entity_kind", "entity_name", "user_name", "action")
_COLUMNS = (
    "id, created_time, customer_id, entity_kind, entity_id, entity_name, user_id, user_name, action, data"
)


@dataclass(frozen=True, slots=True)
class Subject:
    """What something was done with."""

    kind: str
    id: str
    name: str
    customer_id: str | None = None


def subject_of(entity: Entity) -> Subject:
    """Return a stored entity as the subject of an entry."""
    own = entity.customer_id if entity.kind != "CUSTOMER" else None
    return Subject(entity.kind, entity.id, entity.name, own)


def add_entry(
    core: Core,
    user: tuple[str, str],
    action: str,
    subject: Subject,
    data: dict[str, Any],
    kept: int = KEPT,
) -> None:
    """Write an entry, and keep as many as are allowed; `user` is an id and a name."""
    told = (subject.kind, subject.id, subject.name)
    values = (new_id(), core.now(), subject.customer_id or NULL_ID, *told, *user, action, dumps(data))
    marks = ", ".join("?" * len(values))
    run = core.store.connection.execute
    number = run(f"INSERT INTO audit_log ({_COLUMNS}) VALUES ({marks})", values).lastrowid or 0
    run("DELETE FROM audit_log WHERE number <= ?", (number - kept,))


def entries(core: Core, condition: str, parameters: tuple[object, ...], order: str) -> list[tuple[Any, ...]]:
    """Return the rows of the entries that a condition chooses."""
    return core.store.rows(
        f"SELECT {_COLUMNS} FROM audit_log e WHERE {condition} {order}",
        parameters,
    )


def entry_text(core: Core, row: tuple[Any, ...]) -> str:
    """Return the JSON of an entry."""
    identifier, created, customer, kind, entity, name, user_id, user_name, action, data = row
    return dumps(
        {
            "id": {"id": identifier},
            "createdTime": created,
            "tenantId": reference("TENANT", core.tenant_id),
            "customerId": reference("CUSTOMER", customer),
            "entityId": reference(kind, entity),
            "entityName": name,
            "userId": reference("USER", user_id),
            "userName": user_name,
            "actionType": action,
            "actionData": json.loads(data),
            "actionStatus": "SUCCESS",
            "actionFailureDetails": "",
        }
    )
