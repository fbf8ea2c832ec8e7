"""What further clients ask: the sign-in of everybody, passwords, settings of users, and first pages.

The parts are asked in order. Later parts rely on what earlier ones create.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.contract.clients import customer_with_user
from tests.contract.oddities import UNKNOWN, Ask

_PAGE = {"pageSize": 10, "page": 0}
_LONG = "n" * 73


def everything() -> Iterator[Ask]:
    """Yield the requests in order."""
    yield from _ground()
    yield from _public()
    yield from _passwords()
    yield from _settings()
    yield from _dashboards()
    yield from _lists_of_users()
    yield from _defaults()
    yield from _single_objects()


def login(name: str, username: str, password: str) -> Ask:
    """Return the sign-in of a user, whose tokens are kept by the name."""
    body = {"username": username, "password": password}
    capture = {f"{name}_token": "token", f"{name}_refresh": "refreshToken"}
    return Ask(f"{name} logs in with {password}", "POST", "/api/auth/login", body, auth=None, capture=capture)


def _ground() -> Iterator[Ask]:
    yield login("tenant", "${tenant_email}", "${tenant_password}")
    yield login("system", "sysadmin@thingsboard.org", "sysadmin")
    yield from customer_with_user("first-password", firstName="Zoe", lastName="Zed")


def _public() -> Iterator[Ask]:
    """The customer that stands for everybody, and who signs in as it."""
    device = "/api/device/${device_id}"
    values = "/api/plugins/telemetry/DEVICE/${device_id}"
    publish = "/api/customer/public/device/${device_id}"
    yield Ask("a value", "POST", f"{values}/timeseries/ANY", {"t": 1})
    yield Ask("publish a device", "POST", publish, {}, capture={"public_id": "customerId.id"})
    path, body = "/api/auth/login/public", {"publicId": "${public_id}"}
    capture = {"public_token": "token", "public_refresh": "refreshToken"}
    yield Ask("everybody signs in", "POST", path, body, auth=None, capture=capture)
    for what, wrong in {
        "another customer": {"publicId": "${customer_id}"},
        "nothing": {"publicId": UNKNOWN},
        "what is no id": {"publicId": "7"},
        "a number": {"publicId": 5},
        "an empty id": {"publicId": " "},
        "null": {"publicId": None},
        "an empty body": {},
        "a list": [],
        "a text": "x",
    }.items():
        yield Ask(f"sign in as {what}", "POST", path, wrong, auth=None)
    yield Ask("sign in with what is not JSON", "POST", path, auth=None, raw="{no")
    for method in ("GET", "PUT"):
        yield Ask(f"{method} to sign in as everybody", method, path, auth=None)
    query = {"keys": "t"}
    yield Ask("everybody reads the device", "GET", device, auth="public")
    yield Ask("everybody reads the value", "GET", f"{values}/values/timeseries", query=query, auth="public")
    for where in (
        "/api/tenant/devices",
        "/api/customer/${public_id}/devices",
        "/api/customer/${customer_id}/devices",
        "/api/users",
        "/api/alarms",
        "/api/notifications",
    ):
        yield Ask(f"everybody lists {where}", "GET", where, query=_PAGE, auth="public")
    for where in (
        "/api/customer/${public_id}",
        "/api/customer/${public_id}/shortInfo",
        "/api/user/settings",
        "/api/user/dashboards",
        "/api/notifications/unread/count",
        "/api/user/${me_id}",
    ):
        yield Ask(f"everybody reads {where}", "GET", where, auth="public")
    yield Ask("everybody writes", "POST", f"{values}/SERVER_SCOPE", {"x": 1}, auth="public")
    yield Ask("everybody deletes the device", "DELETE", device, auth="public")
    refresh = {"refreshToken": "${public_refresh}"}
    path, token = "/api/auth/token", {"public_token": "token"}
    yield Ask("everybody refreshes", "POST", path, refresh, auth=None, capture=token)
    yield Ask("everybody reads the device still", "GET", device, auth="public")
    yield Ask("take the device back", "DELETE", "/api/customer/device/${device_id}")
    yield Ask("everybody reads the device no more", "GET", device, auth="public")
    yield Ask("delete everybody", "DELETE", "/api/customer/${public_id}")
    yield Ask("everybody signs in no more", "POST", "/api/auth/login/public", body, auth=None)
    yield Ask("everybody refreshes no more", "POST", path, refresh, auth=None)
    yield Ask("everybody signs out", "POST", "/api/auth/logout", {}, auth="public")


def _passwords() -> Iterator[Ask]:
    """A user's own change of the password, and what clients ask about passwords before it."""
    path, right = "/api/auth/changePassword", "first-password"
    email = "zoe@${tag}.test"
    yield login("customer", email, right)
    for what, old, new in (
        ("with a wrong one", "wrong", "second-password"),
        ("without the old one", None, "second-password"),
        ("to the same", right, right),
        ("to a short one", right, "short"),
        ("to a long one", right, _LONG),
        ("to nothing", right, None),
        ("to an empty one", right, ""),
    ):
        body = {"currentPassword": old, "newPassword": new}
        yield Ask(f"change the password {what}", "POST", path, body, auth="customer")
    yield Ask("change the password as nobody", "POST", path, {}, auth=None)
    body = {"currentPassword": right, "newPassword": "second-password"}
    yield Ask("change the password", "POST", path, body, auth="customer", capture={"new_token": "token"})
    yield login("old", email, right)
    yield Ask("the new token works", "GET", "/api/auth/user", auth="new")
    yield login("customer", email, "second-password")
    yield Ask("rules for passwords", "GET", "/api/noauth/userPasswordPolicy", auth=None)
    for what, address in {"of a user": email, "of nobody": "nobody@${tag}.test", "null": None}.items():
        mail = {"email": address}
        yield Ask(
            f"ask for a new password {what}", "POST", "/api/noauth/resetPasswordByEmail", mail, auth=None
        )


def _settings() -> Iterator[Ask]:
    """Settings that the server keeps for a user."""
    path = "/api/user/settings"
    yield Ask("no settings", "GET", path)
    yield Ask("settings", "POST", path, {"A": 5, "B": {"C": 10, "D": 20}})
    yield Ask("the settings", "GET", path)
    yield Ask("the settings of the customer's user", "GET", path, auth="customer")
    for what, body in {
        "with a dot": {"a.b": 1},
        "with a comma": {"a,b": 1},
        "as a list": [],
        "as a number": 1,
        "as null": None,
    }.items():
        yield Ask(f"save settings {what}", "POST", path, body)
    yield Ask("settings after that", "GET", path)
    yield Ask("settings again", "POST", path, {"A": 5, "B": {"C": 10, "D": 20}})
    for kind in ("general", "GENERAL", "quick_links", "doc_links", "visited_dashboards", "nothing", "mobile"):
        yield Ask(f"settings of type {kind}", "GET", f"{path}/{kind}")
    yield Ask("change settings", "PUT", path, {"E": {"F": 1}, "B.D": 30, "G.H.I": 7})
    yield Ask("the changed settings", "GET", path)
    yield Ask("change settings to a list", "PUT", path, [1])
    yield Ask("change the general settings", "PUT", f"{path}/general", {"B": {"C": 10, "D": 20}})
    yield Ask("change links", "PUT", f"{path}/doc_links", {"links": [{"icon": "a", "name": "b"}]})
    yield Ask("the links", "GET", f"{path}/DOC_LINKS")
    yield Ask("change what is reserved", "PUT", f"{path}/mobile", {"a": 1})
    yield Ask("change what is nothing", "PUT", f"{path}/nothing", {"a": 1})
    yield Ask("delete within links", "DELETE", f"{path}/doc_links/links")
    yield Ask("the links without these", "GET", f"{path}/doc_links")
    yield Ask("delete settings", "DELETE", f"{path}/A,B.C")
    yield Ask("the settings without these", "GET", path)
    yield Ask("delete settings that are not there", "DELETE", f"{path}/Z.Y")
    yield Ask("the settings without anything", "GET", path)
    yield Ask("delete links that are not there", "DELETE", f"{path}/doc_links/Z")
    yield Ask("delete settings as nobody", "DELETE", f"{path}/A", auth=None)


def _dashboards() -> Iterator[Ask]:
    """Dashboards that a user visits and stars."""
    board = {"title": "Board"}
    for number in (1, 2):
        yield Ask(f"board {number}", "POST", "/api/dashboard", board, capture={f"board_{number}": "id.id"})
    path = "/api/user/dashboards"
    yield Ask("no dashboards of mine", "GET", path)
    for number, action in ((1, "visit"), (2, "VISIT"), (1, "star"), (2, "star"), (1, "unstar"), (1, "visit")):
        yield Ask(f"{action} board {number}", "GET", f"{path}/${{board_{number}}}/{action}")
    yield Ask("my dashboards", "GET", path)
    yield Ask("visit what nobody has", "GET", f"{path}/{UNKNOWN}/visit")
    yield Ask("visit what is no id", "GET", f"{path}/7/visit")
    yield Ask("fly to a board", "GET", f"{path}/${{board_1}}/fly")
    yield Ask("visit as a customer's user", "GET", f"{path}/${{board_1}}/visit", auth="customer")
    yield Ask("visit as the system", "GET", f"{path}/${{board_1}}/visit", auth="system")
    changed = {"title": "Plank", "id": {"entityType": "DASHBOARD", "id": "${board_2}"}}
    yield Ask("rename board 2", "POST", "/api/dashboard", changed)
    yield Ask("delete board 1", "DELETE", "/api/dashboard/${board_1}")
    yield Ask("my dashboards after that", "GET", path)
    yield Ask("dashboards of the customer's user", "GET", path, auth="customer")


def _lists_of_users() -> Iterator[Ask]:
    """Users as the lists of tenants and of assignees have them."""
    info: dict[str, Any] = {**_PAGE, "sortProperty": "email"}
    for auth in ("tenant", "customer", "system"):
        yield Ask(f"short users as {auth}", "GET", "/api/users/info", query=info, auth=auth)
        for word in ("users", "dashboards"):
            where = f"/api/tenant/${{tenant_id}}/{word}"
            by = {**_PAGE, "sortProperty": "email" if word == "users" else "title"}
            yield Ask(f"{word} of the tenant as {auth}", "GET", where, query=by, auth=auth)
    for query in ({**info, "query": "zo"}, {**info, "textSearch": "ZOE@"}, {**info, "query": "zeD"}):
        yield Ask(f"short users by {query}", "GET", "/api/users/info", query=query)
    yield Ask("short users by nothing", "GET", "/api/users/info", query={**_PAGE, "sortProperty": "nothing"})
    yield Ask("short users without a page", "GET", "/api/users/info")
    yield Ask("users of no tenant", "GET", f"/api/tenant/{UNKNOWN}/users", query=_PAGE, auth="system")


def _defaults() -> Iterator[Ask]:
    """First requests of pages and programs, answered as on a server where nothing is configured."""
    yield from _as_each(
        "/api/2fa/providers",
        "/api/2fa/account/settings",
        "/api/2fa/settings",
        "/api/admin/autoCommitSettings",
        "/api/admin/autoCommitSettings/exists",
        "/api/admin/repositorySettings",
        "/api/admin/repositorySettings/exists",
        "/api/admin/repositorySettings/info",
        "/api/admin/featuresInfo",
        "/api/admin/securitySettings",
        "/api/admin/updates",
        "/api/auth/2fa/providers",
        "/api/edge/types",
        "/api/edges/enabled",
        "/api/ruleChain/autoAssignToEdgeRuleChains",
        "/api/ruleChain/tbelEnabled",
        "/api/user/settings",
        "/api/notification/settings/user",
    )
    for where in (
        "/api/tenant/edgeInfos",
        "/api/customer/${customer_id}/edges",
        "/api/customer/${customer_id}/edgeInfos",
        "/api/jobs",
        "/api/domain/infos",
        "/api/mobile/app",
        "/api/mobile/bundle/infos",
        "/api/oauth2/client/infos",
        "/api/calculatedField/DEVICE/${device_id}",
    ):
        for auth in ("tenant", "customer", "system"):
            yield Ask(f"a page of {where} as {auth}", "GET", where, query=_PAGE, auth=auth)
        yield Ask(f"{where} without a page", "GET", where)
    path = "/api/noauth/oauth2Clients"
    yield Ask("how to sign in by OAuth 2", "POST", path, auth=None)
    app = {"pkgName": "org.thingsboard.demo.app", "platform": "ANDROID"}
    yield Ask("how to sign in by OAuth 2 in an app", "POST", path, query=app, auth=None)
    yield Ask("how an app signs in", "GET", "/api/noauth/mobile", query=app, auth=None)
    yield Ask("about an app", "GET", "/api/mobile", query=app)
    for kind in ("ERROR", "LC_EVENT", "STATS", "DEBUG_RULE_NODE", "NOTHING"):
        where = f"/api/events/DEVICE/${{device_id}}/{kind}"
        yield Ask(f"events {kind}", "GET", where, query={**_PAGE, "tenantId": "${tenant_id}"})
    where, query = "/api/events/DEVICE/${device_id}", {**_PAGE, "tenantId": "${tenant_id}"}
    yield Ask("events", "GET", where, query=query)
    yield Ask("events by a filter", "POST", where, {"eventType": "ERROR"}, query=query)
    yield Ask("events by no filter", "POST", where, {}, query=query)
    yield Ask("events as a customer", "GET", where, query=query, auth="customer")
    yield Ask("events of nothing", "GET", f"/api/events/DEVICE/{UNKNOWN}", query=query)
    yield Ask("events without a tenant", "GET", where, query=_PAGE)
    yield Ask("notify me less", "POST", "/api/notification/settings/user", {"prefs": {}})
    yield Ask(
        "notify me", "POST", "/api/notification/settings/user", {"prefs": {"ALARM": {"enabled": False}}}
    )
    methods = {"ALARM": {"enabled": True, "enabledDeliveryMethods": {"WEB": False, "EMAIL": True}}}
    yield Ask("notify me by mail", "POST", "/api/notification/settings/user", {"prefs": methods})
    yield Ask("how I am notified", "GET", "/api/notification/settings/user")
    yield Ask("clear events", "POST", f"{where}/clear", {"eventType": "ERROR"})


def _single_objects() -> Iterator[Ask]:
    """Objects by their id, type or name that programs read one by one."""
    node = "org.thingsboard.rule.engine."
    # Good ones are not recorded: their texts and default settings are missing in the sandbox.
    yield Ask("a component of nothing", "GET", f"/api/component/{node}nothing.TbNothing")
    yield Ask(
        "a component as a customer", "GET", f"/api/component/{node}filter.TbJsFilterNode", auth="customer"
    )
    yield Ask("components of nothing", "GET", "/api/components/NOTHING")
    yield Ask("components as a customer", "GET", "/api/components/FLOW", auth="customer")
    for what, id_text in {"nothing": UNKNOWN, "no id": "7"}.items():
        for path in (
            "/api/queues",
            "/api/edge",
            "/api/edge/info",
            "/api/ai/model",
            "/api/ruleNode/{}/debugIn",
            "/api/job",
            "/api/mobile/app",
            "/api/mobile/bundle/info",
            "/api/oauth2/client",
        ):
            where = path.replace("{}", id_text) if "{}" in path else f"{path}/{id_text}"
            yield Ask(f"{path} of {what}", "GET", where)
    capture = {"queue_id": "data.0.id.id"}
    rules = {**_PAGE, "serviceType": "TB_RULE_ENGINE", "textSearch": "Main"}
    yield Ask("the main queue", "GET", "/api/queues", query=rules, capture=capture)
    yield Ask("a queue by its id", "GET", "/api/queues/${queue_id}")
    yield Ask("a queue by its id as a customer", "GET", "/api/queues/${queue_id}", auth="customer")
    yield Ask("models", "GET", "/api/ai/model", query=_PAGE)
    yield Ask("models as a customer", "GET", "/api/ai/model", query=_PAGE, auth="customer")
    device = {"entityType": "DEVICE", "id": "${device_id}"}
    view = {"name": "View", "type": "x", "entityId": device, "keys": {"timeseries": ["t"]}}
    yield Ask("a view", "POST", "/api/entityView", view, capture={"view_id": "id.id"})
    for path in ("/api/tenant/entityView", "/api/tenant/entityViews"):
        for name in ("View", "Nothing"):
            yield Ask(f"{path} {name}", "GET", path, query={"entityViewName": name})
    for path in ("/api/tenant/edge", "/api/tenant/edges"):
        yield Ask(f"{path} by name", "GET", path, query={"edgeName": "Nothing"})
    for path in ("/api/edges", "/api/edges/list"):
        for auth in ("tenant", "customer"):
            yield Ask(f"{path} by ids as {auth}", "GET", path, query={"edgeIds": UNKNOWN}, auth=auth)
    yield from _as_each(
        "/api/admin/settings/nothing",
        "/api/oauth2/loginProcessingUrl",
        "/api/trendz/settings",
        "/api/edqs/state",
    )
    for auth in ("tenant", "customer"):
        yield Ask(f"how busy the server is as {auth}", "GET", "/api/admin/systemInfo", auth=auth)
    yield Ask("statistics of queues by ids", "GET", "/api/queueStats/list", query={"queueStatsIds": UNKNOWN})
    yield Ask("about a dashboard as the system", "GET", "/api/dashboard/info/${board_2}", auth="system")
    yield Ask("a dashboard as the system", "GET", "/api/dashboard/${board_2}", auth="system")


def _as_each(*paths: str) -> Iterator[Ask]:
    for path in paths:
        for auth in ("tenant", "customer", "system"):
            yield Ask(f"GET {path} as {auth}", "GET", path, auth=auth)
