"""What a kind of object has to say, and what it may say."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Final

from papaya.diagnostics import Mark
from papaya.kinds.address import Address
from papaya.kinds.origin import OWN, origin_in
from papaya.kinds.origin import Origin as Origin
from papaya.kinds.references import Reference
from papaya.kinds.request import Conversation, Listing, Look, Request
from papaya.kinds.resource import Desired, Fields, Live, LiveObjects
from papaya.manifest.model import Fleet, Json, Resource, SecretReference
from papaya.manifest.resources import placed

# Kinds of a lower level are created before the tree and deleted after it, those of a higher one the other
# way round. Level by level; within one, what is referred to comes first.
TREE: Final = 100
# The device and asset profiles that the tree needs are created before kinds of this level and above.
PROFILES: Final = 45
# What a field says where the server has another secret than the manifest's, which is never shown.
ANOTHER_SECRET: Final = "another one"  # noqa: S105 - a word

NameOf = Callable[[str, str], str | None]
"""Returns the name of a live object by its entity type and id, or None where it was not read."""
IdOf = Callable[[Address], str]
"""Returns the id of an object, also of one that this run has created; raises `PapayaError` without one."""


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong with an entry of a manifest; without a mark it is told at the entry."""

    summary: str
    remedy: str = ""
    mark: Mark | None = None
    path: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a list of objects depends on where a server has none of the whole tenant.

    `version` is the server's, `ids` are those of entities by their addresses, `marked` those of the objects
    of the kind's entity type that a fleet has marked. With `all_types` a list that several kinds share is
    asked for whole, so that all of them send the same request.
    """

    version: str = ""
    ids: Mapping[Address, str] = field(default_factory=dict)
    marked: tuple[str, ...] = ()
    all_types: bool = False


@dataclass(frozen=True, slots=True)
class Exported:
    """An entry of a manifest, and the contents of the files that it names, by their paths."""

    entry: Mapping[str, Json]
    files: Mapping[str, str | bytes]


class Kind(ABC):
    """One kind of ThingsBoard object.

    `key` is the word of its addresses (`customer/City of Bengaluru`). `section` is its place in the manifest
    (`customers`, or deeper `profiles.devices`). `name_key` is the key of an entry that holds the name, None
    if the section is a map from names to entries. Of the fields in `optional` only those that are declared
    are managed; every other field of the live object has to be as the manifest says.
    """

    key: ClassVar[str]
    section: ClassVar[str]
    word: ClassVar[str]
    plural: ClassVar[str]
    entity_type: ClassVar[str]
    level: ClassVar[int]
    path: ClassVar[str]
    listing: ClassVar[Listing]
    name_key: ClassVar[str | None] = "name"
    live_name_key: ClassVar[str] = "name"
    optional: ClassVar[frozenset[str]] = frozenset()
    asked_once: ClassVar[tuple[str, ...]] = ()
    """Paths that a plan reads once for all objects, beside the list."""
    refers_to: ClassVar[tuple[str, ...]] = ()
    """Keys of the kinds whose objects this one names: they are read with it."""
    tree_field: ClassVar[str | None] = None
    """The field by which places and devices name an object of this kind."""
    tree_kind: ClassVar[str | None] = None
    """`asset` or `device`, where only places or only devices name one by that field."""
    goes_with_it: ClassVar[str] = ""
    """What else a deletion takes along, for the plan."""
    mark_outlives_it: ClassVar[bool] = False
    """Whether the server keeps the relation of a deleted object: then the mark has to go first."""
    device_prefix: ClassVar[str] = ""
    """How the keys of the server attributes begin that the kind keeps on devices, where it keeps any."""
    exported_with: ClassVar[str] = ""
    """The section with which an export writes objects of this kind, where that is another kind's."""
    shares_names: ClassVar[bool] = False
    """Whether several objects may have one name, and exported entries tell them apart themselves."""
    is_part: ClassVar[bool] = False
    """Whether it is a part of another object, which is there before it: see `is_there`."""

    lists_itself: ClassVar[bool] = False
    """Whether `rows` reads the list, because its form depends on the server's version."""
    is_read_by_others: ClassVar[bool] = False
    """Whether objects of other kinds may read its data, and so stand against its deletion."""
    may_be_begun: ClassVar[bool] = False
    """Whether `begin` creates an object empty, so that what it names may name it, too."""
    leaves_first: ClassVar[bool] = False
    """Whether its objects are deleted before anything else: they may stand against deleting entities."""

    @abstractmethod
    def desired(self, declared: Resource, fleet: Fleet) -> Desired:
        """Return an entry of a fleet's manifest in the kind's normal form."""

    def facts(self, rows: Sequence[Fields]) -> Conversation[Json]:
        """Read what the normal form of every object needs, once for all of them; None where nothing is.

        Where it is something, it is the last of the details.
        """
        yield from ()
        return None

    def rows(self, asked: Asked) -> Conversation[list[Fields]]:
        """Read the list of objects, where the kind says that it does so itself."""
        yield from ()
        return []

    def stands_against(self, row: Fields) -> frozenset[str]:
        """Return the ids of entities that the server does not delete while this live object is there."""
        return frozenset()

    def held(self, row: Fields) -> Mapping[str, str]:
        """Return by field the ids of objects that the server does not delete while a live row names them."""
        return {}

    def may_be(self, desired: Desired, live: Live, ids: Mapping[Address, str]) -> bool:
        """Return whether a live object of the desired name may be the desired one.

        A kind whose names are unique only in some entity compares the entities; `ids` are known ids.
        """
        return True

    def objections(self, desired: Desired, live: Live | None, server: LiveObjects) -> Iterator[str]:
        """Yield, as sentences, why the server as it is cannot have a desired object."""
        yield from ()

    def tried(self, declared: Resource) -> Conversation[tuple[Fault, ...]]:
        """Ask the server to try what it would save without a look at it; return what is wrong.

        Sent only where that is to be written; the requests change nothing.
        """
        yield from ()
        return ()

    def level_of(self, desired: Desired) -> int:
        """Return the level on which an object is created and changed, if it depends on the object."""
        return self.level

    def level_of_rename(self) -> int:
        """Return the level on which an object is renamed."""
        return self.level

    def secrets(self, desired: Desired) -> Mapping[str, SecretReference]:
        """Return by field the secrets of an object: compared where they have a value here, never shown."""
        return {}

    def live_secret(self, row: Fields, field: str) -> str | None:
        """Return the secret that a live object has in a field."""
        return None

    def is_there(self, live: Live) -> bool:
        """Return whether the part is in its live whole: then it is adopted, else created."""
        return False

    def references(self, desired: Desired) -> Iterator[Reference]:
        """Yield the ids and names by which the files of an object refer to others."""
        yield from ()

    def resolved(self, desired: Desired, name_of: NameOf) -> Desired:
        """Return an object with names in the place of the ids that its files hold."""
        return desired

    @abstractmethod
    def fields(self, row: Fields, details: tuple[Json, ...], name_of: NameOf) -> Fields:
        """Return a live object in the kind's normal form, with names in the place of ids."""

    @abstractmethod
    def create(self, desired: Desired, origin: Origin, id_of: IdOf) -> Conversation[Fields]:
        """Create an object and return its row."""

    def begin(self, name: str, origin: Origin) -> Conversation[Fields]:
        """Create an object empty and return its row: another one that is written before it names it.

        Its own `create` comes later in the run and finds it by its id, which `id_of` then returns.
        """
        raise NotImplementedError(f"{self.word} {name} cannot be created empty")

    def new(self, name: str) -> dict[str, Json]:
        """Return the smallest object of a name that the server takes."""
        return {self.live_name_key: name}

    @abstractmethod
    def update(self, desired: Desired, live: Live, id_of: IdOf) -> Conversation[Fields]:
        """Bring a live object to its desired form, at the version that was read; return its row.

        `desired.fields` holds every field that is to be written, None for one that is to be cleared.
        """

    def delete(self, live: Live) -> Conversation[None]:
        """Delete a live object."""
        yield Request("DELETE", f"{self.path}/{live.id}", step="delete", absent_is_done=True)

    def release(self, live: Live) -> Conversation[None]:
        """Take the origin off a live object that papaya stops managing, where `create` wrote one into it.

        A kind whose rows have additional information needs nothing of its own.
        """
        if origin_in(live.row.get("additionalInfo")) is None:
            return
        info = live.row.get("additionalInfo")
        rest = {key: value for key, value in info.items() if key != OWN} if isinstance(info, dict) else {}
        body: dict[str, Json] = {**live.row, "additionalInfo": rest}
        yield Request("POST", self.path, body, step="take the origin off", look=saved(self, live.id, body))

    def details(self, id_: str) -> tuple[Request, ...]:
        """Return the requests that a normal form needs beside the row; none where lists are complete."""
        return ()

    def for_export(self, row: Fields) -> tuple[Request, ...]:
        """Return the requests whose answers `exported` needs; they stand after the other details."""
        return ()

    def one(self, id_: str) -> Request:
        """Return the request that reads one object, as a row."""
        return Request("GET", f"{self.path}/{id_}")

    def name(self, row: Fields) -> str:
        """Return the name of a live object."""
        return str(row.get(self.live_name_key))

    def version(self, row: Fields) -> int | None:
        """Return the version of a live object, if its kind has one."""
        version = row.get("version")
        return version if isinstance(version, int) and not isinstance(version, bool) else None

    def only_rewritten(self, key: str, wanted: Json, found: Json) -> bool:
        """Return whether a field differs from the one that was sent by nothing that somebody meant."""
        return False

    def has_same_content(self, live: Live, details: tuple[Json, ...]) -> bool:
        """Return whether an object whose version has moved is what was read: another object moved it."""
        return False

    def has_same_row(self, before: Fields, now: Fields) -> bool:
        """Return whether a row whose version has moved is what was read, where rows are complete."""
        return False

    def stays(self, live: Live, fleet: Fleet) -> bool:
        """Return whether an object whose entry has left the manifest is released, not deleted."""
        return False

    def is_taken_unasked(self, desired: Desired) -> bool:
        """Return whether an object that no fleet manages needs no agreement to be adopted."""
        return False

    def includes(self, row: Fields) -> bool:
        """Return whether a row of the list is of this kind; lists of the server may hold several kinds."""
        return True

    def device_profiles(self, declared: Resource) -> tuple[str, ...]:
        """Return the names of the device profiles that an entry needs: they have to be there before it."""
        return ()

    def refused(self, desired: Desired, live: Live) -> Iterator[Fault]:
        """Yield why a live object cannot become the desired one, whatever anybody agrees to."""
        yield from ()

    def content(self, id_: str) -> tuple[Request, ...]:
        """Return the requests that an export needs beside `details`; their answers come last among them."""
        return ()

    def is_managed(self, row: Fields) -> bool:
        """Return whether a live object may be managed at all; the server's own ones may not."""
        return True

    def created_by(self, row: Fields, details: tuple[Json, ...]) -> Origin | None:
        """Return the fleet and run that a creating request wrote into an object."""
        return origin_in(row.get("additionalInfo"))

    def faults(self, declared: Resource, fleet: Fleet) -> Iterator[Fault]:
        """Yield what is wrong with an entry that its schema cannot see."""
        yield from ()

    def conflicts(self, desired: Desired, live: Live | None, everything: tuple[Live, ...]) -> Iterator[Fault]:
        """Yield why an object cannot become what the manifest says; `everything` is all that is live."""
        yield from ()

    def before_deletion(self, id_: str) -> tuple[Request, ...]:
        """Return the requests that tell what stands against deleting an object; sent only where it may go."""
        return ()

    def obstacles(self, live: Live, everything: tuple[Live, ...], leaving: frozenset[str]) -> Iterator[str]:
        """Yield what stands against deleting an object, as sentences; `leaving` are ids that go, too.

        It also has `FIELD:ID` of a place or device that will name another object in a field, and `KIND:ID` of
        an object whose part of this kind changes.
        `live.before_deletion` holds the answers to the requests of `before_deletion`.
        """
        yield from ()

    def device_attributes(self, fleet: Fleet) -> Mapping[str, Mapping[str, Json]]:
        """Return the server attributes that the kind keeps on devices, by the devices' names."""
        return {}

    def notes(self, desired: Desired, live: Live | None) -> Iterator[str]:
        """Yield what a person should know about an object, whether it changes or not."""
        yield from ()

    def question(self, desired: Desired, live: Live | None) -> str:
        """Return what a person has to agree to before this change, or nothing."""
        return ""

    def writes(self, desired: Desired, live: Live | None) -> int:
        """Return how many requests `create` (without a live object) or `update` sends."""
        return 1

    @abstractmethod
    def exported(self, live: Live, folder: str, name_of: NameOf) -> Exported:
        """Return an entry of a manifest that declares a live object; `folder` is where files of it go."""

    def written_into(self, document: Fields, entries: Sequence[Fields]) -> dict[str, Json]:
        """Return a manifest with exported entries in it; a kind whose section is a map does so itself."""
        return placed(document, self.section.split("."), [dict(entry) for entry in entries])

    @property
    def part(self) -> str:
        """Return the key by which marks of a part are told from those of its whole, or nothing."""
        return self.key if self.is_part else ""

    def address(self, name: str) -> Address:
        """Return the address of an object of this kind."""
        return Address(self.key, name)


def id_in(row: Json) -> str | None:
    """Return the UUID of an object that the server sent."""
    return uuid_in(row.get("id")) if isinstance(row, dict) else None


def uuid_in(reference: Json) -> str | None:
    """Return the UUID of a reference to an object, which the server writes as type and id."""
    id_ = reference.get("id") if isinstance(reference, dict) else None
    return id_ if isinstance(id_, str) else None


def created(kind: Kind, name: str, origin: Origin, *, search: str | None = None, most: int = 100) -> Look:
    """Return how to find out whether this very run has created an object of a name.

    `search` is what the server looks for, where the name as papaya says it is none of the server's texts;
    `most` is how many objects may hold it.
    """

    def is_it(row: Json) -> bool:
        if not isinstance(row, dict) or not kind.includes(row):
            return False
        return kind.name(row) == name and kind.created_by(row, ()) == origin

    def found(answer: Json) -> Json:
        rows = answer.get("data") if isinstance(answer, dict) else None
        return next((row for row in rows if is_it(row)), None) if isinstance(rows, list) else None

    parameters = {
        **kind.listing.parameters,
        "pageSize": most,
        "page": 0,
        "textSearch": name if search is None else search,
    }
    return Look(Request("GET", kind.listing.path, parameters=parameters), found)


def saved(kind: Kind, id_: str, body: Mapping[str, Json]) -> Look:
    """Return how to find out whether a save has been carried out: everything sent is there, at a new version.

    The server answers members that were not sent, and `version` moves with every save.
    """

    def found(answer: Json) -> Json:
        if not isinstance(answer, dict) or answer.get("version") == body.get("version"):
            return None
        is_there = all(answer.get(key) == value for key, value in body.items() if key != "version")
        return answer if is_there else None

    return Look(kind.one(id_), found)
