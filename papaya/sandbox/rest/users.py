"""Endpoints of users: who am I, keeping users, and activating them."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

import json
from dataclasses import replace
from functools import partial

from papaya.sandbox.numbers import whole
from papaya.sandbox.refusal import broken, forbidden, invalid
from papaya.sandbox.rest.access import readable
from papaya.sandbox.rest.auth import pair_of
from papaya.sandbox.rest.by_ids import asks_by_ids, by_ids
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.paging import PageLink, order_by, page_reply, read_page_link
from papaya.sandbox.rest.reply import EMPTY, JSON, Reply, always, json_text, json_value, plain
from papaya.sandbox.rest.routing import ANYONE, TENANT, Route
from papaya.sandbox.rest.shapes import body_of
from papaya.sandbox.store.entities import Entity, require
from papaya.sandbox.store.users import (
    CUSTOMER_USER,
    SYS_ADMIN,
    TENANT_ADMIN,
    User,
    account_state,
    activate,
    activation_of,
    enable,
    may_read,
    remove_user,
    save_user,
    user_of_token,
)
from papaya.sandbox.wire import dumps

_IDS = "userIds"
_NAMES = ("email", "firstName", "lastName")
_SORTS = {
    "createdTime": "e.created_time",
    "email": "e.name",
    "firstName": "json_extract(e.body, '$.firstName')",
    "lastName": "json_extract(e.body, '$.lastName')",
    "authority": "e.type",
}


def _myself(call: Call) -> Reply:
    return json_text(require(call.core, "USER", call.sender.id).body)


def _required(call: Call) -> Entity:
    user = require(call.core, "USER", call.identifier("id"))
    if user.type == SYS_ADMIN and call.sender.authority != SYS_ADMIN:
        raise forbidden()
    return user


def _read(call: Call) -> Reply:
    user, sender = _required(call), call.sender
    if sender.authority == CUSTOMER_USER and user.customer_id != sender.customer_id:
        raise forbidden()
    info = user.json["additionalInfo"] or {}
    return json_text(dumps({**user.json, "additionalInfo": {**info, **account_state(call.core, user)}}))


def _save(call: Call) -> Reply:
    body = body_of(call, "USER")
    if body.get("authority") == SYS_ADMIN:
        raise forbidden()
    if call.flag("sendActivationMail", default=True) and body.get("id") is None:
        # The request changes nothing: like a server without a mail service, the sandbox sends no mail.
        save_user(call.core, body)
        raise broken("Couldn't send user activation email")
    return json_text(save_user(call.core, body)[1])


def _token(call: Call) -> Reply:
    user = _required(call)
    return json_value(pair_of(call.core, User(user.id, user.name, str(user.type), user.customer_id, None)))


def _mobile_key(call: Call) -> str:
    token = call.headers.get("X-Mobile-Token")
    if token is None:
        raise broken(
            "Required request header 'X-Mobile-Token' for method parameter type String is not present"
        )
    return f"mobile session {call.sender.id} {token}"


def _mobile_session(call: Call) -> Reply:
    stored = call.core.store.setting(_mobile_key(call))
    return json_text(stored) if stored else EMPTY


def _save_mobile_session(call: Call) -> Reply:
    info = {"fcmTokenTimestamp": whole(call.json_object().get("fcmTokenTimestamp"))}
    call.core.store.set_setting(_mobile_key(call), dumps(info))
    return EMPTY


def _end_mobile_session(call: Call) -> Reply:
    call.core.store.set_setting(_mobile_key(call), "")
    return EMPTY


def _delete(call: Call) -> Reply:
    remove_user(call.core, _required(call))
    return EMPTY


def _page(call: Call) -> Reply:
    if asks_by_ids(call, _IDS):
        return _by_ids(call)
    sender = call.sender
    if sender.authority == CUSTOMER_USER:
        return _users(call, read_page_link(call), "e.customer_id = ?", str(sender.customer_id))
    return _users(call, read_page_link(call), "e.type != ?", SYS_ADMIN)


def _by_ids(call: Call) -> Reply:
    return by_ids("USER", _IDS, call, readable=_sees)


def _sees(sender: User, user: Entity) -> bool:
    return user.type != SYS_ADMIN and may_read(sender, user)


def _of_customer(call: Call) -> Reply:
    customer = readable(call, "CUSTOMER", call.identifier("customerId"))
    return _users(call, read_page_link(call), "e.customer_id = ?", customer.id)


def _users(call: Call, link: PageLink, condition: str, parameter: str) -> Reply:
    order = order_by(link, _SORTS) if link.sort_property else "ORDER BY e.name"
    rows = call.core.store.rows(
        f"SELECT e.body FROM entity e WHERE e.kind = 'USER' AND {condition} AND ilike(e.name, ?) {order}",
        (parameter, link.pattern),
    )
    return page_reply(link, rows)


def _of_tenant(call: Call) -> Reply:
    """Return the administrators of a tenant."""
    link, tenant = read_page_link(call, by_parameter=True), call.identifier("tenantId")
    return _users(call, link, f"e.type = '{TENANT_ADMIN}' AND ? = '{call.core.tenant_id}'", tenant)


def _short_users(call: Call) -> Reply:
    """Return the users that the sender sees, as lists for a choice show them."""
    link = read_page_link(call, by_parameter=True)
    sender = call.sender
    condition = ("e.customer_id = ?1", sender.customer_id)
    if sender.authority != CUSTOMER_USER:
        condition = ("e.type != ?1", SYS_ADMIN)
    # These come in descending order unless the request says otherwise.
    column = _SORTS.get(link.sort_property or "", "e.created_time")
    order = f"ORDER BY {column} {'ASC' if call.argument('sortOrder') == 'ASC' else 'DESC'}, e.id"
    found = " OR ".join(f"ilike({_SORTS[name]}, ?2)" for name in _NAMES)
    rows = call.core.store.rows(
        f"SELECT e.body FROM entity e WHERE e.kind = 'USER' AND {condition[0]} AND ({found}) {order}",
        (condition[1], link.pattern),
    )
    return page_reply(link, rows, _short)


def _short(row: tuple[str, ...]) -> str:
    user = json.loads(row[0])
    return dumps({"id": user["id"], **{name: user[name] or "" for name in _NAMES}})


def _link(call: Call) -> tuple[str, int]:
    token, expires = activation_of(call.core, _required(call).id)
    return f"{call.address}/api/noauth/activate?activateToken={token}", expires - call.core.now()


def _activation_link(call: Call) -> Reply:
    return replace(plain(_link(call)[0]), keeps_type=True)


def _activation_info(call: Call) -> Reply:
    value, left = _link(call)
    return json_value({"value": value, "ttlMs": left})


def _activate(call: Call) -> Reply:
    body = call.json_object()
    token, password = str(body.get("activateToken") or ""), body.get("password")
    if not isinstance(password, str):
        raise broken("Password cannot be null")
    user = user_of_token(call.core, token)
    if user is None:
        raise invalid(f"Unable to find user credentials by activateToken [{token}]")
    activate(call.core, user, password)
    pair = pair_of(call.core, User(user.id, user.name, str(user.type), user.customer_id, None))
    return Reply(200, json.dumps(pair).encode(), JSON)


def _open_link(call: Call) -> Reply:
    token = call.required("activateToken")
    if user_of_token(call.core, token) is None:
        return Reply(409)
    return Reply(303, location=f"/login/createPassword?activateToken={token}")


def _enable(call: Call) -> Reply:
    enable(call.core, _required(call), enabled=call.flag("userCredentialsEnabled", default=True))
    return EMPTY


_admins = partial(Route, authorities=frozenset({SYS_ADMIN, TENANT_ADMIN}))
ROUTES = (
    Route("GET", "/api/auth/user", _myself, ANYONE),
    Route("GET", "/api/user/{id}", _read, ANYONE),
    Route("POST", "/api/user", _save, TENANT),
    Route("DELETE", "/api/user/{id}", _delete, TENANT),
    _admins("GET", "/api/user/{id}/token", _token),
    _admins("GET", "/api/user/tokenAccessEnabled", always(True)),
    Route("GET", "/api/user/mobile/session", _mobile_session, ANYONE),
    Route("POST", "/api/user/mobile/session", _save_mobile_session, ANYONE),
    Route("DELETE", "/api/user/mobile/session", _end_mobile_session, ANYONE),
    Route("GET", "/api/users", _page),
    Route("GET", "/api/users/info", _short_users),
    Route("GET", "/api/tenant/{tenantId}/users", _of_tenant, frozenset({SYS_ADMIN})),
    Route("GET", "/api/customer/{customerId}/users", _of_customer, TENANT),
    _admins("GET", "/api/user/{id}/activationLink", _activation_link),
    _admins("GET", "/api/user/{id}/activationLinkInfo", _activation_info),
    _admins("POST", "/api/user/{id}/userCredentialsEnabled", _enable),
    Route("POST", "/api/noauth/activate", _activate, None),
    Route("GET", "/api/noauth/activate", _open_link, None),
)
LIST_ROUTES = (Route("GET", "/api/users/list", _by_ids),)
