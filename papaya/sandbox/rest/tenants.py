"""Endpoints of tenants and of tenant profiles, nearly all of them of the system administrator."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from papaya.sandbox.refusal import forbidden, missing
from papaya.sandbox.rest.by_ids import asks_by_ids, identifiers
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.paging import page_of, read_page_link
from papaya.sandbox.rest.reply import EMPTY, Reply, json_value
from papaya.sandbox.rest.routing import ADMINS, Route
from papaya.sandbox.store.allowances import read_allowances
from papaya.sandbox.store.tenant_profiles import (
    default_tenant_profile,
    delete_tenant_profile,
    make_default,
    require_tenant_profile,
    save_tenant_profile,
    tenant_profiles,
)
from papaya.sandbox.store.tenants import (
    delete_tenant,
    find_tenant,
    info_of,
    require_tenant,
    save_tenant,
    tenants,
)
from papaya.sandbox.store.users import SYS_ADMIN

_TENANT_SORTS = ("createdTime", "title", "email", "country", "state", "city", "address", "address2", "zip")
_PROFILE_SORTS = ("createdTime", "name", "description")
_IDS, _PROFILE_IDS = "tenantIds", "ids"
_Json = dict[str, Any]


def _allowed(call: Call) -> _Json:
    """Return a tenant that the sender may read; users read only their own tenant."""
    tenant = require_tenant(call.core, call.identifier("id"))
    if call.sender.authority != SYS_ADMIN and tenant["id"]["id"] != call.core.tenant_id:
        raise forbidden()
    return tenant


def _read(call: Call) -> Reply:
    return json_value(_allowed(call))


def _read_info(call: Call) -> Reply:
    return json_value(info_of(call.core, _allowed(call)))


def _save(call: Call) -> Reply:
    body = call.json_object()
    saved = save_tenant(call.core, body)
    read_allowances(call.core)
    return json_value(_as_told(call, body, saved))


def _as_told(call: Call, body: _Json, saved: _Json) -> _Json:
    """Return a saved object as the answer of the emulated version has it."""
    is_echoed = call.core.dialect.echoes_created_time and body.get("id")
    return {**saved, "createdTime": body.get("createdTime") or 0} if is_echoed else saved


def _delete(call: Call) -> Reply:
    delete_tenant(call.core, call.identifier("id"))
    return EMPTY


def _page(call: Call) -> Reply:
    return _by_ids(call) if asks_by_ids(call, _IDS) else _listed(call, lambda tenant: tenant)


def _infos(call: Call) -> Reply:
    return _listed(call, partial(info_of, call.core))


def _listed(call: Call, shown: Callable[[_Json], _Json]) -> Reply:
    link = read_page_link(call)
    if call.sender.authority != SYS_ADMIN:
        raise forbidden()
    return page_of(link, tenants(call.core), "title", _TENANT_SORTS, shown)


def _by_ids(call: Call) -> Reply:
    found = [find_tenant(call.core, each) for each in identifiers(call, _IDS)]
    all_of_them = call.sender.authority == SYS_ADMIN
    own = call.core.tenant_id
    seen = [each for each in found if each and (all_of_them or each["id"]["id"] == own)]
    return json_value(sorted(seen, key=lambda tenant: tenant["createdTime"]))


def _profile_info(profile: _Json) -> _Json:
    return {"id": profile["id"], "name": profile["name"]}


def _read_profile(call: Call) -> Reply:
    return json_value(require_tenant_profile(call.core, call.identifier("id")))


def _read_profile_info(call: Call) -> Reply:
    identifier = call.identifier("id")
    found = [each for each in tenant_profiles(call.core) if each["id"]["id"] == identifier]
    if not found:
        raise missing()
    return json_value(_profile_info(found[0]))


def _default_info(call: Call) -> Reply:
    return json_value(_profile_info(default_tenant_profile(call.core)))


def _save_profile(call: Call) -> Reply:
    body = call.json_object()
    saved = save_tenant_profile(call.core, body)
    read_allowances(call.core)
    return json_value(_as_told(call, body, saved))


def _make_default(call: Call) -> Reply:
    return json_value(make_default(call.core, call.identifier("id")))


def _delete_profile(call: Call) -> Reply:
    delete_tenant_profile(call.core, call.identifier("id"))
    return EMPTY


def _profiles(call: Call) -> Reply:
    if _PROFILE_IDS in call.query:
        return _profiles_by_ids(call)
    return page_of(read_page_link(call), tenant_profiles(call.core), "name", _PROFILE_SORTS)


def _profiles_by_ids(call: Call) -> Reply:
    wanted = identifiers(call, _PROFILE_IDS)
    return json_value([each for each in tenant_profiles(call.core) if each["id"]["id"] in wanted])


def _profile_infos(call: Call) -> Reply:
    link = read_page_link(call)
    return page_of(link, tenant_profiles(call.core), "name", ("id", "name"), _profile_info)


_system: Callable[..., Route] = partial(Route, authorities=frozenset({SYS_ADMIN}))
ROUTES = (
    Route("GET", "/api/tenant/{id}", _read, ADMINS),
    Route("GET", "/api/tenant/info/{id}", _read_info, ADMINS),
    _system("POST", "/api/tenant", _save),
    _system("DELETE", "/api/tenant/{id}", _delete),
    Route("GET", "/api/tenants", _page, ADMINS),
    _system("GET", "/api/tenantInfos", _infos),
    _system("GET", "/api/tenantProfile/{id}", _read_profile),
    _system("GET", "/api/tenantProfileInfo/{id}", _read_profile_info),
    _system("GET", "/api/tenantProfileInfo/default", _default_info),
    _system("POST", "/api/tenantProfile", _save_profile),
    _system("POST", "/api/tenantProfile/{id}/default", _make_default),
    _system("DELETE", "/api/tenantProfile/{id}", _delete_profile),
    _system("GET", "/api/tenantProfiles", _profiles),
    _system("GET", "/api/tenantProfileInfos", _profile_infos),
)
LIST_ROUTES = (
    Route("GET", "/api/tenants/list", _by_ids, ADMINS),
    _system("GET", "/api/tenantProfiles/list", _profiles_by_ids),
)
