"""The URL of a server in one spelling, so that equal servers compare equal."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from papaya.errors import SettingsError
from papaya.server_url import shown_url, split_url, without_page

_PORTS = {"http": 80, "https": 443}


def normalized(text: str, origin: str) -> str:
    """Return scheme, host, port and path prefix, without the default port and a slash at the end.

    A page of ThingsBoard's UI at its end is left out: people copy the address of their browser. Raises
    SettingsError, which repeats no user, password or query, for what is no URL of a server.
    """
    text = without_page(text.strip())
    shown = shown_url(text)
    if "://" not in text:
        raise SettingsError(
            f"the server's URL in {origin} has no scheme: {shown}",
            remedy=f"Write https://{shown}, or http://{shown} if the server speaks no TLS.",
        )
    try:
        parts = urlsplit(text)
        port, host = parts.port, parts.hostname
    except ValueError:
        raise SettingsError(
            f"the server's URL in {origin} is not a URL: {shown}",
            remedy="Write it as https://HOST or https://HOST:PORT. A port is a number up to 65535.",
        ) from None
    if parts.username is not None or parts.password is not None:
        raise SettingsError(
            f"the server's URL in {origin} has a user name or password in it",
            remedy="Give them as --username and PAPAYA_PASSWORD, or run: papaya login",
        )
    if parts.scheme not in _PORTS:
        raise SettingsError(
            f"the server's URL in {origin} begins with {parts.scheme}://", remedy="Write http:// or https://."
        )
    if not host or any(character.isspace() for character in text):
        raise SettingsError(f"the server's URL in {origin} names no host: {shown}")
    if parts.query or parts.fragment:
        raise SettingsError(
            f"the server's URL in {origin} has more than scheme, host, port and path: {shown}",
            remedy="Leave out what follows ? or #.",
        )
    name = f"[{host}]" if ":" in host else host
    address = name if port is None or port == _PORTS[parts.scheme] else f"{name}:{port}"
    return f"{parts.scheme}://{address}{parts.path.rstrip('/')}"


def is_loopback(url: str) -> bool:
    """Return whether the URL leads to this very machine."""
    host = split_url(url).hostname or ""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def travels_in_the_clear(url: str) -> bool:
    """Return whether whoever is on the way to the server can read along."""
    return split_url(url).scheme == "http" and not is_loopback(url)
