"""Stored dashboards, and the customers that see them.

A dashboard names its customers itself, in `assignedCustomers`; beside that a relation of its own group runs
from each customer to it. The server lets the two differ: whoever saves a dashboard without its customers
empties the first and leaves the second.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from papaya.sandbox.refusal import invalid
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, delete, find, reference_in, require
from papaya.sandbox.store.images import image_to_link, images_to_links, import_images
from papaya.sandbox.store.naming import check_limit
from papaya.sandbox.store.relations import delete_relation, find_relation, neighbours, save_relation
from papaya.sandbox.store.revisions import check_version, replaced_by
from papaya.sandbox.store.saving import Draft, put, resave
from papaya.sandbox.store.validation import check_fields, check_name, text_or_none
from papaya.sandbox.wire import dumps

DASHBOARD = "DASHBOARD"
_GROUP, _CONTAINS = "DASHBOARD", "Contains"
_INFO = (
    "id",
    "createdTime",
    "tenantId",
    "title",
    "image",
    "assignedCustomers",
    "mobileHide",
    "mobileOrder",
    "version",
    "name",
)


def save_dashboard(core: Core, body: dict[str, Any]) -> tuple[Entity, str]:
    """Create or replace a dashboard; return it and the text that answers the request."""
    old = replaced_by(core, DASHBOARD, body)
    title = text_or_none(body.get("title"))
    check_fields(core.dialect, {"title": title})
    title = check_name("Dashboard title", title)
    if old is None:
        check_limit(core, DASHBOARD)
    check_version(old, body, "Dashboard")
    if body.get("resources"):
        body = json.loads(import_images(core, body["resources"], dumps(body)))
    order = body.get("mobileOrder")
    content = {
        "title": title,
        "name": title,
        "image": image_to_link(core, title, "dashboard", body.get("image")),
        "mobileHide": body.get("mobileHide") is True,
        "mobileOrder": order if isinstance(order, int) else None,
        "assignedCustomers": _customers_in(body.get("assignedCustomers")),
        "configuration": images_to_links(core, title, body.get("configuration")),
        "resources": None,
        "externalId": body.get("externalId"),
    }
    draft = Draft(DASHBOARD, title, content, name_scope=None)
    return put(core, draft, old, body.get("createdTime"))


def _customers_in(value: object) -> list[dict[str, Any]] | None:
    if not isinstance(value, list):
        return None
    found = []
    for each in value:
        named = reference_in(each.get("customerId"), "CUSTOMER") if isinstance(each, dict) else None
        if named is not None:
            customer = {"entityType": "CUSTOMER", "id": named[1]}
            public = each.get("public") is True
            found.append({"customerId": customer, "title": each.get("title"), "public": public})
    return found


def info_of(dashboard: Entity) -> str:
    """Return the JSON of a dashboard without its configuration."""
    body = dashboard.json
    return dumps({name: body[name] for name in _INFO})


def is_assigned(dashboard: Entity, customer_id: str) -> bool:
    """Tell whether a dashboard names the customer among its own."""
    return customer_id in assigned_ids(dashboard)


def assigned_ids(dashboard: Entity) -> list[str]:
    """Return the customers that a dashboard names."""
    return [str(each["customerId"]["id"]) for each in dashboard.json["assignedCustomers"] or ()]


def is_public(customer: Entity) -> bool:
    """Tell whether a customer stands for everybody."""
    return (customer.json.get("additionalInfo") or {}).get("isPublic") is True


def _short(customer: Entity) -> dict[str, Any]:
    return {
        "customerId": {"entityType": "CUSTOMER", "id": customer.id},
        "title": customer.name,
        "public": is_public(customer),
    }


def assign(core: Core, dashboard: Entity, customer: Entity) -> Entity:
    """Show a dashboard to a customer; nothing changes where it names that customer already."""
    if is_assigned(dashboard, customer.id):
        return dashboard
    named = [*(dashboard.json["assignedCustomers"] or ()), _short(customer)]
    save_relation(core, customer.number, dashboard.number, _CONTAINS, _GROUP, None)
    return resave(core, dashboard, {"assignedCustomers": named})


def unassign(core: Core, dashboard: Entity, customer: Entity) -> Entity:
    """Take a dashboard from a customer; nothing changes where it does not name that customer."""
    if not is_assigned(dashboard, customer.id):
        return dashboard
    named = [each for each in dashboard.json["assignedCustomers"] if each["customerId"]["id"] != customer.id]
    relation = find_relation(core, customer.number, dashboard.number, _CONTAINS, _GROUP)
    if relation is not None:
        delete_relation(core, relation)
    return resave(core, dashboard, {"assignedCustomers": named})


def set_customers(
    core: Core, dashboard: Entity, wanted: Sequence[str], *, add: bool = True, remove: bool = True
) -> Entity:
    """Make these the customers of a dashboard, or only add or remove them; each of them is one save."""
    if add and any(find(core, "CUSTOMER", each) is None for each in wanted):
        raise invalid("Can't assign dashboard to non-existent customer!")
    named = assigned_ids(dashboard)
    leaving = [each for each in named if each not in wanted] if add else [*wanted]
    for identifier in wanted if add else ():
        dashboard = assign(core, dashboard, require(core, "CUSTOMER", identifier))
    for identifier in leaving if remove else ():
        customer = find(core, "CUSTOMER", identifier)
        dashboard = dashboard if customer is None else unassign(core, dashboard, customer)
    return dashboard


def dashboards_of(core: Core, customer: Entity) -> list[Entity]:
    """Return what the relations of a customer lead to, whether or not the dashboards name the customer."""
    edges = neighbours(core, [customer.number], outward=True, type_group=_GROUP, type_name=_CONTAINS)
    found = [find(core, *edge.target) for edge in edges]
    return [each for each in found if each is not None]


def note_customer_saved(core: Core, customer: Entity) -> None:
    """Write a saved customer into its dashboards; each is saved, so that each version moves."""
    for dashboard in dashboards_of(core, customer):
        if is_assigned(dashboard, customer.id):
            named = [
                _short(customer) if each["customerId"]["id"] == customer.id else each
                for each in dashboard.json["assignedCustomers"]
            ]
            resave(core, dashboard, {"assignedCustomers": named})


def delete_dashboard(core: Core, identifier: str) -> None:
    """Delete a dashboard that no profile uses."""
    dashboard = require(core, DASHBOARD, identifier)
    row = core.store.connection.execute(
        "SELECT kind FROM entity WHERE kind IN ('DEVICE_PROFILE', 'ASSET_PROFILE')"
        " AND json_extract(body, '$.defaultDashboardId.id') = ? ORDER BY kind DESC LIMIT 1",
        (identifier,),
    ).fetchone()
    if row is not None:
        user = "a device profile" if row[0] == "DEVICE_PROFILE" else "an asset profile"
        raise invalid(f"The dashboard is referenced by {user}")
    delete(core, dashboard)
