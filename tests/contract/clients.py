"""What ThingsBoard's own Python client asks beside devices and assets, with what it may get wrong.

Each part stands for one kind of objects. Parts that begin with the word `system` are asked by the system
administrator.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.contract.oddities import UNKNOWN, Ask

_PAGE = {"pageSize": 10, "page": 0}


def everything() -> Iterator[Ask]:
    """Yield the requests in order."""
    yield from _ground()
    yield from _by_ids()
    yield from _alarms()
    yield from _first_pages()
    yield from _customers()


def _login(name: str, username: str, password: str) -> Ask:
    body = {"username": username, "password": password}
    return Ask(
        f"{name} logs in", "POST", "/api/auth/login", body, auth=None, capture={f"{name}_token": "token"}
    )


def _ground() -> Iterator[Ask]:
    yield _login("tenant", "${tenant_email}", "${tenant_password}")
    yield Ask("who am I", "GET", "/api/auth/user", capture={"me_id": "id.id"})
    yield Ask("a customer", "POST", "/api/customer", {"title": "Zeta"}, capture={"customer_id": "id.id"})
    customer = {"entityType": "CUSTOMER", "id": "${customer_id}"}
    body = {"email": "zoe@${tag}.test", "authority": "CUSTOMER_USER", "customerId": customer}
    mail = {"sendActivationMail": "false"}
    yield Ask("a user", "POST", "/api/user", body, mail, capture={"zoe_id": "id.id"})
    link = {"activation": 're:activateToken=([^"&]+)'}
    yield Ask("the user's link", "GET", "/api/user/${zoe_id}/activationLink", capture=link)
    activation = {"activateToken": "${activation}", "password": "${tenant_password}"}
    token = {"customer_token": "token"}
    yield Ask("the user's password", "POST", "/api/noauth/activate", activation, auth=None, capture=token)
    yield Ask("a device", "POST", "/api/device", {"name": "Zeta"}, capture={"device_id": "id.id"})


def _by_ids() -> Iterator[Ask]:
    """Lists by ids: good ones, those of nothing, and those that are no ids."""
    device = {"entityType": "DEVICE", "id": "${device_id}"}
    view = {"name": "View", "type": "default", "entityId": device, "keys": {"timeseries": ["t"]}}
    made: tuple[tuple[str, str, dict[str, Any]], ...] = (
        ("dashboard", "/api/dashboard", {"title": "Board"}),
        ("ruleChain", "/api/ruleChain", {"name": "Chain", "type": "CORE"}),
        ("assetProfile", "/api/assetProfile", {"name": "Profile"}),
        ("entityView", "/api/entityView", view),
    )
    for word, path, body in made:
        yield Ask(f"make a {word}", "POST", path, body, capture={f"{word}_id": "id.id"})
    yield Ask("a profile", "GET", "/api/deviceProfileInfo/default", capture={"deviceProfile_id": "id.id"})
    for word, stem in (
        ("customer", "customers"),
        ("dashboard", "dashboards"),
        ("ruleChain", "ruleChains"),
        ("assetProfile", "assetProfileInfos"),
        ("deviceProfile", "deviceProfileInfos"),
        ("entityView", "entityViews"),
        ("user", "users"),
    ):
        known = "${me_id}" if word == "user" else f"${{{word}_id}}"
        for path in (f"/api/{stem}", f"/api/{stem}/list"):
            name = f"{word}Ids"
            queries: dict[str, dict[str, Any]] = {
                "one": {name: known},
                "one twice and one of nothing": {name: f"{known},{UNKNOWN},{known}"},
                "none": {name: ""},
                "what is no id": {name: "7"},
                "nothing at all": {},
                "a page": {name: UNKNOWN, **_PAGE, "textSearch": "no such thing"},
            }
            for what, query in queries.items():
                yield Ask(f"GET {path} by {what}", "GET", path, query=query)
            if path.endswith("/list"):
                yield Ask(f"GET {path} as a customer", "GET", path, query={name: known}, auth="customer")


def _alarms() -> Iterator[Ask]:
    """Comments on an alarm and its assignment."""
    alarm = {
        "type": "Heat",
        "severity": "MAJOR",
        "originator": {"entityType": "DEVICE", "id": "${device_id}"},
    }
    yield Ask("an alarm", "POST", "/api/alarm", alarm, capture={"alarm_id": "id.id"})
    one, comments = "/api/alarm/${alarm_id}", "/api/alarm/${alarm_id}/comment"
    hello = {"comment": {"text": "hello"}}
    yield Ask("say hello", "POST", comments, hello, capture={"comment_id": "id.id"})
    of_none = {"comment": {"text": "bye"}, "id": {"id": UNKNOWN}}
    yield Ask("say nothing", "POST", comments, {})
    yield Ask("say null", "POST", comments, {"comment": None})
    yield Ask("say a text", "POST", comments, {"comment": "a text"})
    yield Ask("edit a comment of nothing", "POST", comments, of_none)
    yield Ask("comment on an alarm of nothing", "POST", f"/api/alarm/{UNKNOWN}/comment", hello)
    yield Ask("comment as somebody else", "POST", comments, hello, auth="customer")
    yield Ask("comments without a page", "GET", comments)
    yield Ask("comments by an unknown key", "GET", comments, query={**_PAGE, "sortProperty": "nothing"})
    yield Ask("acknowledge", "POST", f"{one}/ack", {})
    yield Ask("acknowledge again", "POST", f"{one}/ack", {})
    for what in ("assign", "assign again"):
        yield Ask(what, "POST", f"{one}/assign/${{me_id}}", {})
    yield Ask("assign to the customer's user", "POST", f"{one}/assign/${{zoe_id}}", {})
    yield Ask("assign to nobody known", "POST", f"{one}/assign/{UNKNOWN}", {})
    yield Ask("who it can be assigned to", "GET", "/api/users/assign/${alarm_id}", query=_PAGE)
    for path in (one, "/api/alarm/info/${alarm_id}"):
        yield Ask(f"GET {path} when it is assigned", "GET", path)
    for path in ("/api/alarms", "/api/v2/alarms"):
        for who in ("me", "zoe"):
            query = {**_PAGE, "assigneeId": f"${{{who}_id}}"}
            yield Ask(f"GET {path} of {who}", "GET", path, query=query)
    for what in ("unassign", "unassign again"):
        yield Ask(what, "DELETE", f"{one}/assign")
    assigned = {**alarm, "severity": "MINOR", "assigneeId": {"entityType": "USER", "id": "${me_id}"}}
    yield Ask("save it assigned and less severe", "POST", "/api/alarm", assigned)
    free = {**assigned, "assigneeId": None}
    yield Ask("save a new one over it, assigned to nobody", "POST", "/api/alarm", free)
    free = {**free, "id": {"entityType": "ALARM", "id": "${alarm_id}"}}
    yield Ask("save it assigned to nobody", "POST", "/api/alarm", free)
    yield Ask("clear", "POST", f"{one}/clear", {})
    yield Ask("clear again", "POST", f"{one}/clear", {})
    for what in ("delete a comment", "delete it again"):
        yield Ask(what, "DELETE", f"{comments}/${{comment_id}}")
    yield Ask("delete a comment of nothing", "DELETE", f"{comments}/{UNKNOWN}")
    by_time = {**_PAGE, "pageSize": 100, "sortProperty": "createdTime"}
    yield Ask("the comments in order", "GET", comments, query=by_time)
    yield Ask("delete the alarm", "DELETE", one)
    yield Ask("comments after that", "GET", comments, query=_PAGE)


def _first_pages() -> Iterator[Ask]:
    """What a web page or a mobile application asks first."""
    yield Ask("no home", "GET", "/api/dashboard/home")
    yield Ask("nothing about no home", "GET", "/api/dashboard/home/info")
    board = {"entityType": "DASHBOARD", "id": "${dashboard_id}"}
    body = {"dashboardId": board, "hideDashboardToolbar": False}
    yield Ask("make a home", "POST", "/api/tenant/dashboard/home/info", body)
    for path in ("/api/dashboard/home", "/api/dashboard/home/info", "/api/tenant/dashboard/home/info"):
        yield Ask(f"GET {path}", "GET", path)
    yield Ask("the home as a customer's user", "GET", "/api/dashboard/home", auth="customer")
    yield Ask("about it as a customer's user", "GET", "/api/dashboard/home/info", auth="customer")
    yield Ask("no home any more", "POST", "/api/tenant/dashboard/home/info", {"hideDashboardToolbar": True})
    for path in (
        "/api/dashboard/maxDatapointsLimit",
        "/api/uiSettings/helpBaseUrl",
        "/api/mobile/qr/settings",
        "/api/user/tokenAccessEnabled",
        "/api/admin/mail/oauth2/loginProcessingUrl",
        f"/api/queueStats/{UNKNOWN}",
    ):
        yield Ask(f"GET {path}", "GET", path)
        yield Ask(f"GET {path} as nobody", "GET", path, auth=None)
    path = "/api/user/mobile/session"
    yield Ask("a mobile session without a token", "GET", path)
    token = "/api/user/${zoe_id}/token"
    yield Ask("a token of a user", "GET", token, capture={"customer_token": "token"})
    yield Ask("a token of nobody", "GET", f"/api/user/{UNKNOWN}/token")
    yield Ask("a token as a customer's user", "GET", token, auth="customer")
    yield Ask("names of fields", "GET", "/api/calculatedFields/names", query={**_PAGE, "type": "SIMPLE"})
    yield Ask("names of no type", "GET", "/api/calculatedFields/names", query=_PAGE)
    yield Ask("names of an unknown type", "GET", "/api/calculatedFields/names", query={**_PAGE, "type": "X"})
    yield Ask("commands of nothing", "GET", f"/api/device-connectivity/{UNKNOWN}")


def _customers() -> Iterator[Ask]:
    """Devices, assets and views for everybody, and a device on its way to a tenant."""
    yield Ask("an asset", "POST", "/api/asset", {"name": "Zeta"}, capture={"asset_id": "id.id"})
    public = {"public_id": "customerId.id"}
    for word in ("device", "asset", "entityView"):
        path = f"/api/customer/public/{word}/${{{word}_id}}"
        yield Ask(f"publish a {word}", "POST", path, {}, capture=public)
        yield Ask(f"publish a {word} again", "POST", path, {})
        yield Ask(f"publish a {word} of nothing", "POST", f"/api/customer/public/{word}/{UNKNOWN}", {})
        yield Ask(f"about a public {word}", "GET", f"/api/{word}/info/${{{word}_id}}")
        yield Ask(f"take back a {word}", "DELETE", f"/api/customer/{word}/${{{word}_id}}")
        yield Ask(f"take back a {word} again", "DELETE", f"/api/customer/{word}/${{{word}_id}}")
    search = {"rootId": "${device_id}", "rootType": "DEVICE", "direction": "FROM", "maxLevel": 1}
    query = {"parameters": search, "relationType": "Contains", "entityViewTypes": ["default"]}
    yield Ask("views by relations", "POST", "/api/entityViews", query)
    ends = {
        "from": {"entityType": "DEVICE", "id": "${device_id}"},
        "to": {"entityType": "ENTITY_VIEW", "id": "${entityView_id}"},
    }
    yield Ask("relate a view", "POST", "/api/relation", {**ends, "type": "Contains", "typeGroup": "COMMON"})
    yield Ask("the related view", "POST", "/api/entityViews", query)
    move = "/api/tenant/${tenant_id}/device/${device_id}"
    yield Ask("move a device with a view", "POST", move, {})
    yield Ask("delete the view", "DELETE", "/api/entityView/${entityView_id}")
    yield Ask("move a device to its own tenant", "POST", move, {})
    yield Ask("move a device of nothing", "POST", f"/api/tenant/${{tenant_id}}/device/{UNKNOWN}", {})
    yield Ask("move a device to nowhere", "POST", f"/api/tenant/{UNKNOWN}/device/${{device_id}}", {})
    of_device = {"fromId": "${device_id}", "fromType": "DEVICE"}
    yield Ask("its relations after that", "GET", "/api/relations", query=of_device)
