"""Endpoints of resources: JavaScript modules, key stores and files."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from papaya.sandbox.gaps import tell_gap
from papaya.sandbox.refusal import GENERAL as FAULT
from papaya.sandbox.refusal import Refusal, broken, forbidden, invalid
from papaya.sandbox.rest.by_ids import asks_by_ids, identifiers
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.images import references_of
from papaya.sandbox.rest.multipart import Part, read_parts
from papaya.sandbox.rest.paging import page_of, read_page_link
from papaya.sandbox.rest.reply import Reply, download, json_value
from papaya.sandbox.rest.routing import ADMINS, TENANT, TENANT_OR_CUSTOMER, Route
from papaya.sandbox.store.entities import require
from papaya.sandbox.store.resources import (
    MEDIA_TYPES,
    SUBTYPES,
    data_of,
    delete_resource,
    info_of,
    require_resource,
    resource_of_key,
    resources,
    save_resource,
    types_of,
    uses_of,
    with_data,
)
from papaya.sandbox.store.users import CUSTOMER_USER, SYS_ADMIN

_IDS = "resourceIds"
_BYTES = "application/octet-stream"
_SORTS = ("createdTime", "title", "resourceType", "resourceKey", "etag")
# What lists leave out unless they are asked for it, and what cannot be kept here.
_APART = ("JS_MODULE", "IMAGE", "DASHBOARD")
_NOT_HERE = ("LWM2M_MODEL", "IMAGE")
_Json = dict[str, Any]


def _named(call: Call) -> _Json:
    return _seen(call, require_resource(call.core, call.identifier("id")))


def _seen(call: Call, resource: _Json) -> _Json:
    """Return a resource that the sender may read: customers read what pages need."""
    authority = call.sender.authority
    if authority == SYS_ADMIN or (authority == CUSTOMER_USER and resource["resourceType"] not in _APART):
        raise forbidden()
    return resource


def _stored(call: Call, body: _Json) -> Reply:
    what = f"resources of type {body.get('resourceType')}"
    if call.sender.authority == SYS_ADMIN:
        what = "resources of the system"
    elif body.get("resourceType") not in _NOT_HERE:
        saved = save_resource(call.core, body)
        if call.core.dialect.echoes_created_time and body.get("id"):
            saved = {**saved, "createdTime": body.get("createdTime") or 0}
        return json_value(saved)
    raise Refusal(501, FAULT, tell_gap(what, call.peer), by_advice=False)


def _save(call: Call) -> Reply:
    return _stored(call, call.json_object())


def _file(parts: dict[str, Part]) -> _Json:
    """Return the members of a resource that its file gives."""
    part = parts.get("file")
    if part is None:
        raise broken("Required part 'file' is not present.")
    # The store keeps base64, as objects carry it.
    return {"fileName": part.file_name or "file", "data": part.encoded}


def _upload(call: Call) -> Reply:
    parts = read_parts(call)
    if "resourceType" not in parts:
        raise broken("Required part 'resourceType' is not present.")
    kind, file = parts["resourceType"].text, _file(parts)
    if kind not in types_of(call.core.dialect):
        raise _no_constant("ResourceType", kind)
    title, descriptor = (parts[name].text if name in parts else "" for name in ("title", "descriptor"))
    told: object = {"mediaType": MEDIA_TYPES[kind] or parts["file"].content_type}
    if descriptor:
        try:
            told = json.loads(descriptor)
        except (ValueError, RecursionError) as error:
            raise invalid("The given string value cannot be transformed to Json object") from error
    subtype = parts["resourceSubType"].text if "resourceSubType" in parts else None
    named = {"title": title or file["fileName"], "resourceType": kind, "resourceSubType": subtype or None}
    return _stored(call, {**named, "descriptor": told, **file})


def _replace_data(call: Call) -> Reply:
    return _stored(call, {**info_of(_named(call)), **_file(read_parts(call))})


def _change(call: Call) -> Reply:
    resource = _named(call)
    return _stored(call, {**call.json_object(), "id": resource["id"], "data": None})


def _info(call: Call) -> Reply:
    return json_value(info_of(_named(call)))


def _read(call: Call) -> Reply:
    return json_value(with_data(_named(call)))


def _download(call: Call) -> Reply:
    resource = _named(call)
    return download(data_of(resource), resource["fileName"], _BYTES)


def _download_as(media_type: str, call: Call) -> Reply:
    resource = _named(call)
    return _if_changed(call, resource, MEDIA_TYPES[resource["resourceType"]] or media_type)


def _if_changed(call: Call, resource: _Json, media_type: str) -> Reply:
    """Return the content with its tag; a client that has the same content gets 304."""
    etag = resource["etag"]
    tags = (("ETag", f'"{etag}"'),) if etag else ()
    if etag and call.headers.get("If-None-Match", "").replace('"', "") == etag:
        return Reply(304, headers=tags)
    reply = download(data_of(resource), resource["fileName"], media_type)
    return replace(reply, headers=(*reply.headers, *tags))


def _of_key(call: Call) -> _Json:
    kind = call.parameters["resourceType"].upper()
    if kind not in types_of(call.core.dialect):
        raise _no_constant("ResourceType", kind)
    if call.parameters["scope"] not in ("tenant", "system"):
        raise invalid("Invalid scope")
    # The system has no resources here.
    key = call.parameters["key"] if call.parameters["scope"] == "tenant" else ""
    return _seen(call, resource_of_key(call.core, kind, key))


def _by_key(call: Call) -> Reply:
    resource = _of_key(call)
    return _if_changed(call, resource, MEDIA_TYPES[resource["resourceType"]] or _BYTES)


def _info_by_key(call: Call) -> Reply:
    return json_value(info_of(_of_key(call)))


def _no_constant(name: str, value: str) -> Refusal:
    return invalid(f"No enum constant org.thingsboard.server.common.data.{name}.{value}")


def _page(call: Call) -> Reply:
    if asks_by_ids(call, _IDS):
        return _by_ids(call)
    link = read_page_link(call, by_parameter=True)
    kind, subtype = call.argument("resourceType"), call.argument("resourceSubType")
    if kind is not None and kind not in types_of(call.core.dialect):
        raise _no_constant("ResourceType", kind)
    if subtype is not None and kind is not None and subtype not in SUBTYPES:
        raise _no_constant("ResourceSubType", subtype)
    found = [] if call.sender.authority == SYS_ADMIN else resources(call.core)
    wanted = (
        each
        for each in found
        if (each["resourceType"] not in _APART if kind is None else each["resourceType"] == kind)
        and (kind is None or subtype is None or each["resourceSubType"] == subtype)
    )
    return page_of(link, list(wanted), "title", _SORTS)


def _of_tenant(call: Call) -> Reply:
    return page_of(read_page_link(call, by_parameter=True), resources(call.core), "title", _SORTS)


def _by_ids(call: Call) -> Reply:
    wanted = identifiers(call, _IDS)
    found = [] if call.sender.authority == SYS_ADMIN else resources(call.core)
    return json_value([each for each in found if each["id"]["id"] in wanted])


def _delete(call: Call) -> Reply:
    resource = _named(call)
    users = [] if call.flag("force") else uses_of(call.core, resource)
    if users:
        told = references_of([require(call.core, kind, identifier) for kind, identifier in users])
        return json_value({"success": False, "references": told}, 400)
    delete_resource(call.core, resource)
    return json_value({"success": True, "references": None})


_admins: Callable[..., Route] = partial(Route, authorities=ADMINS)
_ONE, _KEY = "/api/resource/{id}", "/api/resource/{resourceType}/{scope}/{key}"
_TYPES = {"jks": "JKS", "pkcs12": "PKCS_12"}
ROUTES = (
    _admins("POST", "/api/resource", _save),
    _admins("GET", "/api/resource", _page),
    _admins("GET", _ONE, _read),
    _admins("DELETE", _ONE, _delete),
    _admins("GET", "/api/resource/info/{id}", _info),
    _admins("GET", f"{_ONE}/download", _download),
    *(
        _admins("GET", f"/api/resource/{word}/{{id}}/download", partial(_download_as, str(MEDIA_TYPES[kind])))
        for word, kind in _TYPES.items()
    ),
    Route(
        "GET",
        "/api/resource/js/{id}/download",
        partial(_download_as, str(MEDIA_TYPES["JS_MODULE"])),
        TENANT_OR_CUSTOMER,
    ),
    Route("GET", _KEY, _by_key, TENANT_OR_CUSTOMER),
    _admins("GET", f"{_KEY}/info", _info_by_key),
    Route("GET", "/api/resource/tenant", _of_tenant, TENANT),
)
LIST_ROUTES = (
    _admins("GET", "/api/resource/list", _by_ids),
    _admins("POST", "/api/resource/upload", _upload),
    _admins("PUT", f"{_ONE}/data", _replace_data),
    _admins("PUT", f"{_ONE}/info", _change),
)
