"""Lists that come page by page: all rows, and an end."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from papaya.api.alarms import alarms_of
from papaya.api.export import Choice, read_tree
from papaya.api.fetch import customer_titles, listed_objects
from papaya.api.paging import pages
from papaya.api.query import all_of, find
from papaya.api.replies import AnswerTooLarge
from papaya.errors import UnexpectedReply
from papaya.manifest.model import Json

URL = "http://things.example"
DEVICES = "/api/tenant/devices"


class Lists:
    """A server that answers every list with what `page` says of its number and size."""

    url = URL

    def __init__(self, page: Callable[[int, int], Json]) -> None:
        self._page = page
        self.asked: list[tuple[int, int]] = []

    def ask(self, number: int, size: int) -> Json:
        self.asked.append((number, size))
        assert len(self.asked) < 1_000, "the list is followed for ever"
        return self._page(number, size)

    def get(self, path: str, *, params: object = None) -> Json:
        assert isinstance(params, dict)
        return self.ask(params["page"], params["pageSize"])

    def post(self, path: str, body: Json, *, repeatable: bool = False) -> Json:
        assert isinstance(body, dict)
        link = body["pageLink"]
        assert isinstance(link, dict)
        return self.ask(int(str(link["page"])), int(str(link["pageSize"])))


def row(number: int) -> Json:
    return {
        "id": {"id": f"id-{number}"},
        "entityId": {"entityType": "DEVICE", "id": f"id-{number}"},
        "latest": {},
        "name": f"PM-{number}",
        "title": f"PM-{number}",
    }


def honest(total: int, largest: int = 10**9) -> Callable[[int, int], Json]:
    def page(number: int, size: int) -> Json:
        rows = [row(one) for one in range(number * size, min(total, (number + 1) * size))]
        if len(rows) > largest:
            raise AnswerTooLarge("too large")
        return {"data": rows, "totalElements": total, "hasNext": (number + 1) * size < total}

    return page


def the_same_for_ever(number: int, size: int) -> Json:
    return {"data": [row(1)], "hasNext": True}


def nothing_for_ever(number: int, size: int) -> Json:
    return {"data": [], "hasNext": True}


def two_in_turn(number: int, size: int) -> Json:
    return {"data": [row(number % 2)], "hasNext": True}


def beyond_the_total(number: int, size: int) -> Json:
    rows = [row(one) for one in range(number * size, (number + 1) * size)]
    return {"data": rows, "totalElements": 12, "hasNext": True}


ENDLESS = (the_same_for_ever, nothing_for_ever, two_in_turn, beyond_the_total)
LISTS: dict[str, Callable[[Lists], object]] = {
    DEVICES: lambda server: list(listed_objects(server, DEVICES, 10, {})),
    "/api/customers": customer_titles,
    "/api/entitiesQuery/find": lambda server: list(find(server, all_of("DEVICE"), page_size=10)),
    "/api/alarms": lambda server: alarms_of(server, {"id-1"}, most=10**9),
    "/api/tenant/assets": lambda server: read_tree(server, Choice(), concurrency=1, progress=lambda *_: None),
}


@pytest.mark.parametrize("page", ENDLESS, ids=lambda page: page.__name__)
@pytest.mark.parametrize("path", LISTS)
def test_a_list_without_end_is_told_by_its_name(path: str, page: Callable[[int, int], Json]) -> None:
    with pytest.raises(UnexpectedReply, match="the list has no end") as failed:
        LISTS[path](Lists(page))
    assert f"{URL}{path}" in failed.value.message
    assert failed.value.remedy


@pytest.mark.parametrize("total", [0, 1, 10, 11, 25])
def test_every_row_of_every_page_comes_once(total: int) -> None:
    server = Lists(honest(total))
    found = [body["name"] for body in listed_objects(server, DEVICES, 10, {})]
    assert found == [f"PM-{number}" for number in range(total)]
    assert len(server.asked) == max(1, -(-total // 10))


def test_a_page_that_is_too_large_is_read_in_smaller_ones() -> None:
    server = Lists(honest(12_000, largest=700))
    found = [body["name"] for body in listed_objects(server, DEVICES, 10_000, {})]
    assert found == [f"PM-{number}" for number in range(12_000)]
    assert server.asked[:4] == [(0, 10_000), (0, 2_500), (0, 625), (1, 625)]


def test_a_row_that_is_too_large_by_itself_is_told() -> None:
    with pytest.raises(AnswerTooLarge):
        list(listed_objects(Lists(honest(12_000, largest=1)), DEVICES, 10_000, {}))


def test_rows_of_one_entity_below_several_others_are_several() -> None:
    def below(parent: int) -> Json:
        return {
            "entityId": {"entityType": "DEVICE", "id": "one"},
            "latest": {"ENTITY_FIELD": {"parentId": {"value": f"parent-{parent}", "ts": 0}}},
        }

    server = Lists(lambda number, size: {"data": [below(number)], "hasNext": number < 5})
    assert len(list(find(server, all_of("DEVICE"), fields=("parentId",), page_size=1))) == 6


@pytest.mark.parametrize("answer", [None, [], "text", {}, {"data": None}, {"data": [], "hasNext": "yes"}])
def test_what_is_no_page_is_told_with_its_list(answer: Json) -> None:
    server = Lists(lambda number, size: answer)
    with pytest.raises(UnexpectedReply, match="GET http://things.example/api/x: a page of the list"):
        list(pages(server, server.ask, 10, method="GET", path="/api/x"))


def test_new_rows_without_end_are_followed_to_what_memory_holds() -> None:
    def page(number: int, size: int) -> Json:
        rows: list[Json] = [{"id": {"id": f"{number}-{one}"}, "name": "x" * 100_000} for one in range(size)]
        return {"data": rows, "hasNext": True}

    lists = Lists(page)
    with pytest.raises(UnexpectedReply, match="the list has more than 128 MB"):
        for _ in pages(lists, lists.ask, 100, method="GET", path="/list"):
            pass
    assert len(lists.asked) < 20


def test_a_page_with_more_rows_than_were_asked_for_is_none() -> None:
    lists = Lists(lambda number, size: {"data": [row(one) for one in range(size + 1)], "hasNext": False})
    with pytest.raises(UnexpectedReply, match="a page of 10 rows has 11"):
        list(pages(lists, lists.ask, 10, method="GET", path="/list"))


def test_a_list_that_says_at_once_that_it_is_too_long_is_not_begun() -> None:
    lists = Lists(lambda number, size: {"data": [row(1)], "hasNext": True, "totalElements": 10**12})
    with pytest.raises(UnexpectedReply, match="the list has 1000000000000 rows, more than 500,000"):
        list(pages(lists, lists.ask, 1, method="GET", path="/list"))
    assert len(lists.asked) == 1
