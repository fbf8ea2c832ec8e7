"""Entity queries beyond the recorded ones."""

from __future__ import annotations

from typing import Any

import pytest

from papaya.sandbox import Sandbox
from tests.unit.sandbox.client import Client, names

DEVICES = {"type": "entityType", "entityType": "DEVICE"}
MANY = 5000


def _filter(key: str, kind: str, operation: str, value: Any, **more: Any) -> dict[str, Any]:
    predicate = {"type": kind, "operation": operation, "value": {"defaultValue": value}, **more}
    return {"key": {"type": "SERVER_ATTRIBUTE", "key": key}, "valueType": kind, "predicate": predicate}


@pytest.fixture
def meters(client: Client) -> Client:
    """Four devices with attributes of every type."""
    for name, values in (
        ("PM-1", {"serial": "SN-1", "bays": 2, "height": 1.5, "on": True}),
        ("PM-2", {"serial": "sn-2", "bays": 4, "height": 2.5, "on": False}),
        ("PM-3", {"serial": "XX", "bays": "many"}),
        ("PM-4", {}),
    ):
        device = client.device(name, label=f"Label of {name}")
        if values:
            client.set_attributes(device, values)
    return client


@pytest.mark.parametrize(
    ("key_filter", "expected"),
    [
        (_filter("serial", "STRING", "STARTS_WITH", "SN"), ["PM-1"]),
        (_filter("serial", "STRING", "STARTS_WITH", "SN", ignoreCase=True), ["PM-1", "PM-2"]),
        (_filter("serial", "STRING", "NOT_EQUAL", "XX"), ["PM-1", "PM-2"]),
        (_filter("serial", "STRING", "NOT_CONTAINS", "-"), ["PM-3"]),
        (_filter("serial", "STRING", "IN", "SN-1, XX"), ["PM-1", "PM-3"]),
        (_filter("serial", "STRING", "EQUAL", ""), ["PM-1", "PM-2", "PM-3", "PM-4"]),
        (_filter("bays", "NUMERIC", "GREATER", 2), ["PM-2"]),
        (_filter("bays", "NUMERIC", "LESS_OR_EQUAL", 2), ["PM-1"]),
        (_filter("height", "NUMERIC", "EQUAL", 2.5), ["PM-2"]),
        (_filter("on", "BOOLEAN", "EQUAL", True), ["PM-1"]),
        (_filter("on", "BOOLEAN", "NOT_EQUAL", True), ["PM-2"]),
    ],
)
def test_key_filter(meters: Client, key_filter: dict[str, Any], expected: list[str]) -> None:
    assert expected == names(meters.query(DEVICES, key_filters=(key_filter,)))


def test_complex_predicates_join_and_nest(meters: Client) -> None:
    small = {"type": "NUMERIC", "operation": "LESS", "value": {"defaultValue": 3}}
    large = {"type": "NUMERIC", "operation": "GREATER", "value": {"defaultValue": 3}}
    either = {"type": "COMPLEX", "operation": "OR", "predicates": [small, large]}
    both = {"type": "COMPLEX", "operation": "AND", "predicates": [either, small]}
    key = {"type": "SERVER_ATTRIBUTE", "key": "bays"}
    found = [
        names(meters.query(DEVICES, key_filters=({"key": key, "valueType": "NUMERIC", "predicate": each},)))
        for each in (either, both)
    ]
    assert found == [["PM-1", "PM-2"], ["PM-1"]]


def test_filter_on_an_entity_field(meters: Client) -> None:
    wanted = {
        "key": {"type": "ENTITY_FIELD", "key": "label"},
        "valueType": "STRING",
        "predicate": {"type": "STRING", "operation": "ENDS_WITH", "value": {"defaultValue": "PM-3"}},
    }
    assert names(meters.query(DEVICES, key_filters=(wanted,))) == ["PM-3"]


def test_count_agrees_with_find(meters: Client) -> None:
    key_filters = [_filter("on", "BOOLEAN", "EQUAL", True)]
    count = meters.post("/api/entitiesQuery/count", {"entityFilter": DEVICES, "keyFilters": key_filters})
    assert count == 1


def test_text_search_looks_at_everything_selected(meters: Client) -> None:
    latest = (("SERVER_ATTRIBUTE", "serial"),)
    assert names(meters.query(DEVICES, latest=latest, textSearch="SN-2")) == ["PM-2"]
    assert names(meters.query(DEVICES, textSearch="SN-2")) == []


def test_values_are_text_and_numbers_are_rewritten(client: Client) -> None:
    device = client.device("PM-1")
    values = {"a": 25.0, "b": "007", "c": True, "d": {"x": [1]}, "e": 1e-5, "f": "text", "g": 1763900000000}
    client.set_attributes(device, values)
    page = client.query(DEVICES, latest=tuple(("SERVER_ATTRIBUTE", key) for key in values))
    shown = {key: value["value"] for key, value in page["data"][0]["latest"]["SERVER_ATTRIBUTE"].items()}
    # From 4.2 on "007" is a number before it is stored.
    assert shown == {
        "a": "25",
        "b": "7",
        "c": "true",
        "d": '{"x":[1]}',
        "e": "1e-05",
        "f": "text",
        "g": "1763900000000",
    }


def test_owner_name_and_display_name(client: Client) -> None:
    device = client.device("PM-1", label="Shown")
    customer = client.post("/api/customer", {"title": "Garage"})["id"]["id"]
    client.post(f"/api/customer/{customer}/device/{device['id']['id']}")
    row = client.query(DEVICES, fields=("name", "ownerName", "ownerType", "displayName", "version"))["data"][
        0
    ]
    fields = {key: value["value"] for key, value in row["latest"]["ENTITY_FIELD"].items()}
    assert fields == {
        "name": "PM-1",
        "ownerName": "Garage",
        "ownerType": "CUSTOMER",
        "displayName": "Shown",
        "version": "",
    }


def _tree(client: Client) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    country, state, device = client.asset("INDIA", "Country"), client.asset("Goa"), client.device("PM-1")
    client.contain(country, state)
    client.contain(state, device)
    return country, state, device


def _multi_root(roots: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    return {
        "type": "relationsQuery",
        "multiRoot": True,
        "multiRootEntitiesType": "ASSET",
        "multiRootEntityIds": [root["id"]["id"] for root in roots],
        "direction": "FROM",
        "maxLevel": 1,
        "filters": [{"relationType": "Contains", "entityTypes": ["ASSET", "DEVICE"]}],
        **more,
    }


def _edges(page: dict[str, Any]) -> set[tuple[str, str]]:
    fields = [row["latest"]["ENTITY_FIELD"] for row in page["data"]]
    return {(field["name"]["value"], field["parentId"]["value"]) for field in fields}


def test_multi_root_has_a_row_for_each_child_and_parent(client: Client) -> None:
    country, state, device = _tree(client)
    other = client.asset("Kerala")
    client.contain(other, device)
    page = client.query(_multi_root([country, state, other]), fields=("name", "parentId"))
    expected = {
        ("Goa", country["id"]["id"]),
        ("PM-1", state["id"]["id"]),
        ("PM-1", other["id"]["id"]),
    }
    assert expected == _edges(page)
    assert page["totalElements"] == 3


def test_multi_root_reaches_levels_and_survives_cycles(client: Client) -> None:
    country, state, device = _tree(client)
    client.contain(device, country)
    page = client.query(_multi_root([country], maxLevel=0), fields=("name", "parentId"))
    assert {"Goa", "PM-1", "INDIA"} == {name for name, _ in _edges(page)}


def test_last_level_only(client: Client) -> None:
    country, _, _ = _tree(client)
    wanted = {
        "type": "relationsQuery",
        "rootEntity": country["id"],
        "direction": "FROM",
        "maxLevel": 5,
        "fetchLastLevelOnly": True,
        "filters": [],
    }
    assert names(client.query(wanted)) == ["PM-1"]


def test_search_towards_the_root(client: Client) -> None:
    _, _, device = _tree(client)
    wanted = {
        "type": "assetSearchQuery",
        "rootEntity": device["id"],
        "direction": "TO",
        "maxLevel": 5,
        "relationType": "Contains",
        "assetTypes": ["Country"],
    }
    assert names(client.query(wanted)) == ["INDIA"]


def test_entities_by_relation_and_by_name(client: Client) -> None:
    country, _, device = _tree(client)
    parameters = {
        "rootId": country["id"]["id"],
        "rootType": "ASSET",
        "direction": "FROM",
        "relationTypeGroup": "COMMON",
        "maxLevel": 0,
        "fetchLastLevelOnly": False,
    }
    body = {"parameters": parameters, "relationType": "Contains", "deviceTypes": ["default"]}
    assert [device["id"]] == [row["id"] for row in client.post("/api/devices", body)]
    wanted = {"type": "entityName", "entityType": "ASSET", "entityNameFilter": "ind"}
    assert names(client.query(wanted)) == ["INDIA"]


@pytest.mark.parametrize(("version", "expected"), [("4.0.1", ["B", "A"]), ("4.3.1.3", ["A", "B"])])
def test_sorting_by_an_attribute_that_one_lacks(version: str, expected: list[str]) -> None:
    with Sandbox(emulate=version) as sandbox, Client(sandbox) as client:
        client.set_attributes(client.device("A"), {"n": 5})
        client.device("B")
        order = {"key": {"type": "SERVER_ATTRIBUTE", "key": "n"}, "direction": "ASC"}
        assert expected == names(client.query(DEVICES, sortOrder=order))


def test_pages_of_thousands_are_complete_and_quick(client: Client) -> None:
    lines = "".join(f"PM-{number:05},IoT-Gateway,SN-{number},{number}\n" for number in range(MANY))
    columns = [
        {"type": "NAME"},
        {"type": "TYPE"},
        {"type": "SERVER_ATTRIBUTE", "key": "serial"},
        {"type": "SERVER_ATTRIBUTE", "key": "bays"},
    ]
    mapping = {"columns": columns, "delimiter": ",", "header": False, "update": True}
    result = client.post("/api/device/bulk_import", {"file": lines, "mapping": mapping})
    assert result == {"created": MANY, "updated": 0, "errors": 0, "errorsList": []}
    latest = (("SERVER_ATTRIBUTE", "serial"), ("SERVER_ATTRIBUTE", "bays"), ("SERVER_ATTRIBUTE", "none"))
    page = client.query(DEVICES, latest=latest, pageSize=MANY)
    assert [f"PM-{number:05}" for number in range(MANY)] == names(page)
    assert page["data"][77]["latest"]["SERVER_ATTRIBUTE"]["serial"]["value"] == "SN-77"
    seen: list[str] = []
    number, more = 0, True
    while more:
        part = client.get("/api/tenant/devices", pageSize=700, page=number)
        seen += [row["name"] for row in part["data"]]
        number, more = number + 1, part["hasNext"]
    assert MANY == len(set(seen)) == len(seen)
