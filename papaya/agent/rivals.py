"""Another program with this device's token: the server keeps one session per device, so both are evicted."""

from __future__ import annotations

from papaya.backoff import Backoff
from papaya.foreign import shown

# A session that lasts so long was not one of a quarrel.
PEACE_SECONDS = 900.0
_SHORT_SECONDS = 120.0
_SUSPICIOUS = 3
INSTANCE_KEY, HOST_KEY = "papaya.agent.instance", "papaya.agent.host"


class Rivals:
    """What speaks for a rival: its mark in the client attributes, or sessions that the server ends soon."""

    def __init__(self, instance: str, backoff: Backoff) -> None:
        self.instance = instance
        self._backoff = backoff
        self._announced = False
        self._short = 0
        self.known: str | None = None

    def announced(self) -> None:
        """Note that the server has our mark."""
        self._announced = True

    def met(self, instance: object, host: object) -> str | None:
        """Take the mark that the server has; return who it belongs to if that is news."""
        if not isinstance(instance, str) or instance == self.instance or not self._announced:
            return None
        who = (
            f"another papaya agent on {shown(host, 80)}" if isinstance(host, str) else "another papaya agent"
        )
        news = who if self.known != who else None
        self.known = who
        return news

    def ended(self, lived: float, *, by_server: bool) -> bool:
        """Note the end of an accepted session; return whether the server has now ended several ones soon."""
        if lived >= PEACE_SECONDS:
            self.known = None
            self._backoff.reset()
        self._short = self._short + 1 if by_server and lived < _SHORT_SECONDS else 0
        return self._short == _SUSPICIOUS and self.known is None

    def pause(self) -> float | None:
        """Return how long to leave the session to the rival; None where there is none."""
        return None if self.known is None else self._backoff.next()
