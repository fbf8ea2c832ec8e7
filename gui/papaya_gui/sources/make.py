"""From what the command line says to a source: which one it is, and what it needs."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import TYPE_CHECKING

from papaya.errors import MissingExtra, PapayaError, SettingsError
from papaya.manifest.model import Fleet
from papaya.remedies import HOW_TO_LOG_IN
from papaya_gui.models.batch import Inbox
from papaya_gui.models.catalog import Catalog
from papaya_gui.sources.supply import Supply, Tell

if TYPE_CHECKING:
    from papaya.api.credentials import Tokens
    from papaya.settings import Settings

log = logging.getLogger(__name__)

MakeSupply = Callable[[Catalog, Inbox, Tell], Supply]
SIMULATED, THINGSBOARD = "simulated", "thingsboard"


def make_supply(source: str, fleet: Fleet, settings: Settings | None = None) -> MakeSupply:
    """Return what makes a source for a window; whatever speaks against it is raised here, as a PapayaError.

    `source` is `simulated` or `thingsboard`, which needs the `settings` of a server.
    """
    if source == SIMULATED:
        from papaya_gui.sources.simulated import SimulatedSupply

        return SimulatedSupply
    if source == THINGSBOARD:
        return _server(settings)
    raise PapayaError(f"there is no source {source}", remedy=f"Known are: {SIMULATED}, {THINGSBOARD}.")


def _server(settings: Settings | None) -> MakeSupply:
    if settings is None or not settings.credentials:
        raise SettingsError(
            f"there are no credentials for {settings.url if settings else 'a server'}", remedy=HOW_TO_LOG_IN
        )
    from papaya.api.websocket import check_installed
    from papaya.settings.kept_tokens import keep_tokens
    from papaya_gui.sources.server import ServerSupply

    try:
        check_installed()
    except MissingExtra as error:
        raise MissingExtra("the source thingsboard", "gui") from error

    def keep(tokens: Tokens) -> None:
        try:
            keep_tokens(settings, tokens)
        except SettingsError as error:
            log.warning("%s", error)

    def make(catalog: Catalog, inbox: Inbox, tell: Tell) -> Supply:
        return ServerSupply(catalog, inbox, tell, settings, on_tokens=keep)

    return make
