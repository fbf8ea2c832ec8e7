"""Endpoints of queues, which a tenant reads and profiles name."""

from __future__ import annotations

from papaya.sandbox.refusal import missing
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.paging import page_reply, read_page_link
from papaya.sandbox.rest.reply import Reply, json_value
from papaya.sandbox.rest.routing import ADMINS, Route
from papaya.sandbox.store.queues import queues
from papaya.sandbox.wire import dumps


def _page(call: Call) -> Reply:
    call.required("serviceType")
    link = read_page_link(call)
    wanted = (link.text_search or "").lower()
    found = [each for each in queues(call.core) if wanted in each["name"].lower()]
    if link.sort_property == "name":
        found.sort(key=lambda each: str(each["name"]), reverse=link.descending)
    return page_reply(link, [(dumps(each),) for each in found])


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
