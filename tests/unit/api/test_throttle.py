"""The bound on concurrent requests."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from papaya.api.throttle import Throttle


def test_pressure_halves_the_bound_down_to_one() -> None:
    throttle = Throttle(10)
    seen = []
    for _ in range(5):
        throttle.on_rate_limited()
        seen.append(throttle.allowed)
    assert seen == [5, 2, 1, 1, 1]


def test_a_burst_that_is_refused_together_halves_once() -> None:
    throttle = Throttle(10)
    with throttle.slot() as first, throttle.slot() as second:
        throttle.on_rate_limited(first)
        throttle.on_rate_limited(second)
    assert throttle.allowed == 5


def test_requests_begun_after_a_refusal_count_again() -> None:
    throttle = Throttle(10)
    with throttle.slot() as first:
        throttle.on_rate_limited(first)
    with throttle.slot() as second:
        throttle.on_rate_limited(second)
    assert throttle.allowed == 2


def test_successes_raise_the_bound_by_one_at_a_time_and_not_beyond_the_limit() -> None:
    throttle = Throttle(4)
    throttle.on_rate_limited()
    throttle.on_rate_limited()
    seen = []
    for _ in range(40):
        throttle.on_success()
        seen.append(throttle.allowed)
    assert seen == sorted(seen)
    assert {1, 2, 3, 4} == set(seen)
    assert throttle.allowed == 4


def test_never_more_than_allowed_are_under_way() -> None:
    throttle = Throttle(3)
    under_way, most, lock = 0, 0, threading.Lock()

    def work(_: int) -> None:
        nonlocal under_way, most
        with throttle.slot():
            with lock:
                under_way += 1
                most = max(most, under_way)
            with lock:
                under_way -= 1

    with ThreadPoolExecutor(16) as pool:
        list(pool.map(work, range(400)))
    assert most <= 3


def test_turns_come_in_the_order_of_asking() -> None:
    throttle = Throttle(1)
    order: list[int] = []
    threads = []

    def work(number: int) -> None:
        with throttle.slot():
            order.append(number)

    with throttle.slot():
        for number in range(8):
            thread = threading.Thread(target=work, args=(number,))
            thread.start()
            while len(throttle._server.waiting) <= number:
                pass
            threads.append(thread)
    for thread in threads:
        thread.join()
    assert order == list(range(8))


def test_a_request_that_fails_gives_its_slot_back() -> None:
    throttle = Throttle(1)
    with pytest.raises(RuntimeError), throttle.slot():
        raise RuntimeError
    with throttle.slot():
        pass


def test_slow_devices_are_not_taken_for_a_crowded_server() -> None:
    throttle = Throttle(40)
    for _ in range(200):
        throttle.on_success("POST rpc", 0.01, to_device=True)
        throttle.on_success("POST rpc", 5.0, to_device=True)
    with ExitStack() as stack:
        for _ in range(40):
            stack.enter_context(throttle.slot(to_device=True))
    assert throttle.allowed == 10


def test_pressure_makes_commands_to_devices_fewer_and_leaves_other_requests_alone() -> None:
    throttle = Throttle(40)
    with throttle.slot(to_device=True) as epoch, throttle.slot(to_device=True) as same:
        throttle.on_rate_limited(epoch, to_device=True)
        throttle.on_rate_limited(same, to_device=True)
    assert throttle._devices.breadth.allowed == 20
    assert throttle.allowed == 10


def test_a_request_to_the_server_goes_before_the_next_command_to_a_device() -> None:
    throttle = Throttle(1)
    order: list[str] = []

    def work(to_device: bool) -> None:
        with throttle.slot(to_device=to_device):
            order.append("device" if to_device else "server")

    threads = [threading.Thread(target=work, args=(to_device,)) for to_device in (True, False)]
    with throttle.slot(to_device=True):
        for thread, lane in zip(threads, (throttle._devices, throttle._server), strict=True):
            thread.start()
            while not lane.waiting:
                pass
    for thread in threads:
        thread.join()
    assert order == ["server", "device"]


def test_a_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one"):
        Throttle(0)
