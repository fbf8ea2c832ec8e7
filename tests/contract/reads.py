"""What clients read beside devices: queues, widgets and images as others, odd paths, limits of a tenant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.contract.accounts import login
from tests.contract.clients import customer_with_user
from tests.contract.oddities import UNKNOWN, Ask

_PAGE = {"pageSize": 10, "page": 0}
# One dot.
_PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg=="


def everything() -> Iterator[Ask]:
    """Yield the requests in order."""
    yield login("tenant", "${tenant_email}", "${tenant_password}")
    yield login("system", "sysadmin@thingsboard.org", "sysadmin")
    yield from customer_with_user("first-password")
    yield from _queues()
    yield from _widgets()
    yield from _images()
    yield from _paths()
    yield from _zeros()
    yield from _limits()


def _queues() -> Iterator[Ask]:
    for auth in ("tenant", "system"):
        for kind in ("X", "TB_CORE", "tb_core", "TB_TRANSPORT", ""):
            query = {**_PAGE, "serviceType": kind}
            yield Ask(f"queues of {kind!r} as {auth}", "GET", "/api/queues", query=query, auth=auth)
        yield Ask(f"queues of no service as {auth}", "GET", "/api/queues", query=_PAGE, auth=auth)


def _widgets() -> Iterator[Ask]:
    """A tenant's widgets as the system administrator, who may not see them, and as a customer."""
    yield Ask("a bundle", "POST", "/api/widgetsBundle", {"title": "Mine"}, capture={"bundle": "id.id"})
    widget = {"name": "Mine", "descriptor": {"type": "latest"}}
    yield Ask("a widget", "POST", "/api/widgetType", widget, capture={"widget": "id.id"})
    for auth in ("system", "customer"):
        for path in ("widgetsBundle/${bundle}", "widgetType/${widget}", "widgetTypeInfo/${widget}"):
            yield Ask(f"GET {path} as {auth}", "GET", f"/api/{path}", auth=auth)
        for path in ("widgetsBundle/${bundle}", "widgetType/${widget}"):
            yield Ask(f"DELETE {path} as {auth}", "DELETE", f"/api/{path}", auth=auth)
        query = {"fqn": "tenant.mine"}
        yield Ask(f"a widget by its name as {auth}", "GET", "/api/widgetType", query=query, auth=auth)


def _images() -> Iterator[Ask]:
    image: dict[str, Any] = {"title": "Dot", "fileName": "dot.png", "mediaType": "image/png", "data": _PNG}
    image |= {"type": "IMAGE", "subType": "IMAGE", "resourceKey": "dot.png", "public": True}
    public = {"public_key": "publicResourceKey"}
    yield Ask("import an image", "PUT", "/api/image/import", image, capture=public)
    yield Ask("import nothing", "PUT", "/api/image/import", {})
    yield Ask("import as a customer", "PUT", "/api/image/import", image, auth="customer")
    for auth in ("tenant", "customer", "system", None):
        for key in ("tenant/dot.png", "tenant/nothing.png", "system/nothing.png", "other/dot.png"):
            for what in ("/info", "/export", "/preview", ""):
                if key != "tenant/dot.png" or what in ("/info", "/export"):
                    path = f"/api/images/{key}{what}"
                    yield Ask(f"GET {path} as {auth}", "GET", path, auth=auth)
    yield Ask("images as a customer", "GET", "/api/images", query=_PAGE, auth="customer")
    yield Ask("hide an image", "PUT", "/api/images/tenant/dot.png/public/x")
    yield Ask("an image for nobody", "GET", "/api/images/public/nothing", auth=None)


def _paths() -> Iterator[Ask]:
    for path in (
        *("//api/auth/user", "/api/auth//user", "/api/auth/user;x=1", "/api/auth/user%25"),
        *("/api/auth/user%3Bx", "/api/auth/user%0a", "/api/v1//telemetry", "/api/auth/user."),
        *("/api/device/${device_id}%20", "/api/device/7", f"/api/device/{UNKNOWN}7"),
    ):
        yield Ask(f"GET {path}", "GET", path)
    for path in ("/api/auth/user", "/api/device/${device_id}", f"/api/device/{UNKNOWN}", "/api/nothing"):
        yield Ask(f"HEAD {path}", "HEAD", path)
    yield Ask("HEAD as nobody", "HEAD", "/api/auth/user", auth=None)


def _zeros() -> Iterator[Ask]:
    """Texts with the character 0, which the server's database refuses."""
    for path, body in (
        ("/api/device", {"name": "a\0b"}),
        ("/api/asset", {"name": "a\0b"}),
        ("/api/dashboard", {"title": "Zero\0"}),
    ):
        yield Ask(f"save {body} at {path}", "POST", path, body)
    for path in ("/api/tenant/devices", "/api/customers", "/api/tenant/dashboards"):
        yield Ask(f"search {path} for it", "GET", path, query={**_PAGE, "textSearch": "a\0b"})
    yield Ask("a device by such a name", "GET", "/api/tenant/devices", query={"deviceName": "a\0b"})
    path = "/api/plugins/telemetry/DEVICE/${device_id}"
    values = {"t": "a\0b", "j": {"a": "\0"}}
    yield Ask("such values", "POST", f"{path}/timeseries/ANY", {"ts": 1, "values": values})
    yield Ask("the values", "GET", f"{path}/values/timeseries", query={"keys": "t,j"})
    for what, rows in {
        "after the year 9999": {"ts": 253_402_300_800_000, "values": {"t": 1}},
        "at no time": {"ts": None, "values": {"t": 1}},
        "at a truth": {"ts": True, "values": {"t": 1}},
        "at a time in a list": {"ts": [5], "values": {"t": 1}},
        "in a list": {"ts": 5, "values": [1]},
        "in no list": [],
    }.items():
        yield Ask(f"values {what}", "POST", f"{path}/timeseries/ANY", rows)


def _limits() -> Iterator[Ask]:
    """What a tenant's profile allows."""
    limits = {"type": "DEFAULT", "maxDevices": 2, "maxAssets": 1, "maxCustomers": 2, "maxDashboards": 1}
    limits |= {"maxUsers": 3, "maxCalculatedFieldsPerEntity": 1, "maxArgumentsPerCF": 10}
    least = ("maxDataPointsPerRollingArg", "maxRelatedEntitiesToReturnPerCfArgument")
    limits |= dict.fromkeys((*least, "maxRelationLevelPerCfArgument"), 10)
    body = {"name": "Small ${tag}", "profileData": {"configuration": limits}}
    path, capture = "/api/tenantProfile", {"small_id": "id.id"}
    yield Ask("a small profile", "POST", path, body, auth="system", capture=capture)
    small = {"entityType": "TENANT_PROFILE", "id": "${small_id}"}
    own = {"entityType": "TENANT", "id": "${tenant_id}"}
    tenant = {"id": own, "title": "${tenant_title}", "tenantProfileId": small}
    yield Ask("make the tenant small", "POST", "/api/tenant", tenant, auth="system")
    for number in (1, 2):
        yield Ask(f"device {number} of 2 at most", "POST", "/api/device", {"name": f"L{number}"})
        yield Ask(f"asset {number} of 1 at most", "POST", "/api/asset", {"name": f"L{number}"})
        yield Ask(f"customer {number} of 2 at most", "POST", "/api/customer", {"title": f"L{number}"})
        yield Ask(f"dashboard {number} of 1 at most", "POST", "/api/dashboard", {"title": f"L{number}"})
        user = {"email": f"l{number}@${{tag}}.test", "authority": "TENANT_ADMIN"}
        mail = {"sendActivationMail": "false"}
        yield Ask(f"user {number} of 3 at most", "POST", "/api/user", user, mail)
    yield Ask("what is used", "GET", "/api/usage")
    configuration = {
        **{"type": "SIMPLE", "expression": "t + 1", "output": {"type": "TIME_SERIES", "name": "o"}},
        "arguments": {"t": {"refEntityKey": {"key": "t", "type": "TS_LATEST"}, "defaultValue": "0"}},
    }
    device = {"entityType": "DEVICE", "id": "${device_id}"}
    for number in (1, 2):
        field = {"entityId": device, "type": "SIMPLE", "name": f"F{number}", "configuration": configuration}
        yield Ask(f"field {number} of 1 at most", "POST", "/api/calculatedField", field)
    rate = {**limits, "tenantServerRestLimitsConfiguration": "3:600"}
    slow = {**body, "id": small, "profileData": {"configuration": rate}}
    yield Ask("make it slow", "POST", path, slow, auth="system")
    for number in range(1, 6):
        yield Ask(f"request {number} of 3 at most", "GET", "/api/auth/user")
    yield Ask("make it fast", "POST", path, {**body, "id": small}, auth="system")
    yield Ask("a request after that", "GET", "/api/auth/user")
