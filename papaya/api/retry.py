"""Which failures are worth another attempt, when it is made, and when to give up."""

from __future__ import annotations

from collections.abc import Callable

from papaya.api.breakages import LOOK_BEFORE_REPEATING, Untrusted
from papaya.errors import AnswerLost, RateLimited, ServerError, Unavailable, Unreachable

_FIRST_DELAY = 0.25
_LONGEST_DELAY = 15.0


def is_worth_another_attempt(failure: ServerError, *, repeatable: bool) -> bool:
    """Return whether the same request may be sent again after this failure.

    A request that was never carried out may always be: its connection failed, the server was at its rate
    limit (429), or nobody was there to take it (503). Otherwise only a `repeatable` one.
    """
    if isinstance(failure, AnswerLost):
        return repeatable
    if isinstance(failure, Untrusted):
        return False
    if isinstance(failure, Unavailable):
        return repeatable or failure.status == 503
    return isinstance(failure, Unreachable | RateLimited)


def is_pressure(failure: ServerError) -> bool:
    """Return whether the failure says that the server has too much to do."""
    return isinstance(failure, RateLimited | AnswerLost) or (
        isinstance(failure, Unavailable) and failure.status in (503, 504)
    )


class Attempts:
    """The attempts at one request: exponential backoff with jitter, until `retry_for` seconds have passed."""

    def __init__(self, retry_for: float, *, clock: Callable[[], float], random: Callable[[], float]) -> None:
        self._retry_for = retry_for
        self._clock = clock
        self._random = random
        self._failed_at: float | None = None
        self._failures = 0

    @property
    def seconds(self) -> float:
        """Return how long ago the first attempt failed."""
        return 0.0 if self._failed_at is None else self._clock() - self._failed_at

    def delay_after(self, failure: ServerError, *, progress_at: float | None = None) -> float | None:
        """Return the seconds to wait before the next attempt, or None to give up.

        `progress_at` is when another request last succeeded: under a rate limit everything gets through in
        its turn, so patience is measured from there.
        """
        now = self._clock()
        if self._failed_at is None:
            self._failed_at = now
        self._failures += 1
        delay = backoff(self._failures, self._random())
        since = self._failed_at
        if isinstance(failure, RateLimited) and progress_at is not None:
            since = max(since, progress_at)
        return delay if now + delay - since <= self._retry_for else None

    def explain(self, failure: ServerError, *, repeatable: bool) -> ServerError:
        """Return the failure with what was tried before giving up."""
        if self._failures > 1 and self._failed_at is not None:
            failure.message += f" (gave up after {self._failures} attempts in {round(self.seconds)} s)"
        if isinstance(failure, Unavailable) and not repeatable and failure.status != 503:
            failure.remedy = LOOK_BEFORE_REPEATING
        return failure


def backoff(failures: int, random: float) -> float:
    """Return the seconds to wait after so many failures in a row: doubled each time, 50 to 100 % of it."""
    return float(min(_LONGEST_DELAY, _FIRST_DELAY * 2 ** min(failures - 1, 16)) * (0.5 + random / 2))
