"""What a server answers about parts that nobody has configured, and lists that are always empty here.

Web pages, apps and programs ask for these when they start.
"""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Callable
from typing import Any

from papaya.sandbox.refusal import broken, forbidden, invalid, missing
from papaya.sandbox.rest.access import readable
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.paging import page_reply, read_page_link
from papaya.sandbox.rest.reply import EMPTY, Reply, always, json_value, plain
from papaya.sandbox.rest.routing import ADMINS, ANYONE, TENANT, TENANT_OR_CUSTOMER, Route
from papaya.sandbox.rest.user_settings import PASSWORD_POLICY
from papaya.sandbox.store.entities import NORMAL_NAMES, require
from papaya.sandbox.store.users import SYS_ADMIN
from papaya.sandbox.wire import NULL_ID, reference

_SYSTEM = frozenset({SYS_ADMIN})
_FEATURES = ("email", "sms", "notification", "oauth", "twoFa")
_RELEASES = "https://thingsboard.io/docs/reference/releases"
_EVENTS = ("ERROR", "LC_EVENT", "STATS", "DEBUG_RULE_NODE", "DEBUG_RULE_CHAIN", "DEBUG_CALCULATED_FIELD")


def _nothing(_call: Call) -> Reply:
    return EMPTY


def _none(_call: Call) -> Reply:
    raise missing()


def _empty_system_page(call: Call) -> Reply:
    link = read_page_link(call, by_parameter=True)
    if call.sender.authority != SYS_ADMIN:
        raise forbidden()
    return page_reply(link, [])


def _security(_call: Call) -> Reply:
    return json_value(
        {
            "passwordPolicy": PASSWORD_POLICY,
            "maxFailedLoginAttempts": None,
            "userLockoutNotificationEmail": None,
            "mobileSecretKeyLength": 64,
            "userActivationTokenTtl": 24,
            "passwordResetTokenTtl": 24,
        }
    )


def _updates(call: Call) -> Reply:
    return json_value(
        {
            "updateAvailable": False,
            "currentVersion": call.core.dialect.version,
            "latestVersion": "",
            "upgradeInstructionsUrl": "",
            "currentVersionReleaseNotesUrl": _RELEASES,
            "latestVersionReleaseNotesUrl": _RELEASES,
        }
    )


def _app(call: Call) -> dict[str, Any]:
    for name in ("pkgName", "platform"):
        if call.argument(name) is None:
            kind = "PlatformType" if name == "platform" else "String"
            message = f"Required request parameter '{name}' for method parameter type {kind} is not present"
            raise broken(message)
    return {"storeInfo": None, "versionInfo": None}


def _sign_in_of_app(call: Call) -> Reply:
    return json_value({"oAuth2ClientLoginInfos": [], **_app(call)})


def _user_of_app(call: Call) -> Reply:
    told = _app(call)
    user = require(call.core, "USER", call.sender.id).json
    return json_value({"user": user, **told, "homeDashboardInfo": None, "pages": None})


def _setting(call: Call) -> Reply:
    """Return the settings of the server that have a value here: its own address."""
    key = call.parameters["key"]
    if key != "general":
        raise missing(f"No Administration settings found for key: {key}")
    return json_value(
        {
            "id": reference("ADMIN_SETTINGS", str(uuid.uuid5(uuid.UUID(call.core.tenant_id), key))),
            "createdTime": call.core.started,
            "tenantId": reference("TENANT", NULL_ID),
            "key": key,
            "jsonValue": {"baseUrl": call.address, "prohibitDifferentUrl": False},
        }
    )


def _machine(_call: Call) -> Reply:
    """Return how busy this machine is, in percent and bytes."""
    disk, processors = shutil.disk_usage("/"), os.cpu_count() or 1
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    free = os.sysconf("SC_AVPHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    service = {
        "serviceId": "papaya-sandbox",
        "serviceType": "MONOLITH",
        "cpuUsage": min(100, round(100 * os.getloadavg()[0] / processors)),
        "cpuCount": processors,
        "memoryUsage": round(100 * (memory - free) / memory),
        "totalMemory": memory,
        "discUsage": round(100 * disk.used / disk.total),
        "totalDiscSpace": disk.total,
    }
    return json_value({"systemData": [service], "monolith": True})


def _debug_input(call: Call) -> Reply:
    """Return nothing for a rule node that exists: no node leaves events."""
    identifier = call.identifier("id")
    if not call.core.store.rows("SELECT 1 FROM metadata WHERE instr(body, ?)", (identifier,)):
        raise missing(f"Rule node with id [{identifier}] is not found")
    return EMPTY


def _login_path(_call: Call) -> Reply:
    return plain('"/login/oauth2/code/"')


def _events(call: Call) -> Reply:
    """Return an empty page: nothing in the sandbox leaves events."""
    kind = call.parameters.get("eventType")
    if kind is not None and kind.upper() not in _EVENTS:
        raise invalid(f"Event type: '{kind}' is not supported!")
    if call.argument("tenantId") is None:
        raise broken("Required request parameter 'tenantId' for method parameter type String is not present")
    link = read_page_link(call, by_parameter=True)
    _check_originator(call)
    return page_reply(link, [])


def _check_originator(call: Call) -> None:
    kind = call.parameters["entityType"].upper()
    if kind not in NORMAL_NAMES:
        raise invalid(f"Unsupported EntityType: {kind}")
    readable(call, kind, call.identifier("entityId"))


def _filtered_events(call: Call) -> Reply:
    _event_filter(call)
    return _events(call)


def _clear_events(call: Call) -> Reply:
    _event_filter(call)
    _check_originator(call)
    return EMPTY


def _event_filter(call: Call) -> None:
    if call.json_object().get("eventType") not in _EVENTS:
        name = "org.thingsboard.server.common.data.event.EventFilter"
        told = f"Could not resolve subtype of [simple type, class {name}]"
        raise broken(f"JSON parse error: {told}: missing type id property 'eventType'")


def _get(path: str, authorities: frozenset[str] | None, answer: Callable[[Call], Reply]) -> Route:
    return Route("GET", path, answer, authorities)


_NO, _EMPTY = always(False), always([])
_ORIGINATOR = "/api/events/{entityType}/{entityId}"
ROUTES = (
    _get("/api/2fa/providers", ANYONE, _EMPTY),
    _get("/api/2fa/account/settings", ANYONE, _nothing),
    _get("/api/2fa/settings", _SYSTEM, _nothing),
    _get("/api/auth/2fa/providers", frozenset(), _EMPTY),
    _get("/api/admin/autoCommitSettings", TENANT, _none),
    _get("/api/admin/autoCommitSettings/exists", TENANT, _NO),
    _get("/api/admin/repositorySettings", TENANT, _none),
    _get("/api/admin/repositorySettings/exists", TENANT, _NO),
    _get(
        "/api/admin/repositorySettings/info",
        TENANT,
        always({"configured": False, "readOnly": None}),
    ),
    _get("/api/admin/featuresInfo", _SYSTEM, always({f"{each}Enabled": False for each in _FEATURES})),
    _get("/api/admin/securitySettings", _SYSTEM, _security),
    _get("/api/admin/updates", _SYSTEM, _updates),
    _get("/api/admin/systemInfo", _SYSTEM, _machine),
    _get("/api/admin/settings/{key}", _SYSTEM, _setting),
    _get("/api/ruleNode/{id}/debugIn", TENANT, _debug_input),
    _get("/api/oauth2/loginProcessingUrl", ADMINS, _login_path),
    _get("/api/ruleChain/tbelEnabled", TENANT, always(True)),
    _get("/api/domain/infos", ADMINS, _empty_system_page),
    Route("POST", "/api/noauth/oauth2Clients", _EMPTY, None),
    _get("/api/noauth/mobile", None, _sign_in_of_app),
    _get("/api/mobile", ANYONE, _user_of_app),
    _get(_ORIGINATOR, ADMINS, _events),
    _get(f"{_ORIGINATOR}/{{eventType}}", ADMINS, _events),
    Route("POST", _ORIGINATOR, _filtered_events, ADMINS),
    Route("POST", f"{_ORIGINATOR}/clear", _clear_events, ADMINS),
)
# 4.0 has neither of these.
LATER_ROUTES = (
    _get(
        "/api/trendz/settings",
        TENANT_OR_CUSTOMER,
        always({"enabled": False, "baseUrl": None, "apiKey": None}),
    ),
    _get("/api/edqs/state", _SYSTEM, always(dict.fromkeys(("edqsReady", "syncStatus", "apiMode")))),
)
