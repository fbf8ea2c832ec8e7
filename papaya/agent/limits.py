"""What the server lets a device send: asked on every connection, so that catching up keeps to it."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass

from papaya.agent.link import RPC_RESPONSE
from papaya.counting import counted
from papaya.foreign import ForeignValue, Unusable, json_in, whole_in

log = logging.getLogger(__name__)

# The rest is for live readings, and for clocks that run differently.
_SHARE = 0.5
_LARGEST = 10**9


@dataclass(frozen=True, slots=True)
class Limits:
    """How many readings one message and how many a second may carry; None is unlimited."""

    rows: int | None = None
    rate: float | None = None

    @property
    def words(self) -> str:
        """Return the limits as the log tells them."""
        told = [] if self.rows is None else [f"{counted(self.rows, 'reading')} a message"]
        return " and ".join([*told, *([] if self.rate is None else [f"{self.rate:g} a second"])])


class SessionLimits:
    """Tells `found` what the server answers to the question about its limits."""

    def __init__(self, found: Callable[[Limits], None]) -> None:
        self._found = found
        self._answer = ""

    def begin(self, number: int) -> None:
        """Expect the answer to the question of this number."""
        self._answer = f"{RPC_RESPONSE}{number}"

    def received(self, topic: str, payload: bytes) -> bool:
        """Take a message if it is an answer to a call of ours; return whether it was."""
        if not topic.startswith(RPC_RESPONSE):
            return False
        if topic == self._answer:
            limits = limits_from(payload)
            if limits != Limits():
                log.info("the server takes %s", limits.words)
            self._found(limits)
        return True


def limits_from(payload: bytes) -> Limits:
    """Return the limits in the server's answer; what cannot be read limits nothing."""
    try:
        answer = json_in(payload, unusable=Unusable)
    except ForeignValue as error:
        log.warning("the server's limits are ignored: %s", error.message)
        return Limits()
    rates = answer.get("rateLimits") if isinstance(answer, dict) else None
    if not isinstance(rates, dict):
        return Limits()
    windows = _windows(rates.get("telemetryDataPoints"))
    if not windows:
        return Limits()
    rows = max(1, int(min(capacity for capacity, _ in windows) * _SHARE))
    return Limits(rows, min(capacity / seconds for capacity, seconds in windows) * _SHARE)


def _windows(written: object) -> list[tuple[float, float]]:
    """Return capacity and seconds of every part of a limit such as `200:1,6000:60`."""
    windows: list[tuple[float, float]] = []
    for part in written.split(",") if isinstance(written, str) else ():
        capacity, _, seconds = part.partition(":")
        try:
            windows.append((_positive(capacity), _positive(seconds)))
        except ForeignValue as error:
            log.warning("a limit of the server is ignored: %s", error.message)
    return windows


def _positive(text: str) -> int:
    return whole_in(text, least=1, most=_LARGEST, what="its number")
