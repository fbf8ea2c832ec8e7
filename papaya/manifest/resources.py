"""The sections of a manifest that list objects beside the tree, whatever their kinds.

Which they are the schema says: the definition of a section has `x-kind` with the key of its kind and the key
of an entry that holds the name, and a key of an entry that names a file has `x-file`, `json` or `text`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, cast

from papaya.diagnostics import Diagnostic
from papaya.foreign import ForeignValue, json_in
from papaya.manifest.layers import is_wanted
from papaya.manifest.model import File, Json, Resource
from papaya.manifest.report import Report
from papaya.manifest.rows import ReadCsv
from papaya.manifest.schema import schema
from papaya.manifest.source import Source
from papaya.manifest.tree import Map, mark_at, plain

_COMMON: Final = ("formerly", "protect", "only")
_JSON: Final = "json"
# A dashboard of some megabytes has a hundred thousand.
_MOST_VALUES: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its key in the manifest, the key of its kind, and what its entries are made of."""

    key: str
    kind: str
    name_key: str
    files: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Read:
    """The objects that a manifest declares, the keys of their kinds, and the files that were read."""

    resources: tuple[Resource, ...] = ()
    kinds: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()


@cache
def sections() -> tuple[Section, ...]:
    """Return every section that the schema knows, in its order."""
    definitions = schema()["$defs"]
    return tuple(
        _section(key, _resolved(value, definitions), definitions)
        for key, value in definitions["fleet"]["properties"].items()
        if "x-kind" in _resolved(value, definitions)
    )


def read_resources(document: Map, environment: str | None, report: Report, read_file: ReadCsv) -> Read:
    """Return what the sections of a document declare; faults go into the report."""
    resources: list[Resource] = []
    sources: dict[str, Source] = {}
    kinds: list[str] = []
    for section in sections():
        written = document.get(section.key)
        if written is None:
            continue
        kinds.append(section.kind)
        known: dict[str, Resource] = {}
        for index, entry in enumerate(written):
            if not is_wanted(entry, environment):
                continue
            resource = _resource(section, index, entry, report, read_file, sources)
            if resource is not None and _is_new(resource, known, report):
                resources.append(resource)
    return Read(tuple(resources), tuple(kinds), tuple(sources.values()))


def entries_of(resources: tuple[Resource, ...], kinds: tuple[str, ...]) -> Iterator[tuple[str, list[Json]]]:
    """Yield each section with its entries, so that they load as the same resources."""
    for section in sections():
        if section.kind in kinds:
            yield section.key, [_entry(section, one) for one in resources if one.kind == section.kind]


def _section(key: str, written: Mapping[str, Any], definitions: Mapping[str, Any]) -> Section:
    entry = _resolved(written["items"], definitions)
    files = {name: value["x-file"] for name, value in entry["properties"].items() if "x-file" in value}
    told = written["x-kind"]
    return Section(key, told["kind"], told["name"], files)


def _resolved(value: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = value.get("$ref")
    return value if reference is None else definitions[reference.removeprefix("#/$defs/")]


def _resource(
    section: Section,
    index: int,
    entry: Map,
    report: Report,
    read_file: ReadCsv,
    sources: dict[str, Source],
) -> Resource | None:
    files: dict[str, File] = {}
    whole = True
    for key, form in section.files.items():
        name = entry.get(key)
        if name is None:
            continue
        path = (section.key, index, key)
        place = entry.place_of(key)
        read = read_file(place[0], name)
        if isinstance(read, Diagnostic):
            report.diagnostics.append(read)
            whole = False
            continue
        if isinstance(read, str):
            report.add(place, read, path=path)
            whole = False
            continue
        sources[read.name] = read
        try:
            files[key] = _file(name, read, form)
        except ForeignValue as error:
            report.add(place, f"{read.name}: {error.message}", path=path)
            whole = False
    if not whole:
        return None
    own = (section.name_key, *_COMMON)
    return Resource(
        kind=section.kind,
        section=section.key,
        name=entry[section.name_key],
        values={key: plain(value) for key, value in entry.items() if key not in own and value is not None},
        files=files,
        formerly=entry.get("formerly"),
        protect=bool(entry.get("protect")),
        mark=mark_at(entry.place()),
    )


def _file(name: str, source: Source, form: str) -> File:
    value = cast(Json, json_in(source.text, most_values=_MOST_VALUES)) if form == _JSON else None
    return File(name, source.text, value)


def _is_new(resource: Resource, known: dict[str, Resource], report: Report) -> bool:
    first = known.setdefault(resource.name, resource)
    if first is resource:
        return True
    report.add_at(
        resource.mark,
        f"{resource.section} lists {resource.name} twice, first at {first.mark}",
        "remove one of them, or give it another name",
        path=resource.section,
    )
    return False


def _entry(section: Section, resource: Resource) -> dict[str, Json]:
    told: dict[str, Json] = {section.name_key: resource.name, **resource.values}
    if resource.formerly is not None:
        told["formerly"] = resource.formerly
    if resource.protect:
        told["protect"] = True
    return told
