"""Names of objects beside the tree that several entries have, in one section or in several."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from papaya.manifest.model import Json, Resource
from papaya.manifest.report import Report
from papaya.manifest.sections import Section


@dataclass(frozen=True, slots=True)
class Declared:
    """An object, the section that lists it, and whether its entry says its name."""

    resource: Resource
    section: Section
    has_own_name: bool

    @property
    def owner(self) -> Json:
        """Return the name of the object in whose entry it stands."""
        return self.resource.values.get(self.section.within or "")


def told_apart(declared: Sequence[Declared], report: Report) -> Iterator[Resource]:
    """Yield the objects of a manifest; names that one kind has twice go into the report.

    A name from a file is no fault where entries of other owners have it, too: several device profiles may
    have the same rule. It gets its owner's name behind it then.
    """
    named: dict[tuple[str, str], list[Declared]] = defaultdict(list)
    for one in declared:
        named[one.resource.kind, one.resource.name].append(one)
    known: dict[tuple[str, str], tuple[Resource, str]] = {}
    for one in declared:
        resource = one.resource
        if not one.has_own_name and _has_rival(one, named[resource.kind, resource.name]):
            resource = _with_owner(one)
        where = _place(one)
        first = known.setdefault((resource.kind, resource.name), (resource, where))
        if first[0] is resource:
            yield resource
            continue
        others = " twice, first" if first[1] == where else f", as does {first[1]},"
        report.add_at(
            resource.mark,
            f"{where} lists {resource.name}{others} at {first[0].mark}",
            "remove one of them, or give it another name",
            path=where,
        )


def _has_rival(one: Declared, same: Sequence[Declared]) -> bool:
    """Return whether an entry of another owner has the name, too."""
    key = one.section.within or ""
    return any(other.resource.values.get(key) != one.owner for other in same)


def _with_owner(one: Declared) -> Resource:
    name, called = one.resource.name, one.section.called
    values = dict(one.resource.values)
    if called is not None:
        values.setdefault(called, name)
    return replace(one.resource, name=f"{name} ({one.owner})", values=values)


def _place(one: Declared) -> str:
    """Return the section as a person finds it: with the name of the owner in it."""
    if one.section.above is None or one.section.above.name_key is not None:
        return one.section.key
    *above, last = one.section.path
    return ".".join((*above, str(one.owner), last))
