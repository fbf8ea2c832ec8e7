"""Which firmware and software the devices of a profile get (`firmware:` and `software:` of a profile).

An assignment is a part of a device profile: its field `firmwareId` or `softwareId`. A save tells every device
of the profile that has no package of its own at once. It starts from the profile as it is at that moment, so
that nothing is lost of what others keep there.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import ClassVar, Final

from papaya.counting import counted
from papaya.errors import PapayaError
from papaya.kinds.address import Address
from papaya.kinds.form import same
from papaya.kinds.kind import (
    Exported,
    Fault,
    IdOf,
    Kind,
    NameOf,
    id_in,
    uuid_in,
)
from papaya.kinds.origin import Origin
from papaya.kinds.packages import ENTITY_TYPE
from papaya.kinds.request import Conversation, Listing, Look, Request
from papaya.kinds.resource import Desired, Fields, Live
from papaya.manifest.model import Fleet, Json, Resource

_PROFILE: Final = "/api/deviceProfile"
_DIGITS: Final = 12


class PackageOfProfile(Kind):
    """The kind of assignments of firmware, or the one of software."""

    entity_type = "DEVICE_PROFILE"
    level = 60
    path = _PROFILE
    listing = Listing("/api/deviceProfiles")
    is_part = True

    def __init__(self, package: str) -> None:
        self.package = package
        self.member = f"{package}Id"

    def desired(self, declared: Resource, fleet: Fleet) -> Desired:
        """Return the package that a profile of a manifest names."""
        name = str(declared.values[self.package])
        return Desired(
            self.address(declared.name),
            {self.package: name},
            (Address(self.package, name), Address("deviceProfile", declared.name)),
            mark=declared.mark,
        )

    def fields(self, row: Fields, details: tuple[Json, ...], name_of: NameOf) -> Fields:
        """Return the name of the package that a live profile has."""
        id_ = self._id(row)
        return {self.package: (name_of(ENTITY_TYPE, id_) or id_) if id_ is not None else None}

    def is_there(self, live: Live) -> bool:
        """Return whether a profile has a package, whoever assigned it."""
        return self._id(live.row) is not None

    def version(self, row: Fields) -> int | None:
        """Return a number that moves with the assignment alone: other parts of a profile move its version."""
        id_ = self._id(row)
        digits = "".join(letter for letter in id_ or "" if letter in "0123456789abcdef")
        return int(digits[:_DIGITS] or "0", 16)

    def details(self, id_: str) -> tuple[Request, ...]:
        """Return the request for how many devices of the profile have no package of their own."""
        return (Request("GET", f"/api/devices/count/{self.package.upper()}/{id_}"),)

    def create(self, desired: Desired, origin: Origin, id_of: IdOf) -> Conversation[Fields]:
        """Assign a package to a profile that this run has created."""
        profile = id_of(Address("deviceProfile", desired.address.name))
        row = yield from self._read(profile)
        return (yield from self._saved(row, id_of(Address(self.package, str(desired.fields[self.package])))))

    def update(self, desired: Desired, live: Live, id_of: IdOf) -> Conversation[Fields]:
        """Assign a package to a live profile."""
        row = yield from self._read(live.id)
        self._refuse_if_changed(live, row)
        return (yield from self._saved(row, id_of(Address(self.package, str(desired.fields[self.package])))))

    def delete(self, live: Live) -> Conversation[None]:
        """Take the package off a profile, if it is the one that papaya assigned."""
        row = yield from self._read(live.id)
        self._refuse_if_changed(live, row)
        if live.applied is None or live.version == live.applied.version:
            yield from self._saved(row, None)

    def release(self, live: Live) -> Conversation[None]:
        """Do nothing: a profile carries no origin."""
        yield from ()

    def writes(self, desired: Desired, live: Live | None) -> int:
        """Return how many requests an assignment sends: it reads the profile first."""
        return 2

    def question(self, desired: Desired, live: Live | None) -> str:
        """Return how many devices are told to update."""
        wanted = desired.fields.get(self.package)
        if live is None or live.fields is None or same(live.fields.get(self.package), wanted):
            return ""
        count = live.details[0] if live.details else None
        if not isinstance(count, int) or count == 0:
            return ""
        verb = "updates" if count == 1 else "update"
        return (
            f"{counted(count, 'device')} of {live.address.name} without {self.package} of "
            f"{'its' if count == 1 else 'their'} own {verb} to {wanted}"
        )

    def faults(self, declared: Resource, fleet: Fleet) -> Iterator[Fault]:
        """Yield a package that is for another profile."""
        name = declared.values[self.package]
        for one in fleet.resources:
            if one.kind == self.package and one.name == name and one.values.get("profile") != declared.name:
                yield Fault(
                    f"{name} is for the device profile {one.values.get('profile')}",
                    f"name {self.package} that is made for {declared.name}",
                )

    def exported(self, live: Live, folder: str, name_of: NameOf) -> Exported:
        """Return which package a profile has."""
        name = (live.fields or {}).get(self.package)
        return Exported({"profile": live.address.name, self.package: name} if name else {}, {})

    def written_into(self, document: Fields, entries: Sequence[Fields]) -> dict[str, Json]:
        """Return a manifest whose profiles name their packages."""
        profiles = document.get("profiles")
        told: dict[str, Json] = dict(profiles) if isinstance(profiles, dict) else {}
        devices = told.get("devices")
        kept: dict[str, Json] = dict(devices) if isinstance(devices, dict) else {}
        for entry in entries:
            if "profile" in entry:
                before = kept.get(str(entry["profile"]))
                of_before = before if isinstance(before, dict) else {}
                kept[str(entry["profile"])] = {**of_before, self.package: entry[self.package]}
        return {**document, "profiles": {**told, "devices": kept}} if kept else dict(document)

    def _id(self, row: Fields) -> str | None:
        return uuid_in(row.get(self.member))

    def _read(self, id_: str) -> Conversation[Fields]:
        answer = yield Request("GET", f"{_PROFILE}/{id_}")
        return answer if isinstance(answer, dict) else {}

    def _refuse_if_changed(self, live: Live, row: Fields) -> None:
        if self._id(row) != self._id(live.row):
            raise PapayaError(
                f"somebody else changed the {self.package} of device profile {live.address.name} since the "
                "plan was made",
                remedy="plan again: papaya plan",
            )

    def _saved(self, row: Fields, package: str | None) -> Conversation[Fields]:
        if self._id(row) == package:
            return row
        reference: Json = {"entityType": ENTITY_TYPE, "id": package} if package is not None else None
        body: dict[str, Json] = {**row, self.member: reference}

        def found(answer: Json) -> Json:
            return answer if isinstance(answer, dict) and self._id(answer) == package else None

        look = Look(Request("GET", f"{_PROFILE}/{id_in(dict(row))}"), found)
        step = f"assign the {self.package}" if package is not None else f"take the {self.package} off"
        answer = yield Request("POST", _PROFILE, body, step=step, look=look)
        return answer if isinstance(answer, dict) else row


class FirmwareOfProfile(PackageOfProfile):
    """The kind of firmware assignments."""

    key = "firmwareOfProfile"
    section = "firmwareAssignments"
    exported_with = "firmware"
    word = "firmware assignment"
    plural = "firmware assignments"
    refers_to: ClassVar[tuple[str, ...]] = ("firmware",)
    goes_with_it = "only the assignment; the package and the profile stay"


class SoftwareOfProfile(PackageOfProfile):
    """The kind of software assignments."""

    key = "softwareOfProfile"
    section = "softwareAssignments"
    exported_with = "software"
    word = "software assignment"
    plural = "software assignments"
    # Both kinds save the same profile: side by side one of them would meet the other's version.
    level = FirmwareOfProfile.level + 1
    refers_to: ClassVar[tuple[str, ...]] = ("software",)
    goes_with_it = "only the assignment; the package and the profile stay"
