"""Stored resources: JavaScript modules, key stores and files. Images are stored apart."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

from papaya.sandbox.dialect import Dialect
from papaya.sandbox.refusal import broken, invalid, missing
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import id_in
from papaya.sandbox.store.forms import enum_member
from papaya.sandbox.store.images import IMAGE, illegal_letter
from papaya.sandbox.store.plain_objects import delete_plain, find_plain, plain_objects, put_plain
from papaya.sandbox.store.validation import check_fields, check_name, text_or_none
from papaya.sandbox.wire import reference

RESOURCE = "TB_RESOURCE"
GENERAL = "GENERAL"
MEDIA_TYPES: dict[str, str | None] = {
    "LWM2M_MODEL": "application/xml",
    "JKS": "application/x-java-keystore",
    "PKCS_12": "application/x-pkcs12",
    "JS_MODULE": "application/javascript",
    "IMAGE": None,
    "DASHBOARD": "application/json",
    GENERAL: None,
}
SUBTYPES = ("IMAGE", "SCADA_SYMBOL", "EXTENSION", "MODULE")
# Types whose data an update may replace.
_REPLACEABLE = ("JS_MODULE", "DASHBOARD", GENERAL)
_DATA = "data"
_Json = dict[str, Any]


def types_of(dialect: Dialect) -> tuple[str, ...]:
    """Return the types of resources of a version."""
    return tuple(each for each in MEDIA_TYPES if each != GENERAL or dialect.has_new_notifications)


def resources(core: Core) -> list[_Json]:
    """Return all resources but images, without their data."""
    return [info_of(each) for each in plain_objects(core, RESOURCE)]


def info_of(resource: _Json) -> _Json:
    """Return a resource without its data."""
    return {key: value for key, value in resource.items() if key != _DATA}


def require_resource(core: Core, identifier: str) -> _Json:
    """Return a resource with its data in base64, or refuse as the server does."""
    found = find_plain(core, RESOURCE, identifier)
    if found is None:
        raise missing(f"Resource with id [{identifier}] is not found")
    return found


def resource_of_key(core: Core, kind: str, key: str) -> _Json:
    """Return the resource of a type that has a key."""
    for each in plain_objects(core, RESOURCE):
        if (each["resourceType"], each["resourceKey"]) == (kind, key):
            return each
    raise missing()


def save_resource(core: Core, body: _Json) -> _Json:
    """Create a resource, or update one; an update without data keeps the data. Return it without data."""
    identifier = id_in(body, "id", RESOURCE)
    old = None if identifier is None else require_resource(core, identifier)
    kind, subtype = body.get("resourceType"), body.get("resourceSubType")
    if kind is None:
        raise invalid('Cannot invoke "ResourceType.name()" because "this.resourceType" is null')
    kind = enum_member(kind, types_of(core.dialect), "ResourceType")
    if subtype is not None:
        subtype = enum_member(subtype, SUBTYPES, "ResourceSubType")
    data = _decoded(body.get(_DATA))
    title, name = text_or_none(body.get("title")), text_or_none(body.get("fileName"))
    check_fields(core.dialect, {"title": title, "resourceKey": text_or_none(body.get("resourceKey"))})
    title, name = check_name("Resource title", title), check_name("Resource file name", name)
    if old is None and data is None:
        raise invalid("Resource data should be specified")
    if old is not None and data is not None and kind not in _REPLACEABLE:
        raise invalid("This type of resource can't be updated")
    _check_size(core, len(data or b""))
    key = text_or_none(body.get("resourceKey")) or (old and old["resourceKey"])
    key = _free_key(core, kind, key or name, old)
    stored = base64.b64encode(data).decode() if data is not None else (old or {})[_DATA]
    content = {
        "tenantId": reference("TENANT", core.tenant_id),
        "title": title,
        "resourceType": kind,
        "resourceSubType": subtype,
        "resourceKey": key,
        "publicResourceKey": None,
        # As on the server, an update without data forgets what the data was.
        "etag": None if data is None else hashlib.sha256(data).hexdigest(),
        "fileName": name,
        "descriptor": body.get("descriptor"),
        "externalId": None,
        _DATA: stored,
        "name": title,
        "public": False,
        "link": f"/api/resource/{kind.lower()}/tenant/{key}",
        "publicLink": None,
    }
    return info_of(put_plain(core, RESOURCE, content, old))


def _decoded(value: object) -> bytes | None:
    if value is None:
        return None
    try:
        return base64.b64decode(str(value), validate=True)
    except ValueError as error:
        raise broken(f"JSON parse error: {illegal_letter(str(value))}") from error


def _free_key(core: Core, kind: str, wanted: str, old: _Json | None) -> str:
    others = {each["resourceKey"] for each in resources(core) if each["resourceType"] == kind}
    others -= {old["resourceKey"]} if old is not None else set()
    stem, dot, extension = wanted.rpartition(".")
    key, attempt = wanted, 0
    while key in others:
        attempt += 1
        key = f"{stem}_({attempt}){dot}{extension}" if dot else f"{wanted}_({attempt})"
    return key


def _check_size(core: Core, added: int) -> None:
    limit = core.most_bytes(IMAGE)
    stored = sum(len(each[_DATA]) * 3 // 4 for each in plain_objects(core, RESOURCE)) if limit else 0
    if limit and stored + added > limit:
        raise invalid(f"Resources total size exceeds the maximum of {limit} bytes")


def data_of(resource: _Json) -> bytes:
    """Return the content of a resource."""
    return base64.b64decode(resource[_DATA])


def uses_of(core: Core, resource: _Json) -> list[tuple[str, str]]:
    """Return kind and id of the objects that link to a resource."""
    statement = "SELECT kind, id FROM entity WHERE instr(body, ?) ORDER BY number"
    return [(kind, identifier) for kind, identifier in core.store.rows(statement, (resource["link"],))]


def delete_resource(core: Core, resource: _Json) -> None:
    """Delete a resource with its data."""
    delete_plain(core, resource["id"]["id"])


def with_data(resource: _Json) -> _Json:
    """Return a resource as it is read whole."""
    names = list(resource)
    place = names.index(_DATA) + 1
    items = [(name, resource[name]) for name in names]
    return dict([*items[:place], ("preview", None), *items[place:]])
