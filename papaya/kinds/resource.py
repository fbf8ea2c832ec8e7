"""One object beside the tree, as a manifest wants it and as a server has it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from papaya.diagnostics import Diagnostic, Mark
from papaya.kinds.address import Address
from papaya.manifest.model import Json

Fields = Mapping[str, Json]
# Fields that hold the name on the server where the manifest knows an object by another one.
NAME_FIELDS: Final = ("alarmType", "fieldName")


@dataclass(frozen=True, slots=True)
class Applied:
    """What papaya last applied to an object, as its mark says.

    `sent` is what the manifest wanted and `left` what the server had made of it, field by field, each as
    `form.kept` remembers it. So a server that writes values in its own way is no drift. `named` stands for
    the ids of the objects that it names, or is empty where one is not known: a name means another object
    after somebody deleted the first one.
    """

    name: str
    version: int | None = None
    sent: Fields = field(default_factory=dict)
    left: Fields = field(default_factory=dict)
    named: str = ""


@dataclass(frozen=True, slots=True)
class Desired:
    """An object as the manifest wants it: `fields` in the manifest's words and in the kind's normal form.

    `references` are the addresses of what it needs: they are created first. `extra` is what the kind writes,
    too, and does not compare, such as the layout of a diagram. `changed` names the fields that a change is
    about, where it is about a live object: the others are in sync, even if the server writes them otherwise.
    `called` is the name on the server where the manifest knows the object by another one; then the name is
    one of the fields.
    """

    address: Address
    fields: Fields
    references: tuple[Address, ...] = ()
    formerly: str | None = None
    protect: bool = False
    mark: Mark | None = None
    extra: Fields = field(default_factory=dict)
    changed: frozenset[str] | None = None
    called: str | None = None

    @property
    def live_name(self) -> str:
        """Return the name that the object is to have on the server."""
        return self.called if self.called is not None else self.address.name


@dataclass(frozen=True, slots=True)
class Live:
    """An object as the server has it, under its live name.

    `row` is its entry in the list of its kind and `details` are the answers to the kind's further requests.
    `fields` is its normal form; None where nothing has moved since it was applied, so that it was not read.
    `owner` is the fleet of its mark, `created_by` the fleet that the creating request wrote into it.
    `before_deletion` are the answers that tell what stands against deleting it, where it is to go.
    """

    address: Address
    id: str
    version: int | None = None
    row: Fields = field(default_factory=dict)
    details: tuple[Json, ...] = ()
    fields: Fields | None = None
    owner: str | None = None
    created_by: str | None = None
    applied: Applied | None = None
    protect: bool = False
    before_deletion: tuple[Json, ...] = ()

    def is_of(self, fleet: str) -> bool:
        """Return whether a fleet manages it; also where a run broke off between its creation and its mark."""
        return self.owner == fleet or (self.owner is None and self.created_by == fleet)

    @property
    def has_own_name(self) -> bool:
        """Return whether it is called as it was applied, be it another name than the manifest's."""
        if self.applied is None:
            return True
        given = (self.applied.sent.get(key) for key in NAME_FIELDS)
        return self.address.name in (self.applied.name, *given)

    @property
    def known_as(self) -> str:
        """Return the name by which its fleet knows it, whoever renamed it on the server."""
        return self.applied.name if self.applied is not None else self.address.name


@dataclass(frozen=True, slots=True)
class LiveObjects:
    """The live objects of every kind that a fleet declares or owns.

    `names` and `ids` are of what their files refer to, whatever it is: names by entity type and id, ids by
    address. `unknown` are references, as they are written, to what the server does not have. `version` is the
    server's. `faults` are what the server finds wrong with desired objects that it would save.
    """

    objects: tuple[Live, ...] = ()
    names: Mapping[tuple[str, str], str] = field(default_factory=dict)
    ids: Mapping[Address, str] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    version: str = ""
    faults: Mapping[Address, tuple[Diagnostic, ...]] = field(default_factory=dict)

    def of(self, kind: str) -> tuple[Live, ...]:
        """Return the objects of one kind."""
        return tuple(one for one in self.objects if one.address.kind == kind)
