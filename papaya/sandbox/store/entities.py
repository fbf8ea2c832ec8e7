"""Rows of the entity table: one for every object that has a UUID and a name."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

import json
import sqlite3
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from papaya.sandbox.refusal import broken, invalid, missing
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.validation import refuse_nul
from papaya.sandbox.wire import NULL_ID, is_uuid

NORMAL_NAMES = {
    "TENANT": "Tenant",
    "CUSTOMER": "Customer",
    "USER": "User",
    "DASHBOARD": "Dashboard",
    "ASSET": "Asset",
    "DEVICE": "Device",
    "ALARM": "Alarm",
    "RULE_CHAIN": "Rule chain",
    "RULE_NODE": "Rule node",
    "ENTITY_VIEW": "Entity View",
    "WIDGETS_BUNDLE": "Widgets bundle",
    "WIDGET_TYPE": "Widget type",
    "TENANT_PROFILE": "Tenant profile",
    "DEVICE_PROFILE": "Device profile",
    "ASSET_PROFILE": "Asset profile",
    "API_USAGE_STATE": "Api Usage State",
    "EDGE": "Edge",
    "OTA_PACKAGE": "Ota package",
    "TB_RESOURCE": "Resource",
    "CALCULATED_FIELD": "Calculated field",
    "QUEUE": "Queue",
    "RPC": "Rpc",
    "NOTIFICATION_TARGET": "Notification target",
    "NOTIFICATION_TEMPLATE": "Notification template",
    "NOTIFICATION_RULE": "Notification rule",
}
# The server keeps no attributes and no telemetry of these.
WITHOUT_VALUES = frozenset(
    {
        "DASHBOARD",
        "CALCULATED_FIELD",
        "TB_RESOURCE",
        "QUEUE",
        "RPC",
        "NOTIFICATION_TARGET",
        "NOTIFICATION_TEMPLATE",
        "NOTIFICATION_RULE",
    }
)
# The server's entity queries know nothing of these.
WITHOUT_QUERIES = WITHOUT_VALUES - {"DASHBOARD"} | {"OTA_PACKAGE", "ALARM", "RULE_NODE"}

_FIELDS = (
    "id",
    "kind",
    "name",
    "type",
    "label",
    "profile_id",
    "customer_id",
    "created_time",
    "version",
    "additional_info",
    "body",
    "name_scope",
)
_COLUMNS = ", ".join(("number", *_FIELDS))
_INSERT = f"INSERT INTO entity ({', '.join(_FIELDS)}) VALUES ({', '.join('?' * len(_FIELDS))})"
# Members that never change are not written again.
_CHANGING = tuple(name for name in _FIELDS if name not in ("id", "kind", "created_time"))
_UPDATE = f"UPDATE entity SET {', '.join(f'{name} = ?' for name in _CHANGING)} WHERE number = ?"
_stored_values = attrgetter(*_FIELDS)
_changed_values = attrgetter(*_CHANGING, "number")


@dataclass(frozen=True, slots=True)
class Entity:
    """One stored entity; `body` is the JSON text that a read answers.

    Within one kind a name is unique in its `name_scope`: empty for most kinds, the entity's own id where
    names may repeat.
    """

    number: int
    id: str
    kind: str
    name: str
    type: str | None
    label: str | None
    profile_id: str | None
    customer_id: str | None
    created_time: int
    version: int
    additional_info: str | None
    body: str
    name_scope: str = ""

    @property
    def json(self) -> dict[str, Any]:
        """The body, parsed."""
        return dict(json.loads(self.body))


def find(core: Core, kind: str, identifier: str) -> Entity | None:
    """Return the entity of that kind and id."""
    return _found(core, "id = ? AND kind = ?", identifier, kind)


def find_by_number(core: Core, number: int) -> Entity | None:
    """Return the entity of that number."""
    return _found(core, "number = ?", number)


def find_by_name(core: Core, kind: str, name: str) -> Entity | None:
    """Return the entity of that exact name; names are case-sensitive."""
    refuse_nul(core.dialect, name)
    return _found(core, "kind = ? AND name = ?", kind, name)


def _found(core: Core, condition: str, *parameters: object) -> Entity | None:
    statement = f"SELECT {_COLUMNS} FROM entity WHERE {condition}"
    row = core.store.connection.execute(statement, parameters).fetchone()
    return None if row is None else Entity(*row)


def require(core: Core, kind: str, identifier: str) -> Entity:
    """Return the entity, or refuse as the server's controllers do."""
    found = find(core, kind, identifier)
    if found is None:
        normal = NORMAL_NAMES.get(kind, kind.capitalize())
        raise missing(f"{normal} with id [{identifier}] is not found")
    return found


def insert(core: Core, entity: Entity) -> int:
    """Store a new entity and return its number; sqlite3.IntegrityError when the name is taken."""
    return int(core.store.connection.execute(_INSERT, _stored_values(entity)).lastrowid or 0)


def update(core: Core, entity: Entity) -> None:
    """Replace a stored entity; sqlite3.IntegrityError when the name is taken."""
    core.store.connection.execute(_UPDATE, _changed_values(entity))


def save(core: Core, entity: Entity, *, is_new: bool, taken: str) -> int:
    """Store the entity and return its number; a taken name is refused with the message `taken`."""
    try:
        if is_new:
            return insert(core, entity)
        update(core, entity)
    except sqlite3.IntegrityError as error:
        raise invalid(taken) from error
    return entity.number


def delete(core: Core, entity: Entity) -> None:
    """Remove an entity with everything that hangs on it; what it contains stays, as on the server."""
    run = core.store.connection.execute
    run("DELETE FROM relation WHERE source = ?", (entity.number,))
    run("DELETE FROM relation WHERE target = ?", (entity.number,))
    for table in ("attribute", "series", "latest", "content", "metadata", "rule_state"):
        run(f"DELETE FROM {table} WHERE number = ?", (entity.number,))
    run(
        "DELETE FROM propagated WHERE number = ?1 OR alarm IN (SELECT id FROM alarm WHERE originator = ?1)",
        (entity.number,),
    )
    for table in ("alarm_comment", "assignment"):
        of_alarms = "alarm IN (SELECT id FROM alarm WHERE originator = ?)"
        run(f"DELETE FROM {table} WHERE {of_alarms}", (entity.number,))
    run("DELETE FROM alarm WHERE originator = ?", (entity.number,))
    run("DELETE FROM entity WHERE number = ?", (entity.number,))


def count(core: Core, kind: str) -> int:
    """Return how many entities of a kind there are."""
    row = core.store.connection.execute("SELECT count(*) FROM entity WHERE kind = ?", (kind,)).fetchone()
    return int(row[0])


_DATA = "org.thingsboard.server.common.data"
_NODE = "com.fasterxml.jackson.databind.node"
_NO_OBJECT = (
    f"class {_NODE}.TextNode cannot be cast to class {_NODE}.ObjectNode ({_NODE}.TextNode and "
    f"{_NODE}.ObjectNode are in unnamed module of loader 'app')"
)


def reference_in(value: object, kind: str | None = None) -> tuple[str, str] | None:
    """Return kind and id of a JSON reference; a concrete field may leave out `entityType`."""
    if value is None:
        return None
    if not isinstance(value, dict):
        raise broken(f"JSON parse error: {_NO_OBJECT}")
    identifier = value.get("id")
    named = value.get("entityType", kind)
    if identifier is None or not isinstance(named, str):
        raise broken("I/O error while reading input message")
    if named not in NORMAL_NAMES:
        raise broken(f"JSON parse error: No enum constant {_DATA}.EntityType.{named}")
    if not is_uuid(identifier):
        raise broken(f"JSON parse error: Invalid UUID string: {identifier}")
    return named, str(identifier).lower()


def id_in(body: dict[str, Any], field: str, kind: str) -> str | None:
    """Return the ID in one of the body's fields; None if it is missing or the null ID."""
    found = reference_in(body.get(field), kind)
    return None if found is None or found[1] == NULL_ID else found[1]
