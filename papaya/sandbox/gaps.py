"""Parts of ThingsBoard that the sandbox lacks: one message for the client, one line in the log."""

from __future__ import annotations

import logging

from papaya.sandbox.unforeseen import shown

_LOG = logging.getLogger(__name__)
_PREFIX = "papaya's sandbox does not have this part of ThingsBoard"


def tell_gap(what: str, peer: str) -> str:
    """Log that a peer asked for something that is missing, and return the message that tells it so."""
    _LOG.warning("not in the sandbox: %s (asked by %s)", shown(what), shown(peer))
    return f"{_PREFIX}: {what}"
