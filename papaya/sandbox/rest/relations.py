"""Endpoints of relations."""

from __future__ import annotations

from functools import partial

from papaya.sandbox.refusal import BAD_REQUEST, Refusal, broken, invalid, missing
from papaya.sandbox.rest.access import readable, writable
from papaya.sandbox.rest.call import Call, checked_id
from papaya.sandbox.rest.reply import EMPTY, Reply, json_text
from papaya.sandbox.rest.routing import ANYONE, Route
from papaya.sandbox.store.entities import NORMAL_NAMES, Entity, find, reference_in
from papaya.sandbox.store.forms import DATA, enum_member
from papaya.sandbox.store.relations import (
    COMMON,
    TYPE_GROUPS,
    Relation,
    delete_relation,
    find_relation,
    neighbours,
    read_parameters,
    save_relation,
    search,
)
from papaya.sandbox.store.users import CUSTOMER_USER, TENANT_ADMIN, may_read

_WHOLE = ("fromId", "fromType", "relationType", "toId", "toType")
_INFO_CONDITIONS = ("fromId, fromType", "toId, toType")
_CONDITIONS = (*_INFO_CONDITIONS, "fromId, fromType, relationType", "toId, toType, relationType")


def _end(call: Call, kind: str, identifier: str) -> Entity:
    """Return an end of a new edge; a tenant administrator may use the tenant itself."""
    if kind == "TENANT" and call.sender.authority == TENANT_ADMIN:
        return readable(call, kind, identifier)
    return writable(call, kind, identifier)


def _save(answers: bool, call: Call) -> Reply:
    body = call.json_object()
    source, target = reference_in(body.get("from")), reference_in(body.get("to"))
    if source is None or target is None:
        absent = ", ".join(f"{end} must not be null" for end in ("from", "to") if body.get(end) is None)
        raise invalid(call.core.dialect.missing_end or f"Validation error: {absent}")
    ends = _end(call, *source), _end(call, *target)
    type_name = body.get("type")
    if not isinstance(type_name, str) or not type_name.strip():
        raise invalid(call.core.dialect.missing_relation_type)
    group = body.get("typeGroup") or COMMON
    enum_member(group, TYPE_GROUPS, "relation.RelationTypeGroup")
    relation = save_relation(
        call.core, ends[0].number, ends[1].number, type_name, group, body.get("additionalInfo")
    )
    return json_text(relation.text()) if answers else EMPTY


def _group(call: Call) -> str:
    # The server takes an unknown group for COMMON without a word.
    named = call.argument("relationTypeGroup")
    return named if named in TYPE_GROUPS else COMMON


def _named(call: Call, end: str) -> tuple[str, str]:
    kind = call.required(f"{end}Type").upper()
    if kind not in NORMAL_NAMES:
        raise invalid(f"No enum constant {DATA}.EntityType.{kind}")
    return kind, checked_id(call.required(f"{end}Id"))


def _existing(call: Call, *, to_delete: bool) -> Relation:
    _expect(call, _WHOLE)
    check = _end if to_delete else readable
    source, target = check(call, *_named(call, "from")), check(call, *_named(call, "to"))
    found = find_relation(
        call.core, source.number, target.number, call.required("relationType"), _group(call)
    )
    if found is None:
        raise missing()
    return found


def _delete(answers: bool, call: Call) -> Reply:
    relation = _existing(call, to_delete=True)
    delete_relation(call.core, relation)
    return json_text(relation.text()) if answers else EMPTY


def _read(call: Call) -> Reply:
    return json_text(_existing(call, to_delete=False).text())


def _delete_all(call: Call) -> Reply:
    entity = writable(call, *_named(call, "entity"))
    for outward in (True, False):
        for relation in neighbours(call.core, [entity.number], outward=outward, type_group=COMMON):
            delete_relation(call.core, relation)
    return EMPTY


def _list(infos: bool, call: Call) -> Reply:
    outward = "fromId" in call.query
    if not all(f"{'from' if outward else 'to'}{part}" in call.query for part in ("Id", "Type")):
        listed = _INFO_CONDITIONS if infos else _CONDITIONS
        raise _unmet(call, listed)
    # Infos have no endpoint of a type.
    type_name = None if infos else call.argument("relationType")
    return _one_hop(call, _named(call, "from" if outward else "to"), outward, infos, type_name)


def _expect(call: Call, names: tuple[str, ...]) -> None:
    """Refuse a request without one of the parameters that the server needs, the first of them by name."""
    missing_one = next((name for name in names if name not in call.query), None)
    if missing_one is None:
        return
    if not call.core.dialect.missing_page_by_advice:
        raise _unmet(call, (", ".join(names),))
    raise broken(
        f"Required request parameter '{missing_one}' for method parameter type String is not present"
    )


def _unmet(call: Call, conditions: tuple[str, ...]) -> Refusal:
    given = ", ".join(f"{name}={{{', '.join(values)}}}" for name, values in call.query.items())
    listed = " OR ".join(f'"{one}"' for one in conditions)
    message = f"Parameter conditions {listed} not met for actual request parameters: {given}"
    return Refusal(400, BAD_REQUEST, message, by_advice=False)


def _one_hop(call: Call, end: tuple[str, str], outward: bool, infos: bool, type_name: str | None) -> Reply:
    entity = readable(call, *end)
    found = neighbours(
        call.core, [entity.number], outward=outward, type_group=_group(call), type_name=type_name
    )
    return _answer(call, found, outward, infos)


def _short_list(infos: bool, outward: bool, call: Call) -> Reply:
    end = call.parameters["type"].upper(), call.identifier("id")
    return _one_hop(call, end, outward, infos, call.parameters.get("relationType"))


def _find(infos: bool, call: Call) -> Reply:
    body = call.json_object()
    parameters = read_parameters(body.get("parameters"))
    filters = body.get("filters")
    if filters is None:
        raise missing()
    readable(call, parameters.root_kind, parameters.root_id)
    found = search(call.core, parameters)
    if filters:
        found = [each for each in found if any(_matches(each, parameters.outward, one) for one in filters)]
    return _answer(call, found, parameters.outward, infos)


def _matches(relation: Relation, outward: bool, wanted: dict[str, object]) -> bool:
    # Only the entity query supports `negate`.
    kinds = wanted.get("entityTypes") or ()
    end = relation.target if outward else relation.source
    if isinstance(kinds, list) and kinds and end[0] not in kinds:
        return False
    return not wanted.get("relationType") or relation.type == wanted["relationType"]


def _answer(call: Call, found: list[Relation], outward: bool, infos: bool) -> Reply:
    named = ("to" if outward else "from") if infos else None
    if call.sender.authority == CUSTOMER_USER:
        found = [each for each in found if _may_read(call, each)]
    return json_text(f"[{','.join(relation.text(named) for relation in found)}]")


def _may_read(call: Call, relation: Relation) -> bool:
    for kind, identifier in (relation.source, relation.target):
        entity = find(call.core, kind, identifier)
        if entity is None or not may_read(call.sender, entity):
            return False
    return True


ROUTES = (
    Route("POST", "/api/relation", partial(_save, False), ANYONE),
    Route("POST", "/api/v2/relation", partial(_save, True), ANYONE),
    Route("DELETE", "/api/relation", partial(_delete, False), ANYONE),
    Route("DELETE", "/api/v2/relation", partial(_delete, True), ANYONE),
    Route("GET", "/api/relation", _read, ANYONE),
    Route("DELETE", "/api/relations", _delete_all, ANYONE),
    Route("GET", "/api/relations", partial(_list, False), ANYONE),
    Route("GET", "/api/relations/info", partial(_list, True), ANYONE),
    Route("POST", "/api/relations", partial(_find, False), ANYONE),
    Route("POST", "/api/relations/info", partial(_find, True), ANYONE),
)
_ENDS = (("from", True), ("to", False))
SHORT_ROUTES = tuple(
    Route(
        "GET",
        f"/api/relations{info}/{end}/{{type}}/{{id}}{typed}",
        partial(_short_list, bool(info), outward),
        ANYONE,
    )
    for info in ("", "/info")
    for end, outward in _ENDS
    for typed in ("", "/{relationType}")
)
