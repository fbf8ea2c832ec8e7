"""A list that is read with several pages at once: every row, in order, and an end."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from papaya.api.paging import drained
from papaya.api.replies import AnswerTooLarge
from papaya.api.whole_list import WholeList, reading_pools
from papaya.errors import UnexpectedReply
from papaya.manifest.model import Json
from tests.unit.api.test_paging import ENDLESS, Lists, honest, row

PATH = "/api/tenant/devices"
PATIENCE = 60


def names_in(rows: list[Json]) -> list[str]:
    return [str(one["name"]) for one in drained(rows) if isinstance(one, dict)]


def read(lists: Lists, *, size: int = 10, at_once: int = 4) -> list[str]:
    with ThreadPoolExecutor(at_once) as pool:
        reading = WholeList(lists, lists.ask, size, names_in, method="GET", path=PATH, spared=100)
        reading.start(pool)
        return [name for page in reading.finish() for name in page]


def names(numbers: range) -> list[str]:
    return [f"PM-{number}" for number in numbers]


@pytest.mark.parametrize("total", [0, 1, 10, 11, 25, 100])
def test_every_row_of_every_page_comes_once_and_in_order(total: int) -> None:
    lists = Lists(honest(total))
    assert read(lists) == names(range(total))
    assert sorted(lists.asked) == [(number, 10) for number in range(max(1, -(-total // 10)))]


def test_the_pages_after_the_first_are_asked_for_at_once() -> None:
    all_there = threading.Barrier(4)

    def page(number: int, size: int) -> Json:
        if 1 <= number <= 4:
            all_there.wait(PATIENCE)
        return honest(50)(number, size)

    assert read(Lists(page)) == names(range(50))


def test_a_list_of_one_page_takes_one_request() -> None:
    lists = Lists(honest(10))
    read(lists)
    assert lists.asked == [(0, 10)]


def test_a_list_without_a_total_is_read_page_by_page() -> None:
    def page(number: int, size: int) -> Json:
        answer = honest(35)(number, size)
        assert isinstance(answer, dict)
        return {key: value for key, value in answer.items() if key != "totalElements"}

    lists = Lists(page)
    assert read(lists) == names(range(35))
    assert lists.asked == [(number, 10) for number in range(4)]


def test_what_is_created_meanwhile_is_read_behind_the_announced_pages() -> None:
    total = 30

    def page(number: int, size: int) -> Json:
        nonlocal total
        answer = honest(total)(number, size)
        if number == 0:
            total = 45
        return answer

    assert set(read(Lists(page))) == set(names(range(45)))


def test_a_row_that_a_deletion_moved_to_a_page_already_read_is_found() -> None:
    present = list(range(40))

    def page(number: int, size: int) -> Json:
        rows: list[Json] = [row(one) for one in present[number * size : (number + 1) * size]]
        answer: Json = {
            "data": rows,
            "totalElements": len(present),
            "hasNext": (number + 1) * size < len(present),
        }
        if number == 1 and len(present) == 40:
            # From here on PM-20 stands on the page that has just been read.
            present.remove(3)
        return answer

    assert set(read(Lists(page), at_once=1)) >= set(names(range(40))) - {"PM-3"}


def test_a_page_in_the_middle_that_is_too_large_is_read_in_parts() -> None:
    def page(number: int, size: int) -> Json:
        if number == 1 and size == 1_000:
            raise AnswerTooLarge("too large")
        return honest(3_500)(number, size)

    lists = Lists(page)
    assert read(lists, size=1_000) == names(range(3_500))
    assert {(4, 250), (5, 250), (6, 250), (7, 250)} <= set(lists.asked)


def test_pages_are_as_small_as_the_first_has_to_be() -> None:
    lists = Lists(honest(12_000, largest=700))
    assert read(lists, size=10_000) == names(range(12_000))
    assert (1, 625) in lists.asked


def test_a_failure_of_one_page_is_the_failure_of_the_list() -> None:
    def page(number: int, size: int) -> Json:
        if number == 3:
            raise UnexpectedReply("page 3 is broken")
        return honest(500)(number, size)

    with pytest.raises(UnexpectedReply, match="page 3 is broken"):
        read(Lists(page))


def all_alike(number: int, size: int) -> Json:
    rows: list[Json] = [row(one) for one in range(size)]
    return {"data": rows, "totalElements": 1_000, "hasNext": True}


@pytest.mark.parametrize("page", [*ENDLESS, all_alike], ids=lambda page: page.__name__)
def test_a_list_without_end_is_told_by_its_name(page: Callable[[int, int], Json]) -> None:
    with pytest.raises(UnexpectedReply, match=f"http://things.example{PATH}: the list has no end"):
        read(Lists(page))


def test_rows_within_what_is_usual_do_not_make_a_list_too_long() -> None:
    def texts(size: int) -> Iterator[Json]:
        for number in range(5):
            yield {"id": {"id": f"id-{number}"}, "name": "x" * size}

    usual, large = list(texts(50)), list(texts(40_000_000))
    answer: Json = {"data": usual, "hasNext": False}
    assert read(Lists(lambda number, size: answer))
    with pytest.raises(UnexpectedReply, match="the list has more than 128 MB"):
        read(Lists(lambda number, size: {"data": large, "hasNext": False}))


def test_an_error_in_one_list_ends_the_other_without_its_waiting_pages() -> None:
    goes_on, is_over = threading.Event(), threading.Event()

    def failing(number: int, size: int) -> Json:
        goes_on.wait(PATIENCE)
        raise UnexpectedReply("the server is away")

    def long(number: int, size: int) -> Json:
        if number > 0:
            goes_on.set()
            is_over.wait(PATIENCE)
        return honest(1_000)(number, size)

    other = Lists(long)
    with pytest.raises(UnexpectedReply, match="away"), reading_pools(2) as (pool,):
        lists = [
            WholeList(one, one.ask, 10, names_in, method="GET", path=PATH, spared=100)
            for one in (Lists(failing), other)
        ]
        for one in lists:
            one.start(pool)
        try:
            lists[0].finish()
        finally:
            threading.Timer(1, is_over.set).start()
    # Those that had a thread by then, of a hundred.
    assert len(other.asked) <= 3
