"""How every JSON document names the server that it is about."""

from __future__ import annotations

from papaya.engine.plan import ServerIdentity
from papaya.manifest.model import Json


def server_json(server: ServerIdentity) -> dict[str, Json]:
    """Return the server's URL, version, edition and tenant."""
    return {
        "url": server.url,
        "version": server.version,
        "edition": server.edition,
        "tenant": server.tenant,
    }
