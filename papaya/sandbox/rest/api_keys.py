"""API keys of users."""

from __future__ import annotations

import secrets

from papaya.sandbox.numbers import whole
from papaya.sandbox.refusal import forbidden, invalid, missing
from papaya.sandbox.rest.access import readable
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.paging import page_reply, read_page_link
from papaya.sandbox.rest.reply import EMPTY, Reply, json_value
from papaya.sandbox.rest.routing import Route
from papaya.sandbox.store.api_keys import api_key_digest
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import reference_in
from papaya.sandbox.store.users import CUSTOMER_USER, SYS_ADMIN, TENANT_ADMIN
from papaya.sandbox.wire import dumps, new_id, reference


def _save_api_key(call: Call) -> Reply:
    body = call.json_object()
    user = reference_in(body.get("userId"), "USER")
    if user is None:
        raise missing()
    owner = readable(call, "USER", user[1]) if call.sender.authority != CUSTOMER_USER else None
    if owner is None and user[1] != call.sender.id:
        raise forbidden()
    description = body.get("description")
    if not isinstance(description, str) or not description.strip():
        raise invalid("Validation error: description must not be blank")
    value, identifier, now = f"tb_{secrets.token_urlsafe(64)}", new_id(), call.core.now()
    enabled, expiration = body.get("enabled") is True, whole(body.get("expirationTime"))
    call.core.store.connection.execute(
        "INSERT INTO api_key VALUES (?, ?, ?, ?, ?, ?, ?)",
        (identifier, user[1], api_key_digest(value), now, expiration, enabled, description),
    )
    answer = _key_info(call.core, (identifier, user[1], now, expiration, enabled, description))
    return json_value({**answer, "value": value})


def _key_info(core: Core, row: tuple[object, ...]) -> dict[str, object]:
    identifier, user_id, created, expiration, enabled, description = row
    ends = int(str(expiration))
    return {
        "id": reference("API_KEY", str(identifier)),
        "createdTime": created,
        "tenantId": reference("TENANT", core.tenant_id),
        "userId": reference("USER", str(user_id)),
        "expirationTime": ends,
        "description": description,
        "enabled": bool(enabled),
        "expired": ends != 0 and ends <= core.now(),
    }


def _api_keys(call: Call) -> Reply:
    link = read_page_link(call)
    rows = call.core.store.rows(
        "SELECT id, user_id, created_time, expiration_time, enabled, description FROM api_key"
        " WHERE user_id = ? ORDER BY created_time, id",
        (call.identifier("id"),),
    )
    return page_reply(link, rows, lambda row: dumps(_key_info(call.core, row)))


def _delete_api_key(call: Call) -> Reply:
    gone = call.core.store.connection.execute("DELETE FROM api_key WHERE id = ?", (call.identifier("id"),))
    if not gone.rowcount:
        raise missing()
    return EMPTY


def _enable_api_key(call: Call) -> Reply:
    identifier = call.identifier("id")
    call.core.store.connection.execute(
        "UPDATE api_key SET enabled = ? WHERE id = ?", (call.parameters["enabled"] == "true", identifier)
    )
    rows = call.core.store.rows(
        "SELECT id, user_id, created_time, expiration_time, enabled, description FROM api_key WHERE id = ?",
        (identifier,),
    )
    if not rows:
        raise missing()
    return json_value(_key_info(call.core, rows[0]))


_SELF = frozenset({TENANT_ADMIN, SYS_ADMIN, CUSTOMER_USER})
ROUTES = (
    Route("POST", "/api/apiKey", _save_api_key, _SELF),
    Route("GET", "/api/apiKeys/{id}", _api_keys, _SELF),
    Route("DELETE", "/api/apiKey/{id}", _delete_api_key, _SELF),
    Route("PUT", "/api/apiKey/{id}/enabled/{enabled}", _enable_api_key, _SELF),
)
