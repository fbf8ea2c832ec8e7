"""The requests by which a dashboard is created, saved and assigned."""

from __future__ import annotations

from typing import Final

from papaya.errors import AnswerLost, PapayaError, Unavailable, VersionConflict
from papaya.kinds.address import Address
from papaya.kinds.dashboard_parts import (
    ASSIGNED,
    CUSTOMERS,
    HEAD,
    OWN,
    PUBLIC,
    configuration_of,
    customers_of,
    object_in,
    titles_in,
)
from papaya.kinds.dashboard_rewriting import only_rewritten
from papaya.kinds.form import text_of
from papaya.kinds.kind import (
    IdOf,
    id_in,
)
from papaya.kinds.origin import Origin, origin_in, with_origin
from papaya.kinds.references import with_ids
from papaya.kinds.request import Conversation, Look, Parameters, Request
from papaya.kinds.resource import Desired, Fields
from papaya.manifest.model import Json

PATH: Final = "/api/dashboard"
LIST: Final = "/api/tenant/dashboards"
KEY: Final = "dashboard"
_TRIES: Final = 3


def whole_request(id_: str) -> Request:
    """Return the request for a dashboard with its configuration and images."""
    return Request("GET", f"{PATH}/{id_}", parameters={"includeResources": "true"})


def begun(desired: Desired, id_of: IdOf) -> Conversation[dict[str, Json] | None]:
    """Return the empty dashboard that this run has made for another to name, or None where there is none."""
    try:
        id_ = id_of(desired.address)
    except PapayaError:
        return None
    return object_in((yield Request("GET", f"{PATH}/{id_}")))


def with_its_ids(desired: Desired, own: str, id_of: IdOf) -> dict[str, Json]:
    """Return the configuration with ids; `own` is that of the dashboard itself."""

    def found(address: Address) -> str:
        return own if address == desired.address else id_of(address)

    return object_in(with_ids(configuration_of(desired.fields), found))


def posted(body: Fields, name: str, origin: Origin) -> Conversation[dict[str, Json]]:
    """Create a dashboard; after a lost answer look for one that this run made before it is sent again."""
    for remaining in reversed(range(_TRIES)):
        try:
            answer = yield Request("POST", PATH, dict(body), step="create")
        except (AnswerLost, Unavailable):
            found = yield from of_this_run(name, origin)
            if found is not None and is_sent(found, body):
                return found
            if not remaining:
                raise
        else:
            return object_in(answer)
    raise AssertionError("the loop returns or raises")


def of_this_run(name: str, origin: Origin) -> Conversation[dict[str, Json] | None]:
    """Return the dashboard of a title that this very run created; the list does not tell whose it is."""
    parameters: Parameters = {"pageSize": 100, "page": 0, "textSearch": name}
    answer = yield Request("GET", LIST, parameters=parameters)
    rows = object_in(answer).get("data")
    for row in rows if isinstance(rows, list) else []:
        id_ = id_in(row)
        if isinstance(row, dict) and row.get("title") == name and id_ is not None:
            whole = yield Request("GET", f"{PATH}/{id_}")
            if isinstance(whole, dict) and origin_in(whole.get("configuration")) == origin:
                return whole
    return None


def saving(id_: str, body: dict[str, Json], before: Fields) -> Conversation[dict[str, Json]]:
    """Save at the version that was read; where only its customers moved that, at the one of now."""
    try:
        answer = yield Request("POST", PATH, body, step="save", look=sent(id_, body))
    except VersionConflict:
        now = object_in((yield whole_request(id_)))
        if content(now) != content(before):
            raise
        body = {**body, "version": now.get("version"), ASSIGNED: now.get(ASSIGNED)}
        answer = yield Request("POST", PATH, body, step="save", look=sent(id_, body))
    return object_in(answer)


def sent(id_: str, body: Fields) -> Look:
    """Return how to find out whether a save was carried out."""

    def found(answer: Json) -> Json:
        whole = object_in(answer)
        if whole.get("version") == body.get("version") or not is_sent(whole, body):
            return None
        return whole

    return Look(Request("GET", f"{PATH}/{id_}"), found)


def assigned(desired: Desired, row: dict[str, Json], id_of: IdOf) -> Conversation[Fields]:
    """Assign the dashboard to the declared customers and take it from others; return its row."""
    id_ = id_in(row) or ""
    if CUSTOMERS in desired.fields:
        present = dict(customers_of(row, public=False))
        wanted = {id_of(Address("customer", title)) for title in titles_in(desired.fields[CUSTOMERS])}
        for customer in sorted(wanted - present.keys()):
            row = yield from _assignment(customer, id_, row)
        for customer in sorted(present.keys() - wanted):
            row = yield from _assignment(customer, id_, row, ends=True)
    if PUBLIC in desired.fields:
        is_public = any(customers_of(row, public=True))
        if bool(desired.fields[PUBLIC]) is not is_public:
            row = yield from _assignment(PUBLIC, id_, row, ends=is_public)
    return row


def content(whole: Fields) -> str:
    """Return what a save of a dashboard writes, without the customers, as one text."""
    return text_of({key: whole.get(key) for key in ("title", "configuration", *HEAD)})


def is_sent(found: Fields, body: Fields) -> bool:
    """Return whether a dashboard is what was sent, with the server's links in the place of images."""
    return found.get("title") == body.get("title") and only_rewritten(
        body.get("configuration"), found.get("configuration")
    )


def origin_json(origin: Origin) -> Json:
    """Return what a configuration says of its origin."""
    return with_origin({}, origin)[OWN]


def _assignment(
    customer: str, id_: str, row: dict[str, Json], *, ends: bool = False
) -> Conversation[dict[str, Json]]:
    path = f"/api/customer/{customer}/dashboard/{id_}"
    if ends:
        answer = yield Request("DELETE", path, step="unassign", absent_is_done=True)
    else:
        answer = yield Request("POST", path, step="assign", repeatable=True)
    return answer if isinstance(answer, dict) else row
