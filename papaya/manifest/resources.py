"""What the sections of a manifest declare that list objects beside the tree, whatever their kinds."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from papaya.diagnostics import Diagnostic
from papaya.foreign import ForeignValue, NotJson, json_in
from papaya.manifest.layers import is_wanted
from papaya.manifest.model import File, Json, Resource
from papaya.manifest.repeated import Declared, told_apart
from papaya.manifest.report import Report
from papaya.manifest.rows import ReadCsv, no_files
from papaya.manifest.sections import Section, sections
from papaya.manifest.source import Source
from papaya.manifest.tree import Map, Place, mark_at, plain

_COMMON: Final = ("formerly", "protect", "only")
_JSON: Final = "json"
_IMAGE: Final = "image"
# What is asked of a reader of texts where bytes are meant: their base64.
BASE64: Final = "base64"
_BINARY: Final = "binary"
# A dashboard of some megabytes has a hundred thousand.
_MOST_VALUES: Final = 2_000_000


@dataclass(frozen=True, slots=True)
class Read:
    """The objects that a manifest declares, the keys of their kinds, and the files that were read."""

    resources: tuple[Resource, ...] = ()
    kinds: tuple[str, ...] = ()
    sources: tuple[Source, ...] = ()


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
    declared: list[Declared] = []
    sources: dict[str, Source] = {}
    kinds: dict[str, None] = {}
    for section in sections() if known_sections is None else known_sections:
        count, is_there = 0, False
        is_empty = not _at(document, section.path)
        for one in _written(document, section, environment):
            is_there = True
            if one is None:
                continue
            count += 1
            resource = _resource(one, report, reading, sources)
            if resource is not None:
                declared.append(Declared(resource, section, has_own_name=one.name is not None))
        # An empty section says that there is no object of its kind; one about other things says nothing.
        if count or (is_there and (is_empty or not section.apart)):
            kinds[section.kind] = None
    return Read(tuple(told_apart(declared, report)), tuple(kinds), tuple(sources.values()))


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
        own = [one for one in resources if one.section == section.key]
        if section.above is not None:
            told = _with_nested(told, section, section.above, own)
            continue
        if not own and any(one.kind == section.kind for one in resources):
            # Its objects stand in another section.
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

    `owner` is the name of the object in whose entry it stands. Without a name its file says it.
    """

    section: Section
    key: str | int
    name: str | None
    entry: Map
    place: Place
    owner: str | None = None
    path: tuple[str | int, ...] = ()


def _written(
    document: Map, section: Section, environment: str | None, *, apart: bool = False
) -> Iterator[_Written | None]:
    """Yield the wanted entries of a section; None first for every place where the section stands.

    With `apart` also those that declare no object, for what stands in them.
    """
    for owner, path, written in _standing(document, section, environment):
        yield None
        for key, name, entry in _entries(section, written):
            if not is_wanted(entry, environment):
                continue
            if not apart and section.apart and not entry.keys() - section.apart:
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
    for above in _written(document, section.above, environment, apart=True):
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
        # Without any of them the section still says that there is none; so does one at the top.
        return {**entry, key: nested} if nested or not (own or section.named) else dict(entry)

    written = _at(document, above.path)
    if above.name_key is None:
        owners: dict[str, Any] = {str(one.values.get(section.within or "")): {} for one in own}
        entries = {**owners, **(written or {})}
        if not entries:
            return document
        return placed(
            document, above.path, {name: completed(name, one or {}) for name, one in entries.items()}
        )
    return placed(document, above.path, [completed(entry[above.name_key], entry) for entry in written])


def _entries(section: Section, written: Any) -> Iterator[tuple[str | int, str | None, Map]]:
    if section.name_key is None:
        for name, entry in written.items():
            if isinstance(entry, Map):
                yield name, name, entry
        return
    for index, entry in enumerate(written):
        if section.named is not None and entry.get(section.name_key) is None:
            yield index, None, entry
            continue
        yield index, " ".join(str(entry[key]) for key in section.name_keys), entry


def _at(document: Mapping[str, Any], path: Sequence[str]) -> Any:
    value: Any = document
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


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
    found = one.name if one.name is not None else _name_in(files.get(section.named or ""))
    if whole and found is None:
        where = "" if section.named is None else f": {entry.get(section.named)} has none"
        report.add(one.place, f"the entry has no name{where}", "write name: NAME", path=one.path)
    if not whole or found is None:
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
        name=found,
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


def _name_in(file: File | None) -> str | None:
    """Return the name that a file gives its object, as ThingsBoard's UI exports it."""
    name = file.value.get("name") if file is not None and isinstance(file.value, dict) else None
    return name if isinstance(name, str) and name.strip() else None


def _entry(section: Section, resource: Resource) -> dict[str, Json]:
    named: dict[str, Json] = {key: resource.name for key in section.name_keys if len(section.name_keys) == 1}
    values = {key: value for key, value in resource.values.items() if key != section.within}
    told: dict[str, Json] = {**named, **values}
    if resource.formerly is not None:
        told["formerly"] = resource.formerly
    if resource.protect:
        told["protect"] = True
    return told
