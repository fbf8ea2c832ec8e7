"""Endpoints of images."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

from papaya.sandbox.refusal import Refusal, broken, invalid, missing
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.multipart import read_parts, required_part
from papaya.sandbox.rest.paging import order_by, page_reply, read_page_link
from papaya.sandbox.rest.reply import Reply, json_value
from papaya.sandbox.rest.routing import ADMINS, ANYONE, TENANT, Route
from papaya.sandbox.store.dashboards import DASHBOARD, info_of
from papaya.sandbox.store.entities import Entity, delete, require
from papaya.sandbox.store.images import (
    IMAGE,
    Picture,
    export_image,
    find_image,
    illegal_letter,
    image_data,
    image_info,
    read_exported,
    rename_image,
    save_image,
    users_of,
)
from papaya.sandbox.store.users import SYS_ADMIN
from papaya.sandbox.wire import dumps, loads

_SORTS = {
    "createdTime": "e.created_time",
    "title": "json_extract(e.body, '$.title')",
    "resourceKey": "e.name",
}


def _uploaded(call: Call) -> Picture:
    part = required_part(call, "file")
    title = read_parts(call).get("title")
    name = part.file_name or "image"
    kind = part.content_type or "application/octet-stream"
    return Picture(title.text if title is not None else name, name, kind, part.data)


def _create(call: Call) -> Reply:
    return json_value(image_info(save_image(call.core, _uploaded(call))))


def _replace(call: Call) -> Reply:
    image = find_image(call.core, call.parameters["key"])
    return json_value(image_info(save_image(call.core, _uploaded(call), image)))


def _image(call: Call) -> Entity:
    if call.sender.authority == SYS_ADMIN:
        raise missing()
    return find_image(call.core, call.parameters["key"])


def _info(call: Call) -> Reply:
    return json_value(image_info(_image(call)))


def _export(call: Call) -> Reply:
    return json_value(export_image(call.core, _image(call)))


def _import(call: Call) -> Reply:
    given = call.json_object()
    if not isinstance(given.get("data"), str):
        raise broken('Cannot invoke "String.getBytes(java.nio.charset.Charset)" because "src" is null')
    try:
        saved = save_image(call.core, read_exported(given))
    except ValueError as error:
        raise invalid(illegal_letter(given["data"])) from error
    return json_value(image_info(saved))


def _elsewhere(call: Call) -> Reply:
    """Answer about images that are not the tenant's: the system has none."""
    raise missing() if call.parameters["type"] == "system" else invalid("Invalid image URL")


def _rename(call: Call) -> Reply:
    title = call.json_object().get("title")
    image = find_image(call.core, call.parameters["key"])
    renamed = rename_image(call.core, image, title if isinstance(title, str) else None, None)
    return json_value(_with_data(image_info(renamed)))


def _set_public(call: Call) -> Reply:
    image, public = find_image(call.core, call.parameters["key"]), call.parameters["public"]
    if public.lower() not in ("true", "false"):
        what = "Method parameter 'isPublic': Failed to convert value of type 'java.lang.String'"
        message = f"{what} to required type 'boolean'; Invalid boolean value [{public}]"
        raise Refusal(*call.core.dialect.bad_enum, message)
    renamed = rename_image(call.core, image, None, public.lower() == "true")
    return json_value(_with_data(image_info(renamed)))


def _with_data(info: dict[str, object]) -> dict[str, object]:
    """Return an image as changes answer it: with its data left out, and said so."""
    return {**info, "data": None, "preview": None}


def _data(call: Call) -> Reply:
    return _content(call, _image(call))


def _public_data(call: Call) -> Reply:
    row = call.core.store.connection.execute(
        "SELECT id FROM entity WHERE kind = ? AND json_extract(body, '$.publicResourceKey') = ?"
        " AND json_extract(body, '$.public')",
        (IMAGE, call.parameters["key"]),
    ).fetchone()
    if row is None:
        raise missing()
    return _content(call, require(call.core, IMAGE, row[0]))


def _content(call: Call, image: Entity) -> Reply:
    return Reply(200, image_data(call.core, image), image.json["descriptor"]["mediaType"])


def _page(call: Call) -> Reply:
    link = read_page_link(call)
    if call.sender.authority == SYS_ADMIN:
        return page_reply(link, [])
    rows = call.core.store.rows(
        "SELECT e.id FROM entity e WHERE e.kind = ? AND ilike(json_extract(e.body, '$.title'), ?) "
        + order_by(link, _SORTS),
        (IMAGE, link.pattern),
    )
    return page_reply(link, rows, lambda row: dumps(image_info(require(call.core, IMAGE, row[0]))))


def _delete(call: Call) -> Reply:
    image = find_image(call.core, call.parameters["key"])
    used = {} if call.flag("force") else references_of(users_of(call.core, image))
    if used:
        return json_value({"success": False, "references": used}, 400)
    delete(call.core, image)
    return json_value({"success": True, "references": None})


def references_of(users: list[Entity]) -> dict[str, list[object]]:
    """Return the objects that use an image or a resource, by kind."""
    found: dict[str, list[object]] = {}
    for user in users:
        text = info_of(user) if user.kind == DASHBOARD else user.body
        found.setdefault(user.kind, []).append(loads(text))
    return found


_ONE, _ANY = "/api/images/tenant/{key}", "/api/images/{type}/{key}"
ROUTES = (
    Route("POST", "/api/image", _create, TENANT),
    Route("PUT", "/api/image/import", _import, TENANT),
    Route("GET", "/api/images", _page, ADMINS),
    Route("GET", _ONE, _data, ANYONE),
    Route("GET", f"{_ONE}/preview", _data, ANYONE),
    Route("GET", f"{_ONE}/export", _export, ADMINS),
    Route("PUT", _ONE, _replace, TENANT),
    Route("DELETE", _ONE, _delete, TENANT),
    Route("GET", f"{_ONE}/info", _info, ADMINS),
    Route("PUT", f"{_ONE}/info", _rename, TENANT),
    Route("PUT", f"{_ONE}/public/{{public}}", _set_public, TENANT),
    Route("GET", "/api/images/public/{key}", _public_data, None),
    Route("GET", _ANY, _elsewhere, ANYONE),
    Route("GET", f"{_ANY}/preview", _elsewhere, ANYONE),
    Route("GET", f"{_ANY}/info", _elsewhere, ADMINS),
    Route("GET", f"{_ANY}/export", _elsewhere, ADMINS),
)
