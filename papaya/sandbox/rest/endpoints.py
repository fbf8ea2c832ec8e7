"""Every endpoint; whoever adds a module of endpoints lists it here."""

from __future__ import annotations

from papaya.sandbox.dialect import Dialect
from papaya.sandbox.rest import (
    alarm_comments,
    alarms,
    api_keys,
    attributes,
    audit,
    auth,
    bulk,
    calculated_fields,
    claiming,
    connectivity,
    customers,
    dashboards,
    device_api,
    devices,
    edges,
    entity_views,
    images,
    notifications,
    packages,
    profiled,
    profiles,
    provisioning,
    queries,
    queues,
    relations,
    resources,
    rpc,
    rule_chains,
    rule_engine,
    settings,
    system,
    tenants,
    timeseries,
    unconfigured,
    user_settings,
    users,
    widgets,
)
from papaya.sandbox.rest.absent import absent_routes
from papaya.sandbox.rest.routing import Route, Router

_MODULES = (
    alarm_comments,
    alarms,
    attributes,
    audit,
    auth,
    bulk,
    calculated_fields,
    claiming,
    connectivity,
    customers,
    dashboards,
    device_api,
    devices,
    edges,
    entity_views,
    images,
    notifications,
    packages,
    profiled,
    profiles,
    provisioning,
    queries,
    queues,
    relations,
    resources,
    rpc,
    rule_chains,
    rule_engine,
    settings,
    system,
    tenants,
    timeseries,
    unconfigured,
    user_settings,
    users,
    widgets,
)


def make_router(dialect: Dialect) -> Router:
    """Return the endpoints that a version has."""
    return Router(served_routes(dialect), absent_routes(newer=dialect.has_new_notifications))


def served_routes(dialect: Dialect) -> list[Route]:
    """Return the endpoints of a version that the sandbox serves."""
    routes = [route for module in _MODULES for route in module.ROUTES]
    if dialect.short_paths:
        routes += [*profiled.SHORT_ROUTES, *relations.SHORT_ROUTES, *dashboards.LIST_ROUTES]
        routes += [*customers.LIST_ROUTES, *rule_chains.LIST_ROUTES, *profiles.LIST_ROUTES]
        routes += [*entity_views.LIST_ROUTES, *users.LIST_ROUTES, *tenants.LIST_ROUTES]
        routes += [*notifications.LIST_ROUTES, *timeseries.HISTORY_ROUTES, *queries.V2_ROUTES]
        routes += [*widgets.LIST_ROUTES, *user_settings.LIST_ROUTES]
        routes += [*calculated_fields.LIST_ROUTES, *edges.LIST_ROUTES, *settings.LIST_ROUTES]
        routes += resources.LIST_ROUTES
    if dialect.has_new_notifications:
        routes += [*edges.LATER_ROUTES, *unconfigured.LATER_ROUTES]
    if dialect.alarm_rules:
        routes += calculated_fields.RULE_ROUTES
    if dialect.api_keys:
        routes += api_keys.ROUTES
    return routes
