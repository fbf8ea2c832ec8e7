"""What calculated fields and alarm rules have in common: objects of one type, each attached to an entity.

The server has one list of them from 4.3 on (`/api/calculatedFields?types=`), before that one for each entity.
The entity of a field cannot be changed (400), so that a field that moves is deleted and made anew; nothing is
lost, since its file says everything. Names are unique for an entity and a type. 4.3.1.2 and later keep
additional information, where the origin stands; elsewhere a lost answer is looked for by the content.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar, Final

from papaya.errors import NotFound, PapayaError, ServerError
from papaya.kinds.address import Address
from papaya.kinds.alarm_facts import paged
from papaya.kinds.field_faults import faults_in, place_in, scripts_in
from papaya.kinds.field_parts import (
    ALL_TYPES,
    ENTITIES,
    FIELDS,
    TYPE,
    configuration_in,
    configuration_of,
    entity_in,
    entity_of,
    parts_of,
    target_of,
    type_of,
)
from papaya.kinds.field_scripts import script_fault
from papaya.kinds.json_places import mark_in
from papaya.kinds.kind import (
    Asked,
    Exported,
    Fault,
    IdOf,
    Kind,
    NameOf,
)
from papaya.kinds.names import link
from papaya.kinds.origin import Origin, with_origin
from papaya.kinds.references import Reference, references_in, with_ids, with_names
from papaya.kinds.request import Conversation, Listing, Look, Request
from papaya.kinds.resource import Desired, Fields, Live
from papaya.manifest.model import Fleet, Json, Resource
from papaya.path_component import path_component
from papaya.server_version import version_of

_PATH: Final = "/api/calculatedField"
_FILE: Final = "file"
_FIRST: Final = (4, 0)
_FROM_ONE_LIST: Final = (4, 3)
_BROKEN: Final = 500
_WHOLE: Final = {"pageSize": 1_000, "page": 0}


class AttachedFields(Kind):
    """A kind of objects that are calculated fields to the server; `types` are those of the kind."""

    shares_names: ClassVar[bool] = True
    entity_type = "CALCULATED_FIELD"
    level = 130
    path = _PATH
    listing = Listing(FIELDS)
    lists_itself = True
    leaves_first = True
    types: ClassVar[tuple[str, ...]]
    called_key: ClassVar[str]
    """The key of an entry that holds the name on the server, where the entry has another one."""

    def desired(self, declared: Resource, fleet: Fleet) -> Desired:
        """Return the object that an entry and its file declare."""
        found = entity_in(declared, fleet)
        configuration = {TYPE: self.types[0], **configuration_in(declared.files.get(_FILE))}
        fields: dict[str, Json] = {found[0]: found[1].name} if found is not None else {}
        called = declared.values.get(self.called_key)
        if isinstance(called, str):
            fields[self.called_key] = called
        fields |= parts_of(configuration)
        entity = (found[1],) if found is not None else ()
        named = (one.address for one in references_in(fields))
        return Desired(
            self.address(declared.name),
            fields,
            tuple(dict.fromkeys((*entity, *(one for one in named if one is not None)))),
            formerly=declared.formerly,
            protect=declared.protect,
            mark=declared.mark,
            called=called if isinstance(called, str) else None,
        )

    def references(self, desired: Desired) -> Iterator[Reference]:
        """Yield the entity, and what arguments and rules refer to."""
        entity = entity_of(desired.fields)
        if entity is not None:
            yield Reference(link(entity.kind, entity.name))
        yield from references_in(dict(desired.fields))

    def resolved(self, desired: Desired, name_of: NameOf) -> Desired:
        """Return the object with names in the place of ids that the file holds."""
        fields = with_names(dict(desired.fields), name_of)
        return replace(desired, fields=fields) if isinstance(fields, dict) else desired

    def rows(self, asked: Asked) -> Conversation[list[Fields]]:
        """Read the tenant's list, or before 4.3 the lists of the entities that the manifest names."""
        if version_of(asked.version) >= _FROM_ONE_LIST:
            types = ALL_TYPES if asked.all_types else self.types
            rows = yield from paged(FIELDS, {"types": ",".join(types)})
            return [row for row in rows if _has_id(row) and row.get(TYPE) in self.types]
        if version_of(asked.version) < _FIRST or self.is_alarm:
            return []
        found: dict[str, Fields] = {}
        for address, id_ in asked.ids.items():
            if any(address.kind == kind for kind, _ in ENTITIES.values()):
                rows = yield from paged(f"/api/{type_of(address)}/{id_}/calculatedFields", {})
                found |= {_id(row): {**row, "entityName": address.name} for row in rows if _has_id(row)}
        for id_ in asked.marked:
            if id_ not in found:
                try:
                    row = yield Request("GET", f"{_PATH}/{id_}")
                except NotFound:
                    continue
                if isinstance(row, dict):
                    found[id_] = row
        return [row for row in found.values() if row.get(TYPE) in self.types]

    def stands_against(self, row: Fields) -> frozenset[str]:
        """Return the entities that arguments read, but for its own: with that one it goes."""
        return frozenset(_entities_in(row.get("configuration"))) - {target_of(row)[1]}

    def may_be(self, desired: Desired, live: Live, ids: Mapping[Address, str]) -> bool:
        """Return whether both are attached to the same entity."""
        entity = entity_of(desired.fields)
        return entity is not None and (type_of(entity), ids.get(entity)) == target_of(live.row)

    def fields(self, row: Fields, details: tuple[Json, ...], name_of: NameOf) -> Fields:
        """Return a live object as an entry and a file would declare it."""
        entity_type, id_ = target_of(row)
        key = next((key for key, (_, type_) in ENTITIES.items() if type_ == entity_type), "device")
        name = name_of(entity_type, id_) or row.get("entityName") or id_
        named = with_names(parts_of(row.get("configuration")), name_of)
        parts = named if isinstance(named, dict) else {}
        return {key: name, self.called_key: self.name(row), **parts}

    def create(self, desired: Desired, origin: Origin, id_of: IdOf) -> Conversation[Fields]:
        """Create an object at its entity."""
        return (yield from self._made(desired, with_origin({}, origin), id_of))

    def update(self, desired: Desired, live: Live, id_of: IdOf) -> Conversation[Fields]:
        """Save an object; at another entity it is made anew."""
        entity = entity_of(desired.fields)
        if entity is None or target_of(live.row) != (type_of(entity), id_of(entity)):
            yield from self.delete(live)
            return (yield from self._made(desired, live.row.get("additionalInfo"), id_of))
        body: dict[str, Json] = {**_saved_row(live.row), **self._content(desired, id_of)}
        look = Look(self.one(live.id), lambda answer: _is_saved(answer, body))
        answer = yield Request("POST", _PATH, body, step="save", look=look)
        return answer if isinstance(answer, dict) else {}

    def delete(self, live: Live) -> Conversation[None]:
        """Delete an object; 4.3.1.3 answers 500 where it is gone."""
        try:
            yield Request("DELETE", f"{_PATH}/{live.id}", step="delete", absent_is_done=True)
        except ServerError as error:
            if error.status != _BROKEN:
                raise
            try:
                yield self.one(live.id)
            except NotFound:
                return
            raise

    def release(self, live: Live) -> Conversation[None]:
        """Take the origin off an object that papaya stops managing."""
        yield from super().release(replace(live, row=_saved_row(live.row)))

    def faults(self, declared: Resource, fleet: Fleet) -> Iterator[Fault]:
        """Yield what the server would save without a word."""
        named = [key for key in ENTITIES if declared.values.get(key) is not None]
        if len(named) != 1:
            which = " and ".join(named) or "no entity"
            yield Fault(f"it names {which}", f"write one of {', '.join(f'{key}: NAME' for key in ENTITIES)}")
        yield from self._repeated(declared, fleet)
        file = declared.files.get(_FILE)
        if file is None:
            return
        for summary, remedy, path, offset in faults_in(file, alarm=self.is_alarm):
            yield Fault(summary, remedy, mark_in(file, place_in(file, path), offset))
        yield from self._more_faults(declared, fleet)

    def tried(self, declared: Resource) -> Conversation[tuple[Fault, ...]]:
        """Let the server compile the scripts."""
        file = declared.files.get(_FILE)
        configuration = {TYPE: self.types[0], **configuration_in(file)}
        arguments = configuration.get("arguments")
        found: list[Fault] = []
        for path, script in scripts_in(configuration) if file is not None else ():
            wrong = yield from script_fault(script, arguments if isinstance(arguments, dict) else {})
            if wrong is not None and file is not None:
                remedy = "correct it; ThingsBoard's script editor tests it"
                found.append(Fault(wrong[0], remedy, mark_in(file, place_in(file, path), wrong[1])))
        return tuple(found)

    def exported(self, live: Live, folder: str, name_of: NameOf) -> Exported:
        """Return the entry of a live object and its file."""
        fields = live.fields or {}
        key, name = next((key, str(fields[key])) for key in ENTITIES if key in fields)
        path = f"{folder}/{path_component(f'{live.known_as} ({name})')}.json"
        told: dict[str, Json] = {"name": live.known_as, key: name, _FILE: path}
        if live.known_as != live.address.name:
            told[self.called_key] = live.address.name
        configuration = configuration_of(fields)
        document: Json = {
            TYPE: configuration[TYPE],
            "name": live.address.name,
            "configuration": configuration,
        }
        return Exported(told, {path: json.dumps(document, indent=2, ensure_ascii=False) + "\n"})

    def written_into(self, document: Fields, entries: Sequence[Fields]) -> dict[str, Json]:
        """Return a manifest with the entries; a name that several share gets the entity."""
        counted = Counter(str(entry["name"]) for entry in entries)
        told: list[Fields] = []
        for entry in entries:
            name = str(entry["name"])
            if counted[name] == 1:
                told.append(entry)
                continue
            entity = next(str(entry[key]) for key in ENTITIES if key in entry)
            told.append(
                {**entry, "name": f"{name} ({entity})", self.called_key: entry.get(self.called_key, name)}
            )
        return super().written_into(document, told)

    @property
    def is_alarm(self) -> bool:
        """Return whether the objects raise alarms."""
        return self.types == ("ALARM",)

    def _repeated(self, declared: Resource, fleet: Fleet) -> Iterator[Fault]:
        """Yield that an earlier entry declares the same object: the name on the server at the same entity."""
        entity, name = entity_in(declared, fleet), self._live_name(declared)
        for other in fleet.resources:
            if other is declared:
                return
            if other.kind != self.key or entity is None or self._live_name(other) != name:
                continue
            if entity_in(other, fleet) == entity:
                yield Fault(
                    f"it is {name} of {entity[1]} on the server, as is {other.name}, at {other.mark}",
                    f"remove one of them, or give one another name or {self.called_key}",
                )
                return

    def _live_name(self, declared: Resource) -> Json:
        return declared.values.get(self.called_key) or declared.name

    def _more_faults(self, declared: Resource, fleet: Fleet) -> Iterator[Fault]:
        yield from ()

    def _made(self, desired: Desired, info: Json, id_of: IdOf) -> Conversation[Fields]:
        entity = entity_of(desired.fields)
        if entity is None:
            raise PapayaError(f"{desired.address} names no entity")
        entity_type, id_ = type_of(entity), id_of(entity)
        body: dict[str, Json] = {
            "entityId": {"entityType": entity_type, "id": id_},
            "configurationVersion": 0,
            "debugSettings": None,
            "additionalInfo": info,
            **self._content(desired, id_of),
        }
        look = self._look(entity_type, id_, body)
        answer = yield Request("POST", _PATH, body, step="create", look=look)
        return answer if isinstance(answer, dict) else {}

    def _content(self, desired: Desired, id_of: IdOf) -> dict[str, Json]:
        configuration = with_ids(configuration_of(desired.fields), id_of)
        return {TYPE: desired.fields.get(TYPE), "name": desired.live_name, "configuration": configuration}

    def _look(self, entity_type: str, id_: str, body: Mapping[str, Json]) -> Look:
        """Return how to find what a lost answer would have said: the object of this name and content."""

        def found(answer: Json) -> Json:
            rows = answer.get("data") if isinstance(answer, dict) else None
            for row in rows if isinstance(rows, list) else []:
                if isinstance(row, dict) and target_of(row) == (entity_type, id_) and _says(row, body):
                    return row
            return None

        path, parameters = f"/api/{entity_type}/{id_}/calculatedFields", dict(_WHOLE)
        if self.is_alarm:
            return Look(Request("GET", FIELDS, parameters={**parameters, "types": "ALARM"}), found)
        return Look(Request("GET", path, parameters=parameters), found)


def _entities_in(value: Json) -> Iterator[str]:
    """Yield the ids of entities in a configuration: those of arguments, wherever a type has them."""
    if isinstance(value, list):
        for member in value:
            yield from _entities_in(member)
    elif isinstance(value, dict):
        for key, member in value.items():
            if key == "refEntityId" and isinstance(member, dict):
                yield str(member.get("id"))
            else:
                yield from _entities_in(member)


def _saved_row(row: Fields) -> dict[str, Json]:
    """Return a row as the server takes it back: without what only lists have."""
    return {key: value for key, value in row.items() if key != "entityName"}


def _is_saved(answer: Json, body: Mapping[str, Json]) -> Json:
    if not isinstance(answer, dict) or answer.get("version") == body.get("version"):
        return None
    return answer if _says(answer, body) else None


def _says(row: Mapping[str, Json], body: Mapping[str, Json]) -> bool:
    same = parts_of(row.get("configuration")) == parts_of(body.get("configuration"))
    return same and all(row.get(key) == body.get(key) for key in (TYPE, "name"))


def _id(row: Fields) -> str:
    identity = row.get("id")
    return str(identity.get("id")) if isinstance(identity, dict) else ""


def _has_id(row: Fields) -> bool:
    return bool(_id(row))
