"""Stored OTA packages: firmware and software of a device profile, by upload or by URL."""

from __future__ import annotations

import base64
import json
from dataclasses import dataclass
from typing import Any

from papaya.sandbox.refusal import broken, invalid
from papaya.sandbox.store.checksums import ALGORITHMS
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.entities import Entity, delete, find, id_in, require
from papaya.sandbox.store.forms import enum_member
from papaya.sandbox.store.revisions import replaced_by
from papaya.sandbox.store.saving import Draft, put
from papaya.sandbox.store.validation import check_fields, text_or_none
from papaya.sandbox.wire import dumps, reference

PACKAGE = "OTA_PACKAGE"
FIRMWARE, SOFTWARE = "FIRMWARE", "SOFTWARE"
TYPES = (FIRMWARE, SOFTWARE)
FIELDS = {FIRMWARE: "firmwareId", SOFTWARE: "softwareId"}
_NAMES = {FIRMWARE: "otaPackage", SOFTWARE: "software"}
_TAKEN = "OtaPackage with such title and version already exists!"
# What never changes once a package is saved, in the order of the server's checks.
_FIXED = (("title", "title"), ("version", "version"), ("tag", "tag"))
# What never changes once there is data; the server has the same words for three of them.
_OF_DATA = (
    ("fileName", "file name"),
    ("contentType", "content type"),
    ("checksumAlgorithm", "content type"),
    ("checksum", "content type"),
    ("dataSize", "data size"),
)


@dataclass(frozen=True, slots=True)
class Upload:
    """A file on its way into a package."""

    name: str
    content_type: str
    data: bytes
    algorithm: str
    checksum: str | None


def save_package(core: Core, body: dict[str, Any]) -> Entity:
    """Create a package without data, or update the members that may change."""
    old = replaced_by(core, PACKAGE, body)
    kind = body.get("type")
    title, version, tag = (text_or_none(body.get(name)) for name in ("title", "version", "tag"))
    url = text_or_none(body.get("url"))
    if kind is not None:
        kind = enum_member(kind, TYPES, "ota.OtaPackageType")
    check_fields(core.dialect, {"title": title, "version": version, "tag": tag}, {"url": url})
    if kind is None and (title or "").strip():
        raise invalid("Type should be specified!")
    if body.get("usesUrl") is True and not (url or "").strip():
        raise invalid("Ota package URL should be specified!")
    if not (title or "").strip():
        raise invalid("OtaPackage title should be specified!")
    if not (version or "").strip():
        raise invalid("OtaPackage version should be specified!")
    profile = id_in(body, "deviceProfileId", "DEVICE_PROFILE")
    if profile is not None and find(core, "DEVICE_PROFILE", profile) is None:
        raise invalid("OtaPackage is referencing to non-existent device profile!")
    content = {
        "deviceProfileId": reference("DEVICE_PROFILE", profile),
        "type": kind,
        "title": title,
        "version": version,
        "tag": tag,
        "url": url or None,
        "hasData": old is not None and (old.json["hasData"] or bool(url)),
        **{name: body.get(name) for name, _ in _OF_DATA},
    }
    if old is not None:
        _check_unchanged(old.json, content)
    return _store(core, content, body, old)


def _check_unchanged(old: dict[str, Any], new: dict[str, Any]) -> None:
    if old["type"] != new["type"]:
        raise invalid("Updating type is prohibited!")
    for name, words in _FIXED:
        if old[name] != new[name]:
            raise invalid(f"Updating otaPackage {words} is prohibited!")
    if old["deviceProfileId"] != new["deviceProfileId"]:
        raise invalid("Updating otaPackage deviceProfile is prohibited!")
    if old["url"] is not None and old["url"] != new["url"]:
        raise invalid("Updating otaPackage URL is prohibited!")
    for name, words in _OF_DATA if old["hasData"] else ():
        if old[name] != new[name]:
            raise invalid(f"Updating otaPackage {words} is prohibited!")


def _store(core: Core, content: dict[str, Any], body: dict[str, Any], old: Entity | None) -> Entity:
    title, info = str(content["title"]), body.get("additionalInfo")
    named: dict[str, Any] = {}
    if core.dialect.names_packages:
        named = {"externalId": body.get("externalId"), "name": title}
    draft = Draft(
        kind=PACKAGE,
        name=title,
        content={**content, **named, "additionalInfo": info},
        taken=_TAKEN,
        name_scope=str(content["version"]),
        type=str(content["type"]),
        info=info,
    )
    return put(core, draft, old)[0]


def upload(core: Core, package: Entity, file: Upload) -> Entity:
    """Give a package its data; the same data again changes nothing, other data is refused."""
    if not file.data:
        raise invalid("OtaPackage data should be specified!")
    checksum = ALGORITHMS[file.algorithm](file.data)
    if file.checksum and file.checksum != checksum:
        raise invalid("Wrong otaPackage file!")
    body = package.json
    if body["url"] is not None:
        raise invalid("Updating otaPackage URL is prohibited!")
    content = {
        "fileName": file.name,
        "contentType": file.content_type,
        "checksumAlgorithm": file.algorithm,
        "checksum": checksum,
        "dataSize": len(file.data),
        "hasData": True,
    }
    changed = {**body, **content}
    _check_unchanged(body, changed)
    limit = core.most_bytes(PACKAGE)
    if limit and not body["hasData"] and _stored_bytes(core) + len(file.data) > limit:
        raise invalid(f"OtaPackages total size exceeds the maximum of {limit} bytes")
    saved = _store(core, {key: changed[key] for key in body if key not in _FRAME}, body, package)
    core.store.connection.execute("INSERT OR REPLACE INTO content VALUES (?, ?)", (saved.number, file.data))
    return saved


_FRAME = ("id", "createdTime", "tenantId", "externalId", "name", "additionalInfo")


def _stored_bytes(core: Core) -> int:
    row = core.store.connection.execute(
        "SELECT coalesce(sum(length(c.data)), 0) FROM content c JOIN entity e ON e.number = c.number"
        " WHERE e.kind = ?",
        (PACKAGE,),
    ).fetchone()
    return int(row[0])


def package_data(core: Core, package: Entity) -> bytes | None:
    """Return the data of a package, None for one without."""
    row = core.store.connection.execute(
        "SELECT data FROM content WHERE number = ?", (package.number,)
    ).fetchone()
    return None if row is None else bytes(row[0])


def package_info(text: str) -> str:
    """Return a package's JSON as lists and infos have it: there a URL counts as data."""
    body = json.loads(text)
    return dumps({**body, "hasData": body["hasData"] or body["url"] is not None})


def with_data(core: Core, package: Entity) -> str:
    """Return the JSON of a package with its data in base64."""
    data = package_data(core, package)
    return dumps({**package.json, "data": None if data is None else base64.b64encode(data).decode()})


def check_assignable(core: Core, identifier: str | None, kind: str, profile: str | None) -> str | None:
    """Return the id of a package that devices of a profile may get, or refuse it."""
    if identifier is None:
        return None
    what = kind.lower()
    package = find(core, PACKAGE, identifier)
    if package is None:
        raise invalid(f"Can't assign non-existent {what}!")
    body = package.json
    if body["type"] != kind:
        raise invalid(f"Can't assign {what} with type: {body['type']}")
    if not body["hasData"] and body["url"] is None:
        raise invalid(f"Can't assign {what} with empty data!")
    if profile is None or (body["deviceProfileId"] or {}).get("id") != profile:
        raise invalid(f"Can't assign {what} with different deviceProfile!")
    return identifier


def delete_package(core: Core, identifier: str) -> None:
    """Delete a package that neither its profile nor a device of it uses."""
    package = require(core, PACKAGE, identifier)
    profile = (package.json["deviceProfileId"] or {}).get("id")
    kind = str(package.type)
    # The server's words for firmware and for software differ.
    what, member = _NAMES[kind], f"$.{FIELDS[kind]}.id"
    for users, condition, parameter in (
        ("device profile", "kind = ?3", "DEVICE_PROFILE"),
        ("devices", "profile_id = ?3", profile),
    ):
        statement = f"SELECT 1 FROM entity WHERE json_extract(body, ?1) = ?2 AND {condition} LIMIT 1"  # noqa: S608
        if core.store.rows(statement, (member, identifier, parameter)):
            raise invalid(f"The {what} referenced by the {users} cannot be deleted!")
    delete(core, package)


def delete_packages_of(core: Core, profile: Entity) -> None:
    """Delete the packages of a profile, as its deletion does without asking."""
    rows = core.store.rows(
        "SELECT id FROM entity WHERE kind = ? AND json_extract(body, '$.deviceProfileId.id') = ?",
        (PACKAGE, profile.id),
    )
    for (identifier,) in rows:
        delete(core, require(core, PACKAGE, identifier))


def algorithm_of(text: str) -> str:
    """Return a checksum algorithm by its name in any case."""
    name = text.upper()
    if name not in ALGORITHMS:
        raise invalid(f"No enum constant org.thingsboard.server.common.data.ota.ChecksumAlgorithm.{name}")
    return name


def type_of(text: str) -> str:
    """Return a package type by its name."""
    if text not in TYPES:
        raise invalid(f"No enum constant org.thingsboard.server.common.data.ota.OtaPackageType.{text}")
    return text


def no_data() -> Exception:
    """Return what the server answers to a download of a package that has neither data nor URL."""
    return broken(
        'Cannot invoke "java.nio.ByteBuffer.array()" because the return value of '
        '"org.thingsboard.server.common.data.OtaPackage.getData()" is null'
    )
