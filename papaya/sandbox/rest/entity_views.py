"""Endpoints of entity views."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

from collections.abc import Callable
from functools import partial

from papaya.sandbox.refusal import invalid, missing
from papaya.sandbox.rest.access import readable, writable
from papaya.sandbox.rest.by_ids import by_ids, check_condition
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.paging import is_paged, order_by, page_reply, read_page_link
from papaya.sandbox.rest.profiled import by_relation, read_conflict
from papaya.sandbox.rest.reply import EMPTY, Reply, json_text, json_value
from papaya.sandbox.rest.routing import TENANT, Route
from papaya.sandbox.rest.shapes import body_of
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.customers import public_customer
from papaya.sandbox.store.dashboards import is_public
from papaya.sandbox.store.entities import Entity, delete, find, find_by_name, require
from papaya.sandbox.store.entity_views import VIEW, save_view
from papaya.sandbox.wire import dumps, reference

_IDS = "entityViewIds"
_SORTS = {"createdTime": "e.created_time", "name": "e.name", "type": "e.type"}


def _save(call: Call) -> Reply:
    return json_text(save_view(call.core, body_of(call, "ENTITY_VIEW"), read_conflict(call))[1])


def _read(call: Call) -> Reply:
    return json_text(readable(call, VIEW, call.identifier("id")).body)


def _read_info(call: Call) -> Reply:
    return json_text(_info(call.core, readable(call, VIEW, call.identifier("id"))))


def _info(core: Core, view: Entity) -> str:
    customer = None if view.customer_id is None else find(core, "CUSTOMER", view.customer_id)
    title = None if customer is None else customer.name
    public = customer is not None and is_public(customer)
    return dumps({**view.json, "customerTitle": title, "customerIsPublic": public})


def _delete(call: Call) -> Reply:
    delete(call.core, writable(call, VIEW, call.identifier("id")))
    return EMPTY


def _list(call: Call) -> Reply:
    name = call.argument("entityViewName")
    if name is None or is_paged(call):
        return _page(call, False, None)
    found = find_by_name(call.core, VIEW, name)
    if found is None:
        raise missing()
    return json_text(found.body)


def _by_name(call: Call) -> Reply:
    found = find_by_name(call.core, VIEW, call.required("entityViewName"))
    if found is None:
        raise missing()
    return json_text(found.body)


def _infos(call: Call) -> Reply:
    return _page(call, True, None)


def _of_customer(infos: bool, call: Call) -> Reply:
    return _page(call, infos, readable(call, "CUSTOMER", call.identifier("customerId")).id)


def _page(call: Call, infos: bool, customer: str | None) -> Reply:
    link, kind = read_page_link(call), call.argument("type")
    rows = call.core.store.rows(
        "SELECT e.id FROM entity e WHERE e.kind = ?1 AND (?2 IS NULL OR e.type = ?2)"
        f" AND (?3 IS NULL OR e.customer_id = ?3) AND ilike(e.name, ?4) {order_by(link, _SORTS)}",
        (VIEW, kind, customer, link.pattern),
    )

    def text(row: tuple[str, ...]) -> str:
        view = require(call.core, VIEW, row[0])
        return _info(call.core, view) if infos else view.body

    return page_reply(link, rows, text)


def _assign(call: Call) -> Reply:
    customer = require(call.core, "CUSTOMER", call.identifier("customerId"))
    return _with_customer(call, customer.id)


def _publish(call: Call) -> Reply:
    return _with_customer(call, public_customer(call.core).id)


def _unassign(call: Call) -> Reply:
    if writable(call, VIEW, call.identifier("id")).customer_id is None:
        raise invalid("Entity View isn't assigned to any customer!")
    return _with_customer(call, None)


def _with_customer(call: Call, customer: str | None) -> Reply:
    view = writable(call, VIEW, call.identifier("id"))
    if view.customer_id == customer:
        return json_text(view.body)
    body = {**view.json, "customerId": reference("CUSTOMER", customer)}
    return json_text(save_view(call.core, body)[0].body)


def _types(call: Call) -> Reply:
    rows = call.core.store.rows("SELECT DISTINCT type FROM entity WHERE kind = ? ORDER BY type", (VIEW,))
    tenant = reference("TENANT", call.core.tenant_id)
    return json_value([{"tenantId": tenant, "entityType": VIEW, "type": row[0]} for row in rows])


def _by_ids(call: Call) -> Reply:
    return by_ids(VIEW, _IDS, call)


def _by_condition(call: Call) -> Reply:
    check_condition(call, _IDS)
    return _by_ids(call)


_tenant: Callable[..., Route] = partial(Route, authorities=TENANT)
ROUTES = (
    _tenant("POST", "/api/entityView", _save),
    Route("GET", "/api/entityView/{id}", _read),
    Route("GET", "/api/entityView/info/{id}", _read_info),
    Route("GET", "/api/entityView/types", _types),
    Route("POST", "/api/entityViews", partial(by_relation, VIEW, "entityViewTypes")),
    _tenant("DELETE", "/api/entityView/{id}", _delete),
    _tenant("GET", "/api/tenant/entityViews", _list),
    _tenant("GET", "/api/tenant/entityViewInfos", _infos),
    Route("GET", "/api/customer/{customerId}/entityViews", partial(_of_customer, False)),
    Route("GET", "/api/customer/{customerId}/entityViewInfos", partial(_of_customer, True)),
    _tenant("POST", "/api/customer/{customerId}/entityView/{id}", _assign),
    _tenant("POST", "/api/customer/public/entityView/{id}", _publish),
    _tenant("DELETE", "/api/customer/entityView/{id}", _unassign),
)
LIST_ROUTES = (
    _tenant("GET", "/api/tenant/entityView", _by_name),
    Route("GET", "/api/entityViews", _by_condition),
    Route("GET", "/api/entityViews/list", _by_ids),
)
