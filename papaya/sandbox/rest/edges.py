"""Edges, jobs, models and apps: the sandbox has none, and says so as a server on which nobody made any."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from papaya.sandbox.refusal import Refusal, missing
from papaya.sandbox.rest.access import readable
from papaya.sandbox.rest.by_ids import identifiers
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.paging import page_reply, read_page_link
from papaya.sandbox.rest.reply import Reply, always, json_value
from papaya.sandbox.rest.routing import ADMINS, ANYONE, TENANT, TENANT_OR_CUSTOMER, Route
from papaya.sandbox.wire import is_uuid

_EDGE_IDS, _EDGE_NAME = "edgeIds", "edgeName"


def _no_one(kind: str, call: Call) -> Reply:
    raise missing(f"{kind} with id [{call.identifier('id')}] is not found")


def _no_one_of(kind: str, parameter: str, call: Call) -> Reply:
    """Answer an endpoint that reads its id as a UUID already."""
    text = call.parameters["id"]
    if not is_uuid(text):
        told = "Failed to convert value of type 'java.lang.String' to required type 'java.util.UUID'"
        message = f"Method parameter '{parameter}': {told}; Invalid UUID string: {text}"
        raise Refusal(*call.core.dialect.bad_enum, message)
    raise missing(f"{kind} with id [{text.lower()}] is not found")


def no_page(call: Call) -> Reply:
    """Return an empty page; every version names the parameter that is missing."""
    return page_reply(read_page_link(call, by_parameter=True), [])


def _edges(call: Call) -> Reply:
    if _EDGE_IDS in call.query:
        return _by_ids(call)
    return page_reply(read_page_link(call), [])


def _by_ids(call: Call) -> Reply:
    identifiers(call, _EDGE_IDS)
    return json_value([])


def _of_tenant(call: Call) -> Reply:
    if call.argument(_EDGE_NAME) is not None:
        raise missing()
    return page_reply(read_page_link(call), [])


def _by_name(call: Call) -> Reply:
    call.required(_EDGE_NAME)
    raise missing()


def _of_customer(call: Call) -> Reply:
    link = read_page_link(call)
    readable(call, "CUSTOMER", call.identifier("customerId"))
    return page_reply(link, [])


_get: Callable[..., Route] = partial(Route, "GET")
_NONE = always([])
ROUTES = (
    _get("/api/edge/{id}", partial(_no_one, "Edge"), TENANT_OR_CUSTOMER),
    _get("/api/edge/info/{id}", partial(_no_one, "Edge"), TENANT_OR_CUSTOMER),
    _get("/api/edge/types", _NONE, TENANT_OR_CUSTOMER),
    _get("/api/edges", _edges, TENANT_OR_CUSTOMER),
    _get("/api/edges/enabled", always(False), ANYONE),
    _get("/api/tenant/edges", _of_tenant, TENANT),
    _get("/api/tenant/edgeInfos", _of_tenant, TENANT),
    _get("/api/customer/{customerId}/edges", _of_customer, TENANT_OR_CUSTOMER),
    _get("/api/customer/{customerId}/edgeInfos", _of_customer, TENANT_OR_CUSTOMER),
    _get("/api/ruleChain/autoAssignToEdgeRuleChains", _NONE, TENANT),
    _get("/api/mobile/app", no_page, ADMINS),
    _get("/api/mobile/app/{id}", partial(_no_one_of, "Mobile app", "id"), ADMINS),
    _get("/api/mobile/bundle/infos", no_page, ADMINS),
    _get("/api/mobile/bundle/info/{id}", partial(_no_one_of, "Mobile app bundle", "id"), ADMINS),
    _get("/api/oauth2/client/infos", no_page, ADMINS),
    _get("/api/oauth2/client/{id}", partial(_no_one_of, "Oauth2 client", "id"), ADMINS),
)
LIST_ROUTES = (
    _get("/api/edges/list", _by_ids, TENANT_OR_CUSTOMER),
    _get("/api/tenant/edge", _by_name, TENANT),
)
# 4.0 has neither jobs nor models.
LATER_ROUTES = (
    _get("/api/jobs", no_page, TENANT),
    _get("/api/job/{id}", partial(_no_one_of, "Job", "id"), TENANT),
    _get("/api/ai/model", no_page, TENANT),
    _get("/api/ai/model/{id}", partial(_no_one_of, "AI model", "modelUuid"), TENANT),
)
