"""Tenants: the one whose devices are kept here, and others that stand empty."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from papaya.sandbox.refusal import changed_by_someone_else, invalid
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import id_in, require, update
from papaya.sandbox.store.plain_objects import (
    delete_plain,
    find_plain,
    plain_objects,
    put_plain,
    require_plain,
)
from papaya.sandbox.store.tenant_profiles import default_tenant_profile, require_tenant_profile
from papaya.sandbox.store.validation import check_email, check_fields, check_name, text_or_none
from papaya.sandbox.wire import dumps

TENANT = "TENANT"
_CONTACT = ("country", "state", "city", "address", "address2", "zip", "phone", "email")


def tenants(core: Core) -> list[dict[str, Any]]:
    """Return the JSON of every tenant, in the order of ids."""
    found = [require(core, TENANT, core.tenant_id).json, *plain_objects(core, TENANT)]
    return sorted(found, key=lambda tenant: str(tenant["id"]["id"]))


def find_tenant(core: Core, identifier: str) -> dict[str, Any] | None:
    """Return the JSON of one tenant."""
    if identifier == core.tenant_id:
        return require(core, TENANT, identifier).json
    return find_plain(core, TENANT, identifier)


def require_tenant(core: Core, identifier: str) -> dict[str, Any]:
    """Return the JSON of one tenant, or refuse as the server does."""
    found = find_tenant(core, identifier)
    return require_plain(core, TENANT, identifier) if found is None else found


def save_tenant(core: Core, body: dict[str, Any]) -> dict[str, Any]:
    """Create or replace a tenant."""
    identifier = id_in(body, "id", TENANT)
    old = None if identifier is None else require_tenant(core, identifier)
    texts = {name: text_or_none(body.get(name)) for name in ("title", "region", *_CONTACT)}
    check_fields(core.dialect, texts)
    title = check_name("Tenant title", texts["title"])
    if texts["email"]:
        check_email(texts["email"])
    if old is not None and body.get("version") not in (None, old["version"]):
        raise changed_by_someone_else("Tenant")
    profile = id_in(body, "tenantProfileId", "TENANT_PROFILE")
    named = default_tenant_profile(core) if profile is None else require_tenant_profile(core, profile)
    content = {
        **texts,
        "region": texts["region"] or "Global",
        "tenantProfileId": named["id"],
        "version": old["version"] + 1 if old else 1,
        "name": title,
        "additionalInfo": body.get("additionalInfo"),
    }
    if identifier != core.tenant_id:
        return put_plain(core, TENANT, content, old)
    own = require(core, TENANT, core.tenant_id)
    text = {"id": own.json["id"], "createdTime": own.created_time, **content}
    info = None if body.get("additionalInfo") is None else dumps(body["additionalInfo"])
    update(core, replace(own, name=title, version=content["version"], additional_info=info, body=dumps(text)))
    return text


def info_of(core: Core, tenant: dict[str, Any]) -> dict[str, Any]:
    """Return a tenant with the name of its profile."""
    profile = require_tenant_profile(core, tenant["tenantProfileId"]["id"])
    return {**tenant, "tenantProfileName": profile["name"]}


def delete_tenant(core: Core, identifier: str) -> None:
    """Delete an empty tenant; the one whose devices are kept here stays."""
    require_tenant(core, identifier)
    if identifier == core.tenant_id:
        raise invalid("The sandbox keeps its only tenant with devices; start it again to begin afresh.")
    delete_plain(core, identifier)
