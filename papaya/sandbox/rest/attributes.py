"""REST endpoints of attributes."""

from __future__ import annotations

from functools import partial
from typing import Any

from papaya.sandbox.refusal import PlainRefusal, Refusal, broken
from papaya.sandbox.rest.access import kind_of, permitted
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.reply import EMPTY, Reply, json_text, json_value
from papaya.sandbox.rest.routing import ANYONE, Route
from papaya.sandbox.store.attributes import (
    CLIENT_SCOPE,
    SCOPES,
    delete_attributes,
    read_attributes,
    store_attributes,
)
from papaya.sandbox.store.entities import Entity
from papaya.sandbox.store.values import BigInteger, Typed, Unparsable, parse_cast, parse_exact, wire
from papaya.sandbox.wire import loads, quote

PREFIX = "/api/plugins/telemetry"


def entity_of(call: Call, *, writes: bool = False) -> Entity:
    """Return the entity of a telemetry path."""
    return permitted(call, kind_of(call), call.parameters["entityId"], writes=writes)


def _scope(call: Call) -> int:
    named = call.parameters["scope"]
    if named in SCOPES:
        return SCOPES[named]
    dialect = call.core.dialect
    target = "org.thingsboard.server.common.data.AttributeScope"
    message = (
        "Method parameter 'scope': Failed to convert value of type 'java.lang.String' to required type "
        f"'{target}'; Failed to convert from type [java.lang.String] to type "
        "[@io.swagger.v3.oas.annotations.Parameter @org.springframework.web.bind.annotation.PathVariable "
        f"{target}] for value [{named}]"
    )
    raise Refusal(*dialect.bad_enum, message)


def _save(call: Call) -> Reply:
    scope = _scope(call)
    if scope == CLIENT_SCOPE:
        # Order as in the server: the scope first, then the body, the entity last.
        raise PlainRefusal(400, f"Invalid scope: {call.parameters['scope']}")
    values = _typed(call, _body(call))
    if not values:
        raise PlainRefusal(400, "No attributes data found in request body!")
    if any(not key.strip() for key in values):
        blank = (
            "Key cannot be blank"
            if call.core.dialect.casts_attributes
            else ("Key cannot be empty or contains only spaces")
        )
        raise PlainRefusal(400, blank)
    entity = entity_of(call, writes=True)
    store_attributes(call.core, entity.number, scope, values, call.core.now())
    return EMPTY


def _body(call: Call) -> dict[str, Any]:
    try:
        body = loads(call.body)
    except ValueError as error:
        if call.core.dialect.casts_attributes:
            raise PlainRefusal(400, "Invalid JSON") from error
        raise broken(f"JSON parse error: {error}") from error
    if not isinstance(body, dict):
        raise PlainRefusal(400, "Request is not a JSON object")
    return body


def _typed(call: Call, body: dict[str, Any]) -> dict[str, Typed]:
    try:
        if call.core.dialect.casts_attributes:
            return {key: parse_cast(value) for key, value in body.items()}
        parsed = {key: parse_exact(value) for key, value in body.items()}
    except (Unparsable, BigInteger) as error:
        raise broken(str(error)) from error
    return {key: typed for key, typed in parsed.items() if typed is not None}


def _values(call: Call) -> Reply:
    scope = _scope(call) if "scope" in call.parameters else None
    entity = entity_of(call)
    rows = read_attributes(call.core, entity.number, scope, call.keys())
    items = (
        f'{{"lastUpdateTs":{ts},"key":{quote(key)},"value":{wire(kind, value)}}}'
        for ts, key, kind, value in rows
    )
    return json_text(f"[{','.join(items)}]")


def _keys(call: Call) -> Reply:
    scope = _scope(call) if "scope" in call.parameters else None
    entity = entity_of(call)
    return json_value([row[1] for row in read_attributes(call.core, entity.number, scope)])


def _delete(call: Call) -> Reply:
    scope = _scope(call)
    keys = call.keys()
    if not keys:
        raise PlainRefusal(400, "Empty keys: " + ("[]" if call.core.dialect.repeatable_key else ""))
    entity = entity_of(call, writes=True)
    delete_attributes(call.core, entity.number, scope, keys)
    return EMPTY


_ENTITY = f"{PREFIX}/{{entityType}}/{{entityId}}"
_route = partial(Route, authorities=ANYONE)
ROUTES = (
    _route("POST", f"{_ENTITY}/attributes/{{scope}}", _save),
    _route("POST", f"{_ENTITY}/{{scope}}", _save),
    _route("POST", f"{PREFIX}/{{entityId}}/{{scope}}", _save),
    _route("GET", f"{_ENTITY}/values/attributes", _values),
    _route("GET", f"{_ENTITY}/values/attributes/{{scope}}", _values),
    _route("GET", f"{_ENTITY}/keys/attributes", _keys),
    _route("GET", f"{_ENTITY}/keys/attributes/{{scope}}", _keys),
    _route("DELETE", f"{_ENTITY}/{{scope}}", _delete),
    _route("DELETE", f"{PREFIX}/{{entityId}}/{{scope}}", _delete),
)
