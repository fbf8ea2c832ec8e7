"""How the device's tunnel is doing, as a client attribute: the server shows it while the tunnel is down."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Mapping

from papaya.agent.guard import fault_in
from papaya.manifest.model import Json

log = logging.getLogger(__name__)

TUNNEL = "papaya.tunnel"
_CHECK_SECONDS = 30.0

# Returns what is told of the tunnel; it may take its time and runs in a thread of its own.
Read = Callable[[], Mapping[str, Json]]


class TunnelWatch:
    """Looks at the tunnel now and then and tells what is news; `later` runs it in the agent's thread."""

    def __init__(
        self,
        read: Read | None,
        tell: Callable[[Mapping[str, Json]], None],
        later: Callable[[Callable[[], None]], None],
        clock: Callable[[], float],
    ) -> None:
        self._read, self._tell, self._later, self._clock = read, tell, later, clock
        self._due = clock()
        self._is_reading = False
        self._fault = ""
        self._told: Mapping[str, Json] | None = None

    def begin(self) -> None:
        """Tell everything anew: a new connection may be one to a server that has forgotten."""
        self._told, self._due = None, self._clock()
        self.tick()

    def tick(self) -> None:
        """Look at the tunnel if that is due."""
        read = self._read
        if read is None or self._is_reading or self._clock() < self._due:
            return
        self._due = self._clock() + _CHECK_SECONDS
        self._is_reading = True

        def look() -> None:
            try:
                found = read()
            except Exception as error:
                fault = fault_in(error)
                self._later(lambda: self._failed(fault))
                return
            self._later(lambda: self._found(found))

        threading.Thread(target=look, name="tunnel", daemon=True).start()

    def _failed(self, fault: str) -> None:
        self._is_reading = False
        if fault != self._fault:
            self._fault = fault
            log.error("cannot tell how the tunnel is doing: %s", fault)

    def _found(self, found: Mapping[str, Json]) -> None:
        self._is_reading = False
        if found != self._told:
            self._told = found
            self._tell({TUNNEL: dict(found)})
