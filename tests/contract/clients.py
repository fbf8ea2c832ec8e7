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
    yield from _tenants()
    yield from _notifications()
    yield from _values()
    yield from _audit()
    yield from _widgets()


def _login(name: str, username: str, password: str) -> Ask:
    body = {"username": username, "password": password}
    return Ask(
        f"{name} logs in", "POST", "/api/auth/login", body, auth=None, capture={f"{name}_token": "token"}
    )


def _ground() -> Iterator[Ask]:
    yield _login("tenant", "${tenant_email}", "${tenant_password}")
    yield from customer_with_user("${tenant_password}")


def customer_with_user(password: str, **named: str) -> Iterator[Ask]:
    """Yield what makes a customer, its user, who is `named` and has the password, and a device."""
    yield Ask("who am I", "GET", "/api/auth/user", capture={"me_id": "id.id"})
    yield Ask("a customer", "POST", "/api/customer", {"title": "Zeta"}, capture={"customer_id": "id.id"})
    customer = {"entityType": "CUSTOMER", "id": "${customer_id}"}
    body = {"email": "zoe@${tag}.test", "authority": "CUSTOMER_USER", "customerId": customer, **named}
    mail = {"sendActivationMail": "false"}
    yield Ask("a user", "POST", "/api/user", body, mail, capture={"zoe_id": "id.id"})
    link = {"activation": 're:activateToken=([^"&]+)'}
    yield Ask("the user's link", "GET", "/api/user/${zoe_id}/activationLink", capture=link)
    activation = {"activateToken": "${activation}", "password": password}
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


def _tenants() -> Iterator[Ask]:
    """Tenants and their profiles, as the system administrator and as others."""
    yield _login("system", "sysadmin@thingsboard.org", "sysadmin")
    yield Ask("the first profile", "GET", "/api/tenantProfileInfo/default", auth="system")
    for path in ("/api/tenantProfileInfo/default", "/api/tenantProfiles", "/api/tenantInfos"):
        yield Ask(f"GET {path} as a tenant", "GET", path, query=_PAGE)
    of_one = {"tenant_profile_id": "id.id"}
    path, body = "/api/tenantProfile", {"name": "Small ${tag}", "description": "small"}
    yield Ask("a tenant profile", "POST", path, body, auth="system", capture=of_one)
    for what, wrong in {
        "with a taken name": body,
        "without a name": {},
        "with its own engine": {"name": "Own ${tag}", "isolatedTbRuleEngine": True},
        "as another default": {"name": "Other ${tag}", "default": True},
        "of nothing": {**body, "id": {"entityType": "TENANT_PROFILE", "id": UNKNOWN}},
    }.items():
        yield Ask(f"a tenant profile {what}", "POST", path, wrong, auth="system")
    id_ = {"entityType": "TENANT_PROFILE", "id": "${tenant_profile_id}"}
    limit = {"type": "DEFAULT", "maxDevices": 7, "no such limit": 1}
    limits = {"configuration": limit}
    yield Ask("limit it to nothing", "POST", path, {**body, "id": id_, "profileData": limits}, auth="system")
    of_fields = ("maxRelatedEntitiesToReturnPerCfArgument", "maxRelationLevelPerCfArgument")
    more = ("maxDataPointsPerRollingArg", *of_fields)
    limits = {"configuration": {**limit, **dict.fromkeys(more, 3)}}
    yield Ask("limit it", "POST", path, {**body, "id": id_, "profileData": limits}, auth="system")
    yield Ask("a tenant profile as a tenant", "POST", path, {"name": "Mine ${tag}"})
    named = {"title": "Other ${tag}", "email": "other@papaya.test", "tenantProfileId": id_}
    other = {"other_id": "id.id"}
    yield Ask("another tenant", "POST", "/api/tenant", named, auth="system", capture=other)
    for what, wrong in {
        "with a taken title": {**named, "tenantProfileId": None},
        "without a title": {},
        "with a wrong address": {**named, "email": "nothing"},
        "of nothing": {**named, "id": {"entityType": "TENANT", "id": UNKNOWN}},
    }.items():
        capture = {"twin_id": "id.id"} if what == "with a taken title" else {}
        yield Ask(f"a tenant {what}", "POST", "/api/tenant", wrong, auth="system", capture=capture)
    yield Ask("a tenant as a tenant", "POST", "/api/tenant", named)
    for path in ("/api/tenant", "/api/tenant/info"):
        for who, id_text in {"other": "${other_id}", "own": "${tenant_id}", "unknown": UNKNOWN}.items():
            for auth in ("system", "tenant", "customer"):
                if (who, auth) != ("own", "customer"):
                    yield Ask(f"GET {path} of the {who} as {auth}", "GET", f"{path}/{id_text}", auth=auth)
    for path in ("/api/tenants", "/api/tenants/list"):
        for auth in ("system", "tenant"):
            query = {"tenantIds": "${other_id},${tenant_id}"}
            yield Ask(f"GET {path} by ids as {auth}", "GET", path, query=query, auth=auth)
    for path in ("/api/tenants", "/api/tenantInfos", "/api/tenantProfiles", "/api/tenantProfileInfos"):
        by_text: dict[str, Any] = {**_PAGE, "textSearch": "R ${tag}" if "Profile" not in path else "L ${tag}"}
        yield Ask(f"GET {path} by a text", "GET", path, query=by_text, auth="system")
        by_nothing = {**_PAGE, "sortProperty": "x"}
        yield Ask(f"GET {path} by an unknown key", "GET", path, query=by_nothing, auth="system")
    for path in ("/api/tenantProfiles", "/api/tenantProfiles/list"):
        yield Ask(f"GET {path} by ids", "GET", path, query={"ids": "${tenant_profile_id}"}, auth="system")
    for path in ("/api/tenantProfile", "/api/tenantProfileInfo"):
        for what, id_text in {"one": "${tenant_profile_id}", "nothing": UNKNOWN}.items():
            yield Ask(f"GET {path} of {what}", "GET", f"{path}/{id_text}", auth="system")
    profile = "/api/tenantProfile/${tenant_profile_id}"
    yield Ask("delete a profile that a tenant has", "DELETE", profile, auth="system")
    for word in ("other", "twin"):
        yield Ask(f"delete the {word} tenant", "DELETE", f"/api/tenant/${{{word}_id}}", auth="system")
    yield Ask("delete it again", "DELETE", "/api/tenant/${other_id}", auth="system")
    yield Ask("delete the profile", "DELETE", profile, auth="system")
    yield Ask("delete the profile again", "DELETE", profile, auth="system")


def _notifications() -> Iterator[Ask]:
    """Notification targets, templates and rules, a request, and what its recipients see."""
    target: dict[str, Any] = {
        "name": "Everybody",
        "configuration": {"type": "PLATFORM_USERS", "usersFilter": {"type": "ALL_USERS"}},
    }
    web = {"method": "WEB", "enabled": True, "subject": "Greetings", "body": "to you"}
    template: dict[str, Any] = {
        "name": "Hello",
        "notificationType": "GENERAL",
        "configuration": {"deliveryMethodsTemplates": {"WEB": web}},
    }
    of_template = {"entityType": "NOTIFICATION_TEMPLATE", "id": "${template_id}"}
    rule: dict[str, Any] = {
        "name": "Alarms",
        "templateId": {"entityType": "NOTIFICATION_TEMPLATE", "id": "${alarm_template_id}"},
        "triggerType": "ALARM",
        "triggerConfig": {"triggerType": "ALARM", "notifyOn": ["CREATED"]},
        "recipientsConfig": {"triggerType": "ALARM", "escalationTable": {"0": ["${target_id}"]}},
    }
    alarms = {**template, "name": "About alarms", "notificationType": "ALARM"}
    capture = {"alarm_template_id": "id.id"}
    yield Ask("a template for alarms", "POST", "/api/notification/template", alarms, capture=capture)
    for word, body in (("target", target), ("template", template), ("rule", rule)):
        path = f"/api/notification/{word}"
        yield Ask(f"a {word}", "POST", path, body, capture={f"{word}_id": "id.id"})
        yield Ask(f"a {word} with a taken name", "POST", path, body)
        id_ = {"entityType": f"NOTIFICATION_{word.upper()}", "id": f"${{{word}_id}}"}
        yield Ask(f"change a {word}", "POST", path, {**body, "id": id_, "name": f"{body['name']} 2"})
        for what, wrong in {
            "an empty body": {},
            "without a name": {key: value for key, value in body.items() if key != "name"},
            "with markup": {**body, "name": "<b>name</b>"},
            "too long a name": {**body, "name": "x" * 256},
            "an id of nothing": {**body, "id": {**id_, "id": UNKNOWN}},
        }.items():
            yield Ask(f"{word}: save {what}", "POST", path, wrong)
        yield Ask(f"a {word} as a customer", "POST", path, body, auth="customer")
        for what, id_text in {"one": f"${{{word}_id}}", "nothing": UNKNOWN, "no id": "7"}.items():
            yield Ask(f"GET {path} of {what}", "GET", f"{path}/{id_text}")
        by_text = {**_PAGE, "textSearch": f"{body['name']} 2"}
        yield Ask(f"GET {path}s by a text", "GET", f"{path}s", query=by_text)
        yield Ask(f"GET {path}s by an unknown key", "GET", f"{path}s", query={**_PAGE, "sortProperty": "x"})
        yield Ask(f"GET {path}s without a page", "GET", f"{path}s")
    path, query = "/api/notification/targets", {"ids": f"${{target_id}},{UNKNOWN}"}
    yield Ask("targets by ids", "GET", path, query=query)
    for kind in ("ALARM", "GENERAL"):
        by_kind = {**_PAGE, "notificationType": kind, "textSearch": "Everybody"}
        yield Ask(f"targets for {kind}", "GET", path, query=by_kind)
        by_types = {**_PAGE, "notificationTypes": kind, "textSearch": "Hello"}
        yield Ask(f"templates for {kind}", "GET", "/api/notification/templates", query=by_types)
    for what, filter_ in {
        "a customer": {"type": "CUSTOMER_USERS", "customerId": "${customer_id}"},
        "users": {"type": "USER_LIST", "usersIds": ["${zoe_id}"]},
        "administrators": {"type": "TENANT_ADMINISTRATORS"},
        "whoever is concerned": {"type": "AFFECTED_USER"},
    }.items():
        wanted = {"name": what, "configuration": {"type": "PLATFORM_USERS", "usersFilter": filter_}}
        yield Ask(f"a target of {what}", "POST", "/api/notification/target", wanted)
        yield Ask(f"who is {what}", "POST", "/api/notification/target/recipients", wanted, _PAGE)
    yield from _requests(of_template)


def _requests(of_template: dict[str, Any]) -> Iterator[Ask]:
    path = "/api/notification/request"
    body: dict[str, Any] = {"targets": ["${target_id}"], "templateId": of_template, "additionalConfig": {}}
    yield Ask("delivery methods", "GET", "/api/notification/deliveryMethods")
    yield Ask("notification settings", "GET", "/api/notification/settings")
    for what, wrong in {
        "of nothing": {},
        "without targets": {**body, "targets": []},
        "without a template": {"targets": ["${target_id}"]},
        "to an unknown target": {**body, "targets": [UNKNOWN]},
        "with an unknown template": {**body, "templateId": {**of_template, "id": UNKNOWN}},
    }.items():
        yield Ask(f"a request {what}", "POST", path, wrong)
    yield Ask("a request", "POST", path, body, capture={"request_id": "id.id"})
    for word, id_text in (("target", "${target_id}"), ("template", "${alarm_template_id}")):
        yield Ask(f"delete a {word} of a rule", "DELETE", f"/api/notification/{word}/{id_text}")
    for word, id_text in (
        ("rule", "${rule_id}"),
        ("target", "${target_id}"),
        ("template", "${template_id}"),
    ):
        one = f"/api/notification/{word}/{id_text}"
        yield Ask(f"delete a {word} as a customer", "DELETE", one, auth="customer")
        for what in ("delete", "delete again"):
            yield Ask(f"{what} a {word}", "DELETE", one)
    yield Ask("a request of nothing known", "GET", f"{path}/{UNKNOWN}")
    yield Ask("the request", "GET", f"{path}/${{request_id}}")
    hello = {**_PAGE, "textSearch": "Greetings"}
    yield Ask("what came", "GET", "/api/notifications", query=hello, capture={"note_id": "data.0.id.id"})
    yield Ask("what came to the customer's user", "GET", "/api/notifications", query=hello, auth="customer")
    count, on_web = "/api/notifications/unread/count", {"deliveryMethod": "WEB"}
    yield Ask("how much of it", "GET", count, auth="customer")
    yield Ask("mark what came", "PUT", "/api/notification/${note_id}/read")
    yield Ask("what came and is read", "GET", "/api/notifications", query=hello)
    yield Ask("what came and is not read", "GET", "/api/notifications", query={**hello, "unreadOnly": "true"})
    yield Ask("mark everything", "PUT", "/api/notifications/read", auth="customer")
    yield Ask("how much is left", "GET", count, query=on_web, auth="customer")
    yield Ask("delete what came", "DELETE", "/api/notification/${note_id}")
    yield Ask("delete what never came", "DELETE", f"/api/notification/{UNKNOWN}")
    yield Ask("nothing left", "GET", "/api/notifications", query=hello)
    yield Ask("delete the request", "DELETE", f"{path}/${{request_id}}")
    yield Ask("delete the request again", "DELETE", f"{path}/${{request_id}}")
    yield Ask("nothing left of theirs", "GET", "/api/notifications", query=hello, auth="customer")


def _values() -> Iterator[Ask]:
    """Values in weeks and months of a time zone, and the keys of what a query finds."""
    yield Ask("a meter", "POST", "/api/device", {"name": "Calendar"}, capture={"meter_id": "id.id"})
    path = "/api/plugins/telemetry/DEVICE/${meter_id}"
    # Every second day of the first half of 2024.
    days = [(1704067200000 + day * 86_400_000, day) for day in range(0, 180, 2)]
    rows = [{"ts": ts, "values": {"t": day, "label": "x"}} for ts, day in days]
    yield Ask("its values", "POST", f"{path}/timeseries/ANY", rows)
    yield Ask("its attributes", "POST", f"{path}/attributes/SERVER_SCOPE", {"bays": 2})
    yield Ask("what it shares", "POST", f"{path}/attributes/SHARED_SCOPE", {"every": 30})
    span: dict[str, Any] = {"keys": "t", "startTs": 1704450000000, "endTs": 1719000000000, "limit": 500}
    for kind in ("WEEK", "WEEK_ISO", "MONTH", "QUARTER", "MILLISECONDS", "YEAR"):
        for zone in ("UTC", "Europe/Kyiv", "America/New_York", "+05:30"):
            if kind not in ("MILLISECONDS", "YEAR") or zone == "UTC":
                query = {
                    **span,
                    "agg": "SUM",
                    "intervalType": kind,
                    "timeZone": zone,
                    "interval": 864_000_000,
                }
                yield Ask(f"by {kind} in {zone}", "GET", f"{path}/values/timeseries", query=query)
    for what, query in {
        "not condensed": span,
        "condensed": {**span, "agg": "MAX", "intervalType": "QUARTER", "timeZone": "UTC"},
        "without an end": {"keys": "t", "startTs": 1},
        "without keys": {"startTs": 1704450000000, "endTs": 1704500000000},
    }.items():
        yield Ask(f"the history {what}", "GET", f"{path}/values/timeseries/history", query=query)
    name = {"type": "ENTITY_FIELD", "key": "name"}
    wanted: dict[str, Any] = {
        "entityFilter": {"type": "entityName", "entityType": "DEVICE", "entityNameFilter": "Calendar"},
        "pageLink": {"pageSize": 10, "page": 0, "sortOrder": {"key": name, "direction": "ASC"}},
        "entityFields": [name],
    }
    old, new = "/api/entitiesQuery/find/keys", "/api/v2/entitiesQuery/find/keys"
    yield Ask("keys", "POST", old, wanted, {"timeseries": "true", "attributes": "true"})
    for what, query in {
        "and no more": {},
        "with samples": {"includeSamples": "true"},
        "of time series": {"includeAttributes": "false"},
        "of one scope": {"includeTimeseries": "false", "scopes": "SHARED_SCOPE", "includeSamples": "true"},
        "of nothing": {"includeTimeseries": "false", "includeAttributes": "false"},
        "of an unknown scope": {"scopes": "NO_SCOPE"},
    }.items():
        yield Ask(f"keys {what}", "POST", new, wanted, query)
    nothing = {**wanted, "entityFilter": {**wanted["entityFilter"], "entityNameFilter": "no such thing"}}
    yield Ask("keys of what is not there", "POST", new, nothing)


def _audit() -> Iterator[Ask]:
    """What the audit log tells of a device from its beginning to its end."""
    audited = {"audited_id": "id.id"}
    yield Ask("an audited device", "POST", "/api/device", {"name": "Audited"}, capture=audited)
    id_ = {"entityType": "DEVICE", "id": "${audited_id}"}
    yield Ask("give it away", "POST", "/api/customer/${customer_id}/device/${audited_id}", {})
    yield Ask("take it back", "DELETE", "/api/customer/device/${audited_id}")
    yield Ask("change it", "POST", "/api/device", {"name": "Audited", "label": "changed", "id": id_})
    path = "/api/plugins/telemetry/DEVICE/${audited_id}"
    yield Ask(
        "its own attributes", "POST", f"{path}/SERVER_SCOPE", {"bays": 2, "name": "x", "odd": {"a": [1]}}
    )
    yield Ask("fewer attributes", "DELETE", f"{path}/SERVER_SCOPE", query={"keys": "bays,odd"})
    alarm = {"type": "Heat", "severity": "MAJOR", "originator": id_}
    yield Ask("its alarm", "POST", "/api/alarm", alarm, capture={"audited_alarm_id": "id.id"})
    yield Ask("its alarm is known", "POST", "/api/alarm/${audited_alarm_id}/ack", {})
    yield Ask("its alarm is over", "POST", "/api/alarm/${audited_alarm_id}/clear", {})
    logs = "/api/audit/logs"
    for what, path in {
        "": logs,
        " of a customer": f"{logs}/customer/${{customer_id}}",
        " of a user": f"{logs}/user/${{me_id}}",
        " of a device": f"{logs}/entity/DEVICE/${{audited_id}}",
    }.items():
        yield Ask(f"the log{what} without a page", "GET", path)
        yield Ask(f"the log{what} as a customer's user", "GET", path, query=_PAGE, auth="customer")
        yield Ask(f"the log{what} by an unknown key", "GET", path, query={**_PAGE, "sortProperty": "x"})
    yield Ask("the log of what is no id", "GET", f"{logs}/user/7", query=_PAGE)
    yield Ask("the end of the device", "DELETE", "/api/device/${audited_id}")
    for number in range(5):
        yield Ask(f"the log of nothing {number}", "GET", f"{logs}/entity/DEVICE/{UNKNOWN}", query=_PAGE)
    one = f"{logs}/entity/DEVICE/${{audited_id}}"
    in_time = {"pageSize": 50, "page": 0, "sortProperty": "createdTime", "sortOrder": "ASC"}
    for action in (
        "ADDED",
        "UPDATED",
        "DELETED",
        "ASSIGNED_TO_CUSTOMER",
        "UNASSIGNED_FROM_CUSTOMER",
        "ATTRIBUTES_UPDATED",
        "ATTRIBUTES_DELETED",
        "ALARM_ACK",
        "ALARM_CLEAR",
    ):
        yield Ask(f"the log tells {action}", "GET", one, query={**in_time, "actionTypes": action})
    yield Ask("the log in a text", "GET", one, query={**in_time, "textSearch": "deleted"})
    yield Ask("the log of the future", "GET", one, query={**in_time, "startTime": 4_000_000_000_000})
    yield Ask("the log of the past", "GET", one, query={**in_time, "endTime": 1})


def _widgets() -> Iterator[Ask]:
    """A bundle, a widget type in it, and what is refused of both."""
    bundle: dict[str, Any] = {"title": "My gauges", "description": "mine"}
    widget: dict[str, Any] = {"name": "My gauge", "descriptor": {"type": "latest", "sizeX": 1}}
    for word, path, body in (
        ("bundle", "/api/widgetsBundle", bundle),
        ("widget", "/api/widgetType", widget),
    ):
        name = "title" if word == "bundle" else "name"
        yield Ask(f"a {word}", "POST", path, body, capture={f"{word}_id": "id.id"})
        yield Ask(f"a {word} of the same name", "POST", path, body, capture={f"{word}_2": "id.id"})
        kind = "WIDGETS_BUNDLE" if word == "bundle" else "WIDGET_TYPE"
        id_ = {"entityType": kind, "id": f"${{{word}_id}}"}
        for what, wrong in {
            "of nothing": {},
            "with markup": {**body, name: "<b>x</b>"},
            "with too long a name": {**body, name: "x" * 256},
            "with an id of nothing": {**body, "id": {**id_, "id": UNKNOWN}},
            "with an old version": {**body, "id": id_, "version": 0},
            "with another word": {**body, "id": id_, "alias": "other", "fqn": "other"},
        }.items():
            yield Ask(f"a {word} {what}", "POST", path, wrong)
        yield Ask(f"a {word} as a customer", "POST", path, body, auth="customer")
        for what, id_text in {"one": f"${{{word}_id}}", "nothing": UNKNOWN, "no id": "7"}.items():
            yield Ask(f"GET {path} of {what}", "GET", f"{path}/{id_text}")
    yield Ask("a widget without a descriptor", "POST", "/api/widgetType", {"name": "Bare"})
    yield Ask("put nothing known in", "POST", "/api/widgetsBundle/${bundle_id}/widgetTypes", [UNKNOWN])
    yield Ask("put it in", "POST", "/api/widgetsBundle/${bundle_id}/widgetTypes", ["${widget_id}"])
    of_bundle = {"widgetsBundleId": "${bundle_id}"}
    for path in ("/api/widgetTypes", "/api/widgetTypesDetails", "/api/widgetTypeFqns"):
        yield Ask(f"GET {path} of the bundle", "GET", path, query=of_bundle)
    yield Ask("infos of the bundle", "GET", "/api/widgetTypesInfos", query={**of_bundle, **_PAGE})
    yield Ask("the types of the bundle", "GET", "/api/widgetsBundle/${bundle_id}/widgetTypes")
    yield Ask("about the type", "GET", "/api/widgetTypeInfo/${widget_id}")
    for fqn in ("tenant.my_gauge", "my_gauge", "tenant.nothing"):
        yield Ask(f"the type {fqn}", "GET", "/api/widgetType", query={"fqn": fqn})
    mine = {**_PAGE, "textSearch": "My gauge", "sortProperty": "createdTime"}
    for path in ("/api/widgetsBundles", "/api/widgetTypes"):
        yield Ask(f"GET {path} by a text", "GET", path, query={**mine, "tenantOnly": "true"})
    yield Ask("types of a type", "GET", "/api/widgetTypes", query={**mine, "widgetTypeList": "timeseries"})
    both = {"widgetsBundleIds": "${bundle_id}," + UNKNOWN}
    yield Ask("bundles in a list", "GET", "/api/widgetsBundles/list", query=both)
    yield Ask("delete a type", "DELETE", "/api/widgetType/${widget_id}")
    yield Ask("the bundle without it", "GET", "/api/widgetTypes", query=of_bundle)
    for what in ("delete a bundle", "delete a bundle again"):
        yield Ask(what, "DELETE", "/api/widgetsBundle/${bundle_id}")
