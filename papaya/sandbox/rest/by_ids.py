"""Lists of objects by their ids: `/api/customers/list?customerIds=…`, and `/api/customers?customerIds=…`.

Versions before 4.3 have them for assets and devices only.
"""

from __future__ import annotations

from collections.abc import Callable

from papaya.sandbox.refusal import BAD_REQUEST, Refusal, broken
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.reply import Reply, json_text
from papaya.sandbox.store.entities import Entity, find
from papaya.sandbox.store.users import User, may_read
from papaya.sandbox.wire import is_uuid


def asks_by_ids(call: Call, parameter: str) -> bool:
    """Tell whether a request to a list of pages names ids; it is then asked for no page."""
    return call.core.dialect.short_paths and parameter in call.query


def _body(entity: Entity) -> str:
    return entity.body


def identifiers(call: Call, parameter: str) -> list[str]:
    """Return the ids of a query parameter, each of them once; repeated and joined by commas mean the same."""
    if parameter not in call.query:
        raise broken(f"Required request parameter '{parameter}' for method parameter type Set is not present")
    given = [each for text in call.query[parameter] for each in text.split(",") if each]
    for each in given:
        if not is_uuid(each):
            raise Refusal(
                400,
                BAD_REQUEST,
                f"Method parameter '{parameter}': Failed to convert value of type 'java.lang.String' to "
                f"required type 'java.util.Set'; Invalid UUID string: {each}",
            )
    return list(dict.fromkeys(each.lower() for each in given))


def by_ids(
    kind: str,
    parameter: str,
    call: Call,
    text: Callable[[Entity], str] = _body,
    readable: Callable[[User, Entity], bool] = may_read,
) -> Reply:
    """Return the objects that a request names by id and its sender may read; others are left out."""
    found = [find(call.core, kind, each) for each in identifiers(call, parameter)]
    seen = [each for each in found if each is not None and readable(call.sender, each)]
    seen.sort(key=lambda each: each.number)
    return json_text(f"[{','.join(text(each) for each in seen)}]")


def check_condition(call: Call, parameter: str) -> None:
    """Refuse a request to a list that has no pages and is asked without ids."""
    if parameter not in call.query:
        given = ", ".join(f"{name}={{{', '.join(values)}}}" for name, values in call.query.items())
        message = f'Parameter conditions "{parameter}" not met for actual request parameters: {given}'
        raise Refusal(400, BAD_REQUEST, message, by_advice=False)
