"""Firmware and software packages (`OtaPackageController`, 4.0.1 to 4.4).

A package is created without data, then its file is uploaded. From then on the server changes nothing of it
but its additional information, so that a changed file needs a new version. The list holds everything but the
data. A package that a run created and whose upload broke off has no data: the next run uploads it.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator
from typing import ClassVar, Final

from papaya.errors import PapayaError, Rejected
from papaya.kinds.address import Address
from papaya.kinds.description import DESCRIPTION, described, info_in
from papaya.kinds.kind import (
    Exported,
    Fault,
    IdOf,
    Kind,
    NameOf,
    created,
    id_in,
    uuid_in,
)
from papaya.kinds.origin import Origin, origin_in, with_origin
from papaya.kinds.package_users import LISTS, let_go, obstacles
from papaya.kinds.request import Conversation, Listing, Look, Request, Upload
from papaya.kinds.resource import Desired, Fields, Live
from papaya.manifest.model import File, Fleet, Json, Resource
from papaya.path_component import file_stem

PATH: Final = "/api/otaPackage"
ENTITY_TYPE: Final = "OTA_PACKAGE"
# What the server takes at once: with its default settings a request has at most 16 MiB, the form included.
LARGEST: Final = 16 * 1024 * 1024 - 1024
_INFO: Final = f"{PATH}/info"
_CHECKSUM: Final = "checksum"
_ALGORITHM: Final = "checksumAlgorithm"
_USUAL: Final = "SHA256"
_FIXED: Final = ("profile", "tag", "url", _CHECKSUM, "size")
_TYPES: Final = {"firmware": "FIRMWARE", "software": "SOFTWARE"}
_OTHER: Final = {"firmware": "software", "software": "firmware"}
_TOO_LARGE: Final = 413


class Packages(Kind):
    """The kind of firmware, or the one of software."""

    name_key: ClassVar[str | None] = "title version"
    live_name_key = "title"
    entity_type = ENTITY_TYPE
    level = 50
    path = PATH
    listing = Listing("/api/otaPackages")
    optional = frozenset({DESCRIPTION, "tag", _CHECKSUM, "size"})
    mark_outlives_it = True

    def __init__(self, key: str) -> None:
        self.type = _TYPES[key]

    def desired(self, declared: Resource, fleet: Fleet) -> Desired:
        """Return the package that an entry and its file declare."""
        values = declared.values
        fields = {key: values[key] for key in ("profile", "tag", "url", DESCRIPTION) if key in values}
        algorithm = str(values.get(_ALGORITHM) or _USUAL)
        extra: dict[str, Json] = {"title": values.get("title"), "version": values.get("version")}
        file = declared.files.get("file")
        if file is not None:
            told = _told(file)
            digests = told.get("digests")
            digest = digests.get(algorithm.lower()) if isinstance(digests, dict) else None
            fields |= {_CHECKSUM: f"{algorithm} {digest}", "size": told.get("size")}
            extra["file"] = {"path": told.get("path"), "name": told.get("name")}
        elif values.get(_CHECKSUM) is not None:
            fields |= {_CHECKSUM: f"{algorithm} {str(values[_CHECKSUM]).lower()}"}
        if file is None and values.get("size") is not None:
            fields["size"] = values["size"]
        return Desired(
            self.address(declared.name),
            fields,
            tuple(Address("deviceProfile", name) for name in self.device_profiles(declared)),
            protect=declared.protect,
            mark=declared.mark,
            extra=extra,
        )

    def device_profiles(self, declared: Resource) -> tuple[str, ...]:
        """Return the device profile that a package is for."""
        profile = declared.values.get("profile")
        return (profile,) if isinstance(profile, str) else ()

    def fields(self, row: Fields, details: tuple[Json, ...], name_of: NameOf) -> Fields:
        """Return a live package in the words of a manifest."""
        profile = uuid_in(row.get("deviceProfileId"))
        checksum = row.get(_CHECKSUM)
        return {
            "profile": (name_of("DEVICE_PROFILE", profile) or profile) if profile else None,
            "tag": row.get("tag"),
            "url": row.get("url"),
            _CHECKSUM: f"{row.get(_ALGORITHM)} {checksum}" if checksum else None,
            "size": row.get("dataSize"),
            DESCRIPTION: info_in(row).get(DESCRIPTION),
        }

    def name(self, row: Fields) -> str:
        """Return title and version of a live package."""
        return f"{row.get('title')} {row.get('version')}"

    def version(self, row: Fields) -> int | None:
        """Return None: what a package calls its version is that of its content."""
        return None

    def includes(self, row: Fields) -> bool:
        """Return whether a package is firmware, or software."""
        return row.get("type") == self.type

    def one(self, id_: str) -> Request:
        """Return the request that reads one package without its data."""
        return Request("GET", f"{_INFO}/{id_}")

    def create(self, desired: Desired, origin: Origin, id_of: IdOf) -> Conversation[Fields]:
        """Create a package, then upload its file."""
        fields, extra = desired.fields, desired.extra
        algorithm, checksum = _split(fields.get(_CHECKSUM))
        url = fields.get("url")
        of_url: dict[str, Json] = (
            {_ALGORITHM: algorithm, _CHECKSUM: checksum, "dataSize": fields.get("size")} if url else {}
        )
        profile = id_of(Address("deviceProfile", str(fields.get("profile"))))
        body: dict[str, Json] = {
            "deviceProfileId": {"entityType": "DEVICE_PROFILE", "id": profile},
            "type": self.type,
            "title": extra.get("title"),
            "version": extra.get("version"),
            "tag": fields.get("tag"),
            "usesUrl": bool(url),
            "url": url,
            **of_url,
            "additionalInfo": with_origin(described({}, fields), origin),
        }
        title = str(extra.get("title"))
        look = created(self, desired.address.name, origin, search=title, most=1_000)
        row = yield Request("POST", PATH, body, step="create", look=look)
        return (yield from self._uploaded(desired, row if isinstance(row, dict) else {}))

    def update(self, desired: Desired, live: Live, id_of: IdOf) -> Conversation[Fields]:
        """Upload what a broken run left out, and save the description."""
        row = yield from self._uploaded(desired, live.row)
        info = described(info_in(row), desired.fields)
        if info == info_in(row):
            return row
        return (yield from self._saved(row, info, "save"))

    def release(self, live: Live) -> Conversation[None]:
        """Take the origin off a live package that papaya stops managing."""
        if origin_in(live.row.get("additionalInfo")) is not None:
            info = {key: value for key, value in info_in(live.row).items() if key != "papaya"}
            yield from self._saved(live.row, info, "take the origin off")

    def writes(self, desired: Desired, live: Live | None) -> int:
        """Return how many requests a change sends."""
        uploads = bool(desired.extra.get("file")) and not (live is not None and has_data(live.row))
        is_described = live is None or described(info_in(live.row), desired.fields) != info_in(live.row)
        return uploads + is_described

    def before_deletion(self, id_: str) -> tuple[Request, ...]:
        """Return the requests that tell which profiles and which devices have a package."""
        return LISTS

    def obstacles(self, live: Live, everything: tuple[Live, ...], leaving: frozenset[str]) -> Iterator[str]:
        """Yield who has the package and keeps it: the server would refuse the deletion."""
        yield from obstacles(self.key, live, leaving)

    def delete(self, live: Live) -> Conversation[None]:
        """Delete a package after profiles that go, too, have let go of it."""
        yield from let_go(self.key, live)
        yield from super().delete(live)

    def refused(self, desired: Desired, live: Live) -> Iterator[Fault]:
        """Yield what the server never changes of a package: anything but its description."""
        if live.fields is None:
            return
        name = desired.address.name
        for key in _FIXED:
            wanted, found = desired.fields.get(key), live.fields.get(key)
            is_open = key in (_CHECKSUM, "size") and not has_data(live.row) and not live.fields.get("url")
            if is_open or wanted == found or (wanted is None and key in self.optional):
                continue
            if key == "size" and desired.fields.get(_CHECKSUM) != live.fields.get(_CHECKSUM):
                continue
            what = "file" if key == _CHECKSUM and desired.extra.get("file") else key
            yield Fault(
                f"{self.word} {name}: the server never changes the {what} of a package "
                f"({found or 'none'} there, {wanted or 'none'} here)",
                "give it a new version in the manifest",
            )
            return

    def faults(self, declared: Resource, fleet: Fleet) -> Iterator[Fault]:
        """Yield what the server would refuse, before anything is sent."""
        values, file = declared.values, declared.files.get("file")
        if declared.formerly is not None:
            yield Fault("a package cannot be renamed", "remove `formerly`; publish a new version instead")
        if (file is None) == (values.get("url") is None):
            yield Fault("it needs a file or a url, and not both", "give it `file: PATH` or `url: ADDRESS`")
        if file is not None:
            yield from _faults_of_file(file)
            if values.get(_CHECKSUM) is not None or values.get("size") is not None:
                yield Fault("`checksum` and `size` are for packages with a url", "remove them")
        for device in fleet.devices():
            if getattr(device, self.key) == declared.name and device.profile != values.get("profile"):
                yield Fault(
                    f"it is for the profile {values.get('profile')}, and {device.name} has {device.profile}",
                    f"name {self.key} that is made for {device.profile}",
                    device.mark,
                )
        twin = (_OTHER[self.key], declared.name)
        if self.key == "software" and twin in {(one.kind, one.name) for one in fleet.resources}:
            yield Fault("there is firmware of this title and version", "give one of them another title")

    def content(self, id_: str) -> tuple[Request, ...]:
        """Return the request for a package with its data, for an export."""
        return (Request("GET", f"{PATH}/{id_}"),)

    def exported(self, live: Live, folder: str, name_of: NameOf) -> Exported:
        """Return the entry of a live package, and its file."""
        fields = live.fields or {}
        told: dict[str, Json] = {"title": live.row.get("title"), "version": live.row.get("version")}
        told |= {key: fields[key] for key in ("profile", "tag", "url", DESCRIPTION) if fields.get(key)}
        algorithm, checksum = _split(fields.get(_CHECKSUM))
        if checksum and algorithm != _USUAL:
            told[_ALGORITHM] = algorithm
        if fields.get("url"):
            told |= {_CHECKSUM: checksum} if checksum else {}
            told |= {"size": fields["size"]} if fields.get("size") else {}
            return Exported(told, {})
        data = _data(live.details[-1] if live.details else None)
        if data is None:
            return Exported({}, {})
        suffix = str(live.row.get("fileName") or "").rpartition(".")[2]
        ending = f".{suffix}" if suffix.isalnum() and suffix.isascii() else ".bin"
        path = f"{folder}/{file_stem(live.address.name)}{ending}"
        return Exported({**told, "file": path}, {path: data})

    def _uploaded(self, desired: Desired, row: Fields) -> Conversation[Fields]:
        file = desired.extra.get("file")
        if not isinstance(file, dict) or has_data(row):
            return row
        algorithm, checksum = _split(desired.fields.get(_CHECKSUM))
        upload = Upload(str(file.get("path")), str(file.get("name")), _size(desired))
        parameters = {_ALGORITHM: algorithm, _CHECKSUM: checksum}
        path = f"{PATH}/{id_in(dict(row))}"
        try:
            answer = yield Request("POST", path, parameters=parameters, step="upload", upload=upload)
        except Rejected as error:
            raise _explained(error, upload) from error
        # Up to 4.1 the whole file comes back.
        saved = answer if isinstance(answer, dict) else {}
        return {key: value for key, value in saved.items() if key != "data"}

    def _saved(self, row: Fields, info: dict[str, Json], step: str) -> Conversation[Fields]:
        body: dict[str, Json] = {**row, "usesUrl": bool(row.get("url")), "additionalInfo": info}

        def found(answer: Json) -> Json:
            return answer if isinstance(answer, dict) and info_in(answer) == info else None

        look = Look(self.one(id_in(dict(row)) or ""), found)
        answer = yield Request("POST", PATH, body, step=step, look=look)
        return answer if isinstance(answer, dict) else {}


class Firmware(Packages):
    """The kind of firmware."""

    key = "firmware"
    section = "firmware"
    word = "firmware"
    plural = "firmware packages"
    # A profile that goes lets go of both: side by side one of them would meet the other's version.
    level = Packages.level + 1
    tree_field: ClassVar[str | None] = "firmware"


class Software(Packages):
    """The kind of software."""

    key = "software"
    section = "software"
    word = "software"
    plural = "software packages"
    tree_field: ClassVar[str | None] = "software"


def has_data(row: Fields) -> bool:
    """Return whether the server has the file of a package, or where devices find it."""
    return row.get("hasData") is True or bool(row.get("url"))


def _faults_of_file(file: File) -> Iterator[Fault]:
    size = _told(file).get("size")
    if not isinstance(size, int):
        return
    if size == 0:
        yield Fault(f"{file.name} is empty", "the server takes no package without data")
    if size > LARGEST:
        yield Fault(
            f"{file.name} has {size / 1024 / 1024:,.1f} MiB, and the server takes 16 MiB at most",
            "put the file on a web server of your own and name it as `url:`",
        )


def _explained(error: Rejected, upload: Upload) -> PapayaError:
    if error.status == _TOO_LARGE:
        return PapayaError(
            f"the server refuses {upload.name}: {upload.size:,} bytes are more than it takes at once",
            remedy="raise its http.max_payload_size, or put the file elsewhere and name it as `url:`",
        )
    if "Wrong otaPackage file" in error.message:
        return PapayaError(
            f"{upload.path} is not the file that was planned: its checksum is another",
            remedy="plan again: papaya plan",
        )
    return error


def _told(file: File) -> dict[str, Json]:
    return file.value if isinstance(file.value, dict) else {}


def _size(desired: Desired) -> int:
    size = desired.fields.get("size")
    return size if isinstance(size, int) else 0


def _split(checksum: Json) -> tuple[str, str]:
    algorithm, _, digest = str(checksum or "").partition(" ")
    return algorithm, digest


def _data(answer: Json) -> bytes | None:
    data = answer.get("data") if isinstance(answer, dict) else None
    try:
        return base64.b64decode(data, validate=True) if isinstance(data, str) else None
    except binascii.Error:
        return None
