"""Customers."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

from functools import partial

from papaya.sandbox.refusal import missing
from papaya.sandbox.rest.access import readable, writable
from papaya.sandbox.rest.by_ids import asks_by_ids, by_ids
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.paging import order_by, page_reply, read_page_link
from papaya.sandbox.rest.profiled import read_conflict
from papaya.sandbox.rest.reply import EMPTY, Reply, json_text, json_value
from papaya.sandbox.rest.routing import TENANT, Route
from papaya.sandbox.rest.shapes import body_of
from papaya.sandbox.store.customers import CUSTOMER, delete_customer, save_customer
from papaya.sandbox.store.entities import find_by_name

_IDS = "customerIds"
_SORTS = {"createdTime": "e.created_time", "title": "e.name", "name": "e.name"}


def _save(call: Call) -> Reply:
    return json_text(save_customer(call.core, body_of(call, CUSTOMER), read_conflict(call))[1])


def _read(call: Call) -> Reply:
    return json_text(readable(call, CUSTOMER, call.identifier("id")).body)


def _short_info(call: Call) -> Reply:
    customer = readable(call, CUSTOMER, call.identifier("id"))
    public = bool((customer.json.get("additionalInfo") or {}).get("isPublic"))
    return json_value({"title": customer.name, "isPublic": public})


def _title(call: Call) -> Reply:
    # The endpoint names a content type of its own.
    title = readable(call, CUSTOMER, call.identifier("id")).name
    return Reply(200, title.encode(), "application/text;charset=UTF-8", keeps_type=True)


def _by_title(call: Call) -> Reply:
    found = find_by_name(call.core, CUSTOMER, call.required("customerTitle"))
    if found is None:
        raise missing(f"Customer with title [{call.argument('customerTitle')}] is not found")
    return json_text(found.body)


def _page(call: Call) -> Reply:
    if asks_by_ids(call, _IDS):
        return by_ids(CUSTOMER, _IDS, call)
    link = read_page_link(call)
    rows = call.core.store.rows(
        f"SELECT e.body FROM entity e WHERE e.kind = ? AND ilike(e.name, ?) {order_by(link, _SORTS)}",
        (CUSTOMER, link.pattern),
    )
    return page_reply(link, rows)


def _delete(call: Call) -> Reply:
    customer = writable(call, CUSTOMER, call.identifier("id"))
    delete_customer(call.core, customer)
    return EMPTY


_tenant_only = partial(Route, authorities=TENANT)
ROUTES = (
    _tenant_only("POST", "/api/customer", _save),
    Route("GET", "/api/customer/{id}", _read),
    Route("GET", "/api/customer/{id}/shortInfo", _short_info),
    Route("GET", "/api/customer/{id}/title", _title),
    _tenant_only("DELETE", "/api/customer/{id}", _delete),
    _tenant_only("GET", "/api/customers", _page),
    _tenant_only("GET", "/api/tenant/customers", _by_title),
)
LIST_ROUTES = (_tenant_only("GET", "/api/customers/list", partial(by_ids, CUSTOMER, _IDS)),)
