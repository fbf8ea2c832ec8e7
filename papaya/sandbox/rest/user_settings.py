"""Endpoints of what a user sets for itself: settings, dashboards and the password."""

from __future__ import annotations

from papaya.sandbox.gaps import tell_gap
from papaya.sandbox.refusal import broken, invalid
from papaya.sandbox.rest.access import readable
from papaya.sandbox.rest.auth import pair_of
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.reply import EMPTY, Reply, always, json_value
from papaya.sandbox.rest.routing import ANYONE, TENANT_OR_CUSTOMER, Route
from papaya.sandbox.store.user_settings import (
    ACTIONS,
    GENERAL,
    RESERVED,
    TYPES,
    dashboards_of_user,
    delete_settings,
    report_dashboard,
    save_settings,
    settings_of,
    update_settings,
)
from papaya.sandbox.store.users import MAX_PASSWORD, MIN_PASSWORD, change_password

PASSWORD_POLICY = {
    "minimumLength": MIN_PASSWORD,
    "maximumLength": MAX_PASSWORD,
    "minimumUppercaseLetters": None,
    "minimumLowercaseLetters": None,
    "minimumDigits": None,
    "minimumSpecialCharacters": None,
    "allowWhitespaces": True,
    "forceUserToResetPasswordIfNotValid": False,
    "passwordExpirationPeriodDays": None,
    "passwordReuseFrequencyDays": None,
}


def _type(call: Call) -> str:
    """Return the type of settings that the path names; without one the general settings are meant."""
    named = call.parameters.get("type", GENERAL)
    if named.upper() not in TYPES:
        raise invalid(f'Settings type "{named}" is not supported!')
    if named.upper() in RESERVED:
        raise invalid(f"Settings with type: {named} are reserved for internal use!")
    return named.upper()


def _read(call: Call) -> Reply:
    return json_value(settings_of(call.core, call.sender.id, _type(call)))


def _save(call: Call) -> Reply:
    settings = call.json()
    save_settings(call.core, call.sender.id, GENERAL, settings)
    return json_value(settings)


def _update(call: Call) -> Reply:
    update_settings(call.core, call.sender.id, _type(call), call.json())
    return EMPTY


def _delete(call: Call) -> Reply:
    delete_settings(call.core, call.sender.id, _type(call), call.parameters["paths"].split(","))
    return EMPTY


def _dashboards(call: Call) -> Reply:
    return json_value(dashboards_of_user(call.core, call.sender.id))


def _report(call: Call) -> Reply:
    named = call.parameters["action"]
    if named.upper() not in ACTIONS:
        raise invalid(f'Action "{named}" is not supported!')
    board = readable(call, "DASHBOARD", call.identifier("id"))
    return json_value(report_dashboard(call.core, call.sender.id, board.id, named.upper()))


def _change_password(call: Call) -> Reply:
    body = call.json_object()
    old, new = body.get("currentPassword"), body.get("newPassword")
    if old is None:
        raise invalid("rawPassword cannot be null")
    if new is None:
        raise broken("Password cannot be null")
    change_password(call.core, call.sender.id, str(old), str(new))
    return json_value(pair_of(call.core, call.sender))


def _no_mail(call: Call) -> Reply:
    """Answer a request for a new password as a server without mail does: nobody learns who is a user."""
    call.json_object()
    tell_gap("mail (a new password)", call.peer)
    return EMPTY


_SETTINGS, _BOARDS = "/api/user/settings", "/api/user/dashboards"
ROUTES = (
    Route("GET", _SETTINGS, _read, ANYONE),
    Route("POST", _SETTINGS, _save, ANYONE),
    Route("PUT", _SETTINGS, _update, ANYONE),
    Route("GET", f"{_SETTINGS}/{{type}}", _read, ANYONE),
    Route("PUT", f"{_SETTINGS}/{{type}}", _update, ANYONE),
    Route("DELETE", f"{_SETTINGS}/{{paths}}", _delete, ANYONE),
    Route("DELETE", f"{_SETTINGS}/{{type}}/{{paths}}", _delete, ANYONE),
    Route("GET", _BOARDS, _dashboards, TENANT_OR_CUSTOMER),
    Route("GET", f"{_BOARDS}/{{id}}/{{action}}", _report, TENANT_OR_CUSTOMER),
    Route("POST", "/api/auth/changePassword", _change_password, ANYONE),
    Route("GET", "/api/noauth/userPasswordPolicy", always(PASSWORD_POLICY), None),
    Route("POST", "/api/noauth/resetPasswordByEmail", _no_mail, None),
)
LIST_ROUTES = (Route("GET", "/api/user/lastVisitedDashboards", _dashboards, TENANT_OR_CUSTOMER),)
