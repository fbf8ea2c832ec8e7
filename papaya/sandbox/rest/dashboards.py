"""Endpoints of dashboards."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from papaya.sandbox.refusal import broken, forbidden
from papaya.sandbox.rest.access import readable
from papaya.sandbox.rest.by_ids import by_ids, check_condition
from papaya.sandbox.rest.call import Call, checked_id
from papaya.sandbox.rest.paging import order_by, page_reply, read_page_link
from papaya.sandbox.rest.reply import EMPTY, JSON, JSON_WITH_CHARSET, Reply, json_text, json_value
from papaya.sandbox.rest.routing import ANYONE, TENANT, Route
from papaya.sandbox.rest.shapes import body_of
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.customers import find_public, public_customer
from papaya.sandbox.store.dashboards import (
    DASHBOARD,
    assign,
    dashboards_of,
    delete_dashboard,
    info_of,
    is_assigned,
    save_dashboard,
    set_customers,
    unassign,
)
from papaya.sandbox.store.entities import Entity, find, id_in, require
from papaya.sandbox.store.images import export_images
from papaya.sandbox.store.tenants import save_tenant
from papaya.sandbox.store.users import CUSTOMER_USER, SYS_ADMIN, User
from papaya.sandbox.wire import dumps, reference

_SORTS = {"createdTime": "e.created_time", "title": "e.name"}
_IDS = "dashboardIds"
_HOME = "homeDashboard"


def _allowed(call: Call, name: str = "id") -> Entity:
    """Return a dashboard that the sender may read: a customer's user only what names the customer."""
    dashboard = require(call.core, DASHBOARD, call.identifier(name))
    if not _sees(call.sender, dashboard):
        raise forbidden()
    return dashboard


def _whole(text: str) -> Reply:
    return Reply(200, text.encode("utf-8", "surrogatepass"), JSON_WITH_CHARSET)


def _save(call: Call) -> Reply:
    return _whole(save_dashboard(call.core, body_of(call, DASHBOARD))[1])


def _read(call: Call) -> Reply:
    dashboard = _allowed(call)
    if not call.flag("includeResources"):
        return _whole(dashboard.body)
    return _whole(dumps({**dashboard.json, "resources": export_images(call.core, dashboard.body)}))


def _info(call: Call) -> Reply:
    return json_text(info_of(_allowed(call)))


def _delete(call: Call) -> Reply:
    delete_dashboard(call.core, call.identifier("id"))
    return EMPTY


def _page(call: Call) -> Reply:
    link = read_page_link(call)
    hidden = " AND NOT coalesce(json_extract(e.body, '$.mobileHide'), 0)" if call.flag("mobile") else ""
    rows = call.core.store.rows(
        f"SELECT e.id FROM entity e WHERE e.kind = ? AND ilike(e.name, ?){hidden} {order_by(link, _SORTS)}",
        (DASHBOARD, link.pattern),
    )
    return page_reply(link, rows, lambda row: info_of(require(call.core, DASHBOARD, row[0])))


def _of_tenant(call: Call) -> Reply:
    """Return the dashboards of a tenant to the system administrator."""
    link, tenant = read_page_link(call, by_parameter=True), call.identifier("tenantId")
    rows = call.core.store.rows(
        f"SELECT e.id FROM entity e WHERE e.kind = ? AND ilike(e.name, ?) AND ? = ? {order_by(link, _SORTS)}",
        (DASHBOARD, link.pattern, tenant, call.core.tenant_id),
    )
    return page_reply(link, rows, lambda row: info_of(require(call.core, DASHBOARD, row[0])))


def _of_customer(call: Call) -> Reply:
    link = read_page_link(call)
    customer = readable(call, "CUSTOMER", call.identifier("customerId"))
    wanted = (link.text_search or "").lower()
    found = [each for each in dashboards_of(call.core, customer) if wanted in each.name.lower()]
    by_title = link.sort_property == "title"
    found.sort(key=_by_title if by_title else _by_time, reverse=link.descending)
    return page_reply(link, [(info_of(each),) for each in found])


def _by_title(dashboard: Entity) -> tuple[str, str]:
    return dashboard.name, dashboard.id


def _by_time(dashboard: Entity) -> tuple[int, str]:
    return dashboard.created_time, dashboard.id


def _by_ids(call: Call) -> Reply:
    return by_ids(DASHBOARD, _IDS, call, info_of, _sees)


def _by_condition(call: Call) -> Reply:
    check_condition(call, _IDS)
    return _by_ids(call)


def _sees(sender: User, dashboard: Entity) -> bool:
    return sender.authority != CUSTOMER_USER or is_assigned(dashboard, str(sender.customer_id))


def _assign(call: Call) -> Reply:
    customer = require(call.core, "CUSTOMER", call.identifier("customerId"))
    return json_text(assign(call.core, _allowed(call), customer).body)


def _unassign(call: Call) -> Reply:
    customer = require(call.core, "CUSTOMER", call.identifier("customerId"))
    return json_text(unassign(call.core, _allowed(call), customer).body)


def _publish(call: Call) -> Reply:
    return json_text(assign(call.core, _allowed(call), public_customer(call.core)).body)


def _unpublish(call: Call) -> Reply:
    dashboard, public = _allowed(call), find_public(call.core)
    return json_text((dashboard if public is None else unassign(call.core, dashboard, public)).body)


def _set_customers(add: bool, remove: bool, call: Call) -> Reply:
    dashboard = _allowed(call)
    wanted = call.json() if call.body.strip() else []
    if not isinstance(wanted, list):
        raise broken("JSON parse error: Cannot deserialize value of type `java.lang.String[]`")
    identifiers = [checked_id(str(each)) for each in wanted]
    return json_text(set_customers(call.core, dashboard, identifiers, add=add, remove=remove).body)


def _home_of_tenant(call: Call) -> Reply:
    info = _tenant_info(call.core)
    named = info.get("homeDashboardId")
    hidden = info.get("homeDashboardHideToolbar", True) is True
    return json_value({"dashboardId": reference(DASHBOARD, named), "hideDashboardToolbar": hidden})


def _tenant_info(core: Core) -> dict[str, Any]:
    info = require(core, "TENANT", core.tenant_id).json["additionalInfo"]
    return info if isinstance(info, dict) else {}


def _home(call: Call) -> tuple[Entity, bool] | None:
    """Return which dashboard the sender sees first, and whether without its toolbar.

    It is the user's own, else the customer's, else the tenant's; what the sender may not read is left out.
    """
    sender = call.sender
    if sender.authority == SYS_ADMIN:
        return None
    owners = (("USER", sender.id), ("CUSTOMER", sender.customer_id), ("TENANT", call.core.tenant_id))
    for kind, identifier in owners:
        owner = None if identifier is None else find(call.core, kind, identifier)
        info = (owner and owner.json.get("additionalInfo")) or {}
        named = info.get("homeDashboardId") if isinstance(info, dict) else None
        dashboard = None if named is None else find(call.core, DASHBOARD, str(named))
        if dashboard is not None and _sees(sender, dashboard):
            return dashboard, info.get("homeDashboardHideToolbar", True) is True
    return None


def _read_home(call: Call) -> Reply:
    home = _home(call)
    if home is None:
        return Reply(200, b"", JSON)
    return _whole(dumps({**home[0].json, "hideDashboardToolbar": home[1]}))


def _home_info(call: Call) -> Reply:
    home = _home(call)
    if home is None:
        return EMPTY
    return json_value({"dashboardId": reference(DASHBOARD, home[0].id), "hideDashboardToolbar": home[1]})


def _set_home(call: Call) -> Reply:
    body = call.json_object()
    identifier = id_in(body, "dashboardId", DASHBOARD)
    if identifier is not None:
        require(call.core, DASHBOARD, identifier)
    tenant = require(call.core, "TENANT", call.core.tenant_id).json
    info = {key: value for key, value in _tenant_info(call.core).items() if not key.startswith(_HOME)}
    if identifier is not None:
        info[f"{_HOME}Id"] = identifier
        info[f"{_HOME}HideToolbar"] = body.get("hideDashboardToolbar") is not False
    save_tenant(call.core, {**tenant, "additionalInfo": info})
    return EMPTY


def _most_points(call: Call) -> Reply:
    return json_value(call.core.dialect.system_parameters["maxDatapointsLimit"])


def _server_time(call: Call) -> Reply:
    return json_value(call.core.now())


_tenant: Callable[..., Route] = partial(Route, authorities=TENANT)
_ONE = "/api/customer/{customerId}/dashboard/{id}"
ROUTES = (
    _tenant("POST", "/api/dashboard", _save),
    Route("GET", "/api/dashboard/{id}", _read),
    Route("GET", "/api/dashboard/info/{id}", _info, ANYONE),
    Route("GET", "/api/dashboard/serverTime", _server_time, ANYONE),
    _tenant("DELETE", "/api/dashboard/{id}", _delete),
    _tenant("GET", "/api/tenant/dashboards", _page),
    Route("GET", "/api/tenant/{tenantId}/dashboards", _of_tenant, frozenset({SYS_ADMIN})),
    Route("GET", "/api/customer/{customerId}/dashboards", _of_customer),
    _tenant("POST", _ONE, _assign),
    _tenant("DELETE", _ONE, _unassign),
    _tenant("POST", "/api/customer/public/dashboard/{id}", _publish),
    _tenant("DELETE", "/api/customer/public/dashboard/{id}", _unpublish),
    _tenant("POST", "/api/dashboard/{id}/customers", partial(_set_customers, True, True)),
    _tenant("POST", "/api/dashboard/{id}/customers/add", partial(_set_customers, True, False)),
    _tenant("POST", "/api/dashboard/{id}/customers/remove", partial(_set_customers, False, True)),
    Route("GET", "/api/dashboard/maxDatapointsLimit", _most_points, ANYONE),
    Route("GET", "/api/dashboard/home", _read_home, ANYONE),
    Route("GET", "/api/dashboard/home/info", _home_info, ANYONE),
    _tenant("GET", "/api/tenant/dashboard/home/info", _home_of_tenant),
    _tenant("POST", "/api/tenant/dashboard/home/info", _set_home),
)
LIST_ROUTES = (
    Route("GET", "/api/dashboards", _by_condition),
    Route("GET", "/api/dashboards/list", _by_ids),
)
