"""Addresses of servers as people copy them from the browser, with a page of the UI at the end."""

from __future__ import annotations

import re
from typing import Final
from urllib.parse import SplitResult, urlsplit

# The first part of the path of every page of ThingsBoard's UI, and of its API.
# fmt: off
_PAGES: Final = frozenset((
    "account", "alarms", "api", "assetprofiles", "assets", "auditlogs", "calculatedfields", "customers",
    "dashboard", "dashboards", "deviceprofiles", "devices", "edgemanagement", "edges", "entities",
    "entityviews", "features", "gateways", "home", "login", "mailtemplates", "mobile-center",
    "notification", "oauth2", "otaupdates", "profiles", "resources", "rulechain", "rulechains",
    "rulenodes", "security-settings", "settings", "signup", "swagger-ui", "swagger-ui.html",
    "tenantprofiles", "tenants", "usage", "users", "widgets-bundles", "widgettypes",
))
# fmt: on
_AFTER_ADDRESS: Final = re.compile(r"[?#].*", re.S)
# A host, or an IPv6 address in brackets; then what stands for its port.
_HOST_AND_PORT: Final = re.compile(r"(\[[^]/]*\]|[^:/[]*)(?::([^/]*))?(?=/|$)")
_PORT: Final = re.compile(r"[0-9]{0,5}")


def split_url(url: str) -> SplitResult:
    """Return the parts of a URL as somebody wrote it; those of an empty one where it is none.

    `urlsplit` raises ValueError for some, such as `http://[::1`, and its `port` for others.
    """
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return urlsplit("")
    return parts


def without_page(url: str) -> str:
    """Return a URL without the page of ThingsBoard's UI, or the `/api`, that it ends with.

    A path in front of it, by which a proxy finds the server, stays: `https://h/tb/login` is `https://h/tb`.
    Another URL is returned as it is.
    """
    parts = split_url(url)
    segments = parts.path.split("/")
    # Older versions have their pages behind a #.
    is_page = parts.fragment.startswith("/")
    for index, segment in enumerate(segments):
        if segment.lower() in _PAGES:
            segments, is_page = segments[:index], True
            break
    if not is_page or not parts.netloc:
        return url
    return f"{parts.scheme}://{parts.netloc}{'/'.join(segments)}".rstrip("/")


def shown_url(url: str) -> str:
    """Return a URL as it may be told: without a user, a password, and what follows ? or #.

    A port that is no number may be a secret in the wrong place: `…` stands for it.
    """
    scheme, separator, rest = url.strip().partition("://")
    if not separator:
        scheme, rest = "", scheme
    address = _AFTER_ADDRESS.sub("", rest)
    if "@" not in address and "@" in rest:
        # Either a query holds it, or a password holds the ? or #: nobody can tell.
        return f"{scheme}{separator}…"
    return f"{scheme}{separator}{_without_odd_port(address.rpartition('@')[2])}"


def _without_odd_port(address: str) -> str:
    found = _HOST_AND_PORT.match(address)
    if found is None:
        return "…"
    if found[2] is None or _PORT.fullmatch(found[2]):
        return address
    return f"{found[1]}:…{address[found.end() :]}"
