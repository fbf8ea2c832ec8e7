"""Images: stored once for each content, and links to them in place of base64 text."""

from __future__ import annotations

import base64
import copy
import hashlib
import re
import secrets
import string
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from papaya.sandbox.refusal import Refusal, invalid
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, find, find_by_name
from papaya.sandbox.store.saving import Draft, put, resave
from papaya.sandbox.wire import dumps

IMAGE = "TB_RESOURCE"
LINK = "tb-image;/api/images/tenant/"
_DATA = re.compile(r"data:(image/[\w.+-]+);(?:.*;)?base64,(.*)", re.DOTALL)
_EXTENSIONS = {"jpeg": "jpg", "svg+xml": "svg", "x-icon": "ico"}
_LINKED = re.compile(r"tb-image;/api/images/tenant/([^\"\\]+)")
_BASE64 = string.ascii_letters + string.digits + "+/="
_LETTERS = string.ascii_letters + string.digits


@dataclass(frozen=True, slots=True)
class Picture:
    """An image on its way into the store."""

    title: str
    file_name: str
    media_type: str
    data: bytes

    @property
    def etag(self) -> str:
        """What tells the content apart."""
        return hashlib.sha256(self.data).hexdigest()


def image_to_link(core: Core, owner: str, what: str, value: Any) -> Any:
    """Return a link in place of base64 text, and any other value as it is.

    The image is stored once for each content; `owner` and `what` make its title and its file name.
    """
    return _linked(core, f'"{owner}" {what} image', value)


def images_to_links(core: Core, owner: str, configuration: Any) -> Any:
    """Return a dashboard's configuration with links where the server looks for images; other strings stay."""
    if not isinstance(configuration, dict) or "data:image/" not in dumps(configuration):
        return configuration
    changed = copy.deepcopy(configuration)
    settings = changed.get("settings")
    if isinstance(settings, dict) and "dashboardLogoUrl" in settings:
        settings["dashboardLogoUrl"] = _linked(
            core, f'"{owner}" dashboard logo', settings["dashboardLogoUrl"]
        )
    for grid in _grids(changed.get("states")):
        grid["backgroundImageUrl"] = _linked(
            core, f'"{owner}" dashboard background', grid.get("backgroundImageUrl")
        )
    return changed


def _grids(states: Any) -> Iterator[dict[str, Any]]:
    for state in states.values() if isinstance(states, dict) else ():
        layouts = state.get("layouts") if isinstance(state, dict) else None
        for layout in layouts.values() if isinstance(layouts, dict) else ():
            grid = layout.get("gridSettings") if isinstance(layout, dict) else None
            if isinstance(grid, dict) and "backgroundImageUrl" in grid:
                yield grid


def _linked(core: Core, title: str, value: Any) -> Any:
    found = _DATA.fullmatch(value) if isinstance(value, str) else None
    if found is None:
        return value
    try:
        data = base64.b64decode(found[2], validate=True)
    except ValueError as error:
        raise invalid(illegal_letter(found[2])) from error
    kind = found[1].removeprefix("image/")
    stem = re.sub(r"[^a-z0-9]+", "_", title.lower().replace('"', "")).strip("_")
    picture = Picture(title, f"{stem}.{_EXTENSIONS.get(kind, kind)}", found[1], data)
    return LINK + (equal_image(core, picture) or save_image(core, picture)).name


def illegal_letter(text: str) -> str:
    """Return the server's refusal of a text that is not base64."""
    wrong = next((letter for letter in text if letter not in _BASE64), "=")
    return f"Illegal base64 character {ord(wrong):x}"


def equal_image(core: Core, picture: Picture) -> Entity | None:
    """Return the stored image with the same content."""
    row = core.store.connection.execute(
        "SELECT id FROM entity WHERE kind = ? AND json_extract(body, '$.etag') = ? ORDER BY number LIMIT 1",
        (IMAGE, picture.etag),
    ).fetchone()
    return None if row is None else find(core, IMAGE, row[0])


def save_image(core: Core, picture: Picture, old: Entity | None = None) -> Entity:
    """Store an image, as a new one or in place of another's content."""
    limit = core.most_bytes(IMAGE)
    if limit and _stored_bytes(core) + len(picture.data) > limit:
        raise invalid(f"Resources total size exceeds the maximum of {limit} bytes")
    key = _free_key(core, picture.file_name) if old is None else old.name
    public = "".join(secrets.choice(_LETTERS) for _ in range(32))
    before = {} if old is None else old.json
    content = {
        "title": before.get("title", picture.title),
        "resourceType": "IMAGE",
        "resourceSubType": before.get("resourceSubType", "IMAGE"),
        "resourceKey": key,
        "publicResourceKey": before.get("publicResourceKey", public),
        "etag": picture.etag,
        "fileName": before.get("fileName", picture.file_name),
        "descriptor": _descriptor(picture),
        "externalId": None,
        "name": before.get("title", picture.title),
        "public": before.get("public", True),
        "link": f"/api/images/tenant/{key}",
    }
    saved = put(core, Draft(IMAGE, key, content), old)[0]
    core.store.connection.execute(
        "INSERT OR REPLACE INTO content VALUES (?, ?)", (saved.number, picture.data)
    )
    return saved


def _stored_bytes(core: Core) -> int:
    row = core.store.connection.execute(
        "SELECT coalesce(sum(length(c.data)), 0) FROM content c JOIN entity e ON e.number = c.number"
        " WHERE e.kind = ?",
        (IMAGE,),
    ).fetchone()
    return int(row[0])


def _free_key(core: Core, wanted: str) -> str:
    stem, dot, extension = wanted.rpartition(".")
    key, attempt = wanted, 0
    while find_by_name(core, IMAGE, key) is not None:
        attempt += 1
        key = f"{stem}_({attempt}){dot}{extension}" if dot else f"{wanted}_({attempt})"
    return key


def _descriptor(picture: Picture) -> dict[str, Any]:
    width, height = _size(picture.data)
    one = {
        "mediaType": picture.media_type,
        "width": width,
        "height": height,
        "size": len(picture.data),
        "etag": picture.etag,
    }
    return {**one, "previewDescriptor": one}


def _size(data: bytes) -> tuple[int, int]:
    """Return width and height of a PNG; of other formats the sandbox reads nothing."""
    if data[:8] == b"\x89PNG\r\n\x1a\n" and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return int(width), int(height)
    return 0, 0


def image_info(image: Entity) -> dict[str, Any]:
    """Return the JSON of an image without its content."""
    body = image.json
    body.pop("version", None)
    public = body["public"]
    return {**body, "publicLink": f"/api/images/public/{body['publicResourceKey']}" if public else None}


def image_data(core: Core, image: Entity) -> bytes:
    """Return the content of an image."""
    row = core.store.connection.execute(
        "SELECT data FROM content WHERE number = ?", (image.number,)
    ).fetchone()
    return b"" if row is None else bytes(row[0])


def with_image_inline(core: Core, link: Any) -> Any:
    """Return an image's content in the place of its link, after its key, title and type in base64."""
    found = _LINKED.fullmatch(link) if isinstance(link, str) else None
    image = find_by_name(core, IMAGE, found.group(1)) if found is not None else None
    if image is None:
        return link
    body = image.json
    told = (body["resourceKey"], body["title"], body["resourceType"])
    names = ":".join(base64.b64encode(str(one).encode()).decode() for one in told)
    data = base64.b64encode(image_data(core, image)).decode()
    return f"tb-image:{names};data:{body['descriptor']['mediaType']};base64,{data}"


def find_image(core: Core, key: str) -> Entity:
    """Return the image with a key."""
    found = find_by_name(core, IMAGE, key)
    if found is None:
        raise Refusal(404, 32, "Requested item wasn't found!")
    return found


def rename_image(core: Core, image: Entity, title: str | None, public: bool | None) -> Entity:
    """Change what may change of a stored image: its title, and whether anyone may read it."""
    body = image.json
    named = title or body["title"]
    return resave(
        core, image, {"title": named, "name": named, "public": body["public"] if public is None else public}
    )


def users_of(core: Core, image: Entity) -> list[Entity]:
    """Return the objects that link to an image."""
    rows = core.store.rows(
        "SELECT kind, id FROM entity WHERE kind != ? AND instr(body, ?) ORDER BY number",
        (IMAGE, f"/api/images/tenant/{image.name}"),
    )
    found = [find(core, kind, identifier) for kind, identifier in rows]
    return [each for each in found if each is not None]


def export_images(core: Core, text: str) -> list[dict[str, Any]]:
    """Return the images that a text links to, with their content, as a dashboard carries them elsewhere."""
    exported = []
    for key in dict.fromkeys(_LINKED.findall(text)):
        image = find_by_name(core, IMAGE, key)
        if image is None:
            continue
        told = export_image(core, image)
        del told["resourceKey"]
        exported.append(told)
    return exported


def export_image(core: Core, image: Entity) -> dict[str, Any]:
    """Return an image with its content, as it is carried to another server."""
    body = image.json
    return {
        "link": body["link"],
        "title": body["title"],
        "type": body["resourceType"],
        "subType": body["resourceSubType"],
        "resourceKey": body["resourceKey"],
        "fileName": body["fileName"],
        "publicResourceKey": body["publicResourceKey"],
        "mediaType": body["descriptor"]["mediaType"],
        "data": base64.b64encode(image_data(core, image)).decode(),
        "public": body["public"],
    }


def read_exported(given: dict[str, Any]) -> Picture:
    """Return an image that was carried here; raise ValueError if its content is not base64."""
    link = str(given.get("link"))
    name = str(given.get("fileName") or given.get("resourceKey") or link.rpartition("/")[2])
    content = base64.b64decode(str(given["data"]), validate=True)
    return Picture(str(given.get("title") or name), name, str(given.get("mediaType")), content)


def import_images(core: Core, exported: Any, text: str) -> str:
    """Store the images that came with a dashboard; return its text with the links that they have here."""
    for each in exported if isinstance(exported, list) else ():
        data, link = each.get("data"), str(each.get("link"))
        if each.get("type") != "IMAGE" or not isinstance(data, str):
            continue
        name = str(each.get("fileName") or link.rpartition("/")[2])
        picture = Picture(
            str(each.get("title") or name), name, str(each.get("mediaType")), base64.b64decode(data)
        )
        image = equal_image(core, picture) or save_image(core, picture)
        text = text.replace(f"tb-image;{link}", LINK + image.name)
    return text
