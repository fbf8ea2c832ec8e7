"""First requests of the server's web page: links, mobile application settings, queue statistics."""

from __future__ import annotations

import uuid
from typing import Any

from papaya.sandbox.refusal import missing
from papaya.sandbox.rest.by_ids import identifiers
from papaya.sandbox.rest.call import Call
from papaya.sandbox.rest.paging import is_paged, page_reply, read_page_link
from papaya.sandbox.rest.reply import Reply, always, json_value, plain
from papaya.sandbox.rest.routing import ADMINS, ANYONE, Route
from papaya.sandbox.store.core import Core
from papaya.sandbox.store.users import SYS_ADMIN
from papaya.sandbox.wire import dumps, reference

_MAIL_CODE = "/api/admin/mail/oauth2/code"
_QR_CODE = {
    "id": None,
    "createdTime": 0,
    "tenantId": None,
    "useSystemSettings": False,
    "useDefaultApp": True,
    "mobileAppBundleId": None,
    "qrCodeConfig": {
        "showOnHomePage": True,
        "badgeEnabled": True,
        "qrCodeLabelEnabled": True,
        "badgePosition": "RIGHT",
        "qrCodeLabel": "Scan to connect or download mobile app",
    },
    "androidEnabled": True,
    "iosEnabled": True,
    "googlePlayLink": "https://play.google.com/store/apps/details?id=org.thingsboard.demo.app",
    "appStoreLink": "https://apps.apple.com/us/app/thingsboard-live/id1594355695",
}


def _help_base(call: Call) -> Reply:
    dialect = call.core.dialect
    version = dialect.help_release or ".".join(dialect.version.split(".")[:2])
    return plain(f"https://raw.githubusercontent.com/thingsboard/thingsboard-ui-help/release-{version}")


def _statistics(core: Core) -> dict[str, Any]:
    """Return the name under which the server counts what its only busy queue does."""
    return {
        "id": reference("QUEUE_STATS", str(uuid.uuid5(uuid.UUID(core.tenant_id), "queue statistics"))),
        "createdTime": core.started,
        "tenantId": reference("TENANT", core.tenant_id),
        "queueName": "Main",
        "serviceId": "papaya-sandbox",
    }


def _queue_statistics(call: Call) -> Reply:
    if "queueStatsIds" in call.query and not is_paged(call):
        return _queue_statistics_by_ids(call)
    link = read_page_link(call)
    return page_reply(link, [(dumps(_statistics(call.core)),)])


def _queue_statistics_by_id(call: Call) -> Reply:
    identifier, stats = call.identifier("id"), _statistics(call.core)
    if stats["id"]["id"] != identifier:
        raise missing()
    return json_value(stats)


def _queue_statistics_by_ids(call: Call) -> Reply:
    wanted, stats = identifiers(call, "queueStatsIds"), _statistics(call.core)
    return json_value([stats] if stats["id"]["id"] in wanted else [])


ROUTES = (
    Route("GET", "/api/uiSettings/helpBaseUrl", _help_base, ANYONE),
    Route("GET", "/api/mobile/qr/settings", always(_QR_CODE), ANYONE),
    Route(
        "GET",
        "/api/admin/mail/oauth2/loginProcessingUrl",
        always(_MAIL_CODE),
        frozenset({SYS_ADMIN}),
    ),
    Route("GET", "/api/queueStats", _queue_statistics, ADMINS),
    Route("GET", "/api/queueStats/{id}", _queue_statistics_by_id, ADMINS),
)
LIST_ROUTES = (Route("GET", "/api/queueStats/list", _queue_statistics_by_ids, ADMINS),)
