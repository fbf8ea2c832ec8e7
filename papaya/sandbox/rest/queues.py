"""Endpoints of queues, which a tenant reads and profiles name."""

from __future__ import annotations

from papaya.sandbox.refusal import BAD_REQUEST, Refusal, broken, invalid, missing
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.paging import page_reply, read_page_link
from papaya.sandbox.rest.reply import Reply, json_value
from papaya.sandbox.rest.routing import ADMINS, Route
from papaya.sandbox.store.queues import queues
from papaya.sandbox.wire import dumps

_TYPE, _RULE_ENGINE = "serviceType", "TB_RULE_ENGINE"
_SERVICES = (
    _RULE_ENGINE,
    "TB_CORE",
    "TB_TRANSPORT",
    "JS_EXECUTOR",
    "TB_VC_EXECUTOR",
    "TASK_PROCESSOR",
    "EDQS",
)


def _page(call: Call) -> Reply:
    service = _service(call)
    link = read_page_link(call)
    wanted = (link.text_search or "").lower()
    known = queues(call.core) if service == _RULE_ENGINE else []
    found = [each for each in known if wanted in each["name"].lower()]
    if link.sort_property == "name":
        found.sort(key=lambda each: str(each["name"]), reverse=link.descending)
    return page_reply(link, [(dumps(each),) for each in found])


def _service(call: Call) -> str:
    """Return the type of the service whose queues are asked for; the server reads it in any case."""
    if _TYPE not in call.query:
        message = f"Required request parameter '{_TYPE}' for method parameter type String is not present"
        if call.core.dialect.missing_page_by_advice:
            raise broken(message)
        given = ", ".join(f"{name}={{{', '.join(values)}}}" for name, values in call.query.items())
        unmet = 'Parameter conditions "serviceType, pageSize, page" not met for actual request parameters'
        raise Refusal(400, BAD_REQUEST, f"{unmet}: {given}", by_advice=False)
    service = (call.argument(_TYPE) or "").upper()
    if not service:
        raise invalid(f"Parameter '{_TYPE}' can't be empty!")
    if service not in _SERVICES:
        raise invalid(f"No enum constant org.thingsboard.server.common.msg.queue.ServiceType.{service}")
    return service


def _by_name(call: Call) -> Reply:
    for each in queues(call.core):
        if each["name"] == call.parameters["name"]:
            return json_value(each)
    raise missing()


def _by_id(call: Call) -> Reply:
    identifier = call.identifier("id")
    for each in queues(call.core):
        if each["id"]["id"] == identifier:
            return json_value(each)
    raise missing(f"Queue with id [{identifier}] is not found")


ROUTES = (
    Route("GET", "/api/queues", _page, ADMINS),
    Route("GET", "/api/queues/{id}", _by_id, ADMINS),
    Route("GET", "/api/queues/name/{name}", _by_name, ADMINS),
)
