"""The sections of a manifest that list objects beside the tree, whatever their kinds.

Which they are the schema says: the definition of a section has `x-kind` with

- `kind`, the key of its kind;
- `name`, the key of an entry that holds the name, where the section is a list (in a map keys are names). A
  name of several parts has several keys with spaces between them, as in `title version`;
- `apart`, keys of an entry that are none of the kind's. An entry that has no others declares no object.

A key of an entry that names a file has `x-file`: `json`, `text`, `image` (whose text is its base64) or
`binary` (of which the size and the digests are read, not the content). A
section may stand deeper than at the top, as `profiles.devices`, and in every entry of another section:
`customers.users`. Then `within` is the key by which an object of it names the one in whose entry it stands.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any, Final, cast

from papaya.diagnostics import Diagnostic
from papaya.foreign import ForeignValue, NotJson, json_in
from papaya.manifest.layers import is_wanted
from papaya.manifest.model import File, Json, Resource
from papaya.manifest.report import Report
from papaya.manifest.rows import ReadCsv, no_files
from papaya.manifest.schema import schema
from papaya.manifest.source import Source
from papaya.manifest.tree import Map, Place, mark_at, plain

_COMMON: Final = ("formerly", "protect", "only")
_JSON: Final = "json"
_IMAGE: Final = "image"
# What is asked of a reader of texts where bytes are meant: their base64.
BASE64: Final = "base64"
_BINARY: Final = "binary"
# Mappings that are merged over others, and hold what the fleet itself may hold.
_NO_SECTIONS: Final = ("environments", "defaults", "models", "countries")
# A dashboard of some megabytes has a hundred thousand.
_MOST_VALUES: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Section:
    """One section: its path in the manifest, the key of its kind, and what its entries are made of.

    Without a `name_key` it is a map from names to entries; one of several keys, with spaces between them,
    makes a name of their values. With `within` it stands in the entries of the section above it, and that is
    the key by which its objects name theirs. `nested` are the keys of sections that stand in its own entries.
    """

    path: tuple[str, ...]
    kind: str
    name_key: str | None
    files: Mapping[str, str] = field(default_factory=dict)
    apart: frozenset[str] = frozenset()
    within: str | None = None
    above: Section | None = None
    nested: frozenset[str] = frozenset()

    @property
    def name_keys(self) -> tuple[str, ...]:
        """Return the keys of an entry that hold the name; none in a map."""
        return tuple((self.name_key or "").split())

    @property
    def key(self) -> str:
        """Return the path as a person writes it: `customers`, `profiles.devices`."""
        return ".".join(self.path)


@dataclass(frozen=True, slots=True)
class Read:
    """The objects that a manifest declares, the keys of their kinds, and the files that were read."""

    resources: tuple[Resource, ...] = ()
    kinds: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()


@cache
def sections() -> tuple[Section, ...]:
    """Return every section that the schema of manifests knows, in its order."""
    return tuple(sections_in(schema()))


def sections_in(whole: Mapping[str, Any]) -> Iterator[Section]:
    """Yield the sections of a schema, those in mappings of the fleet, too."""
    definitions = whole["$defs"]

    def visit(properties: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[Section]:
        for key, value in properties.items():
            rule = _resolved(value, definitions)
            if "x-kind" in rule:
                yield from _section_and_below((*above, key), rule, definitions)
            elif "properties" in rule and key not in _NO_SECTIONS:
                yield from visit(rule["properties"], (*above, key))

    yield from visit(definitions["fleet"]["properties"], ())


def read_resources(
    document: Map,
    environment: str | None,
    report: Report,
    read_file: ReadCsv,
    known_sections: Sequence[Section] | None = None,
    *,
    read_binary: ReadCsv = no_files,
) -> Read:
    """Return what the sections of a document declare; faults go into the report.

    `read_binary` returns a source whose text is what `binary_text` makes of a file.
    """
    reading = _Reading(read_file, read_binary)
    resources: list[Resource] = []
    sources: dict[str, Source] = {}
    kinds: list[str] = []
    for section in sections() if known_sections is None else known_sections:
        found: dict[str, Resource] = {}
        count, is_there = 0, False
        is_empty = not _at(document, section.path)
        for one in _written(document, section, environment):
            is_there = True
            if one is None:
                continue
            count += 1
            resource = _resource(one, report, reading, sources)
            if resource is not None and _is_new(resource, found, report):
                resources.append(resource)
        # An empty section says that there is no object of its kind; one about other things says nothing.
        if count or (is_there and (is_empty or not section.apart)):
            kinds.append(section.kind)
    return Read(tuple(resources), tuple(kinds), tuple(sources.values()))


def with_entries(
    document: Mapping[str, Any],
    resources: Sequence[Resource],
    kinds: Sequence[str],
    known_sections: Sequence[Section] | None = None,
) -> dict[str, Any]:
    """Return a document with a section for each of the kinds, so that it loads as the same resources."""
    told = dict(document)
    for section in sections() if known_sections is None else known_sections:
        if section.kind not in kinds:
            continue
        own = [one for one in resources if one.kind == section.kind]
        if section.above is not None:
            told = _with_nested(told, section, section.above, own)
            continue
        if section.name_key is not None:
            told = placed(told, section.path, [_entry(section, one) for one in own])
            continue
        for one in own:
            path = (*section.path, one.name)
            told = placed(told, path, {**(_at(told, path) or {}), **_entry(section, one)})
    return told


def placed(document: Mapping[str, Any], path: Sequence[str], value: Any) -> dict[str, Any]:
    """Return a document with a value at a path."""
    key, *rest = path
    below = document.get(key) or {}
    return {**document, key: placed(below, rest, value) if rest else value}


def binary_text(path: str, name: str, size: int, digests: Mapping[str, str]) -> str:
    """Return what is known of a binary file as the text of its source: part of the manifest's digest."""
    return json.dumps({"path": path, "name": name, "size": size, "digests": dict(digests)})


@dataclass(frozen=True, slots=True)
class _Reading:
    """How the files of entries are read, by what they hold."""

    text: ReadCsv
    binary: ReadCsv


@dataclass(frozen=True, slots=True)
class _Written:
    """One entry: its key in its section, the name of the object, and where it stands.

    `owner` is the name of the object in whose entry it stands.
    """

    section: Section
    key: str | int
    name: str
    entry: Map
    place: Place
    owner: str | None = None
    path: tuple[str | int, ...] = ()


def _written(document: Map, section: Section, environment: str | None) -> Iterator[_Written | None]:
    """Yield the wanted entries of a section; None first for every place where the section stands."""
    for owner, path, written in _standing(document, section, environment):
        yield None
        for key, name, entry in _entries(section, written):
            if not is_wanted(entry, environment) or (section.apart and not entry.keys() - section.apart):
                continue
            place = written.place_of(key, of_key=True) if section.name_key is None else entry.place()
            yield _Written(section, key, name, entry, place, owner, (*path, key))


def _standing(
    document: Map, section: Section, environment: str | None
) -> Iterator[tuple[str | None, tuple[str | int, ...], Any]]:
    """Yield where a section stands: in whose entry, by which path, and what is written there."""
    if section.above is None:
        written = _at(document, section.path)
        if written is not None:
            yield None, section.path, written
        return
    for above in _written(document, section.above, environment):
        written = above.entry.get(section.path[-1]) if above is not None else None
        if above is not None and written is not None:
            yield above.name, (*above.path, section.path[-1]), written


def _with_nested(
    document: dict[str, Any], section: Section, above: Section, own: Sequence[Resource]
) -> dict[str, Any]:
    """Return a document with the entries of a section in those of the section above."""
    key = section.path[-1]

    def completed(name: Any, entry: Mapping[str, Any]) -> dict[str, Any]:
        nested = [_entry(section, one) for one in own if one.values.get(section.within or "") == name]
        # Without any of them the section still says that there is none.
        return {**entry, key: nested} if nested or not own else dict(entry)

    written = _at(document, above.path)
    if above.name_key is None:
        return placed(document, above.path, {name: completed(name, entry) for name, entry in written.items()})
    return placed(document, above.path, [completed(entry[above.name_key], entry) for entry in written])


def _entries(section: Section, written: Any) -> Iterator[tuple[str | int, str, Map]]:
    if section.name_key is None:
        for name, entry in written.items():
            if isinstance(entry, Map):
                yield name, name, entry
        return
    for index, entry in enumerate(written):
        yield index, " ".join(str(entry[key]) for key in section.name_keys), entry


def _at(document: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = document
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _section_and_below(
    path: tuple[str, ...],
    written: Mapping[str, Any],
    definitions: Mapping[str, Any],
    above: Section | None = None,
) -> Iterator[Section]:
    """Yield a section, and those that stand in its entries."""
    told = written["x-kind"]
    entry = _resolved(written.get("items") or written["additionalProperties"], definitions)["properties"]
    # A part of a profile is no section: its word stands in the profile itself.
    nested = {
        name: rule
        for name, value in entry.items()
        if "within" in (rule := _resolved(value, definitions)).get("x-kind", ())
    }
    files = {name: value["x-file"] for name, value in entry.items() if "x-file" in value}
    section = Section(
        path,
        told["kind"],
        told.get("name"),
        files,
        frozenset(told.get("apart", ())),
        told.get("within"),
        above,
        frozenset(nested),
    )
    yield section
    for name, rule in nested.items():
        yield from _section_and_below((*path, name), rule, definitions, section)


def _resolved(value: Mapping[str, Any], definitions: Mapping[str, Any]) -> Mapping[str, Any]:
    reference = value.get("$ref")
    return value if reference is None else definitions[reference.removeprefix("#/$defs/")]


def _resource(
    one: _Written, report: Report, reading: _Reading, sources: dict[str, Source]
) -> Resource | None:
    section, entry = one.section, one.entry
    files: dict[str, File] = {}
    whole = True
    for key, form in section.files.items():
        name = entry.get(key)
        if name is None:
            continue
        place = entry.place_of(key)
        if form == _IMAGE:
            read = reading.text(place[0], name, encoding=BASE64)
        else:
            read = (reading.binary if form == _BINARY else reading.text)(place[0], name)
        if isinstance(read, Diagnostic):
            report.diagnostics.append(read)
            whole = False
            continue
        path = (*one.path, key)
        if isinstance(read, str):
            report.add(place, read, path=path)
            whole = False
            continue
        sources[read.name] = read
        try:
            files[key] = _file(name, read, form)
        except NotJson as error:
            report.diagnostics.append(_no_json(read, error))
            whole = False
        except ForeignValue as error:
            report.add(place, f"{read.name}: {error.message}", path=path)
            whole = False
    if not whole:
        return None
    # The parts of a name that has several are values, too: nothing else tells them apart again.
    of_name = section.name_keys if len(section.name_keys) == 1 else ()
    own = {*of_name, *_COMMON, *section.apart, *section.nested}
    values = {key: plain(value) for key, value in entry.items() if key not in own and value is not None}
    if section.within is not None:
        values = {section.within: one.owner, **values}
    return Resource(
        kind=section.kind,
        section=section.key,
        name=one.name,
        values=values,
        files=files,
        formerly=entry.get("formerly"),
        protect=bool(entry.get("protect")),
        mark=mark_at(one.place),
    )


def _no_json(source: Source, error: NotJson) -> Diagnostic:
    """Return the fault at its place in the file, which is rarely where the manifest is wrong."""
    remedy = "export it again in ThingsBoard; after an edit by hand, check it with a JSON editor"
    summary = f"{source.name}: {error.message}"
    return source.diagnostic(summary, line=error.line - 1, column=error.column - 1, remedy=remedy)


def _file(name: str, source: Source, form: str) -> File:
    if form == _BINARY:
        return File(name, "", cast(Json, json_in(source.text)))
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
    named: dict[str, Json] = {key: resource.name for key in section.name_keys if len(section.name_keys) == 1}
    values = {key: value for key, value in resource.values.items() if key != section.within}
    told: dict[str, Json] = {**named, **values}
    if resource.formerly is not None:
        told["formerly"] = resource.formerly
    if resource.protect:
        told["protect"] = True
    return told
