"""What a run keeps of all lists of a server together has a bound, which 100,000 devices are within."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from papaya.api.budget import MOST_KEPT, Budget, Charged, weight_of_text
from papaya.api.found import Found, ReadingKind
from papaya.api.packed import PackedObject, Packer
from papaya.api.query import Key, Texts
from papaya.api.read import read_inventory
from papaya.api.session import Credentials, Session
from papaya.engine.alike import weight
from papaya.engine.inventory import Inventory
from papaya.errors import UnexpectedReply
from papaya.foreign import json_in
from papaya.manifest.model import Json
from tests.hostile.server import HostileServer
from tests.hostile.tenant import Tenant

KEYS = tuple(
    Key("SERVER_SCOPE", name) for name in ("papaya.fleet", "papaya.applied", "bays", "serial", "firmware")
)


class Here:
    """A server with an address, and one answer."""

    url = "http://things.example"

    def get(self, path: str, *, params: object = None) -> Json:
        return ["x" * 1_000]

    def post(self, path: str, body: Json, *, repeatable: bool = False) -> Json:
        return ["x" * 1_000]


def device(number: int) -> dict[str, Json]:
    """Return a device as ThingsBoard lists it."""
    tenant: Json = {"entityType": "TENANT", "id": "0d1d1a50-1c0d-11f0-8d4b-000000000002"}
    return {
        "id": {"entityType": "DEVICE", "id": f"{number * 7919:08x}-1c0d-11f0-8d4b-{number:012x}"},
        "createdTime": 1_700_000_000_000 + number * 31,
        "additionalInfo": {"gateway": False, "description": f"Meter at bay {number}"},
        "tenantId": tenant,
        "customerId": {"entityType": "CUSTOMER", "id": "13814000-1dd2-11b2-8080-808080808080"},
        "name": f"PM-{number:06}",
        "type": "IoT-Gateway",
        "label": None,
        "deviceProfileId": {"entityType": "DEVICE_PROFILE", "id": "0d1d1a50-1c0d-11f0-8d4b-000000000003"},
        "deviceData": {"configuration": {"type": "DEFAULT"}, "transportConfiguration": {"type": "DEFAULT"}},
        "version": number % 9,
        "ownerId": tenant,
    }


def attributes(number: int) -> Texts:
    texts: list[str | None] = [f"value {number} of {key.name}" for key in KEYS]
    return f"{number * 7919:08x}-1c0d-11f0-8d4b-{number:012x}", texts


def test_a_tenant_of_a_hundred_thousand_devices_with_attributes_is_within_the_budget() -> None:
    tenth = 10_000
    found = Found(Here(), "device", Budget(MOST_KEPT // 10))
    found.add_objects(map(device, range(tenth)))
    found.add_texts(KEYS, map(attributes, range(tenth)))
    assert len(found.bodies) == tenth


class Large(Here):
    """A tenant of 100,000 devices, so many of which are the fleet's; its lists are empty."""

    def __init__(self, own: int) -> None:
        self._own = own

    def get(self, path: str, *, params: object = None) -> Json:
        return {"data": [], "hasNext": False}

    def post(self, path: str, body: Json, *, repeatable: bool = False) -> Json:
        if not path.endswith("/count"):
            return {"data": [], "hasNext": False}
        assert isinstance(body, dict)
        return self._own if body["keyFilters"] else 100_000


@pytest.mark.parametrize(("own", "is_whole"), [(0, False), (5_000, False), (5_001, True), (100_000, True)])
def test_a_large_fleet_is_read_in_pages_though_its_manifest_names_few(own: int, is_whole: bool) -> None:
    with ThreadPoolExecutor(1) as pool:
        reading = ReadingKind(Found(Large(own), "device", Budget()), {"PM-1"}, KEYS, "meters", 100)
        reading.start(pool)
        assert reading.finish().is_whole == is_whole


def test_several_lists_share_one_budget_and_the_error_names_list_and_server() -> None:
    budget = Budget(100_000)
    Found(Here(), "asset", budget).add_objects(map(device, range(100)))
    with pytest.raises(UnexpectedReply, match="GET http://things.example/api/tenant/devices: with this list"):
        Found(Here(), "device", budget).add_objects(map(device, range(1_000)))


def test_a_budget_that_is_spent_asks_once_for_more() -> None:
    budget, asked = Budget(1_000), list[int]()

    def more() -> int:
        asked.append(1)
        return 500

    budget.more = more
    budget.charge(Here(), "GET", "/api/x", 1_000)
    assert not asked
    budget.charge(Here(), "GET", "/api/x", 500)
    with pytest.raises(UnexpectedReply, match="GET http://things.example/api/x"):
        budget.charge(Here(), "GET", "/api/x", 1)
    assert len(asked) == 1


def test_every_answer_of_a_charged_server_counts() -> None:
    server = Charged(Here(), Budget(5_000))
    server.get("/api/x")
    server.post("/api/x", None)
    with pytest.raises(UnexpectedReply, match="GET http://things.example/api/y"):
        for _ in range(5):
            server.get("/api/y")


def test_a_reading_ends_where_several_lists_have_no_end() -> None:
    with HostileServer(Tenant(None)) as server, Session(server.url, Credentials(token="x")) as session:
        with pytest.raises(UnexpectedReply, match=f"{server.url}/api/.* takes more than 4 MB of memory"):
            read_inventory(
                session,
                Inventory(),
                "meters",
                ("Country", "State"),
                page_size=500,
                budget=Budget(4 * 1024**2),
            )
        assert len(server.asked) < 100


def test_a_packed_object_is_the_same_again() -> None:
    packer = Packer()
    odd: dict[str, Json] = {"a": [1, 1.5, True, None, "ü\ufffd\n"], "b": {"c": {}}, "n": 10**300}
    for body in (device(1), odd, device(2), {}):
        packed = PackedObject(packer, body)
        assert packed == body
        assert dict(packed) == {**packed} == dict(packed.items()) == body
        assert packed.get("nothing") is None


def test_attributes_that_come_in_parts_are_put_together() -> None:
    found = Found(Here(), "device", Budget())
    id_, texts = attributes(5)
    for key, text in zip(KEYS, texts, strict=True):
        found.add_texts((key,), [(id_, [text])])
    assert found.texts_of(id_) == dict(zip(KEYS, texts, strict=True))
    assert found.texts_of("another") == {}


def test_a_second_reading_of_the_same_attributes_counts() -> None:
    found = Found(Here(), "device", Budget())
    found.add_texts(KEYS, [("id", ["x", "", None, "1", "2"])])
    found.add_texts(KEYS, [("id", ["x", "y", "3", None, "2"])])
    assert [(key.name, text) for key, text in found.texts_of("id").items()] == [
        ("papaya.fleet", "x"),
        ("papaya.applied", "y"),
        ("bays", "3"),
        ("firmware", "2"),
    ]
    found.forget_values("id")
    assert found.texts_of("id") == {}


@pytest.mark.parametrize(
    "text", ["[" + "[]," * 1_000 + "[]]", '{"a":' * 50 + "1" + "}" * 50, '"text"', "[1,2]"]
)
def test_a_document_weighs_no_more_than_its_text_lets_expect(text: str) -> None:
    assert weight(json_in(text)) <= weight_of_text(text) * 4
