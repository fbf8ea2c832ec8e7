"""The proxy on the way to a server, by the variables that every program reads."""

from __future__ import annotations

from collections.abc import Mapping

from papaya.server_url import split_url
from papaya.settings.url import is_loopback


def proxies_for(url: str, environment: Mapping[str, str]) -> dict[str, str]:
    """Return the proxy by scheme: `https_proxy`, else `all_proxy`, unless `no_proxy` names the host."""
    parts = split_url(url)
    named = {
        name.lower().removesuffix("_proxy"): value
        for name, value in sorted(environment.items())
        if name.lower().endswith("_proxy") and value
    }
    proxy = named.get(parts.scheme) or named.get("all")
    if proxy is None or is_loopback(url) or _is_exempt(parts.hostname or "", named.get("no", "")):
        return {}
    return {parts.scheme: proxy}


def _is_exempt(host: str, no_proxy: str) -> bool:
    names = [name.strip().lower().lstrip(".") for name in no_proxy.split(",") if name.strip()]
    return any(name == "*" or host == name or host.endswith(f".{name}") for name in names)
