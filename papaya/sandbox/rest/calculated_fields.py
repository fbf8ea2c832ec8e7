"""Endpoints of calculated fields, and of alarm rules, which are calculated fields of one type."""

# ruff: noqa: S608 - statements are made of constants of this package; values are always parameters.
from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial

from papaya.sandbox.devices import tbel
from papaya.sandbox.refusal import broken, invalid, missing
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.paging import order_by, page_reply, read_page_link
from papaya.sandbox.rest.profiled import unknown_constant
from papaya.sandbox.rest.reply import EMPTY, Reply, json_text, json_value
from papaya.sandbox.rest.routing import TENANT, Route
from papaya.sandbox.rest.shapes import body_of
from papaya.sandbox.store.calculated_fields import (
    ALARM,
    FIELD,
    as_alarm_rule,
    delete_field,
    known_types,
    save_field,
    with_entity_name,
)
from papaya.sandbox.store.entities import NORMAL_NAMES, Entity, find, require
from papaya.sandbox.wire import dumps

# The server's library words the errors of the list of a tenant's fields.
_BOUNDS = ("Page size must not be less than one", "Page index must not be less than zero")
_SORTS = {"createdTime": "e.created_time", "name": "e.name"}


def _save(call: Call) -> Reply:
    return json_text(save_field(call.core, body_of(call, "CALCULATED_FIELD"))[1])


def _save_rule(call: Call) -> Reply:
    return json_text(as_alarm_rule(save_field(call.core, body_of(call, "ALARM_RULE"), ALARM)[1]))


def _required(call: Call) -> Entity:
    found = find(call.core, FIELD, call.identifier("id"))
    if found is None:
        raise missing()
    return found


def _read(call: Call) -> Reply:
    return json_text(_required(call).body)


def _read_rule(call: Call) -> Reply:
    found = _required(call)
    if found.type != ALARM:
        raise missing()
    return json_text(as_alarm_rule(found.body))


def _delete(call: Call) -> Reply:
    delete_field(call.core, _known(call))
    return EMPTY


def _found(call: Call, condition: str, parameters: Sequence[object], *, rules: bool, named: bool) -> Reply:
    link = read_page_link(call, by_conditions=not rules and not named, words=_BOUNDS if named else None)
    searches = call.core.dialect.fields_of_4_2
    if not searches and link.sort_property not in (None, *_SORTS):
        raise broken(f"No property '{link.sort_property}' found for type 'CalculatedFieldEntity'")
    rows = call.core.store.rows(
        f"SELECT e.body FROM entity e WHERE e.kind = ? AND {condition} AND ilike(e.name, ?) "
        + order_by(link, _SORTS),
        (FIELD, *parameters, link.pattern if searches else "%"),
    )

    def text(row: tuple[str, ...]) -> str:
        written = as_alarm_rule(row[0]) if rules else row[0]
        return with_entity_name(call.core, written, json.loads(row[0])["entityId"]) if named else written

    return page_reply(link, rows, text)


def _of_entity(rules: bool, call: Call) -> Reply:
    kind = call.parameters["entityType"]
    if kind not in NORMAL_NAMES:
        raise invalid(f"No enum constant org.thingsboard.server.common.data.EntityType.{kind}")
    require(call.core, kind, call.identifier("entityId"))
    condition = f"json_extract(e.body, '$.entityId.id') = ? AND e.type {'=' if rules else '!='} ?"
    return _found(call, condition, (call.identifier("entityId"), ALARM), rules=rules, named=False)


def _of_one(call: Call) -> Reply:
    read_page_link(call, by_parameter=True)
    return _of_entity(False, call)


def _all(rules: bool, call: Call) -> Reply:
    known = known_types(call.core)
    wanted = [ALARM] if rules else _several(call, "types") or [each for each in known if each != ALARM]
    for each in wanted:
        if each not in known:
            target = "org.thingsboard.server.common.data.cf.CalculatedFieldType"
            raise invalid(f"Method parameter 'types': Failed to convert value '{each}' to type {target}")
    condition, parameters = "e.type IN (SELECT value FROM json_each(?))", [dumps(wanted)]
    for name, path in (("entityType", "$.entityId.entityType"), ("entities", "$.entityId.id")):
        chosen = _several(call, name)
        if chosen:
            condition += f" AND json_extract(e.body, '{path}') IN (SELECT value FROM json_each(?))"
            parameters.append(dumps(chosen))
    return _found(call, condition, parameters, rules=rules, named=True)


def _several(call: Call, name: str) -> list[str]:
    return [word for value in call.query.get(name, ()) for word in value.split(",") if word]


def _names(kind: str, call: Call) -> Reply:
    link = read_page_link(call)
    rows = call.core.store.rows(
        "SELECT DISTINCT name FROM entity WHERE kind = ? AND type = ? AND ilike(name, ?) ORDER BY name",
        (FIELD, kind, link.pattern),
    )
    return page_reply(link, rows, lambda row: dumps(row[0]))


def _names_of_type(call: Call) -> Reply:
    kind, target = call.argument("type"), "CalculatedFieldType"
    if kind is None:
        raise broken(f"Required request parameter 'type' for method parameter type {target} is not present")
    if kind not in known_types(call.core):
        raise unknown_constant("type", f"cf.{target}", kind)
    return _names(kind, call)


def _test(call: Call) -> Reply:
    body = call.json_object()
    arguments = body.get("arguments") or {}
    values = {name: each.get("value") for name, each in arguments.items() if isinstance(each, dict)}
    script = str(body.get("expression") or "")
    try:
        tbel.check(script)
    except tbel.SyntaxFault as fault:
        before = "" if call.core.dialect.alarm_rules else "Can't compile script: "
        return json_value({"output": "", "error": f"{before}[Error: {fault}]"})
    try:
        result = tbel.run(script, values)
    except tbel.ScriptFault as fault:
        return json_value({"output": "", "error": str(fault)})
    return json_value({"output": dumps(result), "error": ""})


def _delete_rule(call: Call) -> Reply:
    delete_field(call.core, _required(call))
    return EMPTY


def _debug(call: Call) -> Reply:
    _known(call)
    return EMPTY


def _known(call: Call) -> Entity:
    identifier = call.identifier("id")
    found = find(call.core, FIELD, identifier)
    if found is None and call.core.dialect.fields_of_4_2:
        raise broken(
            'Cannot invoke "org.thingsboard.server.common.data.cf.CalculatedField.getEntityId()" because '
            '"calculatedField" is null'
        )
    return found or require(call.core, FIELD, identifier)


def _debug_rule(call: Call) -> Reply:
    _required(call)
    return EMPTY


ROUTES = (
    Route("POST", "/api/calculatedField", _save, TENANT),
    Route("GET", "/api/calculatedField/{id}", _read, TENANT),
    Route("DELETE", "/api/calculatedField/{id}", _delete, TENANT),
    Route("GET", "/api/calculatedField/{id}/debug", _debug, TENANT),
    Route("POST", "/api/calculatedField/testScript", _test, TENANT),
    Route("GET", "/api/{entityType}/{entityId}/calculatedFields", partial(_of_entity, False), TENANT),
)
LIST_ROUTES = (Route("GET", "/api/calculatedField/{entityType}/{entityId}", _of_one, TENANT),)
RULE_ROUTES = (
    Route("GET", "/api/calculatedFields/names", _names_of_type, TENANT),
    Route("GET", "/api/calculatedFields", partial(_all, False), TENANT),
    Route("POST", "/api/alarm/rule", _save_rule, TENANT),
    Route("GET", "/api/alarm/rule/{id}", _read_rule, TENANT),
    Route("DELETE", "/api/alarm/rule/{id}", _delete_rule, TENANT),
    Route("GET", "/api/alarm/rule/{id}/debug", _debug_rule, TENANT),
    Route("GET", "/api/alarm/rules", partial(_all, True), TENANT),
    Route("GET", "/api/alarm/rules/names", partial(_names, ALARM), TENANT),
    Route("GET", "/api/alarm/rules/{entityType}/{entityId}", partial(_of_entity, True), TENANT),
    Route("POST", "/api/alarm/rule/testScript", _test, TENANT),
)
