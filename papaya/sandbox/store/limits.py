"""The tenant's limits, and the token bucket behind 429."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Limits:
    """The tenant's limits; 0 and missing entries mean unlimited, as in the default tenant profile.

    `entities` counts by entity type, `bytes` sums up what entities of a type hold.
    """

    entities: Mapping[str, int] = field(default_factory=dict)
    bytes: Mapping[str, int] = field(default_factory=dict)
    calculated_fields_per_entity: int = 5
    arguments_per_calculated_field: int = 10


class RateLimit:
    """A token bucket that refills evenly, as the server's `capacity:seconds` limits do."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._capacity = 0
        self._seconds = 1.0
        self._tokens = 0.0
        self._filled = 0.0

    def set(self, capacity: int | None, seconds: float = 1.0) -> None:
        """Allow `capacity` requests in `seconds`, starting with a full bucket; None lifts the limit."""
        self._capacity = capacity or 0
        self._seconds = seconds
        self._tokens = float(self._capacity)
        self._filled = self._clock()

    def take(self) -> bool:
        """Take one token; return false if there is none."""
        if not self._capacity:
            return True
        now = self._clock()
        gained = (now - self._filled) * self._capacity / self._seconds
        self._tokens = min(float(self._capacity), self._tokens + gained)
        self._filled = now
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
