"""What the kinds find wrong with the entries of a manifest, beyond what its schema says."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import chain

from papaya.diagnostics import Diagnostic, Mark
from papaya.kinds.kind import Fault
from papaya.kinds.registry import KINDS
from papaya.manifest.model import Fleet, Json, Resource
from papaya.manifest.names import LONGEST_NAME, Objection, object_to_text

# The server puts no limit to descriptions, and the schema has one.
_UNLIMITED = frozenset({"description"})
_LONGEST_DESCRIPTION = 100_000
_OF_SECRETS = {"env", "file"}


def faults_of(fleet: Fleet) -> Iterator[Diagnostic]:
    """Yield every fault of declared objects."""
    for resource in fleet.resources:
        for fault in chain(_faults_of_texts(resource), KINDS[resource.kind].faults(resource, fleet)):
            mark = fault.mark or resource.mark or Mark("")
            summary = f"{KINDS[resource.kind].word} {resource.name}: {fault.summary}"
            yield Diagnostic(summary, mark, "error", fault.remedy, fault.path)


def _faults_of_texts(resource: Resource) -> Iterator[Fault]:
    """Yield what the server refuses in any text of an object (`@NoXss` and `@Length` of its classes)."""
    kind = KINDS[resource.kind]
    # The name of a part is that of another object.
    named = [] if kind.is_part else (kind.name_key or "name").split()
    # The title and version of a package are in its values.
    texts = {named[0]: resource.name, **resource.values} if len(named) == 1 else resource.values
    for key, value in texts.items():
        if key in named and isinstance(value, str) and not value.strip():
            yield Fault(f"its {key} is blank", "write one")
        if key not in resource.files:
            yield from _faults_of_value(key, value)


def _faults_of_value(key: str, value: Json) -> Iterator[Fault]:
    if isinstance(value, str):
        longest = _LONGEST_DESCRIPTION if key in _UNLIMITED else LONGEST_NAME
        yield from _told(key, object_to_text(value, longest))
    elif isinstance(value, dict) and not _OF_SECRETS & value.keys():
        for inner, member in value.items():
            yield from _faults_of_value(inner, member)


def _told(key: str, objections: Iterator[Objection]) -> Iterator[Fault]:
    for one in objections:
        yield Fault(f"its {key} {one.summary}", one.remedy)
