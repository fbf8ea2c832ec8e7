"""What people and programs get wrong about the resources around devices: requests, kind by kind.

Each kind is asked for by unknown and malformed ids and by users without the right, saved with bodies that
lack or mistake something, and listed in every order, by text and by page.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

UNKNOWN = "11111111-2222-4333-8444-555555555555"
Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Ask:
    """One request: what it shows, who sends it, and what to keep of its answer."""

    step: str
    method: str
    path: str
    body: Any = None
    query: Mapping[str, Any] = field(default_factory=dict)
    auth: str | None = "tenant"
    capture: Mapping[str, str] = field(default_factory=dict)
    raw: str | None = None

    def request(self) -> Row:
        """Return the request as a line of a recording has it."""
        told: Row = {"method": self.method, "path": self.path, "query": dict(self.query)}
        if self.raw is not None:
            told["raw"] = self.raw
        elif self.method == "POST" or self.body is not None:
            told["body"] = self.body
        return told


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of objects: where it is saved and listed, the key of its name, and a body of a good one.

    `reads` are other paths by id; `lists` are its lists with the keys by which they can be sorted.
    """

    word: str
    path: str
    name: str
    body: Row
    lists: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    reads: tuple[str, ...] = ()
    entity_type: str = ""
    names: tuple[str, str, str] = ("Alpha", "Beta", "Gamma")
    parameters: Mapping[str, Any] = field(default_factory=dict)


PROFILE_DATA = {"configuration": {"type": "DEFAULT"}, "transportConfiguration": {"type": "DEFAULT"}}
SIMPLE_FIELD = {
    "type": "SIMPLE",
    "expression": "t + 1",
    "arguments": {"t": {"refEntityKey": {"key": "t", "type": "TS_LATEST"}, "defaultValue": "0"}},
    "output": {"type": "TIME_SERIES", "name": "out"},
}
RULE = {
    "type": "ALARM",
    "arguments": {"t": {"refEntityKey": {"key": "t", "type": "TS_LATEST"}}},
    "createRules": {
        "MAJOR": {
            "condition": {"type": "SIMPLE", "expression": {"type": "TBEL", "expression": "return t > 1;"}}
        }
    },
}
_OF_PROFILE = {"entityType": "DEVICE_PROFILE", "id": "${profile_id}"}
_OF_CUSTOMER = {"entityType": "CUSTOMER", "id": "${customer_id}"}

KINDS: tuple[Kind, ...] = (
    Kind(
        "customer",
        "/api/customer",
        "title",
        {"title": "Alpha"},
        {"/api/customers": ("createdTime", "title", "email", "country", "city")},
        ("/api/customer/${id}/shortInfo", "/api/customer/${id}/title"),
        "CUSTOMER",
    ),
    Kind(
        "device profile",
        "/api/deviceProfile",
        "name",
        {"name": "Alpha", "type": "DEFAULT", "transportType": "DEFAULT", "profileData": PROFILE_DATA},
        {
            "/api/deviceProfiles": (
                "createdTime",
                "name",
                "type",
                "transportType",
                "description",
                "isDefault",
            ),
            "/api/deviceProfileInfos": (
                "createdTime",
                "name",
                "type",
                "transportType",
                "description",
                "isDefault",
            ),
        },
        ("/api/deviceProfileInfo/${id}",),
        "DEVICE_PROFILE",
    ),
    Kind(
        "asset profile",
        "/api/assetProfile",
        "name",
        {"name": "Alpha"},
        {
            "/api/assetProfiles": ("createdTime", "name", "description", "isDefault"),
            "/api/assetProfileInfos": ("createdTime", "name", "description", "isDefault"),
        },
        ("/api/assetProfileInfo/${id}",),
        "ASSET_PROFILE",
    ),
    Kind(
        "dashboard",
        "/api/dashboard",
        "title",
        {"title": "Alpha", "configuration": {"description": "d"}},
        {"/api/tenant/dashboards": ("createdTime", "title")},
        ("/api/dashboard/info/${id}",),
        "DASHBOARD",
    ),
    Kind(
        "rule chain",
        "/api/ruleChain",
        "name",
        {"name": "Alpha", "type": "CORE", "debugMode": False},
        {"/api/ruleChains": ("createdTime", "name", "root")},
        ("/api/ruleChain/${id}/metadata", "/api/ruleChain/${id}/output/labels"),
        "RULE_CHAIN",
    ),
    Kind(
        "user",
        "/api/user",
        "email",
        {"email": "anna@${tag}.test", "authority": "CUSTOMER_USER", "customerId": _OF_CUSTOMER},
        {
            "/api/users": ("createdTime", "firstName", "lastName", "email"),
            "/api/customer/${customer_id}/users": ("createdTime", "firstName", "lastName", "email"),
        },
        (),
        "USER",
        ("anna@${tag}.test", "berta@${tag}.test", "clara@${tag}.test"),
        {"sendActivationMail": "false"},
    ),
    Kind(
        "package",
        "/api/otaPackage",
        "title",
        {
            "title": "Alpha",
            "version": "1",
            "type": "FIRMWARE",
            "deviceProfileId": _OF_PROFILE,
            "usesUrl": True,
            "url": "http://127.0.0.1/f.bin",
        },
        {
            "/api/otaPackages": (
                "createdTime",
                "type",
                "title",
                "version",
                "tag",
                "url",
                "fileName",
                "dataSize",
            ),
            "/api/otaPackages/${profile_id}/FIRMWARE": ("createdTime", "title", "version"),
        },
        ("/api/otaPackage/info/${id}",),
        "OTA_PACKAGE",
    ),
    Kind(
        "calculated field",
        "/api/calculatedField",
        "name",
        {"name": "Alpha", "type": "SIMPLE", "entityId": _OF_PROFILE, "configuration": SIMPLE_FIELD},
        {
            "/api/DEVICE_PROFILE/${profile_id}/calculatedFields": ("createdTime", "name"),
            "/api/calculatedFields": ("createdTime", "name"),
        },
        ("/api/calculatedField/${id}/debug",),
    ),
    Kind(
        "alarm rule",
        "/api/alarm/rule",
        "name",
        {"name": "Alpha", "entityId": _OF_PROFILE, "configuration": RULE},
        {
            "/api/alarm/rules": ("createdTime", "name"),
            "/api/alarm/rules/DEVICE_PROFILE/${profile_id}": ("createdTime", "name"),
        },
        ("/api/alarm/rule/${id}/debug",),
    ),
    Kind(
        "entity view",
        "/api/entityView",
        "name",
        {
            "name": "Alpha",
            "type": "view",
            "entityId": {"entityType": "DEVICE", "id": "${device_id}"},
            "keys": {"timeseries": ["t"], "attributes": {"cs": [], "ss": [], "sh": []}},
        },
        {"/api/tenant/entityViews": ("createdTime", "name", "type")},
        ("/api/entityView/info/${id}",),
        "ENTITY_VIEW",
    ),
    Kind(
        "device",
        "/api/device",
        "name",
        {"name": "Alpha", "type": "default"},
        {"/api/tenant/devices": ("createdTime", "name", "type", "label")},
        ("/api/device/info/${id}", "/api/device/${id}/credentials"),
        "DEVICE",
    ),
    Kind(
        "asset",
        "/api/asset",
        "name",
        {"name": "Alpha", "type": "default"},
        {"/api/tenant/assets": ("createdTime", "name", "type", "label")},
        ("/api/asset/info/${id}",),
        "ASSET",
    ),
)


def everything() -> Iterator[Ask]:
    """Yield the requests in order: what others need, then kind by kind, then what goes beyond one kind."""
    yield from _ground()
    for kind in KINDS:
        yield from _made(kind)
        yield from _saves(kind)
        yield from _reads(kind)
        yield from _lists(kind)
        yield from _deletions(kind)
    yield from _between_kinds()


def _ground() -> Iterator[Ask]:
    yield Ask(
        "login",
        "POST",
        "/api/auth/login",
        {"username": "${tenant_email}", "password": "${tenant_password}"},
        auth=None,
        capture={"tenant_token": "token"},
    )
    yield Ask("a customer", "POST", "/api/customer", {"title": "Zeta"}, capture={"customer_id": "id.id"})
    yield Ask("another customer", "POST", "/api/customer", {"title": "Eta"}, capture={"eta_id": "id.id"})
    yield Ask(
        "a user of the customer",
        "POST",
        "/api/user",
        {"email": "zoe@${tag}.test", "authority": "CUSTOMER_USER", "customerId": _OF_CUSTOMER},
        {"sendActivationMail": "false"},
        capture={"zoe_id": "id.id"},
    )
    yield Ask(
        "the user's activation link",
        "GET",
        "/api/user/${zoe_id}/activationLink",
        capture={"activation": 're:activateToken=([^"&]+)'},
    )
    yield Ask(
        "the user sets a password",
        "POST",
        "/api/noauth/activate",
        {"activateToken": "${activation}", "password": "${tenant_password}"},
        auth=None,
        capture={"customer_token": "token"},
    )
    profile = {"name": "Zeta", "type": "DEFAULT", "transportType": "DEFAULT", "profileData": PROFILE_DATA}
    yield Ask("a device profile", "POST", "/api/deviceProfile", profile, capture={"profile_id": "id.id"})
    device = {"name": "Zeta", "deviceProfileId": _OF_PROFILE}
    yield Ask("a device", "POST", "/api/device", device, capture={"device_id": "id.id"})


def _made(kind: Kind) -> Iterator[Ask]:
    for number, name in enumerate(kind.names):
        yield Ask(
            f"{kind.word}: create {number + 1}",
            "POST",
            kind.path,
            {**kind.body, kind.name: name},
            kind.parameters,
            capture={f"{_word(kind)}_{number + 1}": "id.id"},
        )


def _saves(kind: Kind) -> Iterator[Ask]:
    def save(what: str, body: Any, auth: str | None = "tenant", raw: str | None = None) -> Ask:
        return Ask(f"{kind.word}: save {what}", "POST", kind.path, body, kind.parameters, auth, raw=raw)

    id_ = {"entityType": kind.entity_type or "CALCULATED_FIELD", "id": f"${{{_word(kind)}_1}}"}
    yield save("with a taken name", {**kind.body, kind.name: kind.names[0]})
    yield save("an empty body", {})
    yield save("a list", [])
    yield save("text that is no JSON", None, raw="{name:")
    yield save("null", None, raw="null")
    yield save("without a name", {key: value for key, value in kind.body.items() if key != kind.name})
    yield save("an empty name", {**kind.body, kind.name: ""})
    yield save("a name of spaces", {**kind.body, kind.name: "   "})
    yield save("a name that is an object", {**kind.body, kind.name: {"a": 1}})
    yield save("a name that is a list", {**kind.body, kind.name: ["a"]})
    yield save("a name with markup", {**kind.body, kind.name: "<b>Alpha</b>"})
    yield save("too long a name", {**kind.body, kind.name: "x" * 256})
    yield save("an id of nothing", {**kind.body, kind.name: "Nobody", "id": {**id_, "id": UNKNOWN}})
    yield save("a malformed id", {**kind.body, kind.name: "Nobody", "id": {**id_, "id": "7"}})
    yield save("an id that is text", {**kind.body, kind.name: "Nobody", "id": "7"})
    yield save("an old version", {**kind.body, "id": id_, "version": 0})
    yield save("a version that is text", {**kind.body, "id": id_, "version": "one"})
    yield save("additional information that is text", {**kind.body, "id": id_, "additionalInfo": "text"})
    for key in kind.body:
        # A view of nothing is refused and kept nevertheless, and in the way of every list.
        if key != kind.name and (kind.word, key) != ("entity view", "entityId"):
            yield save(f"null as {key}", {**kind.body, kind.name: "Nobody", key: None})
            yield save(f"an object as {key}", {**kind.body, kind.name: "Nobody", key: {"no": "thing"}})
    yield save("as a customer's user", {**kind.body, kind.name: "Nobody"}, "customer")
    yield save("as nobody", {**kind.body, kind.name: "Nobody"}, None)
    yield save("as somebody unknown", {**kind.body, kind.name: "Nobody"}, "garbage")


def _reads(kind: Kind) -> Iterator[Ask]:
    own = f"${{{_word(kind)}_2}}"
    for path in (f"{kind.path}/${{id}}", *kind.reads):
        for what, id_ in {
            "one": own,
            "an unknown one": UNKNOWN,
            "a malformed id": "7",
            "an id in capitals": UNKNOWN.upper(),
        }.items():
            yield Ask(f"{kind.word}: GET {path} of {what}", "GET", path.replace("${id}", id_))
        for auth in ("customer", None):
            who = auth or "nobody"
            yield Ask(f"{kind.word}: GET {path} as {who}", "GET", path.replace("${id}", own), auth=auth)


def _lists(kind: Kind) -> Iterator[Ask]:
    for path, keys in kind.lists.items():

        def listed(what: str, auth: str | None = "tenant", path: str = path, **query: Any) -> Ask:
            return Ask(f"{kind.word}: list {path} {what}", "GET", path, query=query, auth=auth)

        yield listed("in pages of 2, first", pageSize=2, page=0, sortProperty=keys[0])
        yield listed("in pages of 2, second", pageSize=2, page=1, sortProperty=keys[0])
        yield listed("beyond its end", pageSize=2, page=9, sortProperty=keys[0])
        for key in keys:
            for order in ("ASC", "DESC"):
                # Rows that are equal by a key come in any order.
                size = 100 if key in ("createdTime", kind.name) else 1
                if size == 100:
                    yield listed(
                        f"by {key} {order}", pageSize=size, page=0, sortProperty=key, sortOrder=order
                    )
        yield listed("by an unknown key", pageSize=9, page=0, sortProperty="nothing")
        yield listed("by a key of a table", pageSize=9, page=0, sortProperty="tenant_id")
        yield listed("in a wrong order", pageSize=9, page=0, sortProperty=keys[0], sortOrder="UP")
        yield listed("in a small order", pageSize=9, page=0, sortProperty=keys[0], sortOrder="asc")
        yield listed("in an order of nothing", pageSize=9, page=0, sortOrder="ASC")
        for text in (kind.names[1], kind.names[1].upper(), "lph", "%", "_", "no such thing", ""):
            yield listed(f"by the text {text!r}", pageSize=9, page=0, textSearch=text, sortProperty=keys[0])
        yield listed("without page")
        yield listed("without the number of the page", pageSize=9)
        yield listed("without the size of a page", page=0)
        yield listed("in pages of 0", pageSize=0, page=0)
        yield listed("in pages of -1", pageSize=-1, page=0)
        yield listed("at page -1", pageSize=9, page=-1)
        yield listed("in pages of text", pageSize="many", page=0)
        yield listed("at a page of text", pageSize=9, page="first")
        yield listed("as a customer's user", "customer", pageSize=9, page=0)
        yield listed("as nobody", None, pageSize=9, page=0)


def _deletions(kind: Kind) -> Iterator[Ask]:
    own = f"{kind.path}/${{{_word(kind)}_2}}"
    yield Ask(f"{kind.word}: delete as a customer's user", "DELETE", own, auth="customer")
    yield Ask(f"{kind.word}: delete as nobody", "DELETE", own, auth=None)
    yield Ask(f"{kind.word}: delete an unknown one", "DELETE", f"{kind.path}/{UNKNOWN}")
    yield Ask(f"{kind.word}: delete a malformed id", "DELETE", f"{kind.path}/7")
    yield Ask(f"{kind.word}: delete one", "DELETE", own)
    yield Ask(f"{kind.word}: delete it again", "DELETE", own)
    yield Ask(f"{kind.word}: read it after that", "GET", own)


def _word(kind: Kind) -> str:
    return kind.word.replace(" ", "_")


def _between_kinds() -> Iterator[Ask]:
    """Yield requests about two kinds at once: assignments, relations, attributes, credentials."""
    page, device = "${dashboard_1}", "${device_1}"
    for what, path in {
        "a dashboard": f"/api/customer/${{eta_id}}/dashboard/{page}",
        "a device": f"/api/customer/${{eta_id}}/device/{device}",
        "an asset": "/api/customer/${eta_id}/asset/${asset_1}",
        "an unknown dashboard": f"/api/customer/${{eta_id}}/dashboard/{UNKNOWN}",
        "a dashboard to an unknown customer": f"/api/customer/{UNKNOWN}/dashboard/{page}",
        "a device to an unknown customer": f"/api/customer/{UNKNOWN}/device/{device}",
        "an unknown device": f"/api/customer/${{eta_id}}/device/{UNKNOWN}",
        "a dashboard to a malformed customer": f"/api/customer/7/dashboard/{page}",
    }.items():
        yield Ask(f"assign {what}", "POST", path)
        yield Ask(f"assign {what} as a customer's user", "POST", path, auth="customer")
    lists = {"pageSize": 9, "page": 0, "sortProperty": "createdTime"}
    for what in ("dashboards", "devices", "assets", "users"):
        yield Ask(f"{what} of the customer", "GET", f"/api/customer/${{eta_id}}/{what}", query=lists)
        yield Ask(f"{what} of an unknown customer", "GET", f"/api/customer/{UNKNOWN}/{what}", query=lists)
        yield Ask(f"{what} of a malformed customer", "GET", f"/api/customer/7/{what}", query=lists)
    for what, path in {
        "a dashboard": f"/api/customer/${{eta_id}}/dashboard/{page}",
        "a device": f"/api/customer/device/{device}",
        "an asset": "/api/customer/asset/${asset_1}",
    }.items():
        yield Ask(f"take {what} off", "DELETE", path)
        yield Ask(f"take {what} off again", "DELETE", path)
    for what, ids in {
        "one": ["${eta_id}"],
        "none": [],
        "unknown": [UNKNOWN],
        "malformed": ["7"],
    }.items():
        for action in ("", "/add", "/remove"):
            yield Ask(
                f"customers{action} of a dashboard: {what}",
                "POST",
                f"/api/dashboard/{page}/customers{action}",
                ids,
            )
    yield Ask("root chain: another", "POST", "/api/ruleChain/${rule_chain_1}/root")
    yield Ask("root chain: an unknown one", "POST", f"/api/ruleChain/{UNKNOWN}/root")
    yield Ask("root chain: delete it", "DELETE", "/api/ruleChain/${rule_chain_1}")
    metadata: Row = {
        "ruleChainId": {"entityType": "RULE_CHAIN", "id": "${rule_chain_3}"},
        "firstNodeIndex": None,
        "nodes": [],
        "connections": None,
        "ruleChainConnections": None,
    }
    node = {
        "type": "org.thingsboard.rule.engine.filter.TbMsgTypeSwitchNode",
        "name": "Switch",
        "configuration": {"version": 0},
        "additionalInfo": {},
    }
    chains: Mapping[str, Row] = {
        "nothing": {},
        "an unknown chain": {"ruleChainId": {"entityType": "RULE_CHAIN", "id": UNKNOWN}},
        "no chain": {"ruleChainId": None},
        "nodes that are null": {"nodes": None},
        "a first node that is none": {"firstNodeIndex": 5},
        "a node without a type": {"nodes": [{**node, "type": None}]},
        "a node without a name": {"nodes": [{**node, "name": None}]},
        "a node of an unknown type": {"nodes": [{**node, "type": "org.example.Nothing"}]},
        "a node whose configuration is text": {"nodes": [{**node, "configuration": "text"}]},
        "a connection to nowhere": {
            "nodes": [node],
            "connections": [{"fromIndex": 0, "toIndex": 3, "type": "Success"}],
        },
        "a connection to itself": {
            "nodes": [node],
            "firstNodeIndex": 0,
            "connections": [{"fromIndex": 0, "toIndex": 0, "type": "Success"}],
        },
        "an old version": {"version": 0},
    }
    for what, change in chains.items():
        yield Ask(f"metadata: {what}", "POST", "/api/ruleChain/metadata", {**metadata, **change})
    for path in ("deviceProfile", "assetProfile"):
        word = "device_profile" if path == "deviceProfile" else "asset_profile"
        yield Ask(f"default {path}", "POST", f"/api/{path}/${{{word}_1}}/default")
        yield Ask(f"default {path}: again", "POST", f"/api/{path}/${{{word}_1}}/default")
        yield Ask(f"default {path}: unknown", "POST", f"/api/{path}/{UNKNOWN}/default")
        yield Ask(f"default {path}: delete it", "DELETE", f"/api/{path}/${{{word}_1}}")
        yield Ask(f"default {path}: its info", "GET", f"/api/{path}Info/default")
        yield Ask(f"names of {path}s", "GET", f"/api/{path}/names")
        yield Ask(f"names of active {path}s", "GET", f"/api/{path}/names", query={"activeOnly": "true"})
    yield from _relations()
    yield from _credentials()
    yield from _alarms()


def _relations() -> Iterator[Ask]:
    tenant = {"entityType": "TENANT", "id": "${tenant_id}"}
    page = {"entityType": "DASHBOARD", "id": "${dashboard_1}"}
    good: Row = {"from": tenant, "to": page, "type": "papaya.owns", "typeGroup": "COMMON"}
    for what, body in {
        "a mark": good,
        "a mark again": {**good, "additionalInfo": {"fleet": "f"}},
        "no type": {**good, "type": None},
        "an empty type": {**good, "type": ""},
        "no end": {**good, "to": None},
        "an end that does not exist": {**good, "to": {**page, "id": UNKNOWN}},
        "an end of another kind": {**good, "to": {**page, "entityType": "CUSTOMER"}},
        "an unknown group": {**good, "typeGroup": "OTHER"},
        "no group": {**good, "typeGroup": None},
        "another tenant": {**good, "from": {**tenant, "id": UNKNOWN}},
        "a malformed end": {**good, "to": {**page, "id": "7"}},
        "a kind that is none": {**good, "to": {**page, "entityType": "NOTHING"}},
    }.items():
        yield Ask(f"relate: {what}", "POST", "/api/relation", body)
    yield Ask("relate: as a customer's user", "POST", "/api/relation", good, auth="customer")
    ends = {"fromId": "${tenant_id}", "fromType": "TENANT"}
    for what, query in {
        "all": ends,
        "of the type": {**ends, "relationType": "papaya.owns"},
        "of another type": {**ends, "relationType": "none"},
        "of an unknown group": {**ends, "relationTypeGroup": "OTHER"},
        "without a type of the end": {"fromId": "${tenant_id}"},
        "of a kind that is none": {**ends, "fromType": "NOTHING"},
        "of a malformed id": {**ends, "fromId": "7"},
        "of an unknown device": {"fromId": UNKNOWN, "fromType": "DEVICE"},
        "to the dashboard": {"toId": "${dashboard_1}", "toType": "DASHBOARD"},
    }.items():
        yield Ask(f"relations: {what}", "GET", "/api/relations", query=query)
        yield Ask(f"relations with names: {what}", "GET", "/api/relations/info", query=query)
    exact = {**ends, "relationType": "papaya.owns", "toId": "${dashboard_1}", "toType": "DASHBOARD"}
    yield Ask("one relation", "GET", "/api/relation", query=exact)
    yield Ask("one relation of another type", "GET", "/api/relation", query={**exact, "relationType": "no"})
    yield Ask("one relation without a type", "GET", "/api/relation", query=ends)
    yield Ask("delete a relation", "DELETE", "/api/relation", query=exact)
    yield Ask("delete it again", "DELETE", "/api/relation", query=exact)
    yield Ask("delete a relation without a type", "DELETE", "/api/relation", query=ends)


def _credentials() -> Iterator[Ask]:
    path = "/api/device/${device_1}/credentials"
    yield Ask("credentials", "GET", path, capture={"credentials_id": "id.id"})
    good: Row = {
        "id": {"id": "${credentials_id}"},
        "deviceId": {"entityType": "DEVICE", "id": "${device_1}"},
        "credentialsType": "ACCESS_TOKEN",
        "credentialsId": "token-a-${tag}",
    }
    basic = {"credentialsType": "MQTT_BASIC", "credentialsId": None}
    for what, body in {
        "a token": good,
        "a taken token": {**good, "deviceId": {"entityType": "DEVICE", "id": "${device_3}"}},
        "no token": {**good, "credentialsId": None},
        "an empty token": {**good, "credentialsId": ""},
        "no type": {**good, "credentialsType": None},
        "an unknown type": {**good, "credentialsType": "SECRET"},
        "no device": {**good, "deviceId": None},
        "an unknown device": {**good, "deviceId": {"entityType": "DEVICE", "id": UNKNOWN}},
        "no id": {key: value for key, value in good.items() if key != "id"},
        "basic without a value": {**good, **basic},
        "basic with an empty value": {**good, **basic, "credentialsValue": "{}"},
        "basic with a value that is no JSON": {**good, **basic, "credentialsValue": "text"},
        "basic with a password alone": {**good, **basic, "credentialsValue": '{"password":"p"}'},
        "basic with a user name": {**good, **basic, "credentialsValue": '{"userName":"u-${tag}"}'},
        "basic with everything": {
            **good,
            **basic,
            "credentialsValue": '{"clientId":"c-${tag}","userName":"v-${tag}","password":"p"}',
        },
        "x509 without a value": {**good, "credentialsType": "X509_CERTIFICATE", "credentialsId": None},
        "x509 with text": {
            **good,
            "credentialsType": "X509_CERTIFICATE",
            "credentialsId": None,
            "credentialsValue": "text",
        },
    }.items():
        yield Ask(f"save credentials: {what}", "POST", "/api/device/credentials", body)
    yield Ask("credentials as a customer's user", "GET", path, auth="customer")
    yield Ask(
        "save credentials as a customer's user", "POST", "/api/device/credentials", good, auth="customer"
    )


def _alarms() -> Iterator[Ask]:
    device = {"entityType": "DEVICE", "id": "${device_1}"}
    good: Row = {"originator": device, "type": "hot", "severity": "MAJOR"}
    for number, what in enumerate(("hot", "cold")):
        yield Ask(
            f"alarm: {what}",
            "POST",
            "/api/alarm",
            {**good, "type": what},
            capture={f"alarm_{number + 1}": "id.id"},
        )
    for what, body in {
        "again": good,
        "higher": {**good, "severity": "CRITICAL"},
        "no severity": {**good, "severity": None},
        "an unknown severity": {**good, "severity": "WORST"},
        "no type": {**good, "type": None},
        "an empty type": {**good, "type": ""},
        "no originator": {**good, "originator": None},
        "an unknown originator": {**good, "originator": {**device, "id": UNKNOWN}},
        "an unknown id": {**good, "id": {"entityType": "ALARM", "id": UNKNOWN}},
    }.items():
        yield Ask(f"save an alarm: {what}", "POST", "/api/alarm", body)
    yield Ask("save an alarm as a customer's user", "POST", "/api/alarm", good, auth="customer")
    for what, id_ in {"one": "${alarm_1}", "unknown": UNKNOWN, "malformed": "7"}.items():
        yield Ask(f"alarm {what}", "GET", f"/api/alarm/{id_}")
        yield Ask(f"alarm info {what}", "GET", f"/api/alarm/info/{id_}")
        yield Ask(f"acknowledge {what}", "POST", f"/api/alarm/{id_}/ack")
        yield Ask(f"acknowledge {what} again", "POST", f"/api/alarm/{id_}/ack")
        yield Ask(f"clear {what}", "POST", f"/api/alarm/{id_}/clear")
        yield Ask(f"clear {what} again", "POST", f"/api/alarm/{id_}/clear")
    pages = {"pageSize": 9, "page": 0, "sortProperty": "createdTime", "sortOrder": "ASC"}
    for path in ("/api/alarms", "/api/alarm/DEVICE/${device_1}", "/api/v2/alarms"):
        for what, query in {
            "all": {},
            "active": {"searchStatus": "ACTIVE"},
            "cleared": {"searchStatus": "CLEARED"},
            "unacknowledged": {"searchStatus": "UNACK"},
            "of an unknown status": {"searchStatus": "NOTHING"},
            "by a status": {"status": "CLEARED_ACK"},
            "by both": {"searchStatus": "ACTIVE", "status": "ACTIVE_ACK"},
            "by text": {"textSearch": "HO"},
            "by a list of states": {"statusList": "ACTIVE,CLEARED"},
            "by severity": {"severityList": "MAJOR"},
            "by an unknown severity": {"severityList": "WORST"},
            "by type": {"typeList": "cold"},
            "with originators": {"fetchOriginator": "true"},
        }.items():
            yield Ask(f"alarms {path} {what}", "GET", path, query={**pages, **query})
    highest = "/api/alarm/highestSeverity/DEVICE"
    for what, id_ in {"one": "${device_1}", "unknown": UNKNOWN, "malformed": "7"}.items():
        yield Ask(f"highest severity {what}", "GET", f"{highest}/{id_}")
    for what, id_ in {"one": "${alarm_2}", "it again": "${alarm_2}", "malformed": "7"}.items():
        yield Ask(f"delete an alarm: {what}", "DELETE", f"/api/alarm/{id_}")
