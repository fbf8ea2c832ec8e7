"""A plan: what would be done to a server, why, in which order, and what stands against doing it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Literal

from papaya.diagnostics import Mark
from papaya.engine.address import Address, Role
from papaya.engine.inventory import Entity, Profile
from papaya.kinds.resource import Desired, Live
from papaya.manifest.model import Json

Action = Literal["create", "update", "destroy", "forget"]
CredentialsWrite = Literal["keep", "create", "replace"]
TokenState = Literal["same", "differs", "unread", "unresolved"]
GuardName = Literal[
    "owner",
    "profile",
    "customer",
    "name",
    "adopt",
    "destroy",
    "protect",
    "change-percent",
    "token-change",
    "certificate",
    "empty",
    "orphan",
    "rename",
    "token",
    "confirm",
    "immutable",
]


@dataclass(frozen=True, slots=True)
class FieldChange:
    """One value of an entity that changes; `None` stands for absent.

    `field` is the manifest's word (`label`, `location`, `attributes`, `sharedAttributes`, `sensors`,
    `parent`, `profile`, `accessToken`, `record`, …), `key` the key of an attribute or a sensor, `part` what
    of the sensor.
    """

    field: str
    before: Json
    after: Json
    key: str = ""
    part: str = ""


@dataclass(frozen=True, slots=True)
class Writes:
    """What has to be sent for one change; parents are names of assets as the server has them before the run.

    `aside` asks for a temporary name first, because the old or the new name is wanted by another change.
    """

    save: bool = False
    set_server: Mapping[str, Json] = field(default_factory=dict)
    set_shared: Mapping[str, Json] = field(default_factory=dict)
    delete_server: tuple[str, ...] = ()
    delete_shared: tuple[str, ...] = ()
    credentials: CredentialsWrite = "keep"
    relate: tuple[str, ...] = ()
    unrelate: tuple[str, ...] = ()
    record: bool = False
    aside: bool = False

    def __bool__(self) -> bool:
        return bool(
            self.save
            or self.set_server
            or self.set_shared
            or self.delete_server
            or self.delete_shared
            or self.credentials != "keep"
            or self.relate
            or self.unrelate
            or self.record
        )


@dataclass(frozen=True, slots=True)
class Change:
    """One step that brings a live entity to its desired form.

    `path` is its place in the tree; for a deletion, its last one. `adopts` says that papaya adopts an
    unmanaged entity. `moved_from` names the place that it leaves, and `renamed_from` its old name.
    """

    action: Action
    address: Address
    role: Role
    path: tuple[str, ...]
    fields: tuple[FieldChange, ...] = ()
    writes: Writes = Writes()
    desired: Entity | None = None
    live: Entity | None = None
    adopts: bool = False
    moved_from: str | None = None
    renamed_from: str | None = None
    reason: str = ""
    notes: tuple[str, ...] = ()

    @property
    def mark(self) -> Mark | None:
        """Where the manifest says so."""
        return self.desired.mark if self.desired else None

    @property
    def renamed_on_server(self) -> bool:
        """Whether somebody renamed the entity on the server, so that it gets its name back."""
        live = self.live
        if self.renamed_from is None or live is None or live.renaming is not None:
            return False
        return live.identity.name not in (live.address.name, live.formerly)

    @property
    def is_quiet(self) -> bool:
        """Whether only papaya's own record is brought up to date."""
        return (
            self.action == "update"
            and not self.adopts
            and all(change.field == "record" for change in self.fields)
        )


@dataclass(frozen=True, slots=True)
class ResourceChange:
    """One step that brings an object beside the tree to its desired form.

    `question` is what a person has to agree to first. An object has an address and no path.
    """

    action: Action
    address: Address
    fields: tuple[FieldChange, ...] = ()
    desired: Desired | None = None
    live: Live | None = None
    adopts: bool = False
    renamed_from: str | None = None
    reason: str = ""
    question: str = ""
    notes: tuple[str, ...] = ()

    @property
    def path(self) -> tuple[str, ...]:
        """Return where it stands in the tree: nowhere."""
        return ()

    @property
    def role(self) -> str:
        """Return the key of its kind."""
        return self.address.kind

    @property
    def live_has_origin(self) -> bool:
        """Whether the live object itself, not only its mark, says that papaya created it."""
        return self.live is not None and self.live.created_by is not None

    @property
    def mark(self) -> Mark | None:
        """Where the manifest says so."""
        return self.desired.mark if self.desired else None

    @property
    def is_quiet(self) -> bool:
        """Whether only papaya's own record is brought up to date."""
        return (
            self.action == "update" and not self.adopts and all(one.field == "record" for one in self.fields)
        )


@dataclass(frozen=True, slots=True)
class ProfileChange:
    """A profile that the manifest only names, and that is created because the server lacks it."""

    desired: Profile
    action: Literal["create"] = "create"


@dataclass(frozen=True, slots=True)
class WayOut:
    """What a person can do about a refusal: the aim, and the command or the words that reach it."""

    aim: str
    how: str

    @property
    def is_command(self) -> bool:
        """Whether it is a command line as it stands, without words of explanation after it."""
        return self.how.startswith("papaya ") and not self.how.endswith(" manifest")


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why apply would not carry the plan out, and the ways out of it.

    `path` is the place in the tree of the one entity that is refused by itself.
    """

    guard: GuardName
    reason: str
    ways_out: tuple[WayOut, ...] = ()
    mark: Mark | None = None
    addresses: tuple[Address, ...] = ()
    path: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Note:
    """Something a reader of the plan should know; `at` is shown before the text."""

    text: str
    at: str = ""


@dataclass(frozen=True, slots=True)
class ServerIdentity:
    """The server and the tenant that the plan was made for."""

    url: str
    version: str
    edition: str
    tenant: str


@dataclass(frozen=True, slots=True)
class Requests:
    """How many requests reading took and carrying out will send."""

    read: int = 0
    apply: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """Everything that `apply` does and `plan` shows; `changes` are in the order of execution by level.

    `ids` are the UUIDs of live places and profiles by their live names. `places` are those of live places by
    the names in the manifest, and `customer_ids` those of customers by title. `resources` are the changes
    beside the tree, `resource_ids` the UUIDs of live objects that the manifest declares.
    """

    fleet: str
    server: ServerIdentity
    manifest_digest: str
    environment: str | None = None
    profiles: tuple[ProfileChange, ...] = ()
    changes: tuple[Change, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    questions: tuple[Refusal, ...] = ()
    notes: tuple[Note, ...] = ()
    totals: Mapping[str, int] = field(default_factory=dict)
    requests: Requests = Requests()
    ids: Mapping[Address, str] = field(default_factory=dict)
    places: Mapping[Address, str] = field(default_factory=dict)
    customer_ids: Mapping[str, str] = field(default_factory=dict)
    resources: tuple[ResourceChange, ...] = ()
    resource_ids: Mapping[Address, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        return not self.profiles and not self.changes and not self.resources

    @property
    def everything(self) -> tuple[Change | ResourceChange, ...]:
        """The changes of the tree and of objects beside it."""
        return (*self.changes, *self.resources)

    def of(self, action: Action) -> Iterator[Change]:
        """Yield the changes of one action in the tree."""
        return (change for change in self.changes if change.action == action)

    def resources_of(self, action: Action) -> Iterator[ResourceChange]:
        """Yield the changes of one action beside the tree."""
        return (change for change in self.resources if change.action == action)

    @property
    def adds(self) -> int:
        """How many profiles and entities are created."""
        return sum(1 for _ in self._all("create")) + len(self.profiles)

    @property
    def updates(self) -> int:
        """How many entities change in place, adoption alone not counted."""
        return sum(bool(change.fields) for change in self._all("update"))

    @property
    def adopts(self) -> int:
        """How many live entities papaya takes over."""
        return sum(change.adopts for change in self.everything)

    @property
    def moves(self) -> int:
        """How many entities move to another place."""
        return sum(change.moved_from is not None for change in self.changes)

    @property
    def destroys(self) -> int:
        """How many entities are destroyed for good."""
        return sum(1 for _ in self._all("destroy"))

    @property
    def forgets(self) -> int:
        """How many entities are released without being deleted."""
        return sum(1 for _ in self._all("forget"))

    def _all(self, action: Action) -> Iterator[Change | ResourceChange]:
        return (change for change in self.everything if change.action == action)
