"""The bound that finds itself, in simulations of a line and of a server behind it."""

from __future__ import annotations

import heapq
import random
from collections import deque
from dataclasses import dataclass, field

import pytest

from papaya.api.breadth import USUAL, Breadth


@dataclass
class Simulated:
    """A closed loop: as many requests as allowed go over a line to a server of some processors.

    `line` is the round trip and `work` the mean time of a processor on a request, both in seconds. With
    `share` a request that arrives is refused where more than so many came within the last second.
    """

    line: float
    work: float
    processors: int = 1
    share: int | None = None
    chance: random.Random = field(default_factory=lambda: random.Random(7))
    refused: int = 0

    def rate(self, breadth: Breadth, requests: int = 6_000) -> float:
        """Return the answers a second of the second half of a run."""
        half, end = self.times(breadth, requests)
        return (requests - requests // 2) / (end - half)

    def times(self, breadth: Breadth, requests: int) -> tuple[float, float]:
        """Return the seconds until half of a run and until its end."""
        now, done, under_way, sent = 0.0, 0, 0, 0
        free = [0.0] * self.processors
        heapq.heapify(free)
        answers: list[tuple[float, int, float, bool]] = []
        taken: deque[float] = deque()
        crowded = False
        quiet_until = half = 0.0
        while done < requests:
            while under_way < breadth.allowed:
                start = max(now, quiet_until)
                arrives = start + self.line / 2
                while taken and taken[0] < arrives - 1:
                    taken.popleft()
                refused = self.share is not None and len(taken) >= self.share
                if refused:
                    leaves = arrives
                else:
                    taken.append(arrives)
                    begins = max(arrives, heapq.heappop(free))
                    leaves = begins + self.work * self.chance.expovariate(1)
                    heapq.heappush(free, leaves)
                sent += 1
                heapq.heappush(answers, (leaves + self.line / 2, sent, start, refused))
                under_way += 1
                crowded = crowded or under_way >= breadth.allowed
            now, _, start, refused = heapq.heappop(answers)
            under_way -= 1
            if refused:
                self.refused += 1
                breadth.pressed()
                quiet_until = now + 0.25
                continue
            breadth.heard("POST /api/device", now - start, crowded=crowded)
            crowded = False
            done += 1
            if done == requests // 2:
                half = now
        return half, now


def fixed(allowed: int) -> Breadth:
    """Return a bound that stays as it is."""
    return Breadth(min(allowed, USUAL))


@pytest.mark.parametrize(("line", "processors"), [(0.1, 1), (0.2, 1), (0.1, 4), (0.2, 4), (0.3, 2)])
def test_over_a_long_line_nearly_all_that_the_server_can_do_is_done(line: float, processors: int) -> None:
    breadth = Breadth(100)
    reached = Simulated(line, 0.008, processors).rate(breadth)
    most = min(processors / 0.008, 100 / (line + 0.008))
    assert reached >= 0.94 * most
    assert Simulated(line, 0.008, processors).rate(fixed(10)) < 0.75 * most


@pytest.mark.parametrize(("line", "work"), [(0.1, 0.001), (0.2, 0.001), (0.1, 0.002)])
def test_over_a_long_line_a_fast_server_is_busy_after_a_few_round_trips(line: float, work: float) -> None:
    requests = 1_200
    _, taken = Simulated(line, work).times(Breadth(100), requests)
    at_once = max(requests * work, requests / 100 * (line + work))
    assert taken <= at_once + 7 * line


def test_a_run_of_a_few_requests_under_a_limit_on_the_rate_is_not_refused_a_crowd_of_them() -> None:
    simulated = Simulated(0.1, 0.002, share=50)
    simulated.times(Breadth(100), 200)
    assert simulated.refused <= 4 * USUAL


@pytest.mark.parametrize("processors", [1, 2, 4])
def test_beside_the_server_a_run_stays_as_broad_as_it_begins(processors: int) -> None:
    breadth = Breadth(100)
    reached = Simulated(0.0004, 0.008, processors).rate(breadth)
    assert reached >= 0.95 * processors / 0.008
    assert breadth.allowed <= 3 * USUAL


def test_a_bound_given_by_the_user_is_kept() -> None:
    breadth = Breadth(4)
    Simulated(0.2, 0.001).rate(breadth, 500)
    assert breadth.allowed == 4


def test_under_a_limit_on_the_rate_a_broad_bound_is_refused_no_more_often_than_a_narrow_one() -> None:
    wide, narrow = Simulated(0.1, 0.002, share=50), Simulated(0.1, 0.002, share=50)
    wide.rate(Breadth(100), 3_000)
    narrow.rate(Breadth(10), 3_000)
    assert wide.refused <= narrow.refused * 1.1 + 5


def test_a_line_that_gets_slow_does_not_narrow_the_bound_below_where_it_began() -> None:
    breadth = Breadth(100)
    for seconds in [0.01] * 100 + [1.0] * 2_000:
        breadth.heard("GET /api/device/*", seconds, crowded=True)
    assert breadth.allowed == USUAL


def test_where_fewer_are_under_way_than_allowed_the_bound_does_not_grow() -> None:
    breadth = Breadth(100)
    for _ in range(2_000):
        breadth.heard("GET /api/device/*", 0.01, crowded=False)
    assert breadth.allowed == USUAL


def test_slow_kinds_of_requests_are_compared_with_themselves() -> None:
    breadth = Breadth(100)
    for _ in range(500):
        breadth.heard("POST /api/device", 0.5, crowded=True)
        breadth.heard("POST /api/relation", 0.005, crowded=True)
    assert breadth.allowed == 100


def test_pressure_halves_the_bound_and_it_climbs_one_at_a_time_from_there() -> None:
    breadth = Breadth(100)
    breadth.pressed()
    seen = []
    for _ in range(60):
        breadth.heard("POST /api/device", 0.01, crowded=True)
        seen.append(breadth.allowed)
    assert seen[0] == 5
    assert seen == sorted(seen)
    assert max(later - earlier for earlier, later in zip(seen, seen[1:], strict=False)) == 1
