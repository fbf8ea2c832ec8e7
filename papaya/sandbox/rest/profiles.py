"""Endpoints of asset and device profiles."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

import json
from functools import partial
from typing import Any

from papaya.sandbox.refusal import forbidden
from papaya.sandbox.rest.by_ids import asks_by_ids, by_ids
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.paging import order_by, page_reply, read_page_link
from papaya.sandbox.rest.reply import EMPTY, Reply, json_text, json_value
from papaya.sandbox.rest.routing import TENANT, TENANT_OR_CUSTOMER, Route
from papaya.sandbox.rest.shapes import body_of
from papaya.sandbox.store.device_profiles import DEVICE_PROFILE
from papaya.sandbox.store.entities import require
from papaya.sandbox.store.images import with_image_inline
from papaya.sandbox.store.profiles import (
    ASSET_PROFILE,
    default_profile,
    delete_profile,
    make_default,
    save_profile,
)
from papaya.sandbox.store.users import TENANT_ADMIN
from papaya.sandbox.wire import dumps, reference

_SORTS = {
    "createdTime": "e.created_time",
    "name": "e.name",
    "description": "json_extract(e.body, '$.description')",
    "isDefault": "json_extract(e.body, '$.default')",
    "type": "e.type",
    "transportType": "json_extract(e.body, '$.transportType')",
}
_IDS = {ASSET_PROFILE: "assetProfileIds", DEVICE_PROFILE: "deviceProfileIds"}
_INFO_FIELDS = {
    ASSET_PROFILE: ("id", "tenantId", "name", "image", "defaultDashboardId"),
    DEVICE_PROFILE: ("id", "tenantId", "name", "image", "defaultDashboardId", "type", "transportType"),
}


def _save(kind: str, call: Call) -> Reply:
    return json_text(save_profile(call.core, kind, body_of(call, kind))[1])


def _read(kind: str, call: Call) -> Reply:
    profile = require(call.core, kind, call.identifier("id"))
    if call.argument("inlineImages") != "true":
        return json_text(profile.body)
    body = profile.json
    return json_text(dumps({**body, "image": with_image_inline(call.core, body["image"])}))


def _delete(kind: str, call: Call) -> Reply:
    delete_profile(call.core, kind, call.identifier("id"))
    return EMPTY


def _make_default(kind: str, call: Call) -> Reply:
    return json_text(make_default(call.core, kind, call.identifier("id")).body)


def _info(kind: str, call: Call) -> Reply:
    return json_value(_shortened(kind, require(call.core, kind, call.identifier("id")).json))


def _default_info(kind: str, call: Call) -> Reply:
    return json_value(_shortened(kind, default_profile(call.core, kind).json))


def _page(kind: str, infos: bool, call: Call) -> Reply:
    if infos and asks_by_ids(call, _IDS[kind]):
        return _infos_by_ids(kind, call)
    link = read_page_link(call)
    where, parameters = "e.kind = ?", [kind]
    if link.text_search is not None:
        where += " AND ilike(e.name, ?)"
        parameters.append(link.pattern)
    transport = call.argument("transportType")
    if transport is not None and infos:
        where += " AND json_extract(e.body, '$.transportType') = ?"
        parameters.append(transport)
    rows = call.core.store.rows(
        f"SELECT e.body FROM entity e WHERE {where} {order_by(link, _SORTS)}",
        tuple(parameters),
    )
    if not infos:
        return page_reply(link, rows)
    return page_reply(link, rows, lambda row: dumps(_shortened(kind, json.loads(row[0]))))


def _shortened(kind: str, profile: dict[str, Any]) -> dict[str, Any]:
    return {field: profile[field] for field in _INFO_FIELDS[kind]}


def _infos_by_ids(kind: str, call: Call) -> Reply:
    if call.sender.authority != TENANT_ADMIN:
        raise forbidden()
    return by_ids(kind, _IDS[kind], call, lambda profile: dumps(_shortened(kind, profile.json)))


def _keys_of_members(table: str, call: Call) -> Reply:
    """Return the keys that devices have, of one profile or of all."""
    profile = call.argument("deviceProfileId")
    rows = call.core.store.rows(
        f"SELECT DISTINCT k.key FROM {table} k JOIN entity e ON e.number = k.number"
        " WHERE e.kind = 'DEVICE' AND (?1 IS NULL OR e.profile_id = ?1) ORDER BY k.key",
        (profile,),
    )
    return json_value([row[0] for row in rows])


def _names(kind: str, call: Call) -> Reply:
    rows = call.core.store.rows(
        "SELECT id, name FROM entity e WHERE kind = ?"
        " AND (NOT ? OR EXISTS (SELECT 1 FROM entity m WHERE m.profile_id = e.id)) ORDER BY name",
        (kind, call.flag("activeOnly")),
    )
    return json_value([{"id": reference(kind, str(row[0])), "name": row[1]} for row in rows])


def _routes(kind: str, stem: str) -> tuple[Route, ...]:
    return (
        Route("POST", f"/api/{stem}", partial(_save, kind), TENANT),
        Route("GET", f"/api/{stem}/{{id}}", partial(_read, kind), TENANT),
        Route("DELETE", f"/api/{stem}/{{id}}", partial(_delete, kind), TENANT),
        Route("POST", f"/api/{stem}/{{id}}/default", partial(_make_default, kind), TENANT),
        Route("GET", f"/api/{stem}/names", partial(_names, kind), TENANT_OR_CUSTOMER),
        Route("GET", f"/api/{stem}Info/default", partial(_default_info, kind), TENANT_OR_CUSTOMER),
        Route("GET", f"/api/{stem}Info/{{id}}", partial(_info, kind), TENANT_OR_CUSTOMER),
        Route("GET", f"/api/{stem}s", partial(_page, kind, False), TENANT),
        Route("GET", f"/api/{stem}Infos", partial(_page, kind, True), TENANT_OR_CUSTOMER),
    )


_KEYS = "/api/deviceProfile/devices/keys"
ROUTES = (
    *_routes(ASSET_PROFILE, "assetProfile"),
    *_routes(DEVICE_PROFILE, "deviceProfile"),
    Route("GET", f"{_KEYS}/timeseries", partial(_keys_of_members, "latest"), TENANT),
    Route("GET", f"{_KEYS}/attributes", partial(_keys_of_members, "attribute"), TENANT),
)
LIST_ROUTES = (
    Route("GET", "/api/deviceProfileInfos/list", partial(_infos_by_ids, DEVICE_PROFILE), TENANT_OR_CUSTOMER),
    Route("GET", "/api/assetProfileInfos/list", partial(_infos_by_ids, ASSET_PROFILE), TENANT_OR_CUSTOMER),
)
