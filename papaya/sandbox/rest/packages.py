"""Endpoints of OTA packages, and their download by devices."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

from functools import partial

from papaya.sandbox.devices.downloads import chunk_of, package_for
from papaya.sandbox.refusal import BAD_REQUEST, PlainRefusal, Refusal, broken, invalid, missing
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.device_api import number_in
from papaya.sandbox.rest.multipart import argument, required_part
from papaya.sandbox.rest.paging import order_by, page_reply, read_page_link
from papaya.sandbox.rest.reply import EMPTY, Reply, download, json_text
from papaya.sandbox.rest.routing import TENANT, TENANT_OR_CUSTOMER, Route
from papaya.sandbox.rest.shapes import body_of
from papaya.sandbox.store.credentials import device_by_token
from papaya.sandbox.store.entities import find, require
from papaya.sandbox.store.packages import (
    FIELDS,
    FIRMWARE,
    PACKAGE,
    SOFTWARE,
    Upload,
    algorithm_of,
    delete_package,
    no_data,
    package_data,
    package_info,
    save_package,
    type_of,
    upload,
    with_data,
)
from papaya.sandbox.wire import MOST_INT

_SORTS = {
    "createdTime": "e.created_time",
    "type": "e.type",
    "title": "e.name",
    "version": "e.name_scope",
    "tag": "json_extract(e.body, '$.tag')",
    "url": "json_extract(e.body, '$.url')",
    "fileName": "json_extract(e.body, '$.fileName')",
    "dataSize": "json_extract(e.body, '$.dataSize')",
    "checksum": "json_extract(e.body, '$.checksum')",
}


def _save(call: Call) -> Reply:
    return json_text(save_package(call.core, body_of(call, "OTA_PACKAGE")).body)


def _upload(call: Call) -> Reply:
    algorithm = argument(call, "checksumAlgorithm")
    if algorithm is None:
        raise broken(
            "Required request parameter 'checksumAlgorithm' for method parameter type String is not present"
        )
    package = require(call.core, PACKAGE, call.identifier("id"))
    part = required_part(call, "file")
    if part.content_type is None:
        raise invalid("OtaPackage content type should be specified!")
    file = Upload(
        name=part.file_name or "file",
        content_type=part.content_type,
        data=part.data,
        algorithm=algorithm_of(algorithm),
        checksum=argument(call, "checksum"),
    )
    saved = upload(call.core, package, file)
    return json_text(saved.body if call.core.dialect.names_packages else with_data(call.core, saved))


def _read(call: Call) -> Reply:
    return json_text(with_data(call.core, require(call.core, PACKAGE, call.identifier("id"))))


def _info(call: Call) -> Reply:
    found = find(call.core, PACKAGE, call.identifier("id"))
    if found is None:
        raise missing()
    return json_text(package_info(found.body))


def _download(call: Call) -> Reply:
    package = require(call.core, PACKAGE, call.identifier("id"))
    body = package.json
    if body["url"] is not None:
        return Reply(400)
    data = package_data(call.core, package)
    if data is None:
        raise no_data()
    return download(data, body["fileName"], body["contentType"])


def _delete(call: Call) -> Reply:
    delete_package(call.core, call.identifier("id"))
    return EMPTY


def _page(call: Call) -> Reply:
    return _found(call, "1", ())


def _of_profile(call: Call) -> Reply:
    kind = type_of(call.parameters["type"])
    condition = (
        "json_extract(e.body, '$.deviceProfileId.id') = ? AND e.type = ?"
        " AND (json_extract(e.body, '$.hasData') OR json_extract(e.body, '$.url') IS NOT NULL)"
    )
    return _found(call, condition, (call.identifier("profileId"), kind))


def _found(call: Call, condition: str, parameters: tuple[str, ...]) -> Reply:
    link = read_page_link(call, by_parameter=True)
    rows = call.core.store.rows(
        f"SELECT e.body FROM entity e WHERE e.kind = ? AND {condition} AND ilike(e.name, ?) "
        + order_by(link, _SORTS),
        (PACKAGE, *parameters, link.pattern),
    )
    return page_reply(link, rows, lambda row: package_info(row[0]))


def _devices_without(call: Call) -> Reply:
    """Answer how many devices of a profile have no package of their own: those that an assignment reaches."""
    field = FIELDS[type_of(call.parameters["type"])]
    rows = call.core.store.rows(
        "SELECT count(*) FROM entity WHERE kind = 'DEVICE' AND profile_id = ?"
        " AND json_extract(body, ?) IS NULL",
        (call.identifier("profileId"), f"$.{field}"),
    )
    return json_text(str(rows[0][0]))


def _for_device(kind: str, call: Call) -> Reply:
    """Answer a device that asks for its package, whole or by chunks."""
    for name in ("title", "version"):
        if call.argument(name) is None:
            message = f"Required request parameter '{name}' for method parameter type String is not present"
            raise Refusal(400, BAD_REQUEST, message, by_advice=False)
    size, chunk = (number_in(call.first(name) or "0", name, "int", MOST_INT) for name in ("size", "chunk"))
    found = device_by_token(call.core, call.parameters["token"])
    if found is None:
        raise PlainRefusal(401)
    package = package_for(call.core, found[0], kind)
    data = None if package is None else package_data(call.core, package)
    if package is None or data is None:
        raise PlainRefusal(404)
    body = package.json
    if (body["title"], body["version"]) != (call.argument("title"), call.argument("version")):
        raise PlainRefusal(400)
    if size > 0 and chunk < 0:
        raise PlainRefusal(500)
    return download(chunk_of(data, max(0, size), chunk), body["fileName"], "application/octet-stream")


_ONE = "/api/otaPackage/{id}"
ROUTES = (
    Route("POST", "/api/otaPackage", _save, TENANT),
    Route("POST", _ONE, _upload, TENANT),
    Route("GET", _ONE, _read, TENANT),
    Route("DELETE", _ONE, _delete, TENANT),
    Route("GET", f"{_ONE}/download", _download, TENANT),
    Route("GET", "/api/otaPackage/info/{id}", _info, TENANT_OR_CUSTOMER),
    Route("GET", "/api/otaPackages", _page, TENANT_OR_CUSTOMER),
    Route("GET", "/api/otaPackages/{profileId}/{type}", _of_profile, TENANT_OR_CUSTOMER),
    Route("GET", "/api/devices/count/{type}/{profileId}", _devices_without, TENANT_OR_CUSTOMER),
    Route("GET", "/api/v1/{token}/firmware", partial(_for_device, FIRMWARE), None),
    Route("GET", "/api/v1/{token}/software", partial(_for_device, SOFTWARE), None),
)
