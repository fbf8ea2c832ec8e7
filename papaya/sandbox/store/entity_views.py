"""Stored entity views: windows on some keys of an asset or a device."""

from __future__ import annotations

from typing import Any

from papaya.sandbox.numbers import whole
from papaya.sandbox.refusal import broken
from papaya.sandbox.store.attributes import CLIENT_SCOPE, SERVER_SCOPE, SHARED_SCOPE
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, find, id_in, reference_in
from papaya.sandbox.store.naming import REFUSE_CONFLICTS, NameConflict, check_limit, free_name
from papaya.sandbox.store.revisions import check_version, replaced_by
from papaya.sandbox.store.saving import Draft, put
from papaya.sandbox.store.validation import check_fields, check_name, text_or_none
from papaya.sandbox.wire import NULL_ID, dumps, reference

VIEW = "ENTITY_VIEW"
_SCOPES = {"cs": CLIENT_SCOPE, "ss": SERVER_SCOPE, "sh": SHARED_SCOPE}


def save_view(
    core: Core, body: dict[str, Any], conflict: NameConflict = REFUSE_CONFLICTS
) -> tuple[Entity, str]:
    """Create or replace a view and copy its values; the entity's existence is not checked."""
    old = replaced_by(core, VIEW, body)
    name, kind = text_or_none(body.get("name")), text_or_none(body.get("type"))
    check_fields(core.dialect, {"name": name, "type": kind})
    name = check_name("Entity view name", name)
    kind = check_name("Entity view type", kind)
    target = reference_in(body.get("entityId"))
    if target is None:
        raise broken(
            'Cannot invoke "org.thingsboard.server.common.data.id.EntityId.getId()" because "id" is null'
        )
    if old is None:
        check_limit(core, VIEW)
        name = free_name(core, VIEW, name, conflict)
    check_version(old, body, "Entity View")
    customer, info = id_in(body, "customerId", "CUSTOMER"), body.get("additionalInfo")
    content = {
        "entityId": {"entityType": target[0], "id": target[1]},
        "customerId": reference("CUSTOMER", customer or NULL_ID),
        "name": name,
        "type": kind,
        "keys": _keys(body.get("keys")),
        "startTimeMs": whole(body.get("startTimeMs")),
        "endTimeMs": whole(body.get("endTimeMs")),
        "externalId": body.get("externalId"),
        "additionalInfo": info,
    }
    draft = Draft(
        kind=VIEW,
        name=name,
        content=content,
        taken="Entity view with such name already exists!",
        type=kind,
        customer_id=customer,
        info=info,
    )
    saved, answer = put(core, draft, old, body.get("createdTime"))
    _copy(core, saved, find(core, *target))
    return saved, answer


def _keys(given: object) -> dict[str, Any] | None:
    """Return the keys of a view with every member that the server writes."""
    if not isinstance(given, dict):
        return None
    attributes = given.get("attributes")
    if isinstance(attributes, dict):
        attributes = {scope: attributes.get(scope) for scope in _SCOPES}
    return {"timeseries": given.get("timeseries"), "attributes": attributes}


def _copy(core: Core, view: Entity, entity: Entity | None) -> None:
    """Give a view the attributes and the time series that it shows, as they are now."""
    keys = view.json["keys"]
    if entity is None or not isinstance(keys, dict):
        return
    for name, scope in _SCOPES.items():
        shown = dumps((keys.get("attributes") or {}).get(name) or [])
        core.store.connection.execute(
            "INSERT OR REPLACE INTO attribute SELECT ?, scope, key, ts, kind, value FROM attribute"
            " WHERE number = ? AND scope = ? AND key IN (SELECT value FROM json_each(?))",
            (view.number, entity.number, scope, shown),
        )
    shown = dumps(keys.get("timeseries") or [])
    for table, columns in (("series", "key, ts, kind, value"), ("latest", "key, ts, kind, value")):
        core.store.connection.execute(
            f"INSERT OR REPLACE INTO {table} SELECT ?, {columns} FROM {table}"  # noqa: S608
            " WHERE number = ? AND key IN (SELECT value FROM json_each(?))",
            (view.number, entity.number, shown),
        )


def views_of(core: Core, entity: Entity) -> list[str]:
    """Return the names of the views on an entity."""
    rows = core.store.rows(
        "SELECT name FROM entity WHERE kind = ? AND json_extract(body, '$.entityId.id') = ?",
        (VIEW, entity.id),
    )
    return [row[0] for row in rows]
