"""The server's clock as its answers tell it."""

from __future__ import annotations

import pytest

from papaya.api.clock import ServerClock


def clock(monotonic: list[float]) -> ServerClock:
    return ServerClock(monotonic=lambda: monotonic[0], local=lambda: 5.0)


def test_the_time_goes_on_from_the_last_date_by_seconds_that_never_jump() -> None:
    monotonic = [100.0]
    server = clock(monotonic)
    assert server.time() == 5.0
    server.heard("Sun, 29 Nov 2026 01:00:00 GMT")
    assert server.time() == 1795914000.5
    monotonic[0] = 160.0
    assert server.time() == 1795914060.5


@pytest.mark.parametrize(
    "date", ["", "soon", "Sun, 99 Nov 2026 01:00:00 GMT", "Sun, 29 Nov 99999999 01:00:00 GMT"]
)
def test_a_malformed_date_changes_nothing(date: str) -> None:
    server = clock([100.0])
    server.heard(date)
    assert server.time() == 5.0
