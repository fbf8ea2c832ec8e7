"""What the server says about itself, and what the tenant uses."""

from __future__ import annotations

from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.reply import Reply, json_value
from papaya.sandbox.rest.routing import ANYONE, TENANT, Route
from papaya.sandbox.store.entities import count
from papaya.sandbox.store.naming import count_users
from papaya.sandbox.store.users import CUSTOMER_USER, TENANT_ADMIN

_KINDS = {
    "Devices": "DEVICE",
    "Assets": "ASSET",
    "Customers": "CUSTOMER",
    "Users": "USER",
    "Dashboards": "DASHBOARD",
    "Edges": "EDGE",
}


def _info(call: Call) -> Reply:
    return json_value(
        {
            "version": call.core.dialect.version,
            "artifact": "application",
            "name": "ThingsBoard Server Application",
            "type": "CE",
        }
    )


def _parameters(call: Call) -> Reply:
    told, authority = dict(call.core.dialect.system_parameters), call.sender.authority
    told["tbelEnabled"] = authority == TENANT_ADMIN
    told["userTokenAccessEnabled"] = authority != CUSTOMER_USER
    return json_value(told)


def _usage(call: Call) -> Reply:
    core = call.core
    usage: dict[str, object] = {}
    for name, kind in _KINDS.items():
        usage[name.lower()] = count_users(core) if name == "Users" else count(core, kind)
        usage[f"max{name}"] = core.most(kind)
    for name in ("TransportMessages", "JsExecutions", "TbelExecutions", "Emails", "Sms", "Alarms"):
        usage[name[0].lower() + name[1:]] = 0
        usage[f"max{name}"] = 0
    alarms = core.store.rows("SELECT count(*) FROM alarm")
    return json_value({**usage, "alarms": alarms[0][0], "smsEnabled": None})


ROUTES = (
    Route("GET", "/api/system/info", _info, ANYONE),
    Route("GET", "/api/system/params", _parameters, ANYONE),
    Route("GET", "/api/usage", _usage, TENANT),
)
