"""Requests to the rule engine over REST: no chain answers them here, so they time out as on a new server."""

from __future__ import annotations

import asyncio

from papaya.sandbox.gaps import tell_gap
from papaya.sandbox.refusal import GENERAL, PlainRefusal, Refusal, broken, invalid
from papaya.sandbox.rest.access import permitted
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.device_api import number_in
from papaya.sandbox.rest.reply import Reply
from papaya.sandbox.rest.routing import ANYONE, Route
from papaya.sandbox.store.entities import NORMAL_NAMES
from papaya.sandbox.wire import MOST_INT, is_uuid, loads

_REPLY = "org.thingsboard.rule.engine.rest.TbSendRestApiCallReplyNode"
_DEFAULT_MS, _LONGEST_SECONDS = "10000", 600.0


async def _ask(call: Call) -> Reply:
    milliseconds = _milliseconds(call)
    with call.core.store.transaction():
        _check(call)
        answers = call.core.store.rows("SELECT 1 FROM metadata WHERE instr(body, ?)", (_REPLY,))
    if answers:
        # A chain of the tenant would answer, and chains do not run here.
        raise Refusal(501, GENERAL, tell_gap("answers of rule chains", call.peer), by_advice=False)
    await asyncio.sleep(min(max(0, milliseconds) / 1000, _LONGEST_SECONDS))
    raise PlainRefusal(408)


def _milliseconds(call: Call) -> int:
    try:
        return number_in(call.parameters.get("timeout", _DEFAULT_MS), "timeout", "int", MOST_INT)
    except Refusal as error:
        raise invalid(error.message) from error


def _check(call: Call) -> None:
    if not call.body:
        raise broken("Required request body is missing")
    kind, identifier = call.parameters.get("entityType"), call.parameters.get("entityId", "")
    try:
        loads(call.body)
    except ValueError as error:
        raise invalid("Invalid request body") from error
    if kind is None:
        return
    if kind.upper() not in NORMAL_NAMES or not is_uuid(identifier):
        raise invalid("Invalid request body")
    permitted(call, kind.upper(), identifier)


_ENTITY = "/api/rule-engine/{entityType}/{entityId}"
ROUTES = tuple(
    Route("POST", path, None, ANYONE, waiting=_ask)
    for path in (
        "/api/rule-engine/",
        _ENTITY,
        f"{_ENTITY}/{{timeout}}",
        f"{_ENTITY}/{{queueName}}/{{timeout}}",
    )
)
