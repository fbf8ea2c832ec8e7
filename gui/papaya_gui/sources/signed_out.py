"""A server that nobody is signed in to, or that is away: the fleet without readings, and what to do."""

from __future__ import annotations

from papaya.sensors.condition import Condition, Health
from papaya_gui.models.batch import Inbox
from papaya_gui.models.catalog import Catalog
from papaya_gui.sources.supply import Supply, Tell


class SignedOutSupply(Supply):
    """Shows the fleet without readings; `condition` says why."""

    name = "thingsboard"

    def __init__(self, catalog: Catalog, inbox: Inbox, tell: Tell, where: str, condition: Condition) -> None:
        super().__init__(catalog, inbox, tell)
        self._where, self._condition = where, condition

    @property
    def where(self) -> str:
        """The server."""
        return self._where

    @property
    def is_away(self) -> bool:
        """Whether the server does not answer."""
        return self._condition.health is Health.DOWN

    def start(self) -> None:
        """Say why there are no readings."""
        self.tell(self._condition)

    def close(self) -> None:
        """Hold nothing."""
